#include "heed/core/extents.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "../support/error_of.hpp"

namespace extents_test {

using heed::Extents;
using heed::Index;
using test_support::error_of;

constexpr Index huge = std::numeric_limits<Index>::max();

TEST(Extents, AreWrittenAsPythonDoes) {
  EXPECT_EQ(heed::to_text(Extents<3>{2, 10, 5}), "(2, 10, 5)");
  EXPECT_EQ(heed::to_text(Extents<1>{7}), "(7)");
}

TEST(Extents, CountElements) {
  EXPECT_EQ(heed::element_count(Extents<3>{2, 10, 5}), 100);
  EXPECT_EQ(heed::element_count(Extents<2>{4, 0}), 0);
  EXPECT_EQ(heed::element_count(Extents<1>{huge}), huge);
  EXPECT_EQ(heed::element_count(Extents<3>{huge, 0, huge}), 0);
}

TEST(Extents, AreNotNegative) {
  EXPECT_EQ(error_of([] { heed::element_count(Extents<2>{3, -1}); }),
            "tensor: negative extent (expected extents of at least 0, got (3, -1))");
  EXPECT_EQ(error_of([] { heed::element_count(Extents<2>{0, -1}); }),
            "tensor: negative extent (expected extents of at least 0, got (0, -1))");
}

TEST(Extents, HaveAProductThatDoesNotOverflow) {
  EXPECT_NE(error_of([] { heed::element_count(Extents<2>{huge / 2, 3}); }).find("too many elements"),
            std::string::npos);
  EXPECT_NE(error_of([] { heed::element_count(Extents<3>{Index(1) << 32, Index(1) << 32, 1}); }).find("63 bits"),
            std::string::npos);
  EXPECT_EQ(heed::element_count(Extents<2>{huge / 2, 2}), huge - 1);
}

TEST(Extents, MakeVectorsThatFitInMemory) {
  EXPECT_EQ(heed::make_vector<float>(3, "x"), (std::vector<float>{0, 0, 0}));
  EXPECT_EQ(error_of([] { heed::make_vector<float>(-1, "x"); }), "x: negative size (got (-1))");
  EXPECT_NE(error_of([] { heed::make_vector<double>(huge, "x"); }).find("does not fit in memory"), std::string::npos);
}

TEST(Extents, NameTheSizeThatCannotBe) {
  EXPECT_NO_THROW(heed::check_sizes({{"hidden", 1}, {"heads", heed::most_size}}, "Layer"));
  EXPECT_EQ(error_of([] { heed::check_sizes({{"hidden", 1}, {"heads", 0}}, "Layer"); }),
            "Layer: heads must be positive (expected at least 1, got 0)");
  EXPECT_EQ(error_of([] { heed::check_sizes({{"hidden", heed::most_size + 1}}, "Layer"); }),
            "Layer: hidden out of range (expected at most 2^40, got 1099511627777)");
}

}  // namespace extents_test
