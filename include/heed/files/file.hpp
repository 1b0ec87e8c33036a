#pragma once

/// @file
/// Whole files in and out. Writing is atomic: a reader sees the old file or the new one, never a part.

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
/// "model.safetensors: cannot open: Permission denied"
[[noreturn]] HEED_FUNCTION void throw_system_error(const std::filesystem::path& path, const std::string& doing,
                                                   int error);
}  // namespace detail

/// The bytes of a file, a pipe too. Throws where it cannot be opened or read, is a directory, or does not fit in
/// memory.
HEED_FUNCTION std::vector<std::byte> read_file(const std::filesystem::path& path);

/// The bytes of a file, read where they are looked at: for those who need a part of a large one. What is no regular
/// file is read whole. The file must not be cut short meanwhile. Throws as `read_file` does.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return mapped_.empty() ? std::span<const std::byte>(read_) : mapped_; }

 private:
  std::span<const std::byte> mapped_;
  std::vector<std::byte> read_;  // where it cannot be mapped
};

/// Writes the parts one after another to a file beside `path`, flushes it to disk and renames it to `path`.
/// A file that was there before gives the new one its permissions, a link is followed, and what is no regular file
/// (`/dev/stdout`, a pipe) is written to directly.
/// Throws, leaving nothing behind and `path` as it was, where any of these fails.
HEED_FUNCTION void write_file(const std::filesystem::path& path,
                              std::initializer_list<std::span<const std::byte>> parts);

/// Throws where `write_file` could not begin to write to `path`; leaves everything as it is. For programs that write
/// at the end of long work.
HEED_FUNCTION void check_writable(const std::filesystem::path& path);

/// The same for text.
HEED_FUNCTION void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <new>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION void throw_system_error(const std::filesystem::path& path, const std::string& doing, int error) {
  throw Error(Fault{"cannot " + doing + ": " + std::generic_category().message(error), path.string()});
}

/// Repeats a system call that a signal interrupted.
template <class F>
auto uninterrupted(F&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// An open file that closes itself.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags, mode_t mode = 0)
      : fd_(uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); })) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  /// False where the system reports only now that something could not be written. EINTR has closed the file, too.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0 || errno == EINTR; }

 private:
  int fd_;
};

/// The number of bytes read, less than the buffer's only at the end of the file.
inline std::size_t read_some(const Descriptor& file, const std::filesystem::path& path, std::span<std::byte> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const auto n = uninterrupted([&] { return ::read(file.get(), buffer.data() + filled, buffer.size() - filled); });
    if (n < 0) throw_system_error(path, "read", errno);
    if (n == 0) break;
    filled += static_cast<std::size_t>(n);
  }
  return filled;
}

inline void write_all(const Descriptor& file, const std::filesystem::path& path, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto n = uninterrupted([&] { return ::write(file.get(), bytes.data(), bytes.size()); });
    if (n < 0) throw_system_error(path, "write", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

/// The streams of this process. They may lead to a regular file, which must not be replaced under the process.
inline bool is_own_stream(const std::filesystem::path& path) {
  return path == "/dev/stdout" || path == "/dev/stderr" || path.parent_path() == "/dev/fd" ||
         path.parent_path() == "/proc/self/fd";
}

/// A new file beside `target`. It is removed again unless `replace` succeeds.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target) : path_(target), file_(create(path_)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!replaced_) ::unlink(path_.c_str());
  }
  Descriptor& file() { return file_; }
  bool replace(const std::filesystem::path& target) { return replaced_ = ::rename(path_.c_str(), target.c_str()) == 0; }

 private:
  static Descriptor create(std::filesystem::path& path) {
    const std::filesystem::path target = path;
    // names have at most 255 bytes: a long one is cut to leave room for the suffix
    const std::string stem = target.filename().string().substr(0, 200) + '.' + std::to_string(::getpid()) + '.';
    for (int attempt = 0;; ++attempt) {
      path = target.parent_path() / (stem + std::to_string(attempt) + ".tmp");
      Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL, 0666);  // the process's umask applies
      if (file) return file;
      if (errno != EEXIST || attempt == 1000) throw_system_error(target, "create a file beside it", errno);
    }
  }

  std::filesystem::path path_;
  Descriptor file_;
  bool replaced_ = false;
};

/// Makes a rename last beyond a power failure. File systems that know no such thing, and folders that may be written
/// but not read, are passed over.
inline void flush_folder(const std::filesystem::path& path) {
  const auto parent = path.parent_path();
  const Descriptor folder(parent.empty() ? "." : parent, O_RDONLY | O_DIRECTORY);
  if (!folder) return;
  if (::fsync(folder.get()) != 0 && errno == EIO) throw_system_error(path, "flush its folder", errno);
}

/// A file that is open for reading, and its size: 0 where it has none, as pipes.
struct OpenFile {
  Descriptor descriptor;
  std::size_t size = 0;

  explicit OpenFile(const std::filesystem::path& path) : descriptor(path, O_RDONLY) {
    if (!descriptor) throw_system_error(path, "open", errno);
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0) throw_system_error(path, "read", errno);
    if (S_ISDIR(status.st_mode)) throw_system_error(path, "read", EISDIR);
    if (S_ISREG(status.st_mode)) size = static_cast<std::size_t>(status.st_size);
  }
};

inline std::vector<std::byte> read_all(const OpenFile& file, const std::filesystem::path& path) try {
  std::vector<std::byte> bytes(file.size);  // a hint: files may grow
  bytes.resize(read_some(file.descriptor, path, bytes));
  std::array<std::byte, 16384> more;
  while (const std::size_t n = read_some(file.descriptor, path, more)) {
    bytes.insert(bytes.end(), more.begin(), more.begin() + static_cast<std::ptrdiff_t>(n));
  }
  return bytes;
} catch (const std::bad_alloc&) {
  throw Error(Fault{"does not fit in memory", path.string()});
} catch (const std::length_error&) {
  throw Error(Fault{"does not fit in memory", path.string()});
}

}  // namespace detail

HEED_FUNCTION std::vector<std::byte> read_file(const std::filesystem::path& path) {
  return detail::read_all(detail::OpenFile(path), path);
}

HEED_FUNCTION MappedFile::MappedFile(const std::filesystem::path& path) {
  const detail::OpenFile file(path);
  void* const start =
      file.size > 0 ? ::mmap(nullptr, file.size, PROT_READ, MAP_PRIVATE, file.descriptor.get(), 0) : MAP_FAILED;
  if (start == MAP_FAILED) {
    read_ = detail::read_all(file, path);
  } else {
    mapped_ = {static_cast<const std::byte*>(start), file.size};
  }
}

HEED_FUNCTION MappedFile::~MappedFile() {
  if (!mapped_.empty()) ::munmap(const_cast<std::byte*>(mapped_.data()), mapped_.size());
}

namespace detail {

/// Where `write_file` puts a file: what it replaces, or what it writes to directly.
struct Destination {
  std::filesystem::path path;
  bool direct = false;                     // no regular file, or a stream of this process
  std::optional<mode_t> permissions = {};  // of the file that is there
};

/// Throws where `path` may not be written.
inline Destination destination(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {.path = path};
  if (S_ISDIR(status.st_mode)) throw_system_error(path, "open", EISDIR);
  if (::access(path.c_str(), W_OK) != 0) throw_system_error(path, "write", errno);
  if (!S_ISREG(status.st_mode) || is_own_stream(path)) return {.path = path, .direct = true};
  std::error_code unresolved;
  auto target = std::filesystem::canonical(path, unresolved);
  if (unresolved) throw_system_error(path, "resolve", unresolved.value());
  return {.path = std::move(target), .permissions = status.st_mode & 07777};
}

}  // namespace detail

HEED_FUNCTION void write_file(const std::filesystem::path& path,
                              std::initializer_list<std::span<const std::byte>> parts) {
  const detail::Destination to = detail::destination(path);
  if (to.direct) {
    detail::Descriptor file(path, O_WRONLY | O_APPEND);
    if (!file) detail::throw_system_error(path, "open", errno);
    for (const auto part : parts) detail::write_all(file, path, part);
    if (!file.close()) detail::throw_system_error(path, "write", errno);
    return;
  }
  detail::TemporaryFile temporary(to.path);
  if (to.permissions && ::fchmod(temporary.file().get(), *to.permissions) != 0) {
    detail::throw_system_error(path, "keep the permissions", errno);
  }
  for (const auto part : parts) detail::write_all(temporary.file(), path, part);
  if (::fsync(temporary.file().get()) != 0) detail::throw_system_error(path, "flush", errno);
  if (!temporary.file().close()) detail::throw_system_error(path, "write", errno);
  if (!temporary.replace(to.path)) detail::throw_system_error(path, "replace", errno);
  detail::flush_folder(to.path);
}

HEED_FUNCTION void check_writable(const std::filesystem::path& path) {
  const detail::Destination to = detail::destination(path);
  if (!to.direct) detail::TemporaryFile{to.path};
}

HEED_FUNCTION void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, {std::as_bytes(std::span(text))});
}

}  // namespace heed::inline HEED_ISA

#endif
