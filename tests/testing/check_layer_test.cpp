#include "heed/testing/check_layer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "../support/allocations.hpp"
#include "heed/core/init.hpp"

namespace check_layer_test {

using heed::Index;
using heed::Into;
using heed::Pass;
using heed::Shape;
using heed::Tile;

enum class Mistake {
  none,
  wrong_sign,           // of the gradient of the weight
  missing_term,         // the gradient of the bias is left out
  not_accumulated,      // the gradient of the weight is overwritten
  input_gradient,       // a factor is missing
  always_overwritten,   // dx, although asked to add
  always_added,         // dx, although asked to overwrite
  ignores_no_dx,        // writes dx, wanted or not
  needs_dx,             // without dx the weight has no gradient
  neighbour,            // a lane looks at the one before it
  neighbour_gradient,   // the gradient of a lane goes to the first
  padding,              // steps past the end count
  bits_of_padding,      // other roundings where there is padding
  gradient_past_end,    // dx is not 0 there
  not_zero_when_empty,  // a sequence without steps gives something
  unsteady,             // every pass gives something else
  imprecise_in_float,   // where double is fine
  nan,                  // in one output
  allocates,            // in every pass
  reads_output,         // where the layer does not say so
};

long allocated = 0;  // what stands in for a count of allocations

// y_f = b_f + w_f mean over valid t of x_tf, or 0 without steps: (steps, F) to (1, F). And one mistake.
template <class S>
struct WeightedMean {
  using Scalar = S;
  using Input = S;
  static constexpr heed::TimeChange time_change = heed::TimeChange::pools_steps;
  struct Cache {
    int passes = 0;
  };
  Mistake mistake = Mistake::none;
  heed::Vector<S> weight{3}, bias{3};

  Shape output_shape(Shape x) const { return {1, x.features}; }

  Index steps(Tile<const S> x, Index l) const { return mistake == Mistake::padding ? x.steps : x.length(l); }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const {
    ++cache.passes;
    if (mistake == Mistake::allocates) ++allocated;
    for (Index f = 0; f < 3; ++f) {
      for (Index l = 0; l < x.lanes; ++l) {
        const Index n = steps(x, l);
        S sum = 0;
        for (Index t = 0; t < n; ++t) sum += x.at(t, f)[l];
        S& out = y.at(0, f)[l];
        out = n > 0 ? bias(f) + weight(f) * sum / static_cast<S>(n) : S(0);
        if (mistake == Mistake::not_zero_when_empty && n == 0) out = S(0.5);
        if (mistake == Mistake::neighbour && l > 0) out += x.at(0, f)[l - 1] * weight(f) * S(1e-6);
        if (mistake == Mistake::bits_of_padding) out += S(1e-15) * static_cast<S>(x.steps);
        if (mistake == Mistake::unsteady) out += S(1e-15) * static_cast<S>(cache.passes);
        if (mistake == Mistake::imprecise_in_float && sizeof(S) == 4) out *= S(1.001);
        if (mistake == Mistake::nan && f == 1 && l == 4) out = S(NAN);
      }
    }
  }

  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache&, WeightedMean& grad,
                const Pass&) const {
    const bool add = mistake == Mistake::always_added || (dx.add && mistake != Mistake::always_overwritten);
    for (Index f = 0; f < 3; ++f) {
      if (mistake == Mistake::not_accumulated) grad.weight(f) = 0;
      for (Index l = 0; l < x.lanes; ++l) {
        const Index n = steps(x, l);
        const S d = n > 0 ? dy.at(0, f)[l] / static_cast<S>(n) : S(0);
        S sum = 0;
        for (Index t = 0; t < n; ++t) sum += x.at(t, f)[l];
        if (mistake == Mistake::reads_output)
          sum = n > 0 ? (y.at(0, f)[l] - bias(f)) / weight(f) * static_cast<S>(n) : S(0);
        if (dx || mistake != Mistake::needs_dx) grad.weight(f) += mistake == Mistake::wrong_sign ? -d * sum : d * sum;
        if (mistake != Mistake::missing_term) grad.bias(f) += n > 0 ? dy.at(0, f)[l] : S(0);
        const bool writes = dx || mistake == Mistake::ignores_no_dx;
        for (Index t = 0; writes && t < x.steps; ++t) {
          const S inside = mistake == Mistake::input_gradient ? d : d * weight(f);
          const S to = t < n ? inside : mistake == Mistake::gradient_past_end ? S(1e-9) : S(0);
          const Index lane = mistake == Mistake::neighbour_gradient ? 0 : l;
          S& at = dx.tile.at(t, f)[lane];
          at = add || (lane != l) ? at + to : to;
        }
      }
    }
  }

  static void visit(auto&& f, auto&... layers) {
    f("weight", layers.weight...);
    f("bias", layers.bias...);
  }
};

heed::testing::Report check(Mistake mistake) {
  return heed::testing::check_layer(
      [mistake]<class S>() {
        WeightedMean<S> layer;
        layer.mistake = mistake;
        return layer;
      },
      {4, 3}, {.allocations = [] { return allocated; }});
}

TEST(CheckLayer, PassesACorrectLayer) {
  const auto report = check(Mistake::none);
  EXPECT_TRUE(report.ok()) << report.text();
  EXPECT_EQ(report.text(), "");
  EXPECT_GT(report.checks(), 20);
}

// The report must say what is wrong.
void expect_fault(Mistake mistake, const std::string& text) {
  const auto report = check(mistake);
  EXPECT_FALSE(report.ok());
  EXPECT_NE(report.text().find(text), std::string::npos) << "expected: " << text << "\nreport:\n" << report.text();
}

TEST(CheckLayer, CatchesAWrongSign) {
  expect_fault(Mistake::wrong_sign, "gradient of weight: relative error 2, limit 1e-07: a sign?");
}
TEST(CheckLayer, CatchesAMissingTerm) {
  expect_fault(Mistake::missing_term, "gradient of bias: relative error 1, limit 1e-07: nothing is added to it?");
}
TEST(CheckLayer, CatchesAWrongGradientOfTheInput) {
  expect_fault(Mistake::input_gradient, "gradient of the input: relative error ");
}
TEST(CheckLayer, CatchesAGradientThatIsNotAccumulated) {
  expect_fault(Mistake::not_accumulated, "forward and backward twice are not twice the gradient");
}
TEST(CheckLayer, CatchesAnInputGradientThatIsNotAdded) {
  expect_fault(Mistake::always_overwritten, "adding to the gradient of the input");
}
TEST(CheckLayer, CatchesAnInputGradientThatIsNotOverwritten) {
  expect_fault(Mistake::always_added, "gradient of the input");
}
TEST(CheckLayer, CatchesWeightsThatNeedTheInputsGradient) {
  expect_fault(Mistake::needs_dx, "without the input's gradient the weights' differs");
}
TEST(CheckLayer, CatchesALeakBetweenLanes) { expect_fault(Mistake::neighbour, "lane by lane: outputs differ"); }
TEST(CheckLayer, CatchesALeakOfGradientsBetweenLanes) {
  expect_fault(Mistake::neighbour_gradient, "lane by lane: gradients of the input differ");
}
TEST(CheckLayer, CatchesAnOutputThatDependsOnPadding) {
  expect_fault(Mistake::padding, "ragged: a sequence gives another output alone");
}
TEST(CheckLayer, CatchesBitsThatDependOnPadding) {
  expect_fault(Mistake::bits_of_padding, "ragged: a sequence gives other bits cut to its length");
}
TEST(CheckLayer, CatchesAGradientPastTheEnd) {
  expect_fault(Mistake::gradient_past_end, "ragged: past a sequence's end the input's gradient is not 0");
}
TEST(CheckLayer, CatchesAnEmptySequenceThatGivesSomething) {
  expect_fault(Mistake::not_zero_when_empty, "ragged: a sequence gives another output alone");
}
TEST(CheckLayer, CatchesAnUnsteadyLayer) {
  expect_fault(Mistake::unsteady, "a second forward pass gives another output");
}
TEST(CheckLayer, CatchesALayerThatIsImpreciseInFloat) {
  expect_fault(Mistake::imprecise_in_float, "float: outputs differ");
}
TEST(CheckLayer, CatchesAPassThatAllocates) { expect_fault(Mistake::allocates, "a warm pass allocates"); }
TEST(CheckLayer, CatchesABackwardThatReadsTheOutputUnsaid) {
  expect_fault(Mistake::reads_output, "backward reads y, and the layer does not say backward_reads_output = true");
}
TEST(CheckLayer, CatchesNaN) { expect_fault(Mistake::nan, "lane by lane: outputs differ"); }

TEST(CheckLayer, CatchesALayerThatWritesADxThatIsNotThere) {
#ifdef HEED_TEST_SANITIZED
  GTEST_SKIP() << "the sanitizer ends the program first";
#else
  expect_fault(Mistake::ignores_no_dx, "without dx backward writes to where it would be: `if (dx)` is missing");
#endif
}

TEST(Guess, NamesWhatIsLikely) {
  using heed::testing::detail::guess;
  const std::vector<double> g{1, -2, 3, 0.5};
  const auto times = [&](double factor) {
    std::vector<double> v = g;
    for (double& x : v) x *= factor;
    return v;
  };
  EXPECT_EQ(guess(g, times(-1), 19, 4), "a sign?");
  EXPECT_EQ(guess(g, times(2), 19, 4), "added twice?");
  EXPECT_EQ(guess(g, times(19), 19, 4), "multiplied by the number of lanes?");
  EXPECT_EQ(guess(g, times(0.25), 19, 4), "divided by the number of steps?");
  EXPECT_EQ(guess(g, times(0.3), 19, 4), "a factor of 0.3?");
  EXPECT_EQ(guess(g, times(0), 19, 4), "nothing is added to it?");
  EXPECT_EQ(guess(times(0), g, 19, 4), "the output does not depend on it?");
  EXPECT_EQ(guess(g, {-2, 1, 0.5, 3}, 19, 4), "the right numbers in other places: transposed?");
  EXPECT_EQ(guess(g, {1, -2, 4, 0.5}, 19, 4), "1 of 4 numbers differ, the first at 2?");
  EXPECT_EQ(guess(g, {1, NAN, 3, 0.5}, 19, 4), "a number that is not finite, the first at 1?");
}

enum class Hidden { none, drawn, constant, scalar, list };

// y = x + a, and a weight or two that visit may not list
template <class S>
struct Shifts {
  using Scalar = S;
  using Input = S;
  struct Cache {};
  Hidden hidden = Hidden::none;
  heed::Vector<S> listed{3}, drawn{3};
  S scalar = 0;
  std::vector<heed::Vector<S>> list = std::vector<heed::Vector<S>>(1, heed::Vector<S>(3));

  explicit Shifts(Hidden h) : hidden(h) { initialize({}); }
  void initialize(heed::Key key) {
    heed::initialize_uniform(listed, key.child(0), 1);
    if (hidden == Hidden::drawn) heed::initialize_uniform(drawn, key.child(1), 1);
  }
  Shape output_shape(Shape x) const { return x; }
  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
    for (Index t = 0; t < x.steps; ++t) {
      for (Index f = 0; f < 3; ++f) {
        for (Index l = 0; l < x.lanes; ++l) y.at(t, f)[l] = x.at(t, f)[l] + listed(f) + drawn(f) + scalar + list[0](f);
      }
    }
  }
  void backward(Tile<const S>, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, Shifts& grad, const Pass&) const {
    for (Index t = 0; t < dy.steps; ++t) {
      for (Index f = 0; f < 3; ++f) {
        for (Index l = 0; l < dy.lanes; ++l) {
          const S d = dy.at(t, f)[l];
          grad.listed(f) += d;
          if (hidden == Hidden::constant) grad.drawn(f) += d;
          if (hidden == Hidden::scalar) grad.scalar += d;
          if (hidden == Hidden::list) grad.list[0](f) += d;
          if (dx) dx.tile.at(t, f)[l] = d + (dx.add ? dx.tile.at(t, f)[l] : S(0));
        }
      }
    }
  }
  static void visit(auto&& f, auto&... l) { f("listed", l.listed...); }
};

std::string text_of_hidden(Hidden hidden) {
  return heed::testing::check_layer([=]<class S>() { return Shifts<S>(hidden); }, {4, 3}).text();
}

TEST(CheckLayer, FindsAMemberThatIsMissingFromVisit) {
  const std::string member = "a member that visit does not list: it is neither trained nor saved\n";
  EXPECT_EQ(text_of_hidden(Hidden::none), "");
  EXPECT_EQ(text_of_hidden(Hidden::drawn), "the output depends on " + member);
  for (const Hidden hidden : {Hidden::constant, Hidden::scalar, Hidden::list})
    EXPECT_EQ(text_of_hidden(hidden), "backward adds to the gradient of " + member);
}

TEST(CheckLayer, ChecksRaggedTilesUnlessTold) {
  const auto make = []<class S>() {
    WeightedMean<S> layer;
    layer.mistake = Mistake::padding;
    return layer;
  };
  EXPECT_TRUE(heed::testing::check_layer(make, {4, 3}, {.ragged = false}).ok());
  EXPECT_FALSE(heed::testing::check_layer(make, {4, 3}).ok());
  EXPECT_FALSE(heed::testing::check_layer(make, {2, 3}).ok());
}

enum class TokenMistake { none, gradient_of_another, wrong_gradient, allocates };

// y = 2 w[token], and one mistake
template <class S>
struct Lookup {
  using Scalar = S;
  using Input = std::int32_t;
  struct Cache {};
  TokenMistake mistake = TokenMistake::none;
  heed::Vector<S> weight{7};

  Shape output_shape(Shape x) const { return x; }
  void forward(Tile<const std::int32_t> x, Tile<S> y, Cache&, const Pass&) const {
    if (mistake == TokenMistake::allocates) ++allocated;
    for (Index t = 0; t < x.steps; ++t) {
      for (Index l = 0; l < x.lanes; ++l) y.at(t)[l] = t < x.length(l) ? 2 * weight(x.at(t)[l]) : S(0);
    }
  }
  void backward(Tile<const std::int32_t> x, Tile<const S>, Tile<const S> dy, Cache&, Lookup& grad, const Pass&) const {
    for (Index t = 0; t < x.steps; ++t) {
      for (Index l = 0; l < x.lanes; ++l) {
        if (t >= x.length(l)) continue;
        const Index to = mistake == TokenMistake::gradient_of_another ? 0 : x.at(t)[l];
        grad.weight(to) += (mistake == TokenMistake::wrong_gradient ? 1 : 2) * dy.at(t)[l];
      }
    }
  }
  static void visit(auto&& f, auto&... l) { f("weight", l.weight...); }
};

TEST(CheckLayer, ChecksLayersOfTokens) {
  const auto text = [](TokenMistake mistake) {
    const auto make = [=]<class S>() {
      Lookup<S> layer;
      layer.mistake = mistake;
      return layer;
    };
    return heed::testing::check_layer(make, {4, 1}, {.tokens = 7, .allocations = [] { return allocated; }}).text();
  };
  EXPECT_EQ(text(TokenMistake::none), "");
  EXPECT_NE(text(TokenMistake::gradient_of_another).find("gradient of weight"), std::string::npos);
  EXPECT_NE(text(TokenMistake::wrong_gradient).find("gradient of weight"), std::string::npos);
  EXPECT_NE(text(TokenMistake::allocates).find("a warm pass allocates"), std::string::npos);
}

}  // namespace check_layer_test
