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
/// - An existing file passes its permissions on to the new one.
/// - A symbolic link is followed.
/// - Anything but a regular file (`/dev/stdout`, a pipe) is written to directly.
/// - A file that can be written but not replaced is written in place, after space for it was reserved: a mount point,
///   or a file in a folder that does not accept new files.
///
/// Throws if any step fails. Then nothing is left behind, and `path` is as it was.
void write_file(const std::filesystem::path& path, std::initializer_list<std::span<const std::byte>> parts);

/// Throws if `write_file` could not write this many bytes to `path`: no permission, a full disk, a quota, a limit of
/// the process. Also throws for named pipes and sockets, whose reader may be gone later. Changes nothing. For programs
/// that write at the end of a long computation.
void check_writable(const std::filesystem::path& path, std::size_t bytes = 4096);

/// The same for text.
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "heed/files/detail/descriptor.hpp"
#include "heed/files/detail/replace.hpp"

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION std::vector<std::byte> read_file(const std::filesystem::path& path) try {
  return detail::read_all(detail::OpenFile(path), path);
} catch (...) {
  detail::rethrow_as_error(path.string());
}

HEED_COLD HEED_FUNCTION MappedFile::MappedFile(const std::filesystem::path& path) try {
  const detail::OpenFile file(path);
  void* const start =
      file.size > 0 ? ::mmap(nullptr, file.size, PROT_READ, MAP_PRIVATE, file.descriptor.get(), 0) : MAP_FAILED;
  if (start == MAP_FAILED) {
    read_ = detail::read_all(file, path);
  } else {
    mapped_ = {static_cast<const std::byte*>(start), file.size};
  }
} catch (...) {
  detail::rethrow_as_error(path.string());
}

HEED_COLD HEED_FUNCTION MappedFile::~MappedFile() {
  if (!mapped_.empty()) ::munmap(const_cast<std::byte*>(mapped_.data()), mapped_.size());
}

HEED_COLD HEED_FUNCTION void write_file(const std::filesystem::path& path,
                                        std::initializer_list<std::span<const std::byte>> parts) {
  const detail::Destination to = detail::destination(path);
  const detail::NoSizeSignal no_signal;
  if (to.direct) {
    detail::write_directly(path, parts);
  } else if (!detail::replace(to, path, parts)) {
    detail::write_in_place(to, path, parts);
  }
}

HEED_COLD HEED_FUNCTION void check_writable(const std::filesystem::path& path, std::size_t bytes) {
  const detail::Destination to = detail::destination(path);
  const detail::NoSizeSignal no_signal;
  if (to.direct) return detail::check_device(path);
  if (detail::is_mount_point(to.path)) return detail::check_in_place(to, path, bytes);
  detail::TemporaryFile temporary(to.path);
  if (detail::only_in_place(to, temporary.error())) return detail::check_in_place(to, path, bytes);
  if (temporary.error()) detail::throw_system_error(path, detail::create_beside(to), temporary.error());
  const std::array<std::byte, 16384> zeros{};
  for (std::size_t left = bytes; left > 0; left -= std::min(left, zeros.size())) {
    detail::write_all(temporary.file(), path, std::span(zeros).first(std::min(left, zeros.size())));
  }
  if (!temporary.file().close()) detail::throw_system_error(path, "write", errno);
}

HEED_COLD HEED_FUNCTION void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, {std::as_bytes(std::span(text.data(), text.size()))});
}

}  // namespace heed::inline HEED_ISA

#endif
