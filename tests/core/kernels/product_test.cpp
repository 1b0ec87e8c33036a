#include "heed/core/kernels/product.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../../support/random.hpp"

namespace product_test {

using heed::Index;
using heed::kernels::Start;
using heed::kernels::Term;
using test_support::random_values;

// An operand of a product: a matrix (rows x count) that stands in one of three ways, and what it is multiplied by.
enum class Stands { columns, rows, apart };
template <class S>
struct Operand {
  Index count, row, column;
  std::vector<S> w, x;

  Operand(Index rows, Index count_, Index lanes, Stands stands, std::uint64_t seed)
      : count(count_),
        row(stands == Stands::columns ? 1
            : stands == Stands::rows  ? count_
                                      : 2),
        column(stands == Stands::columns ? rows
               : stands == Stands::rows  ? 1
                                         : 2 * rows),
        w(random_values<S>(2 * rows * (count_ + 1), seed)),
        x(random_values<S>((count_ + 1) * lanes, seed + 1)) {}
  Term<S> term() const { return {x.data(), count, w.data(), row, column}; }
};

enum class From { zero, bias, values, itself };

template <class S, class... Operands>
double product_error(Index rows, Index lanes, From from, const Operands&... operands) {
  const auto bias = random_values<S>(rows, 11), values = random_values<S>(rows * lanes, 12);
  std::vector<double> expected(values.size());
  for (Index r = 0; r < rows; ++r) {
    for (Index l = 0; l < lanes; ++l) {
      const auto i = static_cast<std::size_t>(r * lanes + l);
      double sum =
          from == From::zero
              ? 0
              : static_cast<double>(from == From::bias ? bias[i / static_cast<std::size_t>(lanes)] : values[i]);
      [[maybe_unused]] const auto add = [&](const auto& o) {
        for (Index k = 0; k < o.count; ++k) {
          sum += static_cast<double>(o.w[static_cast<std::size_t>(r * o.row + k * o.column)]) *
                 static_cast<double>(o.x[static_cast<std::size_t>(k * lanes + l)]);
        }
      };
      (add(operands), ...);
      expected[i] = sum;
    }
  }
  std::vector<S> y = from == From::itself ? values : std::vector<S>(values.size(), S(1e9));
  const Start<S> start{.bias = from == From::bias ? bias.data() : nullptr,
                       .values = from == From::values   ? values.data()
                                 : from == From::itself ? y.data()
                                                        : nullptr};
  heed::kernels::product<S>(rows, lanes, start, y.data(), {operands.term()...});
  return test_support::largest_difference(y, expected);
}

template <class S>
void check_product(Index rows, Index count, Index lanes) {
  for (const Stands stands : {Stands::columns, Stands::rows, Stands::apart}) {
    const Operand<S> a(rows, count, lanes, stands, 1);
    for (const From from : {From::zero, From::bias, From::values, From::itself}) {
      ASSERT_LE(product_error<S>(rows, lanes, from, a), test_support::rounding<S>)
          << rows << " rows, " << count << " inputs, " << lanes << " lanes, stands " << int(stands) << ", from "
          << int(from);
    }
  }
}

template <class S>
void check_two_terms(Index rows, Index lanes) {
  for (const Stands first : {Stands::columns, Stands::rows, Stands::apart}) {
    for (const Stands second : {Stands::columns, Stands::rows}) {
      const Operand<S> a(rows, 5, lanes, first, 1), b(rows, 37, lanes, second, 3);
      ASSERT_LE(product_error<S>(rows, lanes, From::bias, a, b), test_support::rounding<S>)
          << rows << " rows, " << lanes << " lanes, stand " << int(first) << " and " << int(second);
    }
  }
}

TEST(Product, HoldsForAnyNumberOfLanes) {
  for (Index lanes = 1; lanes <= 70; ++lanes) {
    check_product<float>(13, 6, lanes);
    check_product<double>(13, 6, lanes);
  }
}

TEST(Product, HoldsForAnyNumberOfRows) {
  for (Index rows = 1; rows <= 35; ++rows) {
    for (const Index lanes : {1, 16, 35}) {
      check_product<float>(rows, 19, lanes);
      check_product<double>(rows, 19, lanes);
    }
  }
}

TEST(Product, OneLaneHoldsForAnySize) {
  for (const Index rows : {1, 4, 15, 64, 131}) {
    for (const Index count : {0, 1, 7, 8, 16, 17, 65}) {
      check_product<float>(rows, count, 1);
      check_product<double>(rows, count, 1);
    }
  }
}

TEST(Product, AddsTwoTerms) {
  for (const Index rows : {1, 4, 9, 33}) {
    for (const Index lanes : {1, 2, 31, 64}) {
      check_two_terms<float>(rows, lanes);
      check_two_terms<double>(rows, lanes);
    }
  }
}

// A list as long as is known when it runs: the terms one after another give the same.
template <class S>
void check_list(Index rows, Index lanes, const std::vector<Stands>& stands) {
  std::vector<Operand<S>> operands;
  std::vector<Term<S>> terms;
  for (std::size_t i = 0; i < stands.size(); ++i)
    operands.emplace_back(rows, static_cast<Index>(3 + 5 * i), lanes, stands[i], 20 + 2 * i);
  for (const Operand<S>& operand : operands) terms.push_back(operand.term());
  const auto bias = random_values<S>(rows, 11);
  std::vector<S> y(static_cast<std::size_t>(rows * lanes), S(1e9)), expected = y;
  heed::kernels::sum_of_products<S>(rows, lanes, {.bias = bias.data()}, y.data(), {terms.data(), std::ssize(terms)});
  Start<S> start{.bias = bias.data()};
  for (const Term<S>& term : terms) {
    heed::kernels::product<S>(rows, lanes, start, expected.data(), {term});
    start = {.values = expected.data()};
  }
  ASSERT_LE(test_support::largest_difference(y, std::vector<double>(expected.begin(), expected.end())),
            test_support::rounding<S>)
      << rows << " rows, " << lanes << " lanes, " << terms.size() << " terms";
}

TEST(Product, AddsAListOfTerms) {
  using enum Stands;
  for (const Index rows : {1, 4, 9, 33}) {
    for (const Index lanes : {1, 2, 31, 64}) {
      for (const auto& stands :
           {std::vector{columns}, std::vector{columns, columns, columns}, std::vector(7, columns),
            std::vector(7, Stands::rows), std::vector{columns, Stands::rows, apart, columns, apart}}) {
        check_list<float>(rows, lanes, stands);
        check_list<double>(rows, lanes, stands);
      }
    }
  }
}

TEST(Product, OfNoTermsIsItsStart) {
  for (const Index lanes : {1, 7, 64}) {
    for (const From from : {From::zero, From::bias, From::values}) EXPECT_EQ(product_error<double>(9, lanes, from), 0);
  }
}

}  // namespace product_test
