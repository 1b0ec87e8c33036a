#include "heed/options/metadata.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "../support/error_of.hpp"

namespace metadata_test {

using heed::Index;
using heed::Metadata;
using test_support::error_of;

TEST(Metadata, ReadsBackWholeNumbers) {
  for (const Index value :
       {Index(0), Index(-7), Index(32), std::numeric_limits<Index>::max(), std::numeric_limits<Index>::min()}) {
    Metadata metadata;
    heed::set(metadata, "hidden", value);
    EXPECT_EQ(heed::get_index(metadata, "hidden"), value);
  }
  Metadata metadata;
  heed::set(metadata, "heads", 2);
  EXPECT_EQ(metadata["heads"], "2");
}

TEST(Metadata, ReadsBackNumbersExactly) {
  using limits = std::numeric_limits<double>;
  for (const double value : {0.0, -0.0, 0.1, 1.0 / 3, 1e300, limits::max(), limits::min(), limits::denorm_min()}) {
    Metadata metadata;
    heed::set(metadata, "x", value);
    const double back = heed::get_double(metadata, "x");
    EXPECT_EQ(back, value);
    EXPECT_EQ(std::signbit(back), std::signbit(value));
  }
}

TEST(Metadata, WritesAFloatAsShortAsItIs) {
  Metadata metadata;
  heed::set(metadata, "x", 0.1f);
  EXPECT_EQ(metadata["x"], "0.1");
}

TEST(Metadata, ReadsBackTruthValues) {
  Metadata metadata;
  heed::set(metadata, "yes", true);
  heed::set(metadata, "no", false);
  EXPECT_EQ(metadata["yes"], "true");
  EXPECT_TRUE(heed::get_bool(metadata, "yes"));
  EXPECT_FALSE(heed::get_bool(metadata, "no"));
}

TEST(Metadata, TakesTextInEveryForm) {
  Metadata metadata;
  heed::set(metadata, "a", "literal");  // not a truth value
  heed::set(metadata, "b", std::string("string"));
  heed::set(metadata, "c", std::string_view("view"));
  EXPECT_EQ(heed::get_text(metadata, "a"), "literal");
  EXPECT_EQ(heed::get_text(metadata, "b"), "string");
  EXPECT_EQ(heed::get_text(metadata, "c"), "view");
}

TEST(Metadata, ReadsBackListsOfNumbers) {
  for (const auto& values : {std::vector<double>{}, {0.5}, {1.0 / 3, -2e-308, 17}}) {
    Metadata metadata;
    heed::set(metadata, "mean", values);
    EXPECT_EQ(heed::get_doubles(metadata, "mean"), values);
  }
}

TEST(Metadata, ReadsBackListsOfTexts) {
  for (const auto& values : {std::vector<std::string>{}, {""}, {"up"}, {"a b", "", "ü"}, {"", ""}}) {
    Metadata metadata;
    heed::set(metadata, "labels", values);
    EXPECT_EQ(heed::get_texts(metadata, "labels"), values);
  }
}

TEST(Metadata, NamesAMissingKey) {
  const Metadata metadata;
  for (const auto& message :
       {error_of([&] { heed::get_text(metadata, "k"); }), error_of([&] { heed::get_index(metadata, "k"); }),
        error_of([&] { heed::get_double(metadata, "k"); }), error_of([&] { heed::get_bool(metadata, "k"); }),
        error_of([&] { heed::get_doubles(metadata, "k"); }), error_of([&] { heed::get_texts(metadata, "k"); })}) {
    EXPECT_EQ(message, "metadata \"k\": missing");
  }
}

TEST(Metadata, RejectsWhatIsNoWholeNumber) {
  for (const std::string text : {"", " 1", "1 ", "+1", "1.0", "0x10", "one", "9223372036854775808"}) {
    EXPECT_EQ(error_of([&] { heed::get_index({{"k", text}}, "k"); }),
              "metadata \"k\": wrong value (expected a whole number, got \"" + text + "\")");
  }
}

TEST(Metadata, RejectsWhatIsNoFiniteNumber) {
  for (const std::string text : {"", " 1", "1 ", "1,5", "nan", "inf", "1e999", "one"}) {
    EXPECT_EQ(error_of([&] { heed::get_double({{"k", text}}, "k"); }),
              "metadata \"k\": wrong value (expected a finite number, got \"" + text + "\")");
  }
}

TEST(Metadata, RejectsOtherTruthValues) {
  for (const std::string text : {"", "1", "True", "yes"}) {
    EXPECT_NE(error_of([&] { heed::get_bool({{"k", text}}, "k"); }), "no error") << text;
  }
}

TEST(Metadata, RejectsMalformedLists) {
  for (const std::string text : {" ", "1 ", " 1", "1  2", "1 x", "1 nan", "1,2"}) {
    EXPECT_NE(error_of([&] { heed::get_doubles({{"k", text}}, "k"); }), "no error") << text;
  }
  EXPECT_NE(error_of([] { heed::get_texts({{"k", "a\nb"}}, "k"); }), "no error");
}

TEST(Metadata, RefusesToWriteWhatItCouldNotReadBack) {
  Metadata metadata;
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(error_of([&] { heed::set(metadata, "k", infinity); }), "metadata \"k\": not a finite number (got inf)");
  EXPECT_NE(error_of([&] { heed::set(metadata, "k", std::vector<double>{1, -infinity}); }), "no error");
  EXPECT_NE(error_of([&] { heed::set(metadata, "k", std::vector<std::string>{"a\nb"}); }), "no error");
  EXPECT_TRUE(metadata.empty());
}

TEST(Metadata, MessagesHoldNoLongOrControllingText) {
  const auto message = error_of([] { heed::get_index({{"k", "\x1b[2J" + std::string(5000, 'x')}}, "k"); });
  EXPECT_LT(message.size(), 250u);
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
}

}  // namespace metadata_test
