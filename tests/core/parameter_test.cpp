#include "heed/core/parameter.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "../support/error_of.hpp"

namespace parameter_test {

using heed::Extents;
using heed::Index;
using heed::Matrix;
using heed::Parameter;
using heed::Vector;

Matrix<double> counted(Index rows, Index cols) {
  Matrix<double> m(rows, cols);
  std::iota(m.begin(), m.end(), 0.0);
  return m;
}

TEST(Parameter, StandsWithTheFirstIndexFastest) {
  const Matrix<double> m = counted(3, 2);
  EXPECT_EQ(m(1, 0), 1);
  EXPECT_EQ(m(0, 1), 3);
  EXPECT_EQ(m(2, 1), 5);
  EXPECT_EQ(m.column(1), m.data() + 3);
  Parameter<float, 3> p(2, 3, 4);
  EXPECT_EQ(&p(1, 2, 3) - p.data(), 1 + 2 * 2 + 3 * 2 * 3);
}

TEST(Parameter, IsZeroAndAlignedAtTheStart) {
  for (const Index n : {1, 3, 17, 1000}) {
    const Vector<float> v(n);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(v.data()) % 64, 0U);
    for (const float x : v) EXPECT_EQ(x, 0);
  }
}

TEST(Parameter, KnowsItsSizes) {
  const Matrix<float> m(3, 2);
  EXPECT_EQ(m.rows(), 3);
  EXPECT_EQ(m.cols(), 2);
  EXPECT_EQ(m.size(), 6);
  EXPECT_EQ(m.extents(), (Extents<2>{3, 2}));
  EXPECT_TRUE(Matrix<float>().empty());
  EXPECT_TRUE(Matrix<float>(0, 4).empty());
  EXPECT_EQ(Matrix<float>().size(), 0);
}

TEST(Parameter, CopiesAreDeep) {
  Matrix<double> a = counted(2, 2);
  const Matrix<double> b = a;
  a(0, 0) = 9;
  EXPECT_EQ(b(0, 0), 0);
  EXPECT_EQ(b(1, 1), 3);
}

TEST(Parameter, AssigningOneOfEqualSizeKeepsTheMemory) {
  Matrix<double> a(2, 3);
  const Matrix<double> b = counted(3, 2);
  const double* before = a.data();
  a = b;
  EXPECT_EQ(a.data(), before);
  EXPECT_EQ(a.extents(), b.extents());
  EXPECT_EQ(a(2, 1), 5);
  const Matrix<double>& self = a;
  a = self;
  EXPECT_EQ(a(2, 1), 5);
}

TEST(Parameter, AssigningOneOfAnotherSizeTakesItsSize) {
  Matrix<double> a(2, 3);
  a = counted(4, 5);
  EXPECT_EQ(a.extents(), (Extents<2>{4, 5}));
  EXPECT_EQ(a(3, 4), 19);
  a = Matrix<double>();
  EXPECT_TRUE(a.empty());
}

TEST(Parameter, MovesItsMemory) {
  Matrix<double> a = counted(2, 2);
  const double* memory = a.data();
  const Matrix<double> b = std::move(a);
  EXPECT_EQ(b.data(), memory);
  EXPECT_EQ(b(1, 1), 3);
}

TEST(Parameter, Fills) {
  Vector<float> v(5);
  v.fill(2);
  for (const float x : v) EXPECT_EQ(x, 2);
}

TEST(Parameter, RejectsNegativeAndOverflowingExtents) {
  EXPECT_NE(test_support::error_of([] { Matrix<float>(2, -1); }).find("negative extent"), std::string::npos);
  EXPECT_NE(test_support::error_of([] { Matrix<float>(Index(1) << 40, Index(1) << 40); }).find("too many elements"),
            std::string::npos);
}

using heed::Table;

/// The runs outside of which a table says that all is zero, as (first, count) one after another.
std::vector<Index> touched(const heed::ParameterArray<double>& table) {
  std::vector<Index> runs;
  table.for_each_touched([&](Index first, Index count) { runs.insert(runs.end(), {first, count}); });
  return runs;
}
using Runs = std::vector<Index>;

TEST(Table, StandsRowByRow) {
  Table<double> t(3, 2);
  std::iota(t.begin(), t.end(), 0.0);
  EXPECT_EQ(t.row(2)[1], 5);
  EXPECT_EQ(t.row(1), t.data() + 2);
  EXPECT_EQ(t.rows(), 3);
  EXPECT_EQ(t.width(), 2);
  EXPECT_TRUE(t.row_major());
  EXPECT_EQ(heed::to_text(t.extents()), heed::to_text(Extents<2>{3, 2}));
  EXPECT_TRUE(Table<double>().empty());
  EXPECT_FALSE(counted(3, 2).row_major());
  EXPECT_TRUE(Vector<double>(3).row_major());
}

TEST(Table, RemembersWhichRowsWereTouched) {
  Table<double> t(4, 2);
  EXPECT_EQ(touched(t), Runs{});
  t.row(2)[0] = 5;
  t.row(0)[1] = 6;
  t.row(2)[1] = 7;
  EXPECT_EQ(touched(t), (Runs{4, 2, 0, 2}));
  t.fill(0);
  EXPECT_EQ(touched(t), Runs{});
  for (const double v : std::as_const(t)) EXPECT_EQ(v, 0);
  t.row(3)[0] = 1;
  EXPECT_EQ(touched(t), (Runs{6, 2}));
}

TEST(Table, WalksOverTouchedRowsInOrder) {
  const auto in_order = [](const heed::ParameterArray<double>& p) {
    Runs runs;
    p.for_each_touched_in_order([&](Index first, Index count) { runs.insert(runs.end(), {first, count}); });
    return runs;
  };
  Table<double> t(4, 2);
  EXPECT_EQ(in_order(t), Runs{});
  t.row(2)[0] = 5;
  t.row(0)[1] = 6;
  EXPECT_EQ(in_order(t), (Runs{0, 2, 4, 2}));
  t.data()[7] = 3;
  EXPECT_EQ(in_order(t), (Runs{0, 2, 2, 2, 4, 2, 6, 2})) << "row by row, whatever is known";
  EXPECT_EQ(in_order(Matrix<double>(3, 2)), (Runs{0, 6}));
}

TEST(Table, WhoeverAsksForAllNumbersTouchesAll) {
  Table<double> t(4, 2);
  t.row(1)[0] = 1;
  t.data()[7] = 3;
  EXPECT_EQ(touched(t), (Runs{0, 8}));
  t.row(2)[0] = 1;
  EXPECT_EQ(touched(t), (Runs{0, 8}));
  t.fill(0);
  EXPECT_EQ(touched(t), Runs{});
  for (const double v : std::as_const(t)) EXPECT_EQ(v, 0);
  t.fill(2);
  EXPECT_EQ(touched(t), (Runs{0, 8}));
  for (const double v : std::as_const(t)) EXPECT_EQ(v, 2);
}

TEST(Table, CopiesRememberToo) {
  Table<double> t(4, 2), other(4, 2), smaller(1, 2);
  t.row(3)[1] = 4;
  Table<double> copy = t;
  other.row(0)[0] = 9;
  other = t;
  smaller = t;
  for (Table<double>* c : {&copy, &other, &smaller}) {
    EXPECT_EQ(touched(*c), (Runs{6, 2}));
    EXPECT_EQ(std::as_const(*c).row(3)[1], 4);
    EXPECT_EQ(std::as_const(*c).row(0)[0], 0);
    c->row(1)[0] = 1;
    c->fill(0);
    EXPECT_EQ(touched(*c), Runs{});
    EXPECT_EQ(std::as_const(*c).row(1)[0], 0);
  }
  EXPECT_EQ(touched(t), (Runs{6, 2}));
  const Table<double> moved = std::move(t);
  EXPECT_EQ(touched(moved), (Runs{6, 2}));
}

TEST(Table, OfAnotherKindAllIsTouched) {
  Matrix<double> m(2, 3);
  EXPECT_EQ(touched(m), (Runs{0, 6}));
  EXPECT_EQ(m.touch(4, 1), m.data() + 4);
}

TEST(Table, RejectsMoreRowsThanTokensCanName) {
  EXPECT_EQ(test_support::error_of([] { Table<float>(Index(1) << 31, 0); }),
            "Table: too many rows (expected at most 2^31 - 1, got 2147483648)");
}

}  // namespace parameter_test
