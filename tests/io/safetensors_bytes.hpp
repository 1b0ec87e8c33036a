#pragma once

// Safetensors files made by hand, for the tests of io/.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/sanitized.hpp"
#include "heed/core/detail/byte_order.hpp"

namespace heed_test {

/// A header of any text and length, and what follows it.
inline std::vector<std::byte> file_of(std::uint64_t header_length, std::string_view header, std::string_view data) {
  std::string text;
  for (int i = 0; i < 8; ++i) text += static_cast<char>(header_length >> (8 * i) & 0xff);
  text += header;
  text += data;
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}
inline std::vector<std::byte> file_of(std::string_view header, std::string_view data = {}) {
  return file_of(header.size(), header, data);
}

/// The bytes of numbers, as a file has them.
template <class T>
std::string bytes_of(const std::vector<T>& values) {
  const auto bytes = heed::detail::bytes_in_file<T>(values);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The message of the heed::Error that f() throws; other exceptions pass.
template <class F>
std::string error(F&& f) {
  return test_support::error_of(f);
}

/// A folder of its own for each test, removed afterwards.
class InAFolder : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::filesystem::path folder =
      std::filesystem::temp_directory_path() /
      ("heed_io_" + std::to_string(::getpid()) + "_" + testing::UnitTest::GetInstance()->current_test_info()->name());
};

using test_support::sanitized;

/// By how many bytes f() raises the memory of this process at its highest; 0 where the system does not tell, or where
/// a sanitizer keeps what was freed.
template <class F>
std::size_t peak_memory(F&& f) {
  const auto kilobytes = [](const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(key)) return std::stoull(line.substr(key.size()));
    }
    return 0ULL;
  };
  const bool reset = static_cast<bool>(std::ofstream("/proc/self/clear_refs") << "5" << std::flush);
  const auto before = kilobytes("VmRSS:");
  f();
  const auto after = kilobytes("VmHWM:");
  return reset && !sanitized && after > before ? static_cast<std::size_t>(after - before) * 1024 : 0;
}

}  // namespace heed_test
