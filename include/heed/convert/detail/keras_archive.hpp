#pragma once

// What stands in a file of Keras: an inner part of keras.hpp.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/convert/detail/hdf5.hpp"
#include "heed/convert/detail/json_tree.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/files/file.hpp"
#include "heed/files/zip.hpp"

namespace heed::inline HEED_ISA::detail {

/// A file taken apart: the description of the model, if it has one, and its weights, if it has them.
struct KerasContent {
  std::string name;
  std::vector<std::byte> bytes;     ///< of the file
  std::vector<std::byte> unpacked;  ///< of the weights, where they were compressed
  JsonTree model, training;         ///< null where the file has none
  Hdf5 weights;                     ///< without objects where the file has none
  std::size_t size = 0;             ///< of the file
  bool has_weights() const { return !weights.objects.empty(); }
};

class KerasOpener {
 public:
  KerasOpener(std::vector<std::byte>&& bytes, std::string name, const Unpack& unpack, std::filesystem::path path)
      : unpack_(unpack), path_(std::move(path)) {
    c_.name = std::move(name);
    c_.bytes = std::move(bytes);
    c_.size = c_.bytes.size();
  }

  KerasContent open() {
    const std::span<const std::byte> file(c_.bytes);
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (text.starts_with("PK\x03\x04")) {
      archive(file);
    } else if (text.starts_with("\x89HDF\r\n\x1a\n")) {
      c_.weights = read_hdf5(file, c_.name);
      attribute("model_config", c_.model);
      attribute("training_config", c_.training);
    } else if (first != std::string_view::npos && text[first] == '{') {
      c_.model = json_tree(text, c_.name);
    } else {
      throw Error(Fault{"no file of Keras", c_.name, "a .keras, .weights.h5 or .h5 file, or the JSON of a model",
                        file.empty() ? "an empty file" : "other bytes"});
    }
    if (c_.training.is_null()) c_.training = c_.model["compile_config"];
    return std::move(c_);
  }

 private:
  void archive(std::span<const std::byte> file) {
    const std::vector<ZipMember> members = zip_members(file, c_.name);
    const auto find = [&](std::string_view name) -> const ZipMember* {
      for (const ZipMember& member : members) {
        if (member.name == name) return &member;
      }
      return nullptr;
    };
    const ZipMember* const config = find("config.json");
    require(config != nullptr, [&] {
      return Fault{"no .keras file", c_.name, "an archive with config.json and model.weights.h5", "no config.json"};
    });
    std::vector<std::byte> room;
    const std::span<const std::byte> json = content(file, *config, room);
    c_.model = json_tree({reinterpret_cast<const char*>(json.data()), json.size()}, place("config.json"));
    const ZipMember* const weights = find("model.weights.h5");
    require(weights != nullptr, [&] {
      return Fault{"the archive has no weights that heed reads", c_.name, "model.weights.h5",
                   find("model.weights.json")  ? "weights in several files"
                   : find("model.weights.npz") ? "model.weights.npz"
                                               : "none"};
    });
    const std::span<const std::byte> h5 = content(file, *weights, c_.unpacked);
    c_.weights = read_hdf5(h5, place("model.weights.h5"));
  }

  /// The bytes of a member; of a compressed one in `room`. All together have at most some times the bytes of the file.
  std::span<const std::byte> content(std::span<const std::byte> file, const ZipMember& member,
                                     std::vector<std::byte>& room) {
    if (member.method == 0) return stored_member(file, member, place(member.name));
    require(!member.encrypted, [&] { return Fault{"the member is encrypted", place(member.name)}; });
    require(static_cast<bool>(unpack_) && !path_.empty(), [&] {
      return Fault{
          "the archive is compressed: this needs a path, libzip and heed's component zip (HEED_ZIP in CMake); "
          "Keras saves without compression",
          place(member.name)};
    });
    constexpr std::size_t times = 20, beside = std::size_t{1} << 20;
    require(member.size <= times * file.size() + beside, [&] {
      return Fault{"a compressed archive that holds too much", place(member.name),
                   "at most " + std::to_string(times * file.size() + beside) + " bytes", std::to_string(member.size)};
    });
    room = unpack_(path_, member.name);
    return room;
  }
  std::string place(const std::string& member) const { return c_.name + ": " + member; }

  void attribute(const char* name, JsonTree& to) const {
    const auto found = c_.weights.root().texts.find(name);
    if (found == c_.weights.root().texts.end() || found->second.empty()) return;
    to = json_tree(found->second.front(), place(name));
  }

  KerasContent c_;
  const Unpack& unpack_;
  std::filesystem::path path_;
};

}  // namespace heed::inline HEED_ISA::detail
