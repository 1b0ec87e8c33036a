#pragma once

// POSIX file descriptors. Windows has those of windows_handle.hpp.

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/files/detail/system_error.hpp"

#if !defined(_WIN32)

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heed::inline HEED_ISA::detail {

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
  /// Another descriptor of the same open file; -1 if there can be no more.
  explicit Descriptor(const Descriptor& other) : fd_(other ? ::fcntl(other.fd_, F_DUPFD_CLOEXEC, 0) : -1) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  /// Returns false if the system reports a write error only now. After EINTR the file is closed, too.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0 || errno == EINTR; }

 private:
  int fd_;
};

HEED_COLD inline void write_all(const Descriptor& file, const std::filesystem::path& path,
                                std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto n = uninterrupted([&] { return ::write(file.get(), bytes.data(), bytes.size()); });
    if (n < 0) throw_system_error(path, "write", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

/// Writes to the disk what the system still holds in memory.
HEED_COLD inline void flush(const Descriptor& file, const std::filesystem::path& path) {
  if (uninterrupted([&] { return ::fsync(file.get()); }) != 0) throw_system_error(path, "flush", errno);
}

/// The file then has this many bytes.
HEED_COLD inline void cut(const Descriptor& file, const std::filesystem::path& path, off_t bytes) {
  if (uninterrupted([&] { return ::ftruncate(file.get(), bytes); }) != 0) throw_system_error(path, "write", errno);
}

/// A file opened for reading, and its size; 0 if it has none, such as a pipe.
struct OpenFile {
  Descriptor descriptor;
  std::size_t size = 0;
  bool endless = false;  // a device that never ends, such as /dev/zero; not a terminal

  explicit OpenFile(const std::filesystem::path& path) : descriptor(path, O_RDONLY) {
    if (!descriptor) throw_system_error(path, "open", errno);
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0) throw_system_error(path, "read", errno);
    if (S_ISDIR(status.st_mode)) throw_system_error(path, "read", EISDIR);
    if (!std::in_range<std::size_t>(status.st_size)) throw_system_error(path, "read", EFBIG);
    if (S_ISREG(status.st_mode)) size = static_cast<std::size_t>(status.st_size);
    endless = (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) && ::isatty(descriptor.get()) == 0;
  }
};

/// Returns the number of bytes read; fewer than the buffer holds only at the end of the file.
HEED_COLD inline std::size_t read_some(const OpenFile& file, const std::filesystem::path& path,
                                       std::span<std::byte> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const auto n =
        uninterrupted([&] { return ::read(file.descriptor.get(), buffer.data() + filled, buffer.size() - filled); });
    if (n < 0) throw_system_error(path, "read", errno);
    if (n == 0) break;
    filled += static_cast<std::size_t>(n);
  }
  return filled;
}

/// The bytes of a file in memory, loaded when they are accessed; none if it cannot be mapped.
HEED_COLD inline std::span<const std::byte> map_bytes(const OpenFile& file) {
  if (file.size == 0) return {};
  void* const start = ::mmap(nullptr, file.size, PROT_READ, MAP_PRIVATE, file.descriptor.get(), 0);
  if (start == MAP_FAILED) return {};
  return {static_cast<const std::byte*>(start), file.size};
}
inline void unmap_bytes(std::span<const std::byte> bytes) {
  ::munmap(const_cast<std::byte*>(bytes.data()), bytes.size());
}

}  // namespace heed::inline HEED_ISA::detail

#endif
