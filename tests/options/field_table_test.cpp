#include "heed/options/field_table.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "../support/error_of.hpp"

namespace field_table_test {

using heed::Field;
using heed::FieldKind;
using heed::FieldTable;
using heed::Index;
using heed::Range;
using test_support::error_of;

enum class Kind { plain, fancy };
constexpr std::array<std::string_view, 2> names_of(Kind) { return {"plain", "fancy"}; }

struct Values {
  Index hidden = 32;
  double rate = 0.5;
  Kind kind = Kind::plain;
  std::vector<Index> sizes = {1, 2};
};

FieldTable table_of(Values& a, Values& b) {
  FieldTable table;
  table({"hidden", "", Range::to(64)}, a.hidden, b.hidden);
  table({"rate", "", Range::share()}, a.rate, b.rate);
  table({"kind"}, a.kind, b.kind);
  table({.name = "sizes", .when = {"kind", "fancy"}}, a.sizes, b.sizes);
  return table;
}

TEST(FieldTable, HasARecordForEachField) {
  Values a;
  const FieldTable table = table_of(a, a);
  ASSERT_EQ(table.records.size(), 4U);
  EXPECT_EQ(table.find("rate")->kind, FieldKind::number);
  EXPECT_EQ(table.find("rate")->text(), "0.5");
  EXPECT_EQ(table.find("sizes")->text(), "1\n2\n");
  EXPECT_EQ(table.find("kind")->values(), "one of plain, fancy");
  EXPECT_EQ(table.find("nothing"), nullptr);
}

TEST(FieldTable, RecordsSetWhatTheyPointTo) {
  Values a;
  const FieldTable table = table_of(a, a);
  table.find("hidden")->set("7", "file");
  table.find("kind")->set("fancy", "file");
  EXPECT_EQ(a.hidden, 7);
  EXPECT_EQ(a.kind, Kind::fancy);
  for (const char* text : {"", "7x", "1e3", "0", "65", "99999999999999999999"}) {
    EXPECT_NE(error_of([&] { table.find("hidden")->set(text, "file"); }), "no error") << text;
  }
  EXPECT_EQ(a.hidden, 7);
}

TEST(FieldTable, ListsOfSizesStandWithCommas) {
  heed::SizeList a{8, 5, 3}, b;
  Index rest = 0;
  FieldTable table;
  table({.name = "kernels", .range = Range::to(64)}, a, b);
  table({.name = "rest", .when = {"kernels", "", true}}, rest, rest);
  const heed::FieldRecord& record = *table.find("kernels");
  EXPECT_EQ(record.text(), "8,5,3");
  EXPECT_FALSE(record.same());
  EXPECT_TRUE(table.counts(*table.find("rest")));
  record.set("7,7", "file");
  EXPECT_EQ(a, (heed::SizeList{7, 7}));
  EXPECT_EQ(error_of([&] { record.set("7,65", "file"); }), "file: out of range (expected 1 to 64, got 65)");
  EXPECT_EQ(error_of([&] { record.set("7,x", "file"); }),
            "file: wrong value (expected at most 16 whole numbers, as 8,5,3, got \"7,x\")");
  EXPECT_EQ(a, (heed::SizeList{7, 7}));
  record.set("", "file");
  EXPECT_FALSE(table.counts(*table.find("rest"))) << "it counts where there are sizes";
}

TEST(FieldTable, AFieldMayExceptChoices) {
  Values a;
  FieldTable table;
  table({.name = "kind", .except = "absurd,fancy"}, a.kind, a.kind);
  EXPECT_EQ(table.find("kind")->values(), "one of plain");
  EXPECT_EQ(error_of([&] { table.find("kind")->set("fancy", "file"); }),
            "file: wrong value (expected one of plain, got \"fancy\")");
  a.kind = Kind::fancy;
  EXPECT_NE(error_of([&] { table.find("kind")->check("kind", "model"); }), "no error");
}

TEST(FieldTable, AFieldMayCountWithSeveralChoices) {
  Values a;
  FieldTable table = table_of(a, a);
  for (const auto& [when, counts] : {std::pair("plain|fancy", true), {"plai|fancy", false}, {"fancy|plain", true}}) {
    table.records.back().when.is = when;
    EXPECT_EQ(table.counts(table.records.back()), counts) << when;
  }
}

TEST(FieldTable, AFieldCountsWhereAnotherSaysSo) {
  Values a;
  const FieldTable table = table_of(a, a);
  EXPECT_FALSE(table.counts(*table.find("sizes")));
  a.kind = Kind::fancy;
  EXPECT_TRUE(table.counts(*table.find("sizes")));
  EXPECT_TRUE(table.counts(*table.find("hidden")));
}

TEST(FieldTable, RecordsCompareAndCheck) {
  Values a, b;
  const FieldTable table = table_of(a, b);
  for (const auto& record : table.records) EXPECT_TRUE(record.same()) << record.name;
  b.sizes = {1};
  a.rate = 1;
  EXPECT_FALSE(table.find("sizes")->same());
  EXPECT_FALSE(table.find("rate")->same());
  EXPECT_NE(error_of([&] { table.find("rate")->check("rate", "Model"); }), "no error");
  EXPECT_EQ(error_of([&] { table.find("hidden")->check("hidden", "Model"); }), "no error");
}

}  // namespace field_table_test
