#pragma once

// Windows' file handles. Names of files are UTF-16 there: `path.c_str()` has them so.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/files/detail/system_error.hpp"
#include "heed/files/detail/windows.hpp"
#include "heed/files/detail/windows_message.hpp"

#if defined(_WIN32)

namespace heed::inline HEED_ISA::detail {

inline int last_error() { return static_cast<int>(::GetLastError()); }

/// An open file that closes itself. It hinders nobody else who opens, renames or removes the file.
class Handle {
 public:
  Handle(const std::filesystem::path& path, DWORD access, DWORD creation = OPEN_EXISTING)
      : handle_(::CreateFileW(path.c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                              creation, FILE_ATTRIBUTE_NORMAL, nullptr)) {}
  Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, INVALID_HANDLE_VALUE)) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() { close(); }
  explicit operator bool() const { return handle_ != INVALID_HANDLE_VALUE; }
  HANDLE get() const { return handle_; }
  bool close() {
    const HANDLE handle = std::exchange(handle_, INVALID_HANDLE_VALUE);
    return handle == INVALID_HANDLE_VALUE || ::CloseHandle(handle);
  }

 private:
  HANDLE handle_;
};

/// What a single call may transfer.
inline DWORD chunk_of(std::size_t bytes) { return static_cast<DWORD>(std::min(bytes, std::size_t{1} << 26)); }

HEED_COLD inline void write_all(const Handle& file, const std::filesystem::path& path,
                                std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    DWORD n = 0;
    const bool done = ::WriteFile(file.get(), bytes.data(), chunk_of(bytes.size()), &n, nullptr);
    if (!done) throw_system_error(path, "write", last_error());
    bytes = bytes.subspan(n);
  }
}

/// A file opened for reading, and its size; 0 if it has none, such as a pipe.
struct OpenFile {
  Handle handle;
  std::size_t size = 0;
  static constexpr bool endless = false;  // there are no devices without an end

  explicit OpenFile(const std::filesystem::path& path) : handle(path, GENERIC_READ) {
    if (!handle) {
      const int error = last_error();
      const DWORD attributes = ::GetFileAttributesW(path.c_str());
      const bool folder = attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
      throw_system_error(path, folder ? "read" : "open", folder ? is_a_folder : error);
    }
    LARGE_INTEGER bytes{};
    const bool sized = ::GetFileType(handle.get()) == FILE_TYPE_DISK && ::GetFileSizeEx(handle.get(), &bytes);
    if (sized) size = static_cast<std::size_t>(bytes.QuadPart);
  }
};

/// Returns the number of bytes read; fewer than the buffer holds only at the end of the file.
HEED_COLD inline std::size_t read_some(const OpenFile& file, const std::filesystem::path& path,
                                       std::span<std::byte> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    DWORD n = 0;
    const bool done =
        ::ReadFile(file.handle.get(), buffer.data() + filled, chunk_of(buffer.size() - filled), &n, nullptr);
    if (!done && last_error() != ERROR_BROKEN_PIPE) throw_system_error(path, "read", last_error());
    if (!done || n == 0) break;
    filled += n;
  }
  return filled;
}

/// The bytes of a file in memory, loaded when they are accessed; none if it cannot be mapped.
HEED_COLD inline std::span<const std::byte> map_bytes(const OpenFile& file) {
  if (file.size == 0) return {};
  const HANDLE mapping = ::CreateFileMappingW(file.handle.get(), nullptr, PAGE_READONLY, 0, 0, nullptr);
  if (mapping == nullptr) return {};
  const void* const start = ::MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, file.size);
  ::CloseHandle(mapping);  // the view keeps it
  if (start == nullptr) return {};
  return {static_cast<const std::byte*>(start), file.size};
}
inline void unmap_bytes(std::span<const std::byte> bytes) { ::UnmapViewOfFile(bytes.data()); }

}  // namespace heed::inline HEED_ISA::detail

#endif
