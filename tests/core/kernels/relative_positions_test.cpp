#include "heed/core/kernels/relative_positions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "../../support/random.hpp"
#include "heed/core/kernels/attention.hpp"

namespace relative_positions_test {

using heed::Index;
using heed::kernels::Head;
using heed::kernels::RelativePositions;
using test_support::random_values;

// Rows of weights for queries first .. first + count of a block, against plain loops.
template <class S>
void check(Index lanes, Index farthest, bool causal, Index first_query, Index first) {
  SCOPED_TRACE("lanes " + std::to_string(lanes) + ", farthest " + std::to_string(farthest));
  constexpr Index keys = 9, count = 4, n = 20;
  const Index rows = 2 * farthest + 1;
  const auto room = random_values<S>(count * rows * lanes, 1);
  std::vector<S> spread_room = room;
  const Head<S> head{.queries = n,
                     .keys = keys,
                     .key_size = 1,
                     .value_size = 1,
                     .lanes = lanes,
                     .scale = 1,
                     .query_lengths = nullptr,
                     .key_lengths = nullptr,
                     .causal = causal,
                     .first_query = first_query};
  const RelativePositions<S> positions{farthest, nullptr, nullptr, nullptr, nullptr, spread_room.data()};
  const auto before = random_values<S>(count * keys * lanes, 2);
  std::vector<S> weights = before;
  const double scale = 0.75;
  positions.spread(head, first, count, S(scale), weights.data());
  const auto at = [&](const std::vector<S>& values, Index columns, Index i, Index j, Index l) {
    return static_cast<double>(values[static_cast<std::size_t>((i * columns + j) * lanes + l)]);
  };
  const auto row_of = [&](Index i, Index j) {
    return std::clamp<Index>(j - (first_query + first + i), -farthest, farthest) + farthest;
  };
  const auto reach = [&](Index i) { return causal ? std::min(first_query + first + i + 1, keys) : keys; };
  for (Index i = 0; i < count; ++i) {
    for (Index l = 0; l < lanes; ++l) {
      for (Index j = 0; j < keys; ++j) {
        const double added = j < reach(i) ? scale * at(room, rows, i, row_of(i, j), l) : 0;
        EXPECT_NEAR(at(weights, keys, i, j, l), at(before, keys, i, j, l) + added, test_support::rounding<S>);
      }
    }
  }
  positions.gather(head, first, count, S(scale), weights.data());
  for (Index i = 0; i < count; ++i) {
    for (Index l = 0; l < lanes; ++l) {
      std::vector<double> sums(static_cast<std::size_t>(rows));
      for (Index j = 0; j < reach(i); ++j)
        sums[static_cast<std::size_t>(row_of(i, j))] += scale * at(weights, keys, i, j, l);
      for (Index r = 0; r < rows; ++r) {
        const bool occurs = r >= row_of(count - 1, 0) && r <= row_of(0, reach(0) - 1);  // in this block
        const double expected = occurs ? sums[static_cast<std::size_t>(r)] : at(room, rows, i, r, l);
        EXPECT_NEAR(at(spread_room, rows, i, r, l), expected, test_support::rounding<S>);
      }
    }
  }
}

// Products with a table whose distances do not all occur, against products with all of it.
template <class S>
void check_products(Index lanes, bool causal) {
  constexpr Index keys = 5, count = 5, size = 3, farthest = 8, rows = 2 * farthest + 1;
  const auto table = random_values<S>(rows * size, 3), x = random_values<S>(count * size * lanes, 4);
  const auto weights = random_values<S>(count * keys * lanes, 5);
  std::vector<S> room(static_cast<std::size_t>(count * rows * lanes), NAN), gradient(rows * size), to(x.size());
  Head<S> head{.queries = count,
               .keys = keys,
               .key_size = size,
               .value_size = size,
               .lanes = lanes,
               .scale = 1,
               .query_lengths = nullptr,
               .key_lengths = nullptr,
               .causal = causal};
  const RelativePositions<S> positions{farthest, nullptr, nullptr, nullptr, nullptr, room.data()};
  const heed::kernels::LaneMatrix<const S> rows_of_x{x.data(), size, 1};
  std::vector<S> scores(weights.size());
  positions.multiply(head, 0, count, table.data(), size, rows_of_x);
  positions.spread(head, 0, count, 1, scores.data());
  positions.gather(head, 0, count, 1, weights.data());
  positions.add_to(head, 0, count, table.data(), size, {to.data(), size, 1});
  positions.add_gradient(head, 0, count, gradient.data(), size, rows_of_x);
  const auto at = [&](const auto& v, Index i) { return static_cast<double>(v[static_cast<std::size_t>(i)]); };
  std::vector<double> expected_gradient(gradient.size());
  for (Index l = 0; l < lanes; ++l) {
    for (Index i = 0; i < count; ++i) {
      std::vector<double> sum(size);
      for (Index j = 0; j < (causal ? i + 1 : keys); ++j) {
        const double weight = at(weights, (i * keys + j) * lanes + l);
        double score = 0;
        for (Index f = 0; f < size; ++f) {
          const Index place = f * rows + j - i + farthest;
          score += at(table, place) * at(x, (i * size + f) * lanes + l);
          sum[static_cast<std::size_t>(f)] += weight * at(table, place);
          expected_gradient[static_cast<std::size_t>(place)] += weight * at(x, (i * size + f) * lanes + l);
        }
        EXPECT_NEAR(at(scores, (i * keys + j) * lanes + l), score, test_support::rounding<S>);
      }
      for (Index f = 0; f < size; ++f)
        EXPECT_NEAR(at(to, (i * size + f) * lanes + l), sum[static_cast<std::size_t>(f)], test_support::rounding<S>);
    }
  }
  for (Index k = 0; k < std::ssize(gradient); ++k)
    EXPECT_NEAR(at(gradient, k), at(expected_gradient, k), 10 * test_support::rounding<S>);
}

TEST(RelativePositions, TakeOnlyTheDistancesThatOccur) {
  for (const Index lanes : {1, 7, 37}) {
    for (const bool causal : {false, true}) {
      check_products<double>(lanes, causal);
      check_products<float>(lanes, causal);
    }
  }
}

template <class S>
void check_all() {
  for (const Index lanes : {1, 7, 37}) {
    for (const Index farthest : {1, 3, 12}) {
      for (const bool causal : {false, true}) {
        check<S>(lanes, farthest, causal, 0, 0);
        check<S>(lanes, farthest, causal, 0, 4);
        check<S>(lanes, farthest, causal, 3, 4);
        check<S>(lanes, farthest, causal, 2, 14);  // queries far behind the last key
      }
    }
  }
}

TEST(RelativePositions, SpreadAndGatherByDistanceInDouble) { check_all<double>(); }
TEST(RelativePositions, SpreadAndGatherByDistanceInFloat) { check_all<float>(); }

}  // namespace relative_positions_test
