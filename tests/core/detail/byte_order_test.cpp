#include "heed/core/detail/byte_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace byte_order_test {

using heed::detail::bytes_in_file;
using heed::detail::load_number;
using heed::detail::store_number;

std::vector<std::byte> bytes(const std::vector<int>& values) {
  std::vector<std::byte> result;
  for (const int value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

TEST(ByteOrder, NumbersOfFilesBeginWithTheLowestByte) {
  const auto file = bytes({0xff, 0x04, 0x03, 0x02, 0x01, 0x00, 0x00, 0x80, 0x3f});
  EXPECT_EQ(load_number<std::uint32_t>(file.data() + 1), 0x01020304u);  // not aligned
  EXPECT_EQ(load_number<float>(file.data() + 5), 1.0F);
  EXPECT_EQ(load_number<std::int8_t>(file.data()), -1);
}

TEST(ByteOrder, FilesMayBeginWithTheHighestByte) {
  const auto file = bytes({0x3f, 0x80, 0x00, 0x00, 0x01, 0x02});
  EXPECT_EQ(load_number<float>(file.data(), std::endian::big), 1.0F);
  EXPECT_EQ(load_number<std::uint16_t>(file.data() + 4, std::endian::big), 0x0102u);
}

TEST(ByteOrder, StoredNumbersAreThoseLoaded) {
  auto file = bytes({9, 9, 9, 9, 9, 9, 9, 9, 9, 9});
  store_number(std::uint32_t{0x01020304}, file.data() + 1);
  EXPECT_EQ(file, bytes({9, 4, 3, 2, 1, 9, 9, 9, 9, 9}));
  for (const double number : {0.1, -0.0, std::numeric_limits<double>::infinity()}) {
    store_number(number, file.data() + 1);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(load_number<double>(file.data() + 1)), std::bit_cast<std::uint64_t>(number));
  }
  EXPECT_EQ(file.back(), std::byte{9});
}

TEST(ByteOrder, ArraysAreNumbersOneAfterAnother) {
  const std::vector<float> numbers{1, -2};
  const auto file = bytes_in_file<float>(numbers);
  const auto expected = bytes({0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0xc0});
  EXPECT_TRUE(std::equal(file.begin(), file.end(), expected.begin(), expected.end()));
  EXPECT_TRUE(bytes_in_file<float>({}).empty());
}

}  // namespace byte_order_test
