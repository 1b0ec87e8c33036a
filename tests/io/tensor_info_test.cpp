#include "heed/io/tensor_info.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace tensor_info_test {

using heed::byte_count;
using heed::DataType;
using heed::Index;

TEST(TensorInfo, NamesOfTypesReadBack) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < heed::detail::data_type_traits.size(); ++i) {
    const auto type = static_cast<DataType>(i);
    EXPECT_EQ(heed::data_type_from(heed::name_of(type)), type);
    names.insert(heed::name_of(type));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(DataType::c64) + 1);
  EXPECT_FALSE(heed::data_type_from("f32"));
  EXPECT_FALSE(heed::data_type_from(""));
}

TEST(TensorInfo, TypesHaveTheirNameAndSize) {
  EXPECT_EQ(heed::name_of(DataType::boolean), "BOOL");
  EXPECT_EQ(heed::name_of(DataType::f8_e4m3), "F8_E4M3");
  EXPECT_EQ(heed::name_of(DataType::bf16), "BF16");
  EXPECT_EQ(heed::name_of(DataType::f32), "F32");
  EXPECT_EQ(heed::name_of(DataType::i64), "I64");
  EXPECT_EQ(heed::size_of(DataType::u8), 1u);
  EXPECT_EQ(heed::size_of(DataType::f16), 2u);
  EXPECT_EQ(heed::size_of(DataType::i32), 4u);
  EXPECT_EQ(heed::size_of(DataType::f64), 8u);
}

TEST(TensorInfo, CountsBytes) {
  EXPECT_EQ(byte_count({2, 3}, DataType::f32), 24u);
  EXPECT_EQ(byte_count({}, DataType::f64), 8u);  // a scalar
  EXPECT_EQ(byte_count({5, 0}, DataType::f64), 0u);
}

TEST(TensorInfo, CountsNoBytesThatOverflow) {
  constexpr Index most = std::numeric_limits<Index>::max();
  EXPECT_EQ(byte_count({most}, DataType::u8), static_cast<std::size_t>(most));
  EXPECT_FALSE(byte_count({most}, DataType::f16));
  EXPECT_FALSE(byte_count({Index{1} << 32, Index{1} << 31}, DataType::u8));
  EXPECT_FALSE(byte_count({-1}, DataType::u8));
  EXPECT_EQ(byte_count({most, most, 0}, DataType::f64), 0u);
}

TEST(TensorInfo, WidensF16) {
  const auto f = heed::float_from_f16;
  EXPECT_EQ(f(0x3c00), 1.0f);
  EXPECT_EQ(f(0xc000), -2.0f);
  EXPECT_EQ(f(0x3555), 0x1.554p-2f);
  EXPECT_EQ(f(0x7bff), 65504.0f);
  EXPECT_EQ(f(0x0400), 0x1p-14f);    // the smallest normal
  EXPECT_EQ(f(0x03ff), 0x3ffp-24f);  // the largest subnormal
  EXPECT_EQ(f(0x0001), 0x1p-24f);    // the smallest
  EXPECT_EQ(f(0x8001), -0x1p-24f);
  EXPECT_EQ(f(0x7c00), std::numeric_limits<float>::infinity());
  EXPECT_EQ(f(0xfc00), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(f(0x7c01)));
  EXPECT_TRUE(std::signbit(f(0x8000)));
  EXPECT_EQ(f(0x8000), 0.0f);
}

TEST(TensorInfo, F16GrowsWithItsBits) {
  for (int bits = 1; bits <= 0x7c00; ++bits) {
    EXPECT_LT(heed::float_from_f16(static_cast<std::uint16_t>(bits - 1)),
              heed::float_from_f16(static_cast<std::uint16_t>(bits)));
  }
}

TEST(TensorInfo, WidensBf16) {
  const auto f = heed::float_from_bf16;
  EXPECT_EQ(f(0x3f80), 1.0f);
  EXPECT_EQ(f(0xc040), -3.0f);
  EXPECT_EQ(f(0x0001), 0x1p-133f);  // the smallest subnormal
  EXPECT_EQ(f(0x7f7f), 0x1.fep127f);
  EXPECT_EQ(f(0xff80), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(f(0x7fc0)));
}

}  // namespace tensor_info_test
