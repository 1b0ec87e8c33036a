#pragma once

/// @file
/// Compressed archives, with libzip. Optional: link heed::zip.
///
///     auto data = heed::load_sequences<float>("data.npz:x", "data.npz:y", {.unpack = heed::unzip});

#include <zip.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// The bytes of a member of a ZIP archive. Throws, and names both, if the archive cannot be read or has no such member,
/// or if the member is damaged, encrypted or larger than its compressed bytes can be. For `Unpack` of
/// `heed/data/npz.hpp`.
inline std::vector<std::byte> unzip(const std::filesystem::path& archive, const std::string& member) {
  const std::string where = archive.string() + ":" + member;
  int code = 0;
  const std::unique_ptr<zip_t, decltype(&zip_discard)> zip(zip_open(archive.string().c_str(), ZIP_RDONLY, &code),
                                                           &zip_discard);
  require(zip != nullptr, [&] {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string text = zip_error_strerror(&error);
    zip_error_fini(&error);
    return Fault{"cannot open the archive: " + text, archive.string()};
  });
  zip_stat_t stat;
  zip_stat_init(&stat);
  const bool known = zip_stat(zip.get(), member.c_str(), 0, &stat) == 0 && (stat.valid & ZIP_STAT_SIZE) != 0 &&
                     (stat.valid & ZIP_STAT_COMP_SIZE) != 0;
  require(known, [&] { return Fault{"no such member in the archive", where}; });
  // deflate compresses at most this many times, and the archive holds what is compressed; a larger claim is false
  constexpr std::uint64_t most_times = 1100;
  std::error_code unknown;
  const std::uint64_t there = std::filesystem::file_size(archive, unknown);
  require(stat.size / most_times <= stat.comp_size + 64 && (unknown || stat.comp_size <= there), [&] {
    return Fault{
        "a compressed array that claims more than it can hold", where, {}, std::to_string(stat.size) + " bytes"};
  });
  const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(zip_fopen(zip.get(), member.c_str(), 0), &zip_fclose);
  require(file != nullptr, [&] { return Fault{std::string("cannot unpack: ") + zip_strerror(zip.get()), where}; });
  std::vector<std::byte> bytes;
  try {
    if (!std::in_range<std::size_t>(stat.size)) throw std::bad_alloc();
    bytes.resize(static_cast<std::size_t>(stat.size));
  } catch (const std::bad_alloc&) {
    throw Error(Fault{"does not fit in memory", where});
  }
  std::size_t read = 0;
  while (read < bytes.size()) {
    const auto got = zip_fread(file.get(), bytes.data() + read, bytes.size() - read);
    require(got > 0, [&] { return Fault{"the compressed array is damaged", where}; });
    read += static_cast<std::size_t>(got);
  }
  std::byte more;  // reading to the end checks the checksum
  require(zip_fread(file.get(), &more, 1) == 0, [&] { return Fault{"the compressed array is damaged", where}; });
  return bytes;
}

}  // namespace heed::inline HEED_ISA
