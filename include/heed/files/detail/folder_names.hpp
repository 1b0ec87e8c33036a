#pragma once

// The names in a folder.

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"

#if !defined(_WIN32)
#include <dirent.h>
#endif

namespace heed::inline HEED_ISA::detail {

/// In no order, without "." and "..". Empty for a folder that cannot be read. An iterator of libstdc++ ends the program
/// where it finds no memory, so it serves on Windows alone.
HEED_COLD inline std::vector<std::string> folder_names(const std::filesystem::path& path) {
  std::vector<std::string> names;
#if defined(_WIN32)
  try {
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      names.push_back(entry.path().filename().string());
    }
  } catch (const std::system_error&) {  // as well a name that has no form in the system's code page
  }
#else
  const auto close = [](DIR* folder) { ::closedir(folder); };
  const std::unique_ptr<DIR, decltype(close)> folder(::opendir(path.c_str()), close);
  if (!folder) return names;
  while (const dirent* entry = ::readdir(folder.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
#endif
  return names;
}

}  // namespace heed::inline HEED_ISA::detail
