#include "heed/options/named_enum.hpp"

#include <gtest/gtest.h>

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

TEST(NamedEnum, IsOfIntsAndHasNames) {
  static_assert(heed::NamedEnum<Kind>);
  static_assert(!heed::NamedEnum<Nameless> && !heed::NamedEnum<Small> && !heed::NamedEnum<int>);
}

}  // namespace named_enum_test
