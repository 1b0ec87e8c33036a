#pragma once

// The words for Windows' errors about files: those that other systems have, where they have any.

#include <cerrno>
#include <string>
#include <system_error>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/files/detail/windows.hpp"

#if defined(_WIN32)

namespace heed::inline HEED_ISA::detail {

inline constexpr int is_a_folder = -1;  // Windows has no error for it

HEED_COLD HEED_FUNCTION std::string system_message(int error) {
  const auto words = [](int code) { return std::generic_category().message(code); };
  switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
      return words(ENOENT);
    case ERROR_ACCESS_DENIED:
      return words(EACCES);
    case ERROR_DIRECTORY:
      return words(ENOTDIR);
    case is_a_folder:
      return words(EISDIR);
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
      return words(ENOSPC);
    case ERROR_WRITE_PROTECT:
      return words(EROFS);
    case ERROR_FILENAME_EXCED_RANGE:
      return "File name too long";
    case ERROR_INVALID_NAME:
      return "The name is none of a file";
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
    case ERROR_USER_MAPPED_FILE:
      return "Another program uses the file";
    default:
      return std::system_category().message(error) + " (Windows error " + std::to_string(error) + ')';
  }
}

}  // namespace heed::inline HEED_ISA::detail

#endif
