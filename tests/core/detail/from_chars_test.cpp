#include "heed/core/detail/from_chars.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <clocale>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "heed/core/rng.hpp"

namespace from_chars_test {

// What one of the two makes of a text: the number, how much it has read, and what is wrong.
template <class T>
struct Answer {
  T value = -7;  // which an error leaves alone
  std::ptrdiff_t read = 0;
  std::errc error{};
  bool operator==(const Answer& other) const {
    const bool same = std::isnan(value) ? std::isnan(other.value) : value == other.value;
    return same && std::signbit(value) == std::signbit(other.value) && read == other.read && error == other.error;
  }
};

template <class T>
Answer<T> by_strtod(std::string_view text) {
  Answer<T> a;
  const auto [end, error] = heed::abi_detail::from_chars_by_strtod(text.data(), text.data() + text.size(), a.value);
  return {a.value, end - text.data(), error};
}

// Texts, and what std::from_chars is specified to make of them.
const std::vector<std::pair<std::string_view, Answer<double>>> cases = {
    {"1", {1, 1}},
    {"-2.5", {-2.5, 4}},
    {".5x", {.5, 2}},
    {"3.", {3, 2}},
    {"-.25e1", {-2.5, 6}},
    {"1e5 ", {1e5, 3}},
    {"1e", {1, 1}},
    {"1e+", {1, 1}},
    {"1E-3", {1e-3, 4}},
    {"-0", {-0.0, 2}},
    {"0e9", {0, 3}},
    {"0x10", {0, 1}},
    {"-0X1p3", {-0.0, 2}},
    {"1,5", {1, 1}},
    {"inf", {std::numeric_limits<double>::infinity(), 3}},
    {"-Infinity", {-std::numeric_limits<double>::infinity(), 9}},
    {"nan", {std::numeric_limits<double>::quiet_NaN(), 3}},
    {"", {-7, 0, std::errc::invalid_argument}},
    {"-", {-7, 0, std::errc::invalid_argument}},
    {"+1", {-7, 0, std::errc::invalid_argument}},
    {" 1", {-7, 0, std::errc::invalid_argument}},
    {"\t1", {-7, 0, std::errc::invalid_argument}},
    {"--1", {-7, 0, std::errc::invalid_argument}},
    {"- 1", {-7, 0, std::errc::invalid_argument}},
    {"-+1", {-7, 0, std::errc::invalid_argument}},
    {".", {-7, 0, std::errc::invalid_argument}},
    {".e1", {-7, 0, std::errc::invalid_argument}},
    {"e1", {-7, 0, std::errc::invalid_argument}},
    {"in", {-7, 0, std::errc::invalid_argument}},
    {"none", {-7, 0, std::errc::invalid_argument}},
    {std::string_view("\0001", 2), {-7, 0, std::errc::invalid_argument}},
    {std::string_view("1\0002", 3), {1, 1}},
    {"1e400", {-7, 5, std::errc::result_out_of_range}},
    {"-1e400", {-7, 6, std::errc::result_out_of_range}},
    {"1e-400", {-7, 6, std::errc::result_out_of_range}},
    {"4.9e-324", {4.9e-324, 8}},
};

TEST(FromChars, ReadsAsTheStandardSays) {
  for (const auto& [text, expected] : cases) {
    const Answer<double> got = by_strtod<double>(text);
    EXPECT_EQ(got, expected) << '"' << text << "\": " << got.value << ", " << got.read << ", " << int(got.error);
  }
}

TEST(FromChars, TheTextNeedNoZeroBehindIt) {
  EXPECT_EQ(by_strtod<double>(std::string_view("12345").substr(0, 3)), (Answer<double>{123, 3}));
}

// A comma stands before the fraction in the C library's German.
TEST(FromChars, TheLocaleDoesNotCount) {
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  const char* german = std::setlocale(LC_NUMERIC, "de_DE.UTF-8");
  EXPECT_EQ(by_strtod<double>("1.5"), (Answer<double>{1.5, 3}));
  EXPECT_EQ(by_strtod<float>("1,5"), (Answer<float>{1, 1}));
  std::setlocale(LC_NUMERIC, before.c_str());
  if (!german) GTEST_SKIP() << "no locale de_DE.UTF-8";
}

// Numbers of all sizes that come from bits, as they are written: read to the same bits.
template <class T, class Bits>
void read_back() {
  const heed::Key key{5};
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const T value = std::bit_cast<T>(static_cast<Bits>(key.bits(i)));
    if (!std::isfinite(value)) continue;
    char text[64];
    const auto size = std::to_chars(text, text + sizeof text, value).ptr - text;
    const std::string_view written(text, static_cast<std::size_t>(size));
    EXPECT_EQ(by_strtod<T>(written), (Answer<T>{value, size})) << written;
    T read = 0;
    heed::abi_detail::from_chars(text, text + size, read);
    EXPECT_EQ(read, value) << written;
  }
}
TEST(FromChars, ReadsWhatToCharsWrites) {
  read_back<double, std::uint64_t>();
  read_back<float, std::uint32_t>();
}

#ifdef __cpp_lib_to_chars
TEST(FromChars, IsWhatTheStandardLibraryDoes) {
  for (const auto& [text, expected] : cases) {
    Answer<double> a;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), a.value);
    EXPECT_EQ((Answer<double>{a.value, end - text.data(), error}), by_strtod<double>(text)) << text;
    Answer<float> b;
    const auto [float_end, float_error] = std::from_chars(text.data(), text.data() + text.size(), b.value);
    EXPECT_EQ((Answer<float>{b.value, float_end - text.data(), float_error}), by_strtod<float>(text)) << text;
  }
}
#endif

}  // namespace from_chars_test
