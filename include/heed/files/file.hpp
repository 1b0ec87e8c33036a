#pragma once

/// @file
/// Reads and writes whole files. Writing is atomic: a reader sees the old file or the new one, never a part.

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/files/detail/system_error.hpp"

namespace heed::inline HEED_ISA {

/// The bytes of a file or a pipe. Throws if it cannot be opened or read, if it is a directory or an endless device
/// (`/dev/zero`), or if it does not fit into memory.
std::vector<std::byte> read_file(const std::filesystem::path& path);

/// The bytes of a file, loaded only when they are accessed: for users that need a part of a large file. Anything but a
/// regular file is read completely. The file must not be truncated in the meantime. Throws as `read_file` does.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const&& = delete;
  std::span<const std::byte> bytes() const& { return mapped_.empty() ? std::span<const std::byte>(read_) : mapped_; }

 private:
  std::span<const std::byte> mapped_;
  std::vector<std::byte> read_;  // if it cannot be mapped
};

/// Writes the parts one after another to a file beside `path`, flushes it to disk and renames it to `path`.
///
/// - An existing file passes its permissions on to the new one. On Windows the folder decides about them, and a file that
///   a program has open without sharing it cannot be replaced.
/// - A symbolic link is followed.
/// - Anything but a regular file (`/dev/stdout`, a pipe) is written to directly.
/// - A file that can be written but not replaced is written in place, after space for it was reserved: a mount point,
///   or a file in a folder that does not accept new files.
///
/// Throws if any step fails. Then nothing is left behind, and `path` is as it was, with two exceptions. If only its
/// folder cannot be flushed, it is the new file. If it is written in place, an error of the disk may leave a part.
void write_file(const std::filesystem::path& path, std::initializer_list<std::span<const std::byte>> parts);

/// Throws if `write_file` could not write this many bytes to `path`: no permission, a full disk, a quota, a limit of
/// the process. Also throws for named pipes and sockets, whose reader may be gone later. Changes nothing. For programs
/// that write at the end of a long computation.
void check_writable(const std::filesystem::path& path, std::size_t bytes = 4096);

/// The same for text.
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <array>

#include "heed/files/detail/replace.hpp"
#include "heed/files/detail/windows_replace.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
HEED_COLD HEED_FUNCTION std::vector<std::byte> read_all(const OpenFile& file, const std::filesystem::path& path) {
  std::vector<std::byte> bytes(file.size);  // only a hint: files may grow
  bytes.resize(read_some(file, path, bytes));
  std::array<std::byte, 16384> more;
  while (const std::size_t n = read_some(file, path, more)) {
    require(!file.endless, [&] { return Fault{"cannot read", path.string(), "a file", "a device without an end"}; });
    bytes.insert(bytes.end(), more.begin(), more.begin() + static_cast<std::ptrdiff_t>(n));
  }
  return bytes;
}
}  // namespace detail

HEED_COLD HEED_FUNCTION std::vector<std::byte> read_file(const std::filesystem::path& path) try {
  return detail::read_all(detail::OpenFile(path), path);
} catch (...) {
  detail::rethrow_as_error(path.string());
}

HEED_COLD HEED_FUNCTION MappedFile::MappedFile(const std::filesystem::path& path) try {
  const detail::OpenFile file(path);
  mapped_ = detail::map_bytes(file);
  if (mapped_.empty()) read_ = detail::read_all(file, path);
} catch (...) {
  detail::rethrow_as_error(path.string());
}

HEED_COLD HEED_FUNCTION MappedFile::~MappedFile() {
  if (!mapped_.empty()) detail::unmap_bytes(mapped_);
}

HEED_COLD HEED_FUNCTION void write_file(const std::filesystem::path& path,
                                        std::initializer_list<std::span<const std::byte>> parts) try {
  detail::write_parts(path, parts);
} catch (...) {
  detail::rethrow_as_error(path.string());
}

HEED_COLD HEED_FUNCTION void check_writable(const std::filesystem::path& path, std::size_t bytes) try {
  detail::check_room(path, bytes);
} catch (...) {
  detail::rethrow_as_error(path.string());
}

HEED_COLD HEED_FUNCTION void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, {std::as_bytes(std::span(text.data(), text.size()))});
}

}  // namespace heed::inline HEED_ISA

#endif
