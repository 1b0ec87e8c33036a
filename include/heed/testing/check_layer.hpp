#pragma once

/// @file
/// The layer contract, for heed's layers and for your own:
///
///     const auto make = []<class S>() { return MyLayer<S>({...}); };
///     const auto report = heed::testing::check_layer(make, {.steps = 4, .features = 3});
///     EXPECT_TRUE(report.ok()) << report.text();
///
/// The checks run in double with random weights, inputs and upstream gradient, for full and ragged sequences:
///
/// - Every gradient equals central differences.
/// - `visit` lists every member that takes part.
/// - Running forward and backward twice gives twice the gradient.
/// - A gradient can be overwritten, added to, or not wanted.
/// - Two tiles give what one batch gives. A sequence alone gives what it gives in a tile, with or without padding.
/// - float agrees with double.
/// - If allocations are counted, a warm pass makes none.
///
/// A layer of tokens has the same contract without a gradient of its input, and must not look at tokens past a
/// sequence's end. Keep ReLU and similar functions away from their kinks: set the model's weights yourself (`initialize
/// = false`), with biases far from 0.

#include <cstdint>
#include <string>
#include <vector>

#include "heed/core/concepts.hpp"
#include "heed/core/init.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/require_layer.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/testing/detail/errors.hpp"
#include "heed/testing/detail/layer_checks.hpp"
#include "heed/testing/layer_run.hpp"
#include "heed/testing/report.hpp"

namespace heed::inline HEED_ISA::testing {

/// Checks the layer that `make.operator()<S>()` returns, on inputs of this shape.
template <class Make>
Report check_layer(Make make, Shape shape, const CheckOptions& o = {}) {
  auto layer = make.template operator()<double>();
  auto in_float = make.template operator()<float>();
  using Double = decltype(layer);
  using Float = decltype(in_float);
  static_assert(require_trainable_layer<Double>() && require_trainable_layer<Float>());
  static_assert(
      (DifferentiableLayer<Double> && DifferentiableLayer<Float>) || (TokenLayer<Double> && TokenLayer<Float>),
      "check_layer: `make` gives the same layer in float and in double");
  Key key = Key{o.seed};
  if (o.initialize) {
    for_each_parameter([&](const Path&, auto& p) { initialize_uniform(p, key = key.child(1), o.weight_bound); }, layer);
  }
  for_each_parameter(
      [](const Path&, auto& to, auto& from) {
        for (Index i = 0; i < to.size(); ++i) {
          to.data()[i] = static_cast<float>(from.data()[i]);
          from.data()[i] = static_cast<double>(to.data()[i]);  // numbers that both types hold exactly
        }
      },
      in_float, layer);
  Report report;
  for (const bool ragged : {false, true}) {
    if (ragged && !o.ragged) break;
    LayerRun<Double> run(layer, shape, o.lanes,
                         ragged ? ragged_lengths(o.lanes, shape.steps, o.shortest) : std::vector<std::int32_t>());
    run.randomize(key, o.input_bound, o.tokens, o.token_features);
    run.training = o.training;
    const std::string where = ragged ? "ragged: " : "";
    if (!detail::check_unwanted_input_gradient(run, where, report)) return report;
    detail::check_gradients(run, where, o, report);
    if (!ragged) detail::check_visit(run, make.template operator()<double>(), o, report);
    detail::check_accumulation(run, where, o, report);
    detail::check_unread_output(run, where, o, report);
    detail::check_lanes(run, where, o, report);
    detail::check_allocations(run, where, o, report);
    detail::check_float<Float>(run, in_float, where, o, report);
    if (ragged && o.any_steps) detail::check_ragged(run, o, report);
  }
  return report;
}

}  // namespace heed::inline HEED_ISA::testing
