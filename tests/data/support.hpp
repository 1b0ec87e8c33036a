#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "../support/error_of.hpp"
#include "heed/files/file.hpp"

namespace data_test {

using test_support::error_of;

/// A folder of its own for each test, removed at its end.
class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  std::filesystem::path file(std::string_view name, std::string_view content) const {
    heed::write_file(path_ / name, content);
    return path_ / name;
  }

 private:
  static std::string name() {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    std::string text = "heed_" + std::to_string(::getpid()) + "_" + test.test_suite_name() + "_" + test.name();
    std::replace(text.begin(), text.end(), '/', '_');  // of typed tests
    return text;
  }
  std::filesystem::path path_ = std::filesystem::temp_directory_path() / name();
};

/// A file of the public data sets in the folder that HEED_DATA_DIR names; nothing where it is absent.
inline std::optional<std::filesystem::path> data_set(std::string_view name) {
  const char* root = std::getenv("HEED_DATA_DIR");
  if (!root) return {};
  const auto path = std::filesystem::path(root) / name;
  if (!std::filesystem::exists(path)) return {};
  return path;
}

}  // namespace data_test
