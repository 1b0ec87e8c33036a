#include "heed/core/error.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "../support/error_of.hpp"

namespace error_test {

using heed::Error;
using heed::Fault;

TEST(Error, SaysWhereWhatExpectedAndGot) {
  EXPECT_STREQ(Error({"wrong size", "x.npy", "3", "4"}).what(), "x.npy: wrong size (expected 3, got 4)");
}

TEST(Error, LeavesEmptyFieldsOut) {
  EXPECT_STREQ(Error({"wrong size"}).what(), "wrong size");
  EXPECT_STREQ(Error({"wrong size", "x"}).what(), "x: wrong size");
  EXPECT_STREQ(Error({"wrong size", "x", "3", {}}).what(), "x: wrong size (expected 3)");
  EXPECT_STREQ(Error({"wrong size", {}, {}, "4"}).what(), "wrong size (got 4)");
}

TEST(Error, KeepsItsParts) {
  const Error e({"wrong size", "x.npy", "3", "4"});
  EXPECT_EQ(e.fault().what, "wrong size");
  EXPECT_EQ(e.fault().where, "x.npy");
  EXPECT_EQ(e.fault().expected, "3");
  EXPECT_EQ(e.fault().got, "4");
}

TEST(Error, IsARuntimeError) { EXPECT_THROW(throw Error({"a"}), std::runtime_error); }

TEST(Require, BuildsItsTextOnlyWhenNeeded) {
  int built = 0;
  const auto fault = [&] {
    ++built;
    return Fault{"bad"};
  };
  heed::require(true, fault);
  EXPECT_EQ(built, 0);
  EXPECT_EQ(test_support::error_of([&] { heed::require(false, fault); }), "bad");
  EXPECT_EQ(built, 1);
}

TEST(Error, EscapesWhatATerminalWouldObey) {
  const heed::Error error({"a name\x1b[2J", "f\x07\r", "\xC3\xA4 \xC2\x9B", "\xFF\x7F"});
  EXPECT_STREQ(error.what(), "f\\x07\\x0d: a name\\x1b[2J (expected \xC3\xA4 \\xc2\\x9b, got \\xff\\x7f)");
  EXPECT_EQ(error.fault().what, "a name\x1b[2J") << "the parts are as they are";
}

}  // namespace error_test
