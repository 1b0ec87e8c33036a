#pragma once

/// @file
/// ZIP archives, read strictly: `.npz` of NumPy, `.pt` of PyTorch. What is compressed needs the component heed::zip.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// Returns the bytes of a compressed member of an archive: `unzip` of `heed/archive/unzip.hpp`, in the component
/// heed::zip. Empty: only uncompressed archives can be read.
using Unpack = std::function<std::vector<std::byte>(const std::filesystem::path& archive, const std::string& member)>;

/// What a ZIP archive says about a member.
struct ZipMember {
  std::string name;
  int method = 0;  ///< 0: stored; 8: deflated
  bool encrypted = false;
  std::uint32_t crc = 0;
  std::uint64_t size = 0, packed = 0;  ///< in bytes: uncompressed, and in the file
  std::uint64_t header = 0;            ///< where the member's own header begins
};

/// The members of an archive, also of ZIP64. Throws, and names `where`, if the archive is malformed, or if two members
/// have the same name or share bytes of the file, as in archives that unpack to more than any disk holds.
HEED_FUNCTION std::vector<ZipMember> zip_members(std::span<const std::byte> archive, const std::string& where);

/// The bytes of an uncompressed member. Throws if it is compressed, encrypted or damaged. A checksum of 0 is none.
HEED_FUNCTION std::span<const std::byte> stored_member(std::span<const std::byte> archive, const ZipMember& member,
                                                       const std::string& where);

namespace detail {
/// The CRC-32 of ZIP and zlib.
HEED_FUNCTION std::uint32_t crc32(std::span<const std::byte> bytes);
}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <array>
#include <string_view>

#include "heed/core/error.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

constexpr std::uint64_t local_size = 30;  // of a member's own header, without its name

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
    return bytes_.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(size));
  }
  [[noreturn]] void malformed(std::string_view what) const {
    throw Error(Fault{"malformed archive: " + std::string(what), where_});
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string& where_;
};

/// Table k: what a byte adds to the CRC if k bytes follow it.
using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr CrcTables crc_tables() {
  CrcTables t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = c & 1 ? 0xEDB88320U ^ (c >> 1) : c >> 1;
    t[0][i] = c;
  }
  for (std::size_t k = 1; k < t.size(); ++k) {
    for (std::size_t i = 0; i < 256; ++i) t[k][i] = t[0][t[k - 1][i] & 0xFF] ^ (t[k - 1][i] >> 8);
  }
  return t;
}

HEED_FUNCTION std::uint32_t crc32(std::span<const std::byte> bytes) {
  static constexpr CrcTables t = crc_tables();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (; bytes.size() >= t.size();
       bytes = bytes.subspan(t.size())) {  // of eight bytes the tables are looked up at once
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < t.size(); ++i) {
      const std::uint32_t before = i < 4 ? crc >> (8 * i) : 0;
      next ^= t[t.size() - 1 - i][(before ^ std::to_integer<std::uint32_t>(bytes[i])) & 0xFF];
    }
    crc = next;
  }
  for (const std::byte b : bytes) crc = t[0][(crc ^ std::to_integer<std::uint32_t>(b)) & 0xFF] ^ (crc >> 8);
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

/// The numbers that did not fit 32 bits.
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

/// Throws if two members have the same name, or share bytes.
HEED_COLD HEED_FUNCTION void check_members(const ZipReader& zip, const std::vector<ZipMember>& members) {
  std::vector<std::string_view> names;
  std::vector<std::uint64_t> begins, ends;
  for (const ZipMember& member : members) {
    zip.range(member.header, member.packed);
    names.push_back(member.name);
    begins.push_back(member.header);
    ends.push_back(member.header + local_size + member.packed);
  }
  std::sort(names.begin(), names.end());
  std::sort(begins.begin(), begins.end());
  std::sort(ends.begin(), ends.end());
  for (std::size_t i = 1; i < members.size(); ++i) {
    if (names[i - 1] == names[i]) zip.malformed("two members are called " + std::string(names[i]));
    if (begins[i] < ends[i - 1]) zip.malformed("two members share bytes, at " + std::to_string(begins[i]));
  }
}

}  // namespace detail

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
  detail::check_members(zip, members);
  return members;
}

HEED_FUNCTION std::span<const std::byte> stored_member(std::span<const std::byte> archive, const ZipMember& member,
                                                       const std::string& where) {
  constexpr std::uint64_t local = 0x04034b50;
  const detail::ZipReader zip(archive, where);
  if (member.method != 0 || member.encrypted) zip.malformed("the member is compressed or encrypted");
  if (zip.number(member.header, 4) != local || member.packed != member.size) zip.malformed("no member there");
  const std::uint64_t skip = zip.number(member.header + 26, 2) + zip.number(member.header + 28, 2);
  const std::span<const std::byte> bytes = zip.range(member.header + detail::local_size + skip, member.size);
  // 0 is what PyTorch writes if it is told to compute none
  if (member.crc != 0 && detail::crc32(bytes) != member.crc) zip.malformed("the checksum is another: damaged data");
  return bytes;
}

}  // namespace heed::inline HEED_ISA

#endif
