#include "heed/data/npy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/detail/byte_order.hpp"
#include "heed/data/text.hpp"
#include "support.hpp"

namespace npy_test {

using data_test::error_of;
using data_test::Folder;
using heed::Index;

/// A file of version 1.0; order '>' swaps the bytes of each value.
template <class T>
std::string npy_file(const std::string& descr, const std::string& shape, const std::vector<T>& values,
                     bool fortran_order = false) {
  std::string dictionary = "{'descr': '" + descr + "', 'fortran_order': " + (fortran_order ? "True" : "False") +
                           ", 'shape': " + shape + ", }";
  dictionary.resize(118 - 1, ' ');
  dictionary += '\n';
  std::string file = "\x93NUMPY";
  file += {'\x01', '\0', static_cast<char>(dictionary.size()), '\0'};
  file += dictionary;
  for (const T value : values) {
    std::string bytes(sizeof(T), '\0');
    heed::detail::store_number(value, reinterpret_cast<std::byte*>(bytes.data()));
    if (descr[0] == '>') std::reverse(bytes.begin(), bytes.end());
    file += bytes;
  }
  return file;
}

template <class S>
heed::NpyArray<S> parsed_npy(const std::string& file) {
  return heed::parse_npy<S>(std::as_bytes(std::span(file)), "x.npy");
}

/// `values`, stored as T, read as S.
template <class S, class T>
std::vector<S> converted(const std::string& descr, const std::vector<T>& values) {
  return parsed_npy<S>(npy_file(descr, "(" + std::to_string(values.size()) + ",)", values)).values;
}
template <class S, class T>
std::string conversion_error(const std::string& descr, const std::vector<T>& values) {
  return error_of([&] { converted<S>(descr, values); });
}

template <class S, class T>
void expect_every_value(const std::string& descr, const std::vector<T>& values) {
  std::vector<S> expected;
  for (const T value : values) expected.push_back(static_cast<S>(value));
  const std::string orders = sizeof(T) == 1 ? "|<>" : "<>";
  for (const char order : orders) EXPECT_EQ((converted<S>(order + descr, values)), expected) << order << descr;
}
template <class T>
void expect_integers(const std::string& descr) {
  const std::vector<T> values{0, 1, 100, std::numeric_limits<T>::min(),
                              static_cast<T>(std::min<std::uint64_t>(std::numeric_limits<T>::max(), INT64_MAX))};
  expect_every_value<float>(descr, values);
  expect_every_value<double>(descr, values);
  expect_every_value<std::int64_t>(descr, values);
}

TEST(Npy, ReadsEveryTypeInBothByteOrders) {
  expect_integers<std::int8_t>("i1");
  expect_integers<std::int16_t>("i2");
  expect_integers<std::int32_t>("i4");
  expect_integers<std::int64_t>("i8");
  expect_integers<std::uint8_t>("u1");
  expect_integers<std::uint16_t>("u2");
  expect_integers<std::uint32_t>("u4");
  expect_integers<std::uint64_t>("u8");
  expect_every_value<float>("f4", std::vector<float>{0.1f, -2.5e-40f, 3.4028235e38f});
  expect_every_value<double>("f4", std::vector<float>{0.1f, -2.5e-40f, 3.4028235e38f});
  expect_every_value<float>("f8", std::vector<double>{0.1, -1e-300, 1e38});
  expect_every_value<double>("f8", std::vector<double>{0.1, -1e-300, 1e300});
  EXPECT_EQ((converted<float>("|b1", std::vector<char>{1, 0})), (std::vector<float>{1, 0}));
  EXPECT_EQ((converted<std::int64_t>("|b1", std::vector<char>{1, 0})), (std::vector<std::int64_t>{1, 0}));
}

TEST(Npy, ReadsWholeFloatsAsIntegers) {
  const std::vector<std::int64_t> expected{3, -0, -9007199254740993 + 1};
  EXPECT_EQ((converted<std::int64_t>("<f8", std::vector<double>{3.0, -0.0, -9007199254740992.0})), expected);
  EXPECT_EQ((converted<std::int64_t>("<f4", std::vector<float>{-7.0f})), std::vector<std::int64_t>{-7});
}

TEST(Npy, RejectsConversionsThatLose) {
  const std::string where = "x.npy, element (1) (counted from 0): value cannot be converted (expected ";
  EXPECT_EQ((conversion_error<std::int64_t>("<f8", std::vector<double>{3, 3.5})),
            where + "an integer of 64 bits, got 3.5)");
  EXPECT_EQ((conversion_error<std::int64_t>("<f4", std::vector<float>{3, -0.25f})),
            where + "an integer of 64 bits, got -0.25)");
  EXPECT_EQ((conversion_error<std::int64_t>("<f8", std::vector<double>{-9223372036854775808.0, 9223372036854775808.0})),
            where + "an integer of 64 bits, got 9223372036854775808)");
  EXPECT_EQ((conversion_error<std::int64_t>("<f8", std::vector<double>{0, std::nan("")})),
            where + "an integer of 64 bits, got nan)");
  EXPECT_EQ((conversion_error<std::int64_t>("<f8", std::vector<double>{0, -HUGE_VAL})),
            where + "an integer of 64 bits, got -inf)");
  EXPECT_EQ((conversion_error<std::int64_t>("<u8", std::vector<std::uint64_t>{0, 9223372036854775808u})),
            where + "an integer of 64 bits, got 9223372036854775808)");
  EXPECT_EQ((conversion_error<float>("<f8", std::vector<double>{0, -3.5e38})),
            where + "a number that fits a float, got -3.5e+38)");
  EXPECT_EQ((conversion_error<float>("|b1", std::vector<char>{1, 2})), where + "a bool, 0 or 1, got 2)");
}

TEST(Npy, NamesTheElementInEveryAxis) {
  for (const bool fortran : {false, true}) {
    std::vector<double> values(24, 1.0);
    values[fortran ? 1 + 2 * (2 + 3 * 3) : (1 * 3 + 2) * 4 + 3] = 0.5;
    EXPECT_EQ(error_of([&] { parsed_npy<std::int64_t>(npy_file("<f8", "(2, 3, 4)", values, fortran)); }),
              "x.npy, element (1, 2, 3) (counted from 0): value cannot be converted (expected an integer of 64 bits, "
              "got 0.5)");
  }
}

TEST(Npy, NanAndInfinityPass) {
  const auto values = converted<float>("<f8", std::vector<double>{std::nan(""), HUGE_VAL, -HUGE_VAL});
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_EQ(values[1], std::numeric_limits<float>::infinity());
  EXPECT_EQ(values[2], -std::numeric_limits<float>::infinity());
}

TEST(Npy, FortranOrderBecomesRowMajor) {
  // a[i][j][k] = 100 i + 10 j + k, stored with i fastest
  std::vector<std::int16_t> stored;
  std::vector<float> expected;
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) stored.push_back(static_cast<std::int16_t>(100 * i + 10 * j + k));
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) expected.push_back(static_cast<float>(100 * i + 10 * j + k));
  const auto array = parsed_npy<float>(npy_file("<i2", "(2, 3, 4)", stored, true));
  EXPECT_EQ(array.extents, (std::vector<Index>{2, 3, 4}));
  EXPECT_EQ(array.values, expected);
}

TEST(Npy, APartIsRowsOfTheFirstAxis) {
  const Folder folder;
  std::vector<std::int32_t> values(24);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int32_t>(i);
  for (const bool fortran : {false, true}) {
    const std::string file = npy_file("<i4", "(4, 3, 2)", values, fortran);
    folder.file("x.npy", file);
    const auto all = parsed_npy<float>(file).values;
    for (const heed::IndexRange rows : {heed::IndexRange{0, 4}, {1, 3}, {3, 4}, {2, 2}}) {
      const auto part = heed::read_npy<float>(folder / "x.npy", [&](Index count) {
        EXPECT_EQ(count, 4);
        return rows;
      });
      EXPECT_EQ(part.extents, (std::vector<Index>{rows.count(), 3, 2}));
      EXPECT_EQ(part.values, std::vector<float>(all.begin() + rows.first * 6, all.begin() + rows.last * 6));
    }
  }
  std::vector<double> doubles(6, 0.0);
  doubles[5] = 1e300;
  folder.file("x.npy", npy_file("<f8", "(3, 2)", doubles));
  const auto error_of_rows = [&](Index first, Index last) {
    return error_of(
        [&] { heed::read_npy<float>(folder / "x.npy", [&](Index) { return heed::IndexRange{first, last}; }); });
  };
  EXPECT_EQ(error_of_rows(0, 2), "no error");
  EXPECT_NE(error_of_rows(2, 3).find("element (2, 1) (counted from 0)"), std::string::npos);
  for (const auto& [first, last] : {std::pair<Index, Index>{-1, 2}, {2, 1}, {0, 4}}) {
    EXPECT_NE(error_of_rows(first, last).find("part out of range"), std::string::npos);
  }
}

TEST(Npy, ReadsScalarsAndEmptyArrays) {
  const auto scalar = parsed_npy<double>(npy_file("<f8", "()", std::vector<double>{2.5}));
  EXPECT_TRUE(scalar.extents.empty());
  EXPECT_EQ(scalar.values, std::vector<double>{2.5});
  for (const bool fortran : {false, true}) {
    const auto empty = parsed_npy<double>(
        npy_file("<f8", "(9223372036854775807, 0, 9223372036854775807)", std::vector<double>{}, fortran));
    EXPECT_EQ(empty.extents.size(), 3u);
    EXPECT_TRUE(empty.values.empty());
  }
}

TEST(Npy, RejectsAFileTruncatedAtAnyByte) {
  const std::string file = npy_file("<f4", "(2, 3)", std::vector<float>(6, 1.0f));
  EXPECT_EQ(parsed_npy<float>(file).values.size(), 6u);
  for (std::size_t size = 0; size < file.size(); ++size)
    EXPECT_THROW(parsed_npy<float>(std::string(file.data(), size)), heed::Error) << size;
}

TEST(Npy, SurvivesAnyByteInAnyPlaceOfTheHeader) {
  const std::string file = npy_file("<f4", "(2, 3)", std::vector<float>(6, 1.0f));
  int rejected = 0;
  for (std::size_t i = 0; i < 128; ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = file;
      changed[i] = static_cast<char>(byte);
      try {
        EXPECT_EQ(parsed_npy<float>(changed).values.size(), 6u);
      } catch (const heed::Error&) {
        ++rejected;
      }
    }
  }
  EXPECT_GT(rejected, 128 * 256 * 9 / 10);
}

template <class S>
class NpyRoundTrip : public testing::Test {};
using NpyTypes = testing::Types<float, double, std::int64_t>;
TYPED_TEST_SUITE(NpyRoundTrip, NpyTypes);

TYPED_TEST(NpyRoundTrip, ReadsBackWhatWasWritten) {
  using S = TypeParam;
  const Folder folder;
  std::vector<S> values;
  for (int i = 0; i < 24; ++i) values.push_back(static_cast<S>((i - 12) / 0.7));
  const heed::Tensor<S, 3> array({2, 3, 4}, values);
  heed::write_npy(folder / "x.npy", array);
  auto read = heed::read_npy<S>(folder / "x.npy");
  EXPECT_EQ(read.extents, (std::vector<Index>{2, 3, 4}));
  EXPECT_EQ(read.values, values);

  heed::write_npy(folder / "x.npy", array[1][2]);
  read = heed::read_npy<S>(folder / "x.npy");
  EXPECT_EQ(read.extents, std::vector<Index>{4});
  EXPECT_EQ(read.values, std::vector<S>(values.end() - 4, values.end()));

  heed::write_npy(folder / "x.npy", heed::TensorView<const S, 2>(nullptr, {0, 5}));
  EXPECT_EQ(heed::read_npy<S>(folder / "x.npy").extents, (std::vector<Index>{0, 5}));
  heed::write_npy(folder / "x.npy", heed::TensorView<const S, 0>(values.data(), {}));
  EXPECT_EQ(heed::read_npy<S>(folder / "x.npy").values, std::vector<S>{values[0]});
}

TEST(Npy, WritesTheBytesThatNumPyWrites) {
  // numpy.save("x.npy", numpy.array([1, -2], dtype="<i4"))
  const Folder folder;
  const std::vector<std::int32_t> values{1, -2};
  heed::write_npy(folder / "x.npy", heed::view(values, {2}));
  const auto bytes = heed::read_file(folder / "x.npy");
  EXPECT_EQ(std::string(heed::as_text(bytes)), npy_file("<i4", "(2,)", values));
}

TEST(Npy, DataStartAtAMultipleOf64Bytes) {
  const Folder folder;
  for (Index extent = 1; extent < 1'000'000'000'000'000'000; extent *= 10) {
    heed::write_npy(folder / "x.npy", heed::TensorView<const float, 6>(nullptr, {0, extent, extent, extent, 1, 1}));
    const auto bytes = heed::read_file(folder / "x.npy");
    EXPECT_EQ(bytes.size() % 64, 0u);
    EXPECT_EQ(bytes.back(), std::byte('\n'));
    EXPECT_EQ(heed::parse_npy_header(bytes, "x.npy").extents, (std::vector<Index>{0, extent, extent, extent, 1, 1}));
  }
}

TEST(Npy, AFileThatCannotBeReadIsAnErrorThatNamesIt) {
  const Folder folder;
  EXPECT_NE(error_of([&] { heed::read_npy<float>(folder / "absent.npy"); }).find("absent.npy"), std::string::npos);
  const auto path = folder.file("short.npy", "\x93NUM");
  EXPECT_EQ(error_of([&] { heed::read_npy<float>(path); }),
            path.string() + ", byte 0: not a NumPy file (expected the magic \\x93NUMPY)");
}

std::vector<std::string> labels_of(const std::string& descr, const std::string& shape, std::string_view data) {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
  std::string file = "\x93NUMPY";
  file += {'\x01', '\x00', static_cast<char>(header.size()), '\x00'};
  file += header;
  file += data;
  return heed::parse_npy_labels(std::as_bytes(std::span(file)), "y.npy");
}

TEST(Npy, LabelsMayBeWords) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(labels_of("|S3", "(2,)", std::string_view("up\0low", 6)), (Words{"up", "low"}));
  EXPECT_EQ(labels_of("<U2", "(2, 1)", std::string_view("u\0\0\0p\0\0\0\xE4\0\0\0\0\0\0\0", 16)),
            (Words{"up", "\xC3\xA4"}));
  EXPECT_EQ(labels_of(">U1", "(1,)", std::string_view("\0\0\x20\xAC", 4)), Words{"\xE2\x82\xAC"});
  EXPECT_THROW(labels_of("|S1", "(1,)", std::string_view("\0", 1)), heed::Error);
  EXPECT_THROW(labels_of("<U1", "(1,)", "\xFF\xFF\xFF\xFF"), heed::Error);
  EXPECT_THROW(labels_of("|S3", "(2,)", "up"), heed::Error) << "cut";
  EXPECT_EQ(labels_of("|S4", "(2,)", "caf\xE9x\xC3\xA9y"), (Words{"caf\xC3\xA9", "x\xC3\xA9y"})) << "Latin-1 and UTF-8";
  EXPECT_EQ(error_of([] { labels_of("|S3", "(2,)", std::string_view("up\0a\nb", 6)); }),
            "y.npy, element (1) (counted from 0): not a label (expected a word, got 'a\\x0ab')");
}

TEST(Npy, LabelsMayBeAColumnOrOneHot) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(labels_of("|i1", "(2, 1)", "\x05\xFF"), (Words{"5", "-1"}));
  EXPECT_EQ(labels_of("|u1", "(2, 3)", std::string_view("\0\0\x01\x01\0\0", 6)), (Words{"2", "0"}));
  EXPECT_THROW(labels_of("|u1", "(1, 3)", std::string_view("\x01\0\x01", 3)), heed::Error);
  EXPECT_THROW(labels_of("|u1", "(1, 3)", std::string_view("\0\0\0", 3)), heed::Error);
}

TEST(Npy, ReadsHalfFloats) {
  EXPECT_EQ(heed::detail::number_of(heed::detail::Half{0x3C00}), 1.0F);
  EXPECT_EQ(heed::detail::number_of(heed::detail::Half{0xC500}), -5.0F);
  EXPECT_EQ(heed::detail::number_of(heed::detail::Half{0x7BFF}), 65504.0F);
  EXPECT_EQ(heed::detail::number_of(heed::detail::Half{0x0001}), std::ldexp(1.0F, -24));
  EXPECT_TRUE(std::isinf(heed::detail::number_of(heed::detail::Half{0x7C00})));
  EXPECT_TRUE(std::isnan(heed::detail::number_of(heed::detail::Half{0x7E00})));
}

}  // namespace npy_test
