#pragma once

/// @file
/// NumPy's archives (`numpy.savez`): named arrays, written "data.npz:x".

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// Returns the bytes of a compressed member of an archive: `unzip` of `heed/archive/unzip.hpp`, in the component
/// heed::zip. Empty: only uncompressed archives can be read.
using Unpack = std::function<std::vector<std::byte>(const std::filesystem::path& archive, const std::string& member)>;

/// An array in an archive.
struct NpzPlace {
  std::filesystem::path archive;
  std::string member;  ///< without `.npy`; empty: the only one
};

/// Parses "data.npz:x" or "data.npz"; empty if the path is neither.
HEED_FUNCTION std::optional<NpzPlace> npz_place(const std::filesystem::path& path);

/// What a ZIP archive says about a member.
struct ZipMember {
  std::string name;
  int method = 0;  // 0: stored; 8: deflated
  bool encrypted = false;
  std::uint32_t crc = 0;
  std::uint64_t size = 0, packed = 0;  // in bytes: uncompressed, and in the file
  std::uint64_t header = 0;            // where the member's own header begins
};

/// The members of an archive, also of ZIP64. Throws, and names `where`, if the archive is malformed.
HEED_FUNCTION std::vector<ZipMember> zip_members(std::span<const std::byte> archive, const std::string& where);

/// The bytes of an uncompressed member. Throws if it is compressed, encrypted or damaged.
HEED_FUNCTION std::span<const std::byte> stored_member(std::span<const std::byte> archive, const ZipMember& member,
                                                       const std::string& where);

/// The bytes of a `.npy` in an archive. Throws if the archive cannot be read; if it has no such member (the error lists
/// its members); if no member is named and there are several; or if the member is compressed and there is no `unpack`.
HEED_FUNCTION std::vector<std::byte> read_npz(const NpzPlace& place, const Unpack& unpack = {});

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "heed/core/error.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

// Reads ZIP's little-endian numbers. Throws if the archive ends too early.
class ZipReader {
 public:
  ZipReader(std::span<const std::byte> bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  std::uint64_t number(std::uint64_t at, int size) const {
    const std::span<const std::byte> part = range(at, static_cast<std::uint64_t>(size));
    std::uint64_t value = 0;
    for (std::size_t i = part.size(); i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(part[i]);
    return value;
  }
  std::span<const std::byte> range(std::uint64_t at, std::uint64_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) malformed("the file ends within it");
    return bytes_.subspan(at, size);
  }
  [[noreturn]] void malformed(std::string_view what) const {
    throw Error(Fault{"malformed archive: " + std::string(what), where_});
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string& where_;
};

/// The CRC-32 of ZIP and zlib.
HEED_FUNCTION std::uint32_t crc32(std::span<const std::byte> bytes) {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int k = 0; k < 8; ++k) c = c & 1 ? 0xEDB88320U ^ (c >> 1) : c >> 1;
      t[i] = c;
    }
    return t;
  }();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const std::byte b : bytes) crc = table[(crc ^ std::to_integer<std::uint32_t>(b)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

/// Where the list of members begins, and their number.
HEED_FUNCTION std::array<std::uint64_t, 2> zip_directory(const ZipReader& zip, std::uint64_t size) {
  constexpr std::uint64_t end_size = 22, most_comment = 0xFFFF;
  constexpr std::uint64_t end = 0x06054b50, locator64 = 0x07064b50, end64 = 0x06064b50;
  if (size < end_size) zip.malformed("no ZIP");
  std::uint64_t at = size - end_size;
  const std::uint64_t last = at > most_comment ? at - most_comment : 0;
  while (zip.number(at, 4) != end) {
    if (at == last) zip.malformed("no ZIP");
    --at;
  }
  std::uint64_t count = zip.number(at + 10, 2), first = zip.number(at + 16, 4);
  if (count != 0xFFFF && first != 0xFFFFFFFF) return {first, count};
  if (at < 20 || zip.number(at - 20, 4) != locator64) return {first, count};
  const std::uint64_t at64 = zip.number(at - 12, 8);
  if (zip.number(at64, 4) != end64) zip.malformed("no end of ZIP64");
  return {zip.number(at64 + 48, 8), zip.number(at64 + 32, 8)};
}

/// Reads the numbers that do not fit into 32 bits.
HEED_FUNCTION void read_zip64(const ZipReader& zip, std::uint64_t at, std::uint64_t end, ZipMember& member) {
  while (at + 4 <= end) {
    const std::uint64_t id = zip.number(at, 2), size = zip.number(at + 2, 2);
    if (id == 1) {
      std::uint64_t from = at + 4;
      for (std::uint64_t* const value : {&member.size, &member.packed, &member.header}) {
        if (*value != 0xFFFFFFFF) continue;
        *value = zip.number(from, 8);
        from += 8;
      }
      return;
    }
    at += 4 + size;
  }
}

HEED_FUNCTION std::string member_names(const std::vector<ZipMember>& members) {
  std::string names;
  for (std::size_t i = 0; i < std::min<std::size_t>(members.size(), 20); ++i) {
    std::string name = members[i].name;
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "none" : names + (members.size() > 20 ? ", ..." : "");
}

}  // namespace detail

HEED_FUNCTION std::optional<NpzPlace> npz_place(const std::filesystem::path& path) {
  const std::string text = path.string();
  std::string small = text;
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  if (small.ends_with(".npz")) return NpzPlace{path, ""};
  const std::size_t at = small.rfind(".npz:");
  if (at == std::string::npos) return std::nullopt;
  NpzPlace place{text.substr(0, at + 4), text.substr(at + 5)};
  if (place.member.ends_with(".npy")) place.member.resize(place.member.size() - 4);
  return place;
}

HEED_FUNCTION std::vector<ZipMember> zip_members(std::span<const std::byte> archive, const std::string& where) {
  constexpr std::uint64_t entry = 0x02014b50, entry_size = 46;
  const detail::ZipReader zip(archive, where);
  auto [at, count] = detail::zip_directory(zip, archive.size());
  if (count > archive.size() / entry_size) zip.malformed("more members than it has room for");
  std::vector<ZipMember> members;
  for (; count > 0; --count) {
    if (zip.number(at, 4) != entry) zip.malformed("no member where one should be");
    const std::uint64_t name = zip.number(at + 28, 2), extra = zip.number(at + 30, 2), comment = zip.number(at + 32, 2);
    const std::span<const std::byte> text = zip.range(at + entry_size, name);
    ZipMember& member = members.emplace_back();
    member.name.assign(reinterpret_cast<const char*>(text.data()), text.size());
    member.encrypted = (zip.number(at + 8, 2) & 1) != 0;
    member.method = static_cast<int>(zip.number(at + 10, 2));
    member.crc = static_cast<std::uint32_t>(zip.number(at + 16, 4));
    member.packed = zip.number(at + 20, 4);
    member.size = zip.number(at + 24, 4);
    member.header = zip.number(at + 42, 4);
    detail::read_zip64(zip, at + entry_size + name, at + entry_size + name + extra, member);
    at += entry_size + name + extra + comment;
  }
  return members;
}

HEED_FUNCTION std::span<const std::byte> stored_member(std::span<const std::byte> archive, const ZipMember& member,
                                                       const std::string& where) {
  constexpr std::uint64_t local = 0x04034b50, local_size = 30;
  const detail::ZipReader zip(archive, where);
  if (member.method != 0 || member.encrypted) zip.malformed("the member is compressed or encrypted");
  if (zip.number(member.header, 4) != local || member.packed != member.size) zip.malformed("no member there");
  const std::uint64_t skip = zip.number(member.header + 26, 2) + zip.number(member.header + 28, 2);
  const std::span<const std::byte> bytes = zip.range(member.header + local_size + skip, member.size);
  if (detail::crc32(bytes) != member.crc) zip.malformed("the checksum is another: damaged data");
  return bytes;
}

HEED_FUNCTION std::vector<std::byte> read_npz(const NpzPlace& place, const Unpack& unpack) try {
  const std::string name = place.archive.string(), where = name + (place.member.empty() ? "" : ":" + place.member);
  const MappedFile file(place.archive);
  const std::vector<ZipMember> members = zip_members(file.bytes(), name);
  require(!place.member.empty() || members.size() == 1, [&] {
    return Fault{members.empty() ? "an archive of no arrays" : "several arrays in an archive", name,
                 "the name of one: " + name + ":NAME", detail::member_names(members)};
  });
  const auto member = std::find_if(members.begin(), members.end(), [&](const ZipMember& m) {
    return place.member.empty() || m.name == place.member || m.name == place.member + ".npy";
  });
  require(member != members.end(), [&] {
    return Fault{"no array of this name in the archive", where, "one of " + detail::member_names(members), {}};
  });
  require(!member->encrypted, [&] { return Fault{"the array is encrypted", where}; });
  if (member->method == 0) {
    const std::span<const std::byte> bytes = stored_member(file.bytes(), *member, where);
    return {bytes.begin(), bytes.end()};
  }
  require(static_cast<bool>(unpack), [&] {
    return Fault{
        "the array is compressed: this needs libzip, and heed's component zip (HEED_ZIP in CMake); numpy.savez "
        "writes without compression",
        where};
  });
  return unpack(place.archive, member->name);
} catch (...) {
  detail::rethrow_as_error(place.archive.string());
}

}  // namespace heed::inline HEED_ISA

#endif
