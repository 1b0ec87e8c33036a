#pragma once

// The pickle of a PyTorch file, and where the numbers of its tensors stand: an inner part of pytorch.hpp.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/convert/detail/pickle.hpp"
#include "heed/convert/detail/pickle_value.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/files/zip.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA::detail {

struct TorchRecord {
  std::size_t begin = 0, size = 0;  // in bytes
  std::size_t element = 0;          // bytes_in_order of its numbers, where they were reversed
};

/// A file taken apart.
struct TorchParts {
  std::vector<std::byte> unpacked_pickle;
  std::span<const std::byte> pickle;  // texts of the content stand in it
  PickleContent content;
  bool reversed = false;  // the numbers have their highest byte first
  std::map<std::string_view, TorchRecord>
      records;  // of the storages, in `copy`, or, where that is not used, in the file
  bool copied = false;
  std::vector<std::byte> copy;  // of records that are compressed or reversed
};

/// The bytes that change places where the order of a number's bytes does: of complex ones those of each part.
inline std::size_t bytes_in_order(DataType type) { return type == DataType::c64 ? 4 : size_of(type); }

/// Puts a record into the copy, its numbers in this machine's order.
HEED_COLD inline TorchRecord copy_record(TorchParts& parts, std::span<const std::byte> record,
                                         const TorchStorage& storage, const std::string& where) {
  const std::size_t element = parts.reversed ? bytes_in_order(storage.dtype) : 1;
  require(!parts.reversed || storage.typed,
          [&] { return Fault{"numbers of another byte order, without their type", where}; });
  const TorchRecord placed{parts.copy.size(), record.size(), element};
  parts.copy.insert(parts.copy.end(), record.begin(), record.end());
  const auto begin = parts.copy.begin() + static_cast<std::ptrdiff_t>(placed.begin);
  for (std::size_t i = 0; i + element <= record.size(); i += element) {
    const auto at = begin + static_cast<std::ptrdiff_t>(i);
    std::reverse(at, at + static_cast<std::ptrdiff_t>(element));
  }
  return placed;
}

/// Throws unless a record has the bytes that its storage needs.
HEED_COLD inline void check_record(const TorchRecord& record, const TorchStorage& storage, bool reversed,
                                   const std::string& where) {
  const auto bytes = byte_count({storage.count}, storage.dtype);
  require(bytes && *bytes == record.size, [&] {
    return Fault{"a storage and its record disagree", where,
                 (bytes ? std::to_string(*bytes) : "more than 2^63") + " bytes for " + std::to_string(storage.count) +
                     ' ' + std::string(name_of(storage.dtype)),
                 std::to_string(record.size)};
  });
  require(!reversed || record.element == bytes_in_order(storage.dtype),
          [&] { return Fault{"a storage of two types, in another byte order", where}; });
}

/// The members of an archive by their names, and their bytes.
class TorchArchive {
 public:
  using Unpacked = std::function<std::vector<std::byte>(const std::string& member)>;

  TorchArchive(std::span<const std::byte> file, const std::string& name, const Unpacked& unpack)
      : file_(file), name_(name), unpack_(unpack), members_(zip_members(file, name)) {
    for (const ZipMember& member : members_) by_name_.emplace(member.name, &member);
  }

  const std::vector<ZipMember>& members() const { return members_; }
  /// Null where there is none.
  const ZipMember* find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  static bool stored(const ZipMember& member) { return member.method == 0; }
  /// Of one that is stored.
  std::span<const std::byte> look(const ZipMember& member) const { return stored_member(file_, member, place(member)); }
  /// Of one that is compressed. All together may have some times the bytes of the file: numbers cannot be packed much.
  std::vector<std::byte> unpack(const ZipMember& member) {
    require(!member.encrypted, [&] { return Fault{"the record is encrypted", place(member)}; });
    require(static_cast<bool>(unpack_), [&] {
      return Fault{
          "the archive is compressed: this needs a path, libzip and heed's component zip (HEED_ZIP in CMake); "
          "torch.save writes without compression",
          place(member)};
    });
    constexpr std::uint64_t times = 20, beside = std::uint64_t{1} << 20;
    const std::uint64_t most = times * file_.size() + beside;
    require(member.size <= most - unpacked_, [&] {
      return Fault{"a compressed archive that holds too much", place(member),
                   "at most " + std::to_string(most) + " bytes", std::to_string(member.size) + " bytes more"};
    });
    unpacked_ += member.size;
    std::vector<std::byte> bytes = unpack_(member.name);
    require(bytes.size() == member.size, [&] {
      return Fault{"a record of another size", place(member), std::to_string(member.size),
                   std::to_string(bytes.size())};
    });
    return bytes;
  }

 private:
  std::string place(const ZipMember& member) const { return name_ + ": " + quote(member.name); }

  std::span<const std::byte> file_;
  const std::string& name_;
  const Unpacked& unpack_;
  std::vector<ZipMember> members_;
  std::map<std::string_view, const ZipMember*> by_name_;
  std::uint64_t unpacked_ = 0;
};

/// "archive/", where the pickle is "archive/data.pkl".
HEED_COLD inline std::string torch_folder(const TorchArchive& archive, const std::string& file) {
  constexpr std::string_view pickle = "data.pkl";
  std::vector<std::string> folders;
  for (const ZipMember& member : archive.members()) {
    const std::string_view name = member.name;
    if (!name.ends_with(pickle) || (name.size() > pickle.size() && name[name.size() - pickle.size() - 1] != '/'))
      continue;
    folders.emplace_back(name.substr(0, name.size() - pickle.size()));
  }
  require(!folders.empty(), [&] {
    const bool keras = archive.find("model.weights.h5") != nullptr;
    return Fault{"an archive, but none of torch.save", file, "a member data.pkl",
                 keras ? "a model of Keras" : std::to_string(archive.members().size()) + " other members"};
  });
  require(folders.size() == 1, [&] { return Fault{"two pickles in an archive", file, "one data.pkl"}; });
  require(!archive.find(folders[0] + "constants.pkl"), [&] {
    return Fault{"a program of TorchScript", file, "tensors, as torch.save(model.state_dict(), path) writes"};
  });
  return std::move(folders[0]);
}

/// Takes an archive apart, as torch.save writes it since PyTorch 1.6.
HEED_COLD inline TorchParts parts_of_archive(std::span<const std::byte> file, const std::string& name,
                                             const TorchArchive::Unpacked& unpack) {
  TorchArchive archive(file, name, unpack);
  const std::string folder = torch_folder(archive, name);
  TorchParts parts;
  const auto bytes_of = [&](const ZipMember& member, std::vector<std::byte>& own) {
    if (archive.stored(member)) return archive.look(member);
    own = archive.unpack(member);
    return std::span<const std::byte>(own);
  };
  parts.pickle = bytes_of(*archive.find(folder + "data.pkl"), parts.unpacked_pickle);
  const std::string where = name + ": data.pkl";
  std::size_t end = 0;
  parts.content = read_pickle(parts.pickle, end, where);
  require(end == parts.pickle.size(), [&] {
    return Fault{"bytes behind the pickle", where, std::to_string(end) + " bytes", std::to_string(parts.pickle.size())};
  });
  if (const ZipMember* const order = archive.find(folder + "byteorder")) {
    std::vector<std::byte> own;
    const std::span<const std::byte> bytes = bytes_of(*order, own);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    require(text == "little" || text == "big",
            [&] { return Fault{"an unknown byte order", name + ": byteorder", "little or big", quote(text)}; });
    parts.reversed = text == "big";
  }

  std::vector<const ZipMember*> members;  // of the storages
  parts.copied = parts.reversed;
  for (const TorchStorage& storage : parts.content.storages) {
    const std::string record = folder + "data/" + std::string(storage.key);
    members.push_back(archive.find(record));
    require(members.back(), [&] { return Fault{"a record is missing", name + ": " + quote(record)}; });
    parts.copied = parts.copied || !archive.stored(*members.back());
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    const TorchStorage& storage = parts.content.storages[i];
    const std::string place = name + ": " + quote(members[i]->name);
    const auto [entry, fresh] = parts.records.try_emplace(storage.key);
    if (fresh) {
      std::vector<std::byte> own;
      const std::span<const std::byte> bytes = bytes_of(*members[i], own);
      entry->second = parts.copied ? copy_record(parts, bytes, storage, place)
                                   : TorchRecord{static_cast<std::size_t>(bytes.data() - file.data()), bytes.size()};
    }
    check_record(entry->second, storage, parts.reversed, place);
  }
  return parts;
}

}  // namespace heed::inline HEED_ISA::detail
