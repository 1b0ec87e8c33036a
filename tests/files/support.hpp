#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <iterator>
#include <string>

#include "../support/error_of.hpp"
#include "heed/files/file.hpp"

namespace files_test {

namespace fs = std::filesystem;

/// A folder of its own for each test.
class File : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(folder); }

  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }
  static std::string text(const fs::path& path) {
    const auto bytes = heed::read_file(path);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  static std::string mapped(const fs::path& path) {
    const heed::MappedFile file(path);
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
  }
  template <class F>
  static std::string error(F&& f) {
    return test_support::error_of(f);
  }

  fs::path folder = fs::temp_directory_path() / ("heed_file_test_" + std::to_string(::getpid()) + "_" +
                                                 testing::UnitTest::GetInstance()->current_test_info()->name());
};

}  // namespace files_test
