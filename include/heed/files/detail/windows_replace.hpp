#pragma once

// The ways to write a file on Windows: beside the old file and renamed, in place, or directly (for anything but a regular
// file).

#include <array>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>

#include "heed/files/detail/windows_handle.hpp"

#if defined(_WIN32)

namespace heed::inline HEED_ISA::detail {

/// A new file beside `target`. The destructor removes it unless `replace` has succeeded.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target) : file_(create(target)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    file_.close();
    if (!error_ && !replaced_) ::DeleteFileW(path_.c_str());
  }
  /// Why the file could not be created; 0 if it was.
  int error() const { return error_; }
  Handle& file() { return file_; }

  /// Programs that look at every new file, such as scanners for viruses, may have one of the two open for a moment: then
  /// it is tried again. (ReplaceFileW would keep permissions, but it leaves files of its own behind where it fails.)
  bool replace(const std::filesystem::path& target) {
    constexpr int attempts = 100;
    for (int attempt = 1;; ++attempt) {
      replaced_ = ::MoveFileExW(path_.c_str(), target.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
      const int error = replaced_ ? 0 : last_error();
      const bool in_use = error == ERROR_ACCESS_DENIED || error == ERROR_SHARING_VIOLATION;
      if (!in_use || attempt == attempts) return replaced_;
      ::Sleep(10);
    }
  }

 private:
  HEED_COLD Handle create(const std::filesystem::path& target) {
    // a name has at most 255 characters: a long one is cut to leave room for the suffix
    const std::wstring stem =
        target.filename().wstring().substr(0, 200) + L'.' + std::to_wstring(::GetCurrentProcessId()) + L'.';
    for (int attempt = 0;; ++attempt) {
      path_ = target.parent_path() / (stem + std::to_wstring(attempt) + L".heed.tmp");
      Handle file(path_, GENERIC_WRITE, CREATE_NEW);
      error_ = file ? 0 : last_error();
      if (error_ != ERROR_FILE_EXISTS || attempt == 1000) return file;
    }
  }

  std::filesystem::path path_;
  int error_ = 0;
  Handle file_;
  bool replaced_ = false;
};

/// Removes a temporary file that no process has open.
HEED_COLD inline void remove_if_abandoned(const std::filesystem::path& path) {
  const HANDLE alone =
      ::CreateFileW(path.c_str(), DELETE, 0, nullptr, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, nullptr);
  if (alone != INVALID_HANDLE_VALUE) ::CloseHandle(alone);
}

/// Where `write_file` writes: the file to replace, or a target to write to directly.
struct Destination {
  std::filesystem::path path;
  bool direct = false;                   // not a regular file
  std::optional<std::size_t> size = {};  // of the existing file
};

/// "\\.\pipe\name": opening it would be taken for a client.
inline bool is_pipe(const std::filesystem::path& path) { return path.native().starts_with(L"\\\\.\\pipe\\"); }

/// The target of a link to a file.
HEED_COLD inline std::filesystem::path linked(const std::filesystem::path& path, const Handle& file) {
  std::wstring target(::GetFinalPathNameByHandleW(file.get(), nullptr, 0, FILE_NAME_NORMALIZED), L'\0');
  target.resize(
      ::GetFinalPathNameByHandleW(file.get(), target.data(), static_cast<DWORD>(target.size()), FILE_NAME_NORMALIZED));
  if (target.empty()) throw_system_error(path, "resolve", last_error());
  return target;
}

/// Throws if `path` may not be written.
HEED_COLD inline Destination destination(const std::filesystem::path& path) {
  if (is_pipe(path)) return {.path = path, .direct = true};
  const DWORD attributes = ::GetFileAttributesW(path.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) {
    const int error = last_error();
    if (error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND) throw_system_error(path, "write", error);
    return {.path = path};
  }
  if ((attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) throw_system_error(path, "open", is_a_folder);
  if ((attributes & FILE_ATTRIBUTE_READONLY) != 0) throw_system_error(path, "write", ERROR_ACCESS_DENIED);
  const Handle file(path, FILE_READ_ATTRIBUTES);
  if (!file) throw_system_error(path, "open", last_error());
  if (::GetFileType(file.get()) != FILE_TYPE_DISK) return {.path = path, .direct = true};
  LARGE_INTEGER size{};
  if (!::GetFileSizeEx(file.get(), &size)) throw_system_error(path, "write", last_error());
  return {.path = (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 ? linked(path, file) : path,
          .size = static_cast<std::size_t>(size.QuadPart)};
}

/// Whether an existing file can only be written in place: its folder does not accept new files.
inline bool only_in_place(const Destination& to, int error) { return to.size && error == ERROR_ACCESS_DENIED; }

/// Opens an existing file for writing, and throws if it cannot grow to this many bytes. Its contents stay. The reserved
/// space is free again when the file is closed.
HEED_COLD inline Handle open_in_place(const Destination& to, const std::filesystem::path& path, std::size_t bytes) {
  Handle file(to.path, GENERIC_WRITE);
  if (!file) throw_system_error(path, "open", last_error());
  if (bytes <= *to.size) return file;
  FILE_ALLOCATION_INFO room{};
  room.AllocationSize.QuadPart = static_cast<LONGLONG>(bytes);
  const bool reserved = ::SetFileInformationByHandle(file.get(), FileAllocationInfo, &room, sizeof room);
  if (!reserved && last_error() == ERROR_DISK_FULL) throw_system_error(path, "write", ERROR_DISK_FULL);
  return file;
}

using Parts = std::initializer_list<std::span<const std::byte>>;

HEED_COLD inline void write_in_place(const Destination& to, const std::filesystem::path& path, Parts parts) {
  std::size_t bytes = 0;
  for (const auto part : parts) bytes += part.size();
  Handle file = open_in_place(to, path, bytes);
  for (const auto part : parts) write_all(file, path, part);
  if (!::SetEndOfFile(file.get())) throw_system_error(path, "write", last_error());
  if (!::FlushFileBuffers(file.get())) throw_system_error(path, "flush", last_error());
  if (!file.close()) throw_system_error(path, "write", last_error());
}

HEED_COLD inline void write_directly(const std::filesystem::path& path, Parts parts) {
  Handle file(path, GENERIC_WRITE);
  if (!file) throw_system_error(path, "open", last_error());
  for (const auto part : parts) write_all(file, path, part);
  if (!file.close()) throw_system_error(path, "write", last_error());
}

HEED_COLD inline void write_parts(const std::filesystem::path& path, Parts parts) {
  const Destination to = destination(path);
  if (to.direct) return write_directly(path, parts);
  TemporaryFile temporary(to.path);
  if (only_in_place(to, temporary.error())) return write_in_place(to, path, parts);
  if (temporary.error()) throw_system_error(path, create_beside(to.path), temporary.error());
  for (const auto part : parts) write_all(temporary.file(), path, part);
  if (!::FlushFileBuffers(temporary.file().get())) throw_system_error(path, "flush", last_error());
  if (!temporary.file().close()) throw_system_error(path, "write", last_error());
  if (!temporary.replace(to.path)) throw_system_error(path, "replace", last_error());
}

HEED_COLD inline void check_room(const std::filesystem::path& path, std::size_t bytes) {
  require(!is_pipe(path), [&] { return Fault{"cannot write", path.string(), "a regular file", "a named pipe"}; });
  const Destination to = destination(path);
  if (to.direct) return write_directly(path, {});
  TemporaryFile temporary(to.path);
  if (only_in_place(to, temporary.error())) {
    open_in_place(to, path, bytes);
    return;
  }
  if (temporary.error()) throw_system_error(path, create_beside(to.path), temporary.error());
  const std::array<std::byte, 16384> zeros{};
  for (std::size_t left = bytes; left > 0; left -= std::min(left, zeros.size())) {
    write_all(temporary.file(), path, std::span(zeros).first(std::min(left, zeros.size())));
  }
  if (!temporary.file().close()) throw_system_error(path, "write", last_error());
}

}  // namespace heed::inline HEED_ISA::detail

#endif
