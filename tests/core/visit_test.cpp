#include "heed/core/visit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace visit_test {

using heed::Index;
using heed::Matrix;
using heed::Path;
using heed::Vector;

struct Leaf {
  using Scalar = float;
  Matrix<float> weight{2, 3};
  Vector<float> bias{2};
  static void visit(auto&& f, auto&... l) {
    f("weight", l.weight...);
    f("bias", l.bias...);
  }
};
struct Tree {
  using Scalar = float;
  Leaf first, second;
  Vector<float> scale{4};
  static void visit(auto&& f, auto&... t) {
    f("first", t.first...);
    f(std::size_t(1), t.second...);  // a child without a name
    f("scale", t.scale...);
  }
};

std::vector<std::string> names(const Tree& tree) {
  std::vector<std::string> all;
  heed::for_each_parameter([&](const Path& path, const auto&) { all.push_back(path.text()); }, tree);
  return all;
}

TEST(Visit, NamesEachParameterByItsPath) {
  EXPECT_EQ(names({}), (std::vector<std::string>{"first.weight", "first.bias", "1.weight", "1.bias", "scale"}));
}

TEST(Visit, SkipsWhatIsSwitchedOff) {
  Tree tree;
  tree.first.bias = {};
  tree.second.weight = {};
  EXPECT_EQ(names(tree), (std::vector<std::string>{"first.weight", "1.bias", "scale"}));
  EXPECT_EQ(heed::parameter_count(tree), 6 + 2 + 4);
}

TEST(Visit, CountsNumbers) { EXPECT_EQ(heed::parameter_count(Tree{}), 2 * (6 + 2) + 4); }

TEST(Visit, WalksAnyNumberSideBySide) {
  Tree sum;
  const Tree one = [] {
    Tree t;
    heed::for_each_parameter([](const Path&, auto& p) { p.fill(1); }, t);
    return t;
  }();
  Tree two = one;
  heed::for_each_parameter(
      [](const Path&, auto& to, const auto& a, auto& b) {
        EXPECT_EQ(heed::to_text(to.extents()), heed::to_text(a.extents()));
        for (Index i = 0; i < to.size(); ++i) to.data()[i] = a.data()[i] + 2 * b.data()[i];
      },
      sum, one, two);
  heed::for_each_parameter(
      [](const Path&, const auto& p) {
        for (const float v : p) EXPECT_EQ(v, 3);
      },
      sum);
}

TEST(Visit, SetsToZero) {
  Tree t;
  t.first.weight(1, 2) = t.scale(3) = 5;
  heed::set_zero(t);
  EXPECT_EQ(t.first.weight(1, 2), 0);
  EXPECT_EQ(t.scale(3), 0);
}

TEST(Visit, FindsNumbersThatAreNotFinite) {
  Tree t;
  EXPECT_TRUE(heed::all_finite(t));
  t.second.bias(1) = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(heed::all_finite(t));
  t.second.bias(1) = 0;
  t.first.weight(0, 0) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(heed::all_finite(t));
}

TEST(Visit, KnowsWhatCanBeWalked) {
  static_assert(heed::Visitable<Tree> && heed::Visitable<const Tree>);
  static_assert(!heed::Visitable<int> && !heed::Visitable<Matrix<float>>);
  static_assert(heed::AnyParameter<Matrix<float>> && !heed::AnyParameter<Tree>);
}

}  // namespace visit_test
