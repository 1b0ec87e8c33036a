#include "heed/options/named_enum.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "../support/error_of.hpp"

namespace named_enum_test {

using test_support::error_of;

enum class Kind { plain, fancy, absurd };
constexpr std::array<std::string_view, 3> names_of(Kind) { return {"plain", "fancy", "absurd"}; }
enum class Nameless { one };
enum class Small : char { one };
[[maybe_unused]] constexpr std::array<std::string_view, 1> names_of(Small) { return {"one"}; }

TEST(NamedEnum, HasItsNamesInOnePlace) {
  static_assert(heed::to_text(Kind::fancy) == "fancy");
  for (const Kind kind : {Kind::plain, Kind::fancy, Kind::absurd}) {
    EXPECT_EQ(heed::from_text<Kind>(heed::to_text(kind), "kind"), kind);
  }
  EXPECT_EQ(error_of([] { heed::from_text<Kind>("Fancy", "kind"); }),
            "kind: wrong value (expected one of plain, fancy, absurd, got \"Fancy\")");
  EXPECT_EQ(error_of([] { heed::from_text<Kind>("", "kind"); }),
            "kind: wrong value (expected one of plain, fancy, absurd, got \"\")");
}

TEST(NamedEnum, AValueAfterACastHasNoName) {
  static_assert(heed::to_text(Kind(3)) == "no such value");
  for (const Kind kind :
       {Kind(3), Kind(-1), Kind(std::numeric_limits<int>::max()), Kind(std::numeric_limits<int>::min())}) {
    EXPECT_EQ(heed::to_text(kind), "no such value");
    EXPECT_EQ(error_of([&] { heed::check_choice(kind, "kind", "Model"); }),
              "Model: no such kind (expected one of plain, fancy, absurd, got " +
                  std::to_string(static_cast<int>(kind)) + ")");
  }
  EXPECT_EQ(error_of([&] { heed::check_choice(Kind::absurd, "kind", "Model"); }), "no error");
}

TEST(NamedEnum, IsOfIntsAndHasNames) {
  static_assert(heed::NamedEnum<Kind>);
  static_assert(!heed::NamedEnum<Nameless> && !heed::NamedEnum<Small> && !heed::NamedEnum<int>);
}

}  // namespace named_enum_test
