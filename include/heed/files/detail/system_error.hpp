#pragma once

// Errors of the operating system about files.

#include <filesystem>
#include <string>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// "model.safetensors: cannot open: Permission denied"
[[noreturn]] void throw_system_error(const std::filesystem::path& path, const std::string& doing, int error);

/// What fails where a folder takes no new file.
std::string create_beside(const std::filesystem::path& path);

/// What is at `path`: a file, a folder, a device, or `not_found`. Throws if the system does not tell.
std::filesystem::file_type type_of(const std::filesystem::path& path);

}  // namespace heed::inline HEED_ISA::detail

#if HEED_BODIES

#include <system_error>

#include "heed/files/detail/windows_message.hpp"

namespace heed::inline HEED_ISA::detail {

#if !defined(_WIN32)
HEED_COLD HEED_FUNCTION std::string system_message(int error) { return std::generic_category().message(error); }
#endif

HEED_COLD HEED_FUNCTION void throw_system_error(const std::filesystem::path& path, const std::string& doing,
                                                int error) {
  throw Error(Fault{"cannot " + doing + ": " + system_message(error), path.string()});
}

HEED_COLD HEED_FUNCTION std::string create_beside(const std::filesystem::path& path) {
  const std::string folder = path.parent_path().string();
  return "create the file that takes its place, in the folder " +
         (folder.empty() ? std::string("of this program") : folder);
}

HEED_COLD HEED_FUNCTION std::filesystem::file_type type_of(const std::filesystem::path& path) {
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  if (type == std::filesystem::file_type::none) throw Error(Fault{"cannot open: " + error.message(), path.string()});
  return type;
}

}  // namespace heed::inline HEED_ISA::detail

#endif
