#pragma once

// The ways to write a file: beside the old file and renamed, in place, or directly (for anything but a regular file).

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/files/detail/descriptor.hpp"
#include "heed/files/detail/system_error.hpp"

#if !defined(_WIN32)

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heed::inline HEED_ISA::detail {

/// The standard streams of this process. They may be a regular file, which must not be replaced under the process.
HEED_COLD inline bool is_own_stream(const std::filesystem::path& path) {
  return path == "/dev/stdout" || path == "/dev/stderr" || path.parent_path() == "/dev/fd" ||
         path.parent_path() == "/proc/self/fd";
}

/// During its lifetime, writing beyond the process's file size limit is an error of this thread's `write`, like a full
/// disk. Without it, a signal would end the process.
class NoSizeSignal {
 public:
  NoSizeSignal() {
    ::sigemptyset(&signal_);
    ::sigaddset(&signal_, SIGXFSZ);
    pending_ = pending();
    ::pthread_sigmask(SIG_BLOCK, &signal_, &before_);
  }
  NoSizeSignal(const NoSizeSignal&) = delete;
  NoSizeSignal& operator=(const NoSizeSignal&) = delete;
  ~NoSizeSignal() {
    int taken = 0;
    if (!pending_ && pending()) ::sigwait(&signal_, &taken);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  static bool pending() {
    sigset_t set;
    return ::sigpending(&set) == 0 && sigismember(&set, SIGXFSZ) == 1;
  }
  sigset_t signal_, before_;
  bool pending_;
};

/// A new file beside `target`, locked until it is gone or in its place: see `remove_if_abandoned`. The destructor removes
/// it unless `replace` has succeeded.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target) : file_(create(target)), lock_(file_) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!error_ && !replaced_) ::unlink(path_.c_str());
  }
  /// Why the file could not be created; 0 if it was.
  int error() const { return error_; }
  Descriptor& file() { return file_; }
  bool replace(const std::filesystem::path& target) {
    return replaced_ = uninterrupted([&] { return ::rename(path_.c_str(), target.c_str()); }) == 0;
  }

 private:
  HEED_COLD Descriptor create(const std::filesystem::path& target) {
    // a name has at most 255 bytes: a long one is cut to leave room for the suffix
    const std::string stem = target.filename().string().substr(0, 200) + '.' + std::to_string(::getpid()) + '.';
    for (int attempt = 0;; ++attempt) {
      path_ = target.parent_path() / (stem + std::to_string(attempt) + ".heed.tmp");
      Descriptor file(path_, O_WRONLY | O_CREAT | O_EXCL, 0666);  // the process's umask applies
      if (!file) error_ = errno;
      if (file ? is_held(file) : error_ != EEXIST || attempt == 1000) return file;
      error_ = 0;
    }
  }
  /// Whether nobody takes the new file for an abandoned one. Some file systems know no locks: nothing is removed there.
  static bool is_held(const Descriptor& file) {
    if (uninterrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) != 0) return errno != EWOULDBLOCK;
    struct stat status {};
    return ::fstat(file.get(), &status) != 0 || status.st_nlink > 0;
  }

  std::filesystem::path path_;
  int error_ = 0;
  Descriptor file_;
  Descriptor lock_;  // the file is closed before it is in its place
  bool replaced_ = false;
};

/// Removes a temporary file that no process writes any more.
HEED_COLD inline void remove_if_abandoned(const std::filesystem::path& path) {
  const Descriptor file(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
  if (file && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(path.c_str());
}

/// Makes a rename survive a power failure. Does nothing on file systems without this feature, and for folders that can
/// be written but not read.
HEED_COLD inline void flush_folder(const std::filesystem::path& path) {
  const auto parent = path.parent_path();
  const Descriptor folder(parent.empty() ? "." : parent, O_RDONLY | O_DIRECTORY);
  if (!folder) return;
  const bool flushed = uninterrupted([&] { return ::fsync(folder.get()); }) == 0;
  if (!flushed && errno == EIO) throw_system_error(path, "flush its folder, though it is written", errno);
}

/// Where `write_file` writes: the file to replace, or a target to write to directly.
struct Destination {
  std::filesystem::path path;
  bool direct = false;                     // not a regular file, or a stream of this process
  std::optional<mode_t> permissions = {};  // of the existing file
  std::size_t size = 0;                    // of the existing file
};

/// The target of a symbolic link, also if nothing exists there yet.
inline std::filesystem::path linked(std::filesystem::path path) {
  std::error_code none;
  for (int links = 0; links < 40 && std::filesystem::is_symlink(std::filesystem::symlink_status(path, none)); ++links) {
    path = path.parent_path() / std::filesystem::read_symlink(path, none);
  }
  return path;
}

/// Throws if `path` may not be written.
HEED_COLD inline Destination destination(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) throw_system_error(path, "write", errno);
    return {.path = linked(path)};
  }
  if (S_ISDIR(status.st_mode)) throw_system_error(path, "open", EISDIR);
  if (::access(path.c_str(), W_OK) != 0) throw_system_error(path, "write", errno);
  if (!S_ISREG(status.st_mode) || is_own_stream(path)) return {.path = path, .direct = true};
  std::error_code unresolved;
  auto target = std::filesystem::canonical(path, unresolved);
  if (unresolved) throw_system_error(path, "resolve", unresolved.value());
  return {.path = std::move(target),
          .permissions = status.st_mode & 07777,
          .size = static_cast<std::size_t>(status.st_size)};
}

/// Whether the path is a mount point. A mount point cannot be replaced by a rename, and the disk beside it is another
/// one. If the system does not tell, the rename will fail.
HEED_COLD inline bool is_mount_point([[maybe_unused]] const std::filesystem::path& path) {
#if defined(STATX_ATTR_MOUNT_ROOT)
  struct statx status {};
  return ::statx(AT_FDCWD, path.c_str(), 0, STATX_TYPE, &status) == 0 &&
         (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
#else
  return false;
#endif
}

/// Whether an existing file can only be written in place: its folder does not accept new files, or not this one.
HEED_COLD inline bool only_in_place(const Destination& to, int error) {
  const bool refused = error == EACCES || error == EPERM || error == EROFS || error == EBUSY || error == EXDEV;
  return to.permissions && refused;
}

/// Throws if an existing file cannot grow to this many bytes. Its contents stay; the reserved space belongs to the
/// file.
HEED_COLD inline void make_room([[maybe_unused]] const Descriptor& file, [[maybe_unused]] const Destination& to,
                                [[maybe_unused]] const std::filesystem::path& path,
                                [[maybe_unused]] std::size_t bytes) {
#if defined(FALLOC_FL_KEEP_SIZE)
  if (bytes <= to.size) return;
  const auto failed =
      uninterrupted([&] { return ::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)); });
  const bool unknown = errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL;  // not every file system supports it
  if (failed && !unknown) throw_system_error(path, "write", errno);
#endif
}

HEED_COLD inline void write_in_place(const Destination& to, const std::filesystem::path& path,
                                     std::initializer_list<std::span<const std::byte>> parts) {
  Descriptor file(to.path, O_WRONLY);
  if (!file) throw_system_error(path, "open", errno);
  std::size_t bytes = 0;
  for (const auto part : parts) bytes += part.size();
  make_room(file, to, path, bytes);
  for (const auto part : parts) write_all(file, path, part);
  cut(file, path, static_cast<off_t>(bytes));
  flush(file, path);
  if (!file.close()) throw_system_error(path, "write", errno);
}

HEED_COLD inline void write_directly(const std::filesystem::path& path,
                                     std::initializer_list<std::span<const std::byte>> parts) {
  Descriptor file(path, O_WRONLY | O_APPEND);
  if (!file) throw_system_error(path, "open", errno);
  for (const auto part : parts) write_all(file, path, part);
  if (!file.close()) throw_system_error(path, "write", errno);
}

/// Returns false if the existing file can only be written in place.
HEED_COLD inline bool replace(const Destination& to, const std::filesystem::path& path,
                              std::initializer_list<std::span<const std::byte>> parts) {
  if (is_mount_point(to.path)) return false;
  TemporaryFile temporary(to.path);
  if (only_in_place(to, temporary.error())) return false;
  if (temporary.error()) throw_system_error(path, create_beside(to.path), temporary.error());
  const auto change = [&] { return ::fchmod(temporary.file().get(), *to.permissions); };
  if (to.permissions && uninterrupted(change) != 0) throw_system_error(path, "keep the permissions", errno);
  for (const auto part : parts) write_all(temporary.file(), path, part);
  flush(temporary.file(), path);
  if (!temporary.file().close()) throw_system_error(path, "write", errno);
  if (!temporary.replace(to.path)) {
    if (only_in_place(to, errno)) return false;
    throw_system_error(path, "replace", errno);
  }
  flush_folder(to.path);
  return true;
}

/// `/dev/full` reports at once that it accepts nothing. A named pipe cannot be checked: opening it waits for a reader,
/// and closing it ends the reader's input.
HEED_COLD inline void check_device(const std::filesystem::path& path) {
  struct stat status {};
  if (is_own_stream(path) || ::stat(path.c_str(), &status) != 0) return;
  require(S_ISCHR(status.st_mode), [&] {
    const char* kind = S_ISFIFO(status.st_mode) ? "a named pipe" : S_ISSOCK(status.st_mode) ? "a socket" : "a disk";
    return Fault{"cannot write", path.string(), "a regular file", kind};
  });
  const Descriptor file(path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) throw_system_error(path, "open", errno);
  if (::write(file.get(), "", 0) < 0) throw_system_error(path, "write", errno);
}

HEED_COLD inline void check_in_place(const Destination& to, const std::filesystem::path& path, std::size_t bytes) {
  const Descriptor file(to.path, O_WRONLY);
  if (!file) throw_system_error(path, "open", errno);
  if (bytes <= to.size) return;
  struct stat before {};
  if (::fstat(file.get(), &before) != 0) throw_system_error(path, "write", errno);
  make_room(file, to, path, bytes);
  // release the reserved space, keep the time stamps
  cut(file, path, before.st_size);
#if defined(__linux__)
  const struct timespec times[2] = {before.st_atim, before.st_mtim};
  ::futimens(file.get(), times);
#endif
}

HEED_COLD inline void write_parts(const std::filesystem::path& path,
                                  std::initializer_list<std::span<const std::byte>> parts) {
  const Destination to = destination(path);
  const NoSizeSignal no_signal;
  if (to.direct) {
    write_directly(path, parts);
  } else if (!replace(to, path, parts)) {
    write_in_place(to, path, parts);
  }
}

HEED_COLD inline void check_room(const std::filesystem::path& path, std::size_t bytes) {
  const Destination to = destination(path);
  const NoSizeSignal no_signal;
  if (to.direct) return check_device(path);
  if (is_mount_point(to.path)) return check_in_place(to, path, bytes);
  TemporaryFile temporary(to.path);
  if (only_in_place(to, temporary.error())) return check_in_place(to, path, bytes);
  if (temporary.error()) throw_system_error(path, create_beside(to.path), temporary.error());
  const std::array<std::byte, 16384> zeros{};
  for (std::size_t left = bytes; left > 0; left -= std::min(left, zeros.size())) {
    write_all(temporary.file(), path, std::span(zeros).first(std::min(left, zeros.size())));
  }
  if (!temporary.file().close()) throw_system_error(path, "write", errno);
}

}  // namespace heed::inline HEED_ISA::detail

#endif
