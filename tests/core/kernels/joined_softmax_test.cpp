#include "heed/core/kernels/joined_softmax.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "../../support/random.hpp"

namespace joined_softmax_test {

using heed::Index;
using heed::Tile;
using heed::kernels::JoinedSoftmax;
using heed::kernels::softmax;
using test_support::random_values;

constexpr Index steps = 7, features = 3;

// y = sum over t of a_t x_t
template <class S>
void weighted_sum(Tile<const S> a, Tile<const S> x, Tile<S> y) {
  fill(y, S(0));
  for (Index t = 0; t < x.steps; ++t) {
    for (Index f = 0; f < x.features; ++f) {
      for (Index l = 0; l < x.lanes; ++l) y.at(0, f)[l] += a.at(t)[l] * x.at(t, f)[l];
    }
  }
}

// the softmax of all steps, against that of parts of three, three and one, the last part first
template <class S>
void check_joined(Index lanes, bool ragged, std::vector<S> whole) {
  const std::vector<S> numbers = random_values<S>(steps * features * lanes, 2, 1);
  std::vector<S> parts = whole;
  std::vector<S> expected(static_cast<std::size_t>(features * lanes)), got = expected;
  std::vector<std::int32_t> lengths(static_cast<std::size_t>(lanes)), rest = lengths;
  for (Index l = 0; l < lanes; ++l) {
    lengths[static_cast<std::size_t>(l)] = static_cast<std::int32_t>(ragged ? l % (steps + 1) : steps);
  }
  const Tile<const S> x(numbers.data(), {steps, features}, lanes);
  softmax<S>(whole.data(), steps, lanes, lengths.data());
  weighted_sum<S>(Tile<const S>(whole.data(), {steps, 1}, lanes), x, Tile<S>(expected.data(), {1, features}, lanes));

  heed::Scratch scratch;
  JoinedSoftmax<S> joined(3, Tile<S>(got.data(), {1, features}, lanes), scratch);
  const Tile<S> a(parts.data(), {steps, 1}, lanes);
  const auto part = [](auto tile, Index c) { return tile.range(3 * c, std::min<Index>(3, steps - 3 * c)); };
  for (Index c = 3; c-- > 0;) {
    for (std::size_t l = 0; l < rest.size(); ++l) rest[l] = std::max(lengths[l] - 3 * static_cast<std::int32_t>(c), 0);
    softmax<S>(part(a, c).data, part(a, c).steps, lanes, rest.data(), joined.of(c));
    weighted_sum<S>(part(a, c), part(x, c), joined.sum());
    joined.add(c);
  }
  for (Index c = 0; c < 3; ++c) joined.weigh(c, part(a, c));
  const double within = sizeof(S) == 4 ? 1e-6 : 1e-15;
  const auto expect_near = [&](S value, S right) {
    EXPECT_EQ(std::isnan(value), std::isnan(right));
    if (!std::isnan(right)) {
      EXPECT_NEAR(value, right, within);
    }
  };
  for (std::size_t i = 0; i < whole.size(); ++i) expect_near(parts[i], whole[i]);
  for (std::size_t i = 0; i < got.size(); ++i) expect_near(got[i], expected[i]);
}
template <class S>
void check_joined(Index lanes, bool ragged, double bound) {
  check_joined<S>(lanes, ragged, random_values<S>(steps * lanes, 1, bound));
}

// scores of -infinity in these steps
template <class S>
void check_overflow(Index lanes, Index first, Index last) {
  std::vector<S> scores = random_values<S>(steps * lanes, 1, 1);
  std::fill(scores.begin() + first * lanes, scores.begin() + last * lanes, -std::numeric_limits<S>::infinity());
  check_joined<S>(lanes, false, scores);
}

TEST(JoinedSoftmax, OfPartsIsTheSoftmaxOfAll) {
  for (const Index lanes : {1, 3, 16, 21, 64}) {
    for (const bool ragged : {false, true}) {
      for (const double bound : {1.0, 50.0, 3000.0}) {  // e^score is too large for a number
        check_joined<float>(lanes, ragged, bound);
        check_joined<double>(lanes, ragged, bound);
      }
    }
  }
}

TEST(JoinedSoftmax, OfOnePartIsThatPart) {
  std::vector<double> y(2, 5.0), weights(4, 0.5);
  heed::Scratch scratch;
  JoinedSoftmax<double> joined(1, Tile<double>(y.data(), {1, 1}, 2), scratch);
  EXPECT_EQ(joined.of(0).total, nullptr);
  EXPECT_EQ(joined.sum().data, y.data());
  joined.add(0);
  joined.weigh(0, Tile<double>(weights.data(), {2, 1}, 2));
  EXPECT_EQ(y, std::vector<double>(2, 5.0));
  EXPECT_EQ(weights, std::vector<double>(4, 0.5));
}

TEST(JoinedSoftmax, HeadsAreJoinedByThemselves) {
  // two heads of one feature, one lane, two parts of one step: head 0 has equal scores, head 1 only the second counts
  std::vector<double> y(2);
  heed::Scratch scratch;
  JoinedSoftmax<double> joined(2, Tile<double>(y.data(), {1, 2}, 1), scratch, 2);
  const double scores[2][2] = {{4, 0}, {4, 1000}}, values[2][2] = {{1, 10}, {3, 30}};
  for (Index c = 0; c < 2; ++c) {
    for (Index h = 0; h < 2; ++h) {
      double s = scores[c][h];
      softmax<double>(&s, 1, 1, nullptr, joined.of(c, h));
      joined.sum().at(0, h)[0] = s * values[c][h];
    }
    joined.add(c);
  }
  EXPECT_DOUBLE_EQ(y[0], 2);
  EXPECT_DOUBLE_EQ(y[1], 30);
  double weight = 1;
  joined.weigh(0, Tile<double>(&weight, {1, 1}, 1), 0);
  EXPECT_DOUBLE_EQ(weight, 0.5);
  weight = 1;
  joined.weigh(1, Tile<double>(&weight, {1, 1}, 1), 1);
  EXPECT_DOUBLE_EQ(weight, 1);
}

TEST(JoinedSoftmax, APartMayOverflowToMinusInfinity) {
  for (const Index lanes : {Index(1), Index(3), Index(64)}) {
    for (const Index first : {Index(0), Index(3)}) {
      check_overflow<float>(lanes, first, first + 3);
      check_overflow<double>(lanes, first, first + 3);
    }
    check_overflow<float>(lanes, 1, steps);
    check_overflow<float>(lanes, 0, steps);  // NaN, as of the softmax of all
  }
}

TEST(JoinedSoftmax, AScoreThatIsNoNumberIsNotHidden) {
  for (const bool first : {false, true}) {
    double y = 0;
    heed::Scratch scratch;
    JoinedSoftmax<double> joined(2, Tile<double>(&y, {1, 1}, 1), scratch);
    for (Index c = 0; c < 2; ++c) {
      double s = (c == 0) == first ? HUGE_VAL : 1;
      softmax<double>(&s, 1, 1, nullptr, joined.of(c));
      joined.sum().data[0] = s;
      joined.add(c);
    }
    EXPECT_TRUE(std::isnan(y));
  }
}

}  // namespace joined_softmax_test
