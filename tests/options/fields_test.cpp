#include "heed/options/fields.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "../support/error_of.hpp"

namespace fields_test {

using heed::describe;
using heed::Field;
using heed::Index;
using heed::Metadata;
using heed::Range;
using heed::operator==;
using heed::set_fields;
using heed::to_metadata;
using test_support::error_of;

enum class Kind { plain, fancy, absurd };
constexpr std::array<std::string_view, 3> names_of(Kind) { return {"plain", "fancy", "absurd"}; }

struct Inner {
  Index width = 3;
  double rate = 0.5;
  static void fields(auto&& f, auto&... o) {
    f({"width", "of the inner part"}, o.width...);
    f({"rate", "what is dropped", Range::share()}, o.rate...);
  }
};

/// A field of every kind.
struct Options {
  Index hidden = 32;
  int epochs = 7;
  std::uint64_t seed = 0;
  double speed = 0.1;
  bool both = false;
  Kind kind = Kind::plain;
  Index frills = 2;  // of `fancy`
  std::vector<Index> sizes = {1, 2};
  std::vector<double> weights = {0.5};
  std::vector<std::string> names = {"a"};
  Index late = 4;
  Inner inner = {};

  static void fields(auto&& f, auto&... o) {
    f({"hidden", "size of the state", Range::to(64)}, o.hidden...);
    f({"epochs", "", Range::from(0)}, o.epochs...);
    f({"seed"}, o.seed...);
    f({"speed", "", Range::at_least(0)}, o.speed...);
    f({"both"}, o.both...);
    f({.name = "kind", .except = "absurd"}, o.kind...);
    f({.name = "frills", .when = {"kind", "fancy"}}, o.frills...);
    f({"sizes"}, o.sizes...);
    f({"weights", "", Range::at_least(0)}, o.weights...);
    f({"names"}, o.names...);
    f({.name = "late", .optional = true}, o.late...);
    Inner::fields(f, o.inner...);
  }
};

const Metadata plain{{"hidden", "32"},  {"epochs", "7"},   {"seed", "0"},       {"speed", "0.1"},
                     {"both", "false"}, {"kind", "plain"}, {"sizes", "1\n2\n"}, {"weights", "0.5"},
                     {"names", "a\n"},  {"width", "3"},    {"rate", "0.5"}};

Metadata with(Metadata m, const std::string& key, const std::string& value) {
  m[key] = value;
  return m;
}

Options unusual() {
  Options o{.hidden = 5, .epochs = 0, .seed = std::numeric_limits<std::uint64_t>::max(), .speed = 1e-300, .both = true};
  o.kind = Kind::fancy;
  o.frills = 9;
  o.sizes = {};
  o.weights = {1, 0.25};
  o.names = {"x", ""};
  o.late = 1;
  o.inner = {7, 0};
  return o;
}

TEST(Fields, StandInMetadataAndComeBack) {
  EXPECT_EQ(to_metadata(Options()), plain);
  const Metadata m = to_metadata(unusual());
  EXPECT_EQ(m.at("seed"), "18446744073709551615");
  EXPECT_EQ(m.at("sizes"), "");
  EXPECT_EQ(m.at("weights"), "1 0.25");
  EXPECT_EQ(m.at("names"), "x\n\n");
  EXPECT_EQ(m.at("frills"), "9") << "it counts for the fancy kind";
  EXPECT_EQ(m.at("late"), "1") << "it is not the default";
  EXPECT_TRUE(heed::from_metadata<Options>(m) == unusual());
  EXPECT_TRUE(heed::from_metadata<Options>(plain) == Options());
  EXPECT_TRUE(heed::from_metadata<Options>(with(plain, "a note", "of the user's")) == Options());
}

TEST(Fields, AreEqualWhereAllOfThemAre) {
  const Metadata other = to_metadata(unusual());
  for (const auto& record : heed::detail::fields_of(Options(), Options()).records) {
    Options o;
    set_fields(o, {{record.name, other.at(record.name)}});
    EXPECT_FALSE(o == Options()) << record.name;
    EXPECT_TRUE(o == Options(o)) << record.name;
  }
}

TEST(Fields, OfAFileMustBeThereAndRight) {
  for (const auto& entry : plain) {
    Metadata m = plain;
    m.erase(entry.first);
    EXPECT_EQ(error_of([&] { heed::from_metadata<Options>(m); }), "metadata \"" + entry.first + "\": missing");
  }
  const auto error = [](const char* key, const char* value) {
    return error_of([&] { heed::from_metadata<Options>(with(plain, key, value)); });
  };
  EXPECT_EQ(error("hidden", "x"), "metadata \"hidden\": wrong value (expected a whole number, got \"x\")");
  EXPECT_EQ(error("hidden", "65"), "metadata \"hidden\": out of range (expected 1 to 64, got 65)");
  EXPECT_EQ(error("hidden", "-9223372036854775808"),
            "metadata \"hidden\": out of range (expected 1 to 64, got -9223372036854775808)");
  EXPECT_EQ(error("epochs", "-1"), "metadata \"epochs\": out of range (expected 0 to 268435456, got -1)");
  EXPECT_NE(error("epochs", "4294967297").find("wrong value"), std::string::npos);
  EXPECT_NE(error("seed", "-1").find("wrong value"), std::string::npos);
  EXPECT_EQ(error("speed", "-0.5"),
            "metadata \"speed\": out of range (expected a finite number of at least 0, got -0.5)");
  EXPECT_EQ(error("speed", "inf"), "metadata \"speed\": wrong value (expected a finite number, got \"inf\")");
  EXPECT_EQ(error("both", "yes"), "metadata \"both\": wrong value (expected \"true\" or \"false\", got \"yes\")");
  EXPECT_EQ(error("kind", "Plain"), "metadata \"kind\": wrong value (expected one of plain, fancy, got \"Plain\")");
  EXPECT_NE(error("kind", "absurd").find("one of plain, fancy,"), std::string::npos);
  EXPECT_EQ(error("kind", "fancy"), "metadata \"frills\": missing");
  EXPECT_EQ(error("sizes", "1\nx\n"), "metadata \"sizes\": wrong value (expected whole numbers, got \"x\")");
  EXPECT_EQ(error("sizes", "1\n0\n"), "metadata \"sizes\": out of range (expected 1 to 268435456, got 0)");
  EXPECT_NE(error("weights", "1 -1").find("out of range"), std::string::npos);
  EXPECT_EQ(error("late", "0"), "metadata \"late\": out of range (expected 1 to 268435456, got 0)");
  EXPECT_EQ(error("width", ""), "metadata \"width\": wrong value (expected a whole number, got \"\")");
  EXPECT_EQ(error("rate", "1"), "metadata \"rate\": out of range (expected 0 to below 1, got 1)");
}

struct Renamed {
  Index steps = 3;
  static void fields(auto&& f, auto&... o) { f({.name = "rocket_steps", .member = "steps"}, o.steps...); }
};

TEST(Fields, AreNamedInFilesAsInFilesAndInCodeAsInCode) {
  EXPECT_EQ(error_of([] { heed::check(Renamed{0}, "Model"); }),
            "Model: steps out of range (expected 1 to 268435456, got 0)");
  EXPECT_EQ(to_metadata(Renamed{5}).at("rocket_steps"), "5");
  EXPECT_EQ(error_of([] { heed::from_metadata<Renamed>({{"rocket_steps", "0"}}); }),
            "metadata \"rocket_steps\": out of range (expected 1 to 268435456, got 0)");
}

TEST(Fields, AChoiceAfterACastIsAnErrorWhereItApplies) {
  for (const int value : {3, 99, -1, std::numeric_limits<int>::min()}) {
    Options o;
    o.kind = Kind(value);
    const std::string number = std::to_string(value);
    EXPECT_EQ(error_of([&] { heed::check(o, "Model"); }),
              "Model: no such kind (expected one of plain, fancy, got " + number + ")");
    EXPECT_EQ(to_metadata(o).at("kind"), "no such value (" + number + ")");
    EXPECT_NE(error_of([&] { heed::from_metadata<Options>(to_metadata(o)); }).find("wrong value"), std::string::npos);
    EXPECT_FALSE(o == Options());
  }
}

TEST(Fields, AllFaultsStandInOneMessage) {
  Metadata m = with(with(plain, "hidden", "0"), "kind", "fancy");
  m.erase("rate");
  EXPECT_EQ(error_of([&] { heed::from_metadata<Options>(m); }),
            "the options are not those of a model\n"
            "  metadata \"hidden\": out of range (expected 1 to 64, got 0)\n"
            "  metadata \"frills\": missing\n"
            "  metadata \"rate\": missing");
}

TEST(Fields, HintsSetSomeAndNameNoOthers) {
  Options o;
  set_fields(o, {{"hidden", "8"}, {"frills", "3"}});
  EXPECT_EQ(o.hidden, 8);
  EXPECT_EQ(o.frills, 3);
  EXPECT_EQ(o.epochs, 7);
  EXPECT_EQ(error_of([&] { set_fields(o, {{"hiden", "8"}}); }), "metadata \"hiden\": no option of this name");
}

struct Checked : Inner {
  void check() const {
    heed::require(width != 4, [] { return heed::Fault{"four is none", "Checked"}; });
  }
};

TEST(Fields, AreCheckedWhereTheyCount) {
  EXPECT_EQ(error_of([] { heed::check(unusual(), "Model"); }), "no error");
  Options o;
  o.frills = 0;
  EXPECT_EQ(error_of([&] { heed::check(o, "Model"); }), "no error") << "a plain one has no frills";
  o.kind = Kind::fancy;
  EXPECT_EQ(error_of([&] { heed::check(o, "Model"); }), "Model: frills out of range (expected 1 to 268435456, got 0)");
  o.kind = Kind::absurd;
  EXPECT_EQ(error_of([&] { heed::check(o, "Model"); }),
            "Model: kind out of range (expected one of plain, fancy, got absurd)");
  o = {};
  o.speed = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(error_of([&] { heed::check(o, "Model"); }),
            "Model: speed out of range (expected a finite number of at least 0, got nan)");
  EXPECT_EQ(error_of([] { heed::check(Checked{{4, 0}}, "Model"); }), "Model: Checked: four is none");
  EXPECT_EQ(error_of([] { heed::from_metadata<Checked>({{"width", "4"}, {"rate", "0"}}); }), "Checked: four is none");
}

enum class Way { fresh, stale };
constexpr std::array<std::string_view, 2> names_of(Way) { return {"fresh", "stale"}; }

/// Fields that older files lack: they mean something else than the default.
struct Grown {
  bool both = false;
  Way way = Way::fresh;
  Index depth = 4;
  static void fields(auto&& f, auto&... o) {
    f({.name = "both", .optional = true}, o.both...);
    f({.name = "way", .when = {"both", "true"}, .before = "stale"}, o.way...);
    f({.name = "depth", .before = "1"}, o.depth...);
  }
};

TEST(Fields, ThatOlderFilesLackMeanWhatThoseMeant) {
  EXPECT_TRUE(heed::from_metadata<Grown>({}) == (Grown{false, Way::fresh, 1}));
  EXPECT_TRUE(heed::from_metadata<Grown>({{"both", "true"}}) == (Grown{true, Way::stale, 1}));
  for (const Grown& o : {Grown{true, Way::fresh, 4}, Grown{true, Way::stale, 1}, Grown{false, Way::fresh, 4}}) {
    EXPECT_TRUE(heed::from_metadata<Grown>(to_metadata(o)) == o);
  }
  EXPECT_EQ(to_metadata(Grown()), (Metadata{{"depth", "4"}}));
  EXPECT_EQ(to_metadata(Grown{true, Way::stale, 1}), (Metadata{{"both", "true"}})) << "as the older files have it";
  Grown o;
  set_fields(o, {{"both", "true"}});
  EXPECT_TRUE(o == (Grown{true, Way::fresh, 4})) << "hints are no file";
}

TEST(Fields, DescribeThemselves) {
  EXPECT_EQ(describe(Inner()), "width 3, rate 0.5");
  EXPECT_EQ(describe(Options()).find("frills"), std::string::npos);
  EXPECT_NE(describe(unusual()).find("kind fancy, frills 9"), std::string::npos);
}

}  // namespace fields_test
