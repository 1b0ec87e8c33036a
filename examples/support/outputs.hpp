#pragma once

// Files that programs write.

#include <filesystem>
#include <system_error>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/data/npz.hpp"
#include "heed/files/file.hpp"

namespace support {

/// Throws where `path` cannot be written, or is one of the files that are read (empty: none). Changes nothing.
inline void check_output(const std::filesystem::path& path, const std::vector<std::filesystem::path>& inputs) {
  for (const auto& input : inputs) {
    const auto place = heed::npz_place(input);
    std::error_code absent;
    heed::require(!std::filesystem::equivalent(path, place ? place->archive : input, absent),
                  [&] { return heed::Fault{"this file is read, it must not be written", path.string()}; });
  }
  heed::check_writable(path);
}

}  // namespace support
