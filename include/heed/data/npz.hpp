#pragma once

/// @file
/// NumPy's archives (`numpy.savez`): named arrays, written "data.npz:x".

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/files/zip.hpp"

namespace heed::inline HEED_ISA {

/// An array in an archive.
struct NpzPlace {
  std::filesystem::path archive;
  std::string member;  ///< without `.npy`; empty: the only one
};

/// Parses "data.npz:x" or "data.npz"; empty if the path is neither.
HEED_FUNCTION std::optional<NpzPlace> npz_place(const std::filesystem::path& path);

/// The bytes of a `.npy` in an archive. Throws if the archive cannot be read; if it has no such member (the error lists
/// its members); if no member is named and there are several; or if the member is compressed and there is no `unpack`.
HEED_FUNCTION std::vector<std::byte> read_npz(const NpzPlace& place, const Unpack& unpack = {});

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <span>

#include "heed/core/error.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

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
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  if (lower.ends_with(".npz")) return NpzPlace{path, ""};
  const std::size_t at = lower.rfind(".npz:");
  if (at == std::string::npos) return std::nullopt;
  NpzPlace place{text.substr(0, at + 4), text.substr(at + 5)};
  if (place.member.ends_with(".npy")) place.member.resize(place.member.size() - 4);
  return place;
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
