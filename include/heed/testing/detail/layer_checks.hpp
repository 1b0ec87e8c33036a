#pragma once

// The clauses of the layer contract, for one layer and one batch: inner parts of check_layer.hpp.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "heed/core/concepts.hpp"
#include "heed/core/init.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/testing/detail/crash.hpp"
#include "heed/testing/detail/errors.hpp"
#include "heed/testing/detail/hidden_members.hpp"
#include "heed/testing/layer_run.hpp"
#include "heed/testing/report.hpp"

namespace heed::inline HEED_ISA::testing {

namespace detail {

template <class L>
void check_gradients(LayerRun<L>& run, const std::string& where, const CheckOptions& o, Report& report) {
  const auto loss = [&] { return run.loss(); };
  run.forward();
  run.backward();
  std::vector<std::vector<double>> expected;
  L& layer = run.layer;
  for_each_parameter([&](const Path&, auto& p) { expected.push_back(differences(p.data(), p.size(), loss)); }, layer);
  std::vector<double> dx;
  if constexpr (!TokenLayer<L>) dx = differences(run.x.data(), static_cast<Index>(run.x.size()), loss);
  const auto expect_gradient = [&](const std::vector<double>& differences, const std::vector<double>& got,
                                   const std::string& what) {
    const double error = norm_error(differences, got);
    const std::string cause = error <= o.gradient ? "" : guess(differences, got, run.lanes, run.shape.steps);
    report.expect(error, o.gradient, what, cause);
  };
  std::size_t i = 0;
  for_each_parameter(
      [&](const Path& path, const auto& g) {
        const std::vector<double>& differences = expected[i++];
        const std::vector<double> got(g.begin(), g.end());
        expect_gradient(differences, got, where + "gradient of " + path.text());
      },
      run.gradient);
  expect_gradient(dx, run.dx, where + "gradient of the input");
}

template <class L>
void check_allocations(LayerRun<L>& run, const std::string& where, const CheckOptions& o, Report& report) {
  if (!o.allocations) return;
  run.forward();
  run.backward();
  const long before = o.allocations();
  run.forward();
  run.backward();
  const long made = o.allocations() - before;
  report.expect(made == 0, where + "a warm pass allocates, " + text_of(made) + " times");
}

template <class L>
void check_accumulation(LayerRun<L>& run, const std::string& where, const CheckOptions& o, Report& report) {
  run.forward();
  run.backward();
  const std::vector<double> once = run.flat_gradient(), y = run.y, dx = run.dx;
  run.forward();
  report.expect(largest_error(run.y, y), 0, where + "a second forward pass gives another output");
  run.backward(Sink::onto, false);
  std::vector<double> twice = once, twice_dx = dx;
  for (double& g : twice) g *= 2;
  for (double& g : twice_dx) g *= 2;
  const auto overwritten = [&](const std::vector<double>& got, const std::vector<double>& alone, const char* guess) {
    return largest_error(got, alone) <= o.equal ? guess : "";
  };
  report.expect(largest_error(run.flat_gradient(), twice), o.equal,
                where + "forward and backward twice are not twice the gradient",
                overwritten(run.flat_gradient(), once, "overwritten, where it should be added to (+=)?"));
  report.expect(largest_error(run.dx, twice_dx), o.equal, where + "adding to the gradient of the input",
                overwritten(run.dx, dx, "dx.add is not looked at?"));
  run.forward();
  run.backward(Sink::nowhere);
  report.expect(largest_error(run.flat_gradient(), once), o.equal,
                where + "without the input's gradient the weights' differs");
}

// Lanes first .. first + count of a run, as a run of their own.
template <class To, class L>
LayerRun<To> part(const LayerRun<L>& run, const To& layer, Index first, Index count, Index steps) {
  std::vector<std::int32_t> lengths;
  if (!run.lengths.empty()) {
    const auto begin = run.lengths.begin() + static_cast<std::ptrdiff_t>(first);
    lengths.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
  }
  LayerRun<To> result(layer, {steps, run.shape.features}, count, std::move(lengths));
  const auto take = [&](const auto& from, Index total, auto& to) {
    using T = typename std::remove_reference_t<decltype(to)>::value_type;
    for (Index i = 0; i < static_cast<Index>(to.size()) / count; ++i) {
      for (Index l = 0; l < count; ++l) {
        to[static_cast<std::size_t>(i * count + l)] =
            static_cast<T>(from[static_cast<std::size_t>(i * total + first + l)]);
      }
    }
  };
  result.training = run.training;
  result.first_row = run.first_row + first;
  take(run.x, run.lanes, result.x);
  take(run.dy, run.lanes, result.dy);
  return result;
}

// Without a wanted input gradient there is no memory for it. Returns whether the layer leaves it alone.
template <class L>
bool check_unwanted_input_gradient(LayerRun<L>& run, const std::string& where, Report& report) {
  if constexpr (TokenLayer<L>) return true;
  // a pass that ends halfway leaves it in any state
  LayerRun<L> own = part<L>(run, run.layer, 0, run.lanes, run.shape.steps);
  own.forward();
  const bool kept = survives([&] { own.backward(Sink::nowhere); });
  report.expect(kept, where + "without dx backward writes to where it would be: `if (dx)` is missing");
  return kept;
}

// A member that takes part but is not visited is neither trained nor saved. It is detected in two ways: backward adds
// to its gradient; or two layers still differ after one got all visited numbers of the other.
template <class L>
void check_visit(LayerRun<L>& run, L other, const CheckOptions& o, Report& report) {
  const std::string what = "a member that visit does not list: it is neither trained nor saved";
  WatchedCopy<L> gradient(run.layer);
  run.forward();
  run.backward_to(gradient.layer(), Sink::into);
  report.expect(!gradient.changed(), "backward adds to the gradient of " + what);

  L one = run.layer;
  if constexpr (requires(L& l, Key key) { l.initialize(key); }) {
    one.initialize(Key{o.seed}.child(1));
    other.initialize(Key{o.seed}.child(2));
  }
  for_each_parameter([](const Path&, auto& to, auto& from) { to = from; }, other, one);
  LayerRun<L> first = part<L>(run, one, 0, run.lanes, run.shape.steps);
  LayerRun<L> second = part<L>(run, other, 0, run.lanes, run.shape.steps);
  first.forward();
  second.forward();
  report.expect(first.y == second.y || !(largest_error(first.y, second.y) > 0), "the output depends on " + what);
}

// If a layer does not declare that backward reads its output, the gradients must not depend on it.
template <class L>
void check_unread_output(LayerRun<L>& run, const std::string& where, const CheckOptions& o, Report& report) {
  if constexpr (!backward_reads_output<L>) {
    run.forward();
    run.backward();
    const std::vector<double> gradient = run.flat_gradient(), dx = run.dx;
    run.forward();
    std::fill(run.y.begin(), run.y.end(), std::numeric_limits<typename LayerRun<L>::S>::quiet_NaN());
    run.backward();
    const std::string what = "backward reads y, and the layer does not say backward_reads_output = true";
    report.expect(largest_error(run.flat_gradient(), gradient), o.equal, where + what);
    report.expect(largest_error(run.dx, dx), o.equal, where + what + " (gradient of the input)");
  }
}

// Every lane alone, and the tile in two parts: the same outputs, and the same gradients when summed.
template <class L>
void check_lanes(LayerRun<L>& run, const std::string& where, const CheckOptions& o, Report& report) {
  run.forward();
  run.backward();
  const auto compare = [&](Index size, const std::string& what) {
    std::vector<double> y(run.y.size()), dx(run.dx.size()), gradient(run.flat_gradient().size());
    for (Index first = 0; first < run.lanes; first += size) {
      const Index count = std::min(size, run.lanes - first);
      LayerRun<L> some = part<L>(run, run.layer, first, count, run.shape.steps);
      some.forward();
      some.backward();
      const auto put = [&](const auto& from, auto& to) {
        for (std::size_t i = 0; i < from.size(); ++i) {
          to[i / static_cast<std::size_t>(count) * static_cast<std::size_t>(run.lanes) +
             static_cast<std::size_t>(first) + i % static_cast<std::size_t>(count)] = from[i];
        }
      };
      put(some.y, y);
      put(some.dx, dx);
      const std::vector<double> g = some.flat_gradient();
      for (std::size_t i = 0; i < g.size(); ++i) gradient[i] += g[i];
    }
    report.expect(largest_error(y, run.y), o.equal, where + what + ": outputs differ");
    report.expect(largest_error(dx, run.dx), o.equal, where + what + ": gradients of the input differ");
    report.expect(largest_error(gradient, run.flat_gradient()), o.equal, where + what + ": gradients differ");
  };
  compare(1, "lane by lane");
  compare((run.lanes + 1) / 2, "in two tiles");
}

// The largest differences of outputs and of gradients of the input.
struct Differences {
  double y = 0, dx = 0;
  static void take(double a, double b, double& largest) {
    largest = std::isnan(a - b) ? 1e300 : std::max(largest, std::abs(a - b));
  }
};

// Compares a lane of a ragged run with a lane of a run that is cut to its length.
template <class L>
void compare_lane(const LayerRun<L>& run, Index lane, const LayerRun<L>& cut, Index in_cut, Differences& d) {
  for (Index t = 0; t < cut.output.steps; ++t) {
    for (Index f = 0; f < cut.output.features; ++f)
      d.take(cut.at(cut.y, cut.output, t, f, in_cut), run.at(run.y, run.output, t, f, lane), d.y);
  }
  for (Index t = 0; t < cut.shape.steps && !TokenLayer<L>; ++t) {
    for (Index f = 0; f < cut.shape.features; ++f)
      d.take(cut.at(cut.dx, cut.shape, t, f, in_cut), run.at(run.dx, run.shape, t, f, lane), d.dx);
  }
}

// A ragged sequence gives what it gives cut to its length: alone, and, to the same bits, in a tile of the same width.
template <class L>
void check_ragged(LayerRun<L>& run, const CheckOptions& o, Report& report) {
  run.forward();
  run.backward();
  const auto cut = [&](Index first, Index count, Index length) {
    LayerRun<L> result = part<L>(run, run.layer, first, count, length);
    result.lengths.clear();
    if constexpr (TokenLayer<L>) {  // shorter lanes get invalid tokens past their end
      for (auto& token : result.x) token = std::max(token, 0);
    }
    result.forward();
    result.backward();
    return result;
  };
  Differences alone, bits, past_end;
  for (Index l = 0; l < run.lanes; ++l) {
    const Index length = run.lengths[static_cast<std::size_t>(l)];
    for (Index t = length; t < run.shape.steps && !TokenLayer<L>; ++t) {
      for (Index f = 0; f < run.shape.features; ++f) past_end.take(run.at(run.dx, run.shape, t, f, l), 0, past_end.dx);
    }
    if (length > 0) {
      compare_lane(run, l, cut(l, 1, length), 0, alone);
    } else if (time_change<L> == TimeChange::pools_steps && o.zero_when_empty) {
      for (Index f = 0; f < run.output.features; ++f) alone.take(run.at(run.y, run.output, 0, f, l), 0, alone.y);
    }
  }
  for (Index length = std::max<Index>(o.shortest, 1); length < run.shape.steps; ++length) {
    LayerRun<L> same_width = cut(0, run.lanes, length);
    for (Index l = 0; l < run.lanes; ++l) {
      if (run.lengths[static_cast<std::size_t>(l)] == length) compare_lane(run, l, same_width, l, bits);
    }
  }
  report.expect(alone.y, o.equal, "ragged: a sequence gives another output alone");
  report.expect(alone.dx, o.equal, "ragged: a sequence gives another input gradient alone");
  report.expect(bits.y, 0, "ragged: a sequence gives other bits cut to its length");
  report.expect(bits.dx, 0, "ragged: a sequence gives other bits of the input gradient cut to its length");
  report.expect(past_end.dx, 0, "ragged: past a sequence's end the input's gradient is not 0");
}

template <class F, class L>
void check_float(LayerRun<L>& run, const F& in_float, const std::string& where, const CheckOptions& o, Report& report) {
  run.forward();
  run.backward();
  auto other = part<F>(run, in_float, 0, run.lanes, run.shape.steps);
  other.forward();
  other.backward();
  report.expect(largest_error(other.y, run.y), o.in_float, where + "float: outputs differ");
  report.expect(largest_error(other.dx, run.dx), o.in_float, where + "float: gradients of the input differ");
  report.expect(largest_error(other.flat_gradient(), run.flat_gradient()), o.in_float,
                where + "float: gradients differ");
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA::testing
