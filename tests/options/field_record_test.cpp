#include "heed/options/field_record.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "../support/error_of.hpp"

namespace field_record_test {

using heed::FieldKind;
using heed::FieldRecord;
using heed::Index;
using heed::Range;
using test_support::error_of;

FieldRecord record(const heed::Field& field, FieldKind kind, void* value, const void* other) {
  FieldRecord r;
  static_cast<heed::Field&>(r) = field;
  r.kind = kind;
  r.value = value;
  r.other = other;
  return r;
}

TEST(FieldRecord, IsTextAndANumber) {
  Index size = 12, other = 12;
  const FieldRecord r = record({.name = "size"}, FieldKind::index, &size, &other);
  EXPECT_EQ(r.text(), "12");
  EXPECT_EQ(r.number(), 12);
  EXPECT_TRUE(r.same());
  r.set("13", "file");
  EXPECT_EQ(size, 13);
  EXPECT_FALSE(r.same());
  EXPECT_EQ(error_of([&] { r.set("1.5", "file"); }), "file: wrong value (expected a whole number, got \"1.5\")");
  bool flag = true;
  EXPECT_EQ(record({.name = "flag"}, FieldKind::flag, &flag, &flag).text(), "true");
  EXPECT_EQ(record({.name = "flag"}, FieldKind::flag, &flag, &flag).number(), 1);
  std::vector<double> numbers{0.5, 2};
  EXPECT_EQ(record({.name = "numbers"}, FieldKind::numbers, &numbers, &numbers).text(), "0.5 2");
}

TEST(FieldRecord, SaysWhatItsValuesAre) {
  double x = 0;
  const auto values = [&](Range range) {
    return record({.name = "x", .range = range}, FieldKind::number, &x, &x).values();
  };
  EXPECT_EQ(values(Range::share()), "0 to below 1");
  EXPECT_EQ(values(Range::at_least(0)), "a finite number of at least 0");
  EXPECT_EQ(values(Range::any()), "a finite number");
  EXPECT_EQ(values({0, Range::infinite, true, true}), "a finite number above 0");
}

TEST(FieldRecord, ChecksEachOfItsNumbers) {
  std::vector<double> numbers{1, 2};
  const FieldRecord r = record({.name = "n", .range = Range::to(2)}, FieldKind::numbers, &numbers, &numbers);
  EXPECT_EQ(error_of([&] { r.check("n out of range", "Model"); }), "no error");
  numbers.push_back(2.5);
  EXPECT_EQ(error_of([&] { r.check("n out of range", "Model"); }), "Model: n out of range (expected 1 to 2, got 2.5)");
}

}  // namespace field_record_test
