#pragma once

// HDF5 files of the kind that Keras writes, read strictly and within the file's own memory: groups, arrays of numbers
// and attributes that are texts. HDF5's own library is not made for hostile files, and it would be a dependency.
//
// The format: https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html. Read are superblocks 0 and 1, object headers of
// version 1, groups by symbol tables, and arrays in one piece. h5py writes these unless told otherwise.

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/convert/detail/hdf5_bytes.hpp"
#include "heed/convert/detail/hdf5_messages.hpp"
#include "heed/convert/detail/hdf5_objects.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA::detail {

/// Reads a file. Each address is visited once. What is copied has at most the bytes of the file, and so have all
/// arrays together.
class Hdf5Reader {
 public:
  Hdf5Reader(std::span<const std::byte> bytes, const std::string& file)
      : all_(bytes, file), room_(bytes.size()), array_room_(bytes.size()) {}

  Hdf5 read() {
    Hdf5 result{all_.file(), {}};
    const std::uint64_t root = superblock();
    result.objects.reserve(16);
    objects_ = &result.objects;
    object(root, "/", 0);
    return result;
  }

 private:
  struct Message {
    std::uint64_t type;
    Hdf5Bytes data;
  };

  /// The address of the root group.
  std::uint64_t superblock() {
    Hdf5Bytes b = all_.from(0);
    if (all_.size() < 9 || b.number(8) != 0x0a1a0a0d46444889) {
      throw Error(Fault{"no HDF5 file", all_.file()});
    }
    const std::uint64_t version = b.number(1);
    if (version > 1) unusual("superblock " + text_of(version));
    b.skip(4);
    if (b.number(1) != 8 || b.number(1) != 8) unusual("addresses that have not eight bytes");
    b.skip(version == 0 ? 9 : 13);
    if (b.address() != 0) unusual("a base address");
    b.skip(8);
    if (const std::uint64_t end = b.address(); end > all_.size()) {
      throw Error(Fault{"the file is cut off", all_.file(), std::to_string(end) + " bytes", text_of(all_.size())});
    }
    b.skip(16);  // drivers; the root's name
    return b.address();
  }

  [[noreturn]] void unusual(const std::string& what) const {
    throw Error(Fault{"an HDF5 file that Keras does not write so", all_.file(),
                      "the oldest layout, as h5py writes it (libver=\"earliest\")", what});
  }

  void visit_once(std::uint64_t address) {
    if (!visited_.insert(address).second) all_.malformed("two parts share bytes");
  }
  /// What is copied or listed.
  void use(std::uint64_t bytes) {
    if (bytes > room_) all_.malformed("more content than it has bytes");
    room_ -= bytes;
  }

  std::vector<Message> messages(std::uint64_t address) {
    visit_once(address);
    Hdf5Bytes b = all_.from(address);
    if (const std::uint64_t version = b.number(1); version != 1) unusual("an object header of another version");
    b.skip(1);
    std::uint64_t count = b.number(2);
    b.skip(4);
    const std::uint64_t size = b.number(4);
    std::vector<Message> all;
    std::vector<Hdf5Bytes> blocks{all_.from(address, 16 + size)};
    blocks.front().skip(16);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      for (; count > 0 && blocks[i].left() >= 8; --count) {
        const std::uint64_t type = blocks[i].number(2), bytes = blocks[i].number(2), flags = blocks[i].number(1);
        blocks[i].skip(3);
        Message message{type, Hdf5Bytes(blocks[i].take(bytes), all_.file())};
        use(8);
        if (type == 0x10) {
          const std::uint64_t next = message.data.address(), length = message.data.number(8);
          visit_once(next);
          blocks.push_back(all_.from(next, length));
        } else if ((flags & 2) == 0) {  // else it stands elsewhere, as committed types do
          all.push_back(message);
        }
      }
    }
    if (count > 0) all_.malformed("an object header without all of its messages");
    return all;
  }

  std::size_t object(std::uint64_t address, const std::string& path, int depth) {
    if (depth > 64) all_.malformed("groups nested too deeply");
    const std::vector<Message> all = messages(address);
    const std::size_t place = objects_->size();
    objects_->emplace_back();
    Hdf5Object found;
    for (Message m : all) {
      if (m.type == 0x11) {
        const std::uint64_t tree = m.data.address(), heap = m.data.address();
        links(tree, heap, found, path, depth);
      }
      if (m.type == 0x02 || m.type == 0x06) unusual("a group of another kind, " + quote(path));
      if (m.type == 0x0c) attribute(m.data, found);
    }
    array(all, found, path);
    (*objects_)[place] = std::move(found);
    return place;
  }

  void links(std::uint64_t tree, std::uint64_t heap, Hdf5Object& group, const std::string& path, int depth) {
    Hdf5Bytes b = all_.from(heap);
    b.expect("HEAP");
    b.skip(4);
    const std::uint64_t size = b.number(8);
    b.skip(8);
    const Hdf5Bytes names = all_.from(b.address(), size);
    node(tree, names, -1, group, path, depth);
  }

  /// A node of the tree of a group's links. `level`: the one that it must have; -1 for any.
  void node(std::uint64_t address, const Hdf5Bytes& names, int level, Hdf5Object& group, const std::string& path,
            int depth) {
    visit_once(address);
    Hdf5Bytes b = all_.from(address);
    b.expect("TREE");
    const std::uint64_t type = b.number(1), at = b.number(1), count = b.number(2);
    if (type != 0 || at > 16 || (level >= 0 && static_cast<int>(at) != level)) b.malformed("a tree out of order");
    b.skip(16);
    for (std::uint64_t i = 0; i < count; ++i) {
      b.skip(8);  // the key: a name
      const std::uint64_t child = b.address();
      if (at > 0) {
        node(child, names, static_cast<int>(at) - 1, group, path, depth);
      } else {
        entries(child, names, group, path, depth);
      }
    }
  }

  void entries(std::uint64_t address, const Hdf5Bytes& names, Hdf5Object& group, const std::string& path, int depth) {
    visit_once(address);
    Hdf5Bytes b = all_.from(address);
    b.expect("SNOD");
    b.skip(2);
    const std::uint64_t count = b.number(2);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t name_at = b.number(8), header = b.address(), kind = b.number(4);
      b.skip(20);
      Hdf5Bytes rest = names.from(name_at);
      const std::string name(hdf5_text(rest.take(rest.left())));
      use(40 + name.size());
      if (kind > 1) unusual("a link to another place, " + quote(path + name));
      if (name.empty() || group.children.contains(name)) b.malformed("two links of one name");
      group.children[name] = object(header, path + name + '/', depth + 1);
    }
  }

  void attribute(Hdf5Bytes b, Hdf5Object& owner) {
    const std::uint64_t version = b.number(1);
    const bool shared = (b.number(1) & 3) != 0 && version > 1;
    const std::uint64_t name_size = b.number(2), type_size = b.number(2), space_size = b.number(2);
    if (version < 1 || version > 3) b.malformed("an attribute of version " + text_of(version));
    if (version == 3) b.skip(1);
    const std::span<const std::byte> name = b.take(name_size);
    if (version == 1) b.align();
    Hdf5Bytes of_type(b.take(type_size), all_.file());
    if (version == 1) b.align();
    Hdf5Bytes of_space(b.take(space_size), all_.file());
    if (version == 1) b.align();
    if (shared) return;  // its type stands elsewhere
    const Hdf5Type type = hdf5_type(of_type);
    if (type.kind != Hdf5Type::Kind::text && type.kind != Hdf5Type::Kind::text_elsewhere) return;
    const auto bytes = hdf5_byte_count(hdf5_extents(of_space), type.size);
    if (!bytes || *bytes > b.left()) b.malformed("an attribute that is longer than its place");
    std::vector<std::string>& values = owner.texts[std::string(hdf5_text(name))];
    for (std::uint64_t i = 0; i < *bytes / type.size; ++i) {
      Hdf5Bytes element(b.take(type.size), all_.file());
      const std::span<const std::byte> text =
          type.kind == Hdf5Type::Kind::text ? element.take(type.size) : text_elsewhere(element);
      use(sizeof(std::string) + text.size());
      values.emplace_back(hdf5_text(text));
    }
  }

  /// A text of variable length: it stands in a heap of the file.
  std::span<const std::byte> text_elsewhere(Hdf5Bytes& element) {
    const std::uint64_t length = element.number(4), heap = element.address(), wanted = element.number(4);
    if (length == 0) return {};
    Hdf5Bytes b = all_.from(heap);
    b.expect("GCOL");
    b.skip(4);
    b = all_.from(heap, b.number(8));
    b.skip(16);
    while (b.left() >= 16) {
      const std::uint64_t index = b.number(2);
      b.skip(6);
      const std::uint64_t size = b.number(8);
      use(1);  // the steps of all searches together
      if (index == 0) break;
      const std::span<const std::byte> text = b.take(size);
      if (index == wanted) {
        if (length > size) b.malformed("a text that is longer than its place");
        return text.first(static_cast<std::size_t>(length));
      }
      b.align();
    }
    b.malformed("a text that is not there");
  }

  void array(const std::vector<Message>& all, Hdf5Object& found, const std::string& path) {
    const auto message = [&](std::uint64_t type) -> const Message* {
      for (const Message& m : all) {
        if (m.type == type) return &m;
      }
      return nullptr;
    };
    const Message *space = message(1), *type = message(3), *layout = message(8);
    if (!layout) return;
    found.is_array = true;
    if (!space || !type) {
      found.refused = "an array without its type";
      return;
    }
    Hdf5Bytes of_space = space->data, of_type = type->data, b = layout->data;
    found.extents = hdf5_extents(of_space);
    use(8 * found.extents.size());
    found.type = hdf5_type(of_type);
    const auto bytes = hdf5_byte_count(found.extents, found.type.size);
    const std::uint64_t version = b.number(1), kind = b.number(1);
    if (version != 3) return refuse(found, "an array of an old layout");
    if (kind > 1) return refuse(found, "an array in pieces (chunked or compressed)");
    if (message(7)) return refuse(found, "an array in other files");
    if (!bytes || *bytes > all_.size()) all_.malformed("an array larger than the file, " + quote(path));
    const std::uint64_t from = kind == 1 ? b.address() : 0, size = kind == 1 ? b.number(8) : b.number(2);
    if (*bytes == 0) return;
    if (size < *bytes || from == hdf5_nowhere) all_.malformed("an array without all of its numbers, " + quote(path));
    if (*bytes > array_room_) all_.malformed("arrays that share bytes, " + quote(path));
    array_room_ -= *bytes;
    found.bytes = kind == 1 ? all_.from(from, *bytes).take(*bytes) : b.take(*bytes);
  }

  static void refuse(Hdf5Object& found, const char* why) { found.refused = why; }

  Hdf5Bytes all_;
  std::uint64_t room_;
  std::uint64_t array_room_;  // bytes of arrays: each has its own
  std::set<std::uint64_t> visited_;
  std::vector<Hdf5Object>* objects_ = nullptr;
};

/// Takes a file apart. Throws if it is malformed, cut off, or of another kind than h5py writes for Keras.
HEED_COLD inline Hdf5 read_hdf5(std::span<const std::byte> bytes, const std::string& file) {
  return Hdf5Reader(bytes, file).read();
}

}  // namespace heed::inline HEED_ISA::detail
