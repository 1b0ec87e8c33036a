#pragma once

/// @file
/// A classifier or regressor of series with random convolutions: MiniRocket.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/check.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/detail/feature_scaler.hpp"
#include "heed/layers/last_value.hpp"
#include "heed/layers/rocket.hpp"
#include "heed/layers/standardize.hpp"
#include "heed/models/detail/series_input.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ABI {

/// Options of `RocketClassifier`.
struct RocketClassifierOptions {
  Index features = 0, classes = 0;
  Index steps = 0;             ///< of the longest series; shorter and longer ones work, too
  Index num_features = 10000;  ///< number of random features, rounded down as `RocketOptions` says
  Index max_dilations = 32;    ///< of a kernel
  RocketStatistics statistics = RocketStatistics::ppv;
  bool differences = false;  ///< half of the features use the differences of consecutive steps
  Index groups = 0;          ///< groups of eight competing kernels per dilation, whose features are extra; 0: none
  Index values = 0;          ///< at most this many values of the series are features, too; 0: none
  std::uint64_t seed = 0;    ///< of the kernels' channels and biases, and of the head's initial weights

  static void fields(auto&& f, auto&... o) {
    f({.name = "features", .meaning = "Numbers per step", .range = Range::to(1 << 20), .flag = ""}, o.features...);
    f({.name = "classes", .meaning = "Number of classes", .flag = ""}, o.classes...);
    RocketOptions::kernels(f, o...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// standardize > `Rocket` > standardised features > Dense(classes): maps (steps, features) to (1, classes) logits, or
/// numbers. The kernels are random. Only one linear layer must be fitted, which takes seconds: `fit_rocket` does it in
/// closed form. `last_value`, if set, makes a forecast one of changes.
///
///     RocketClassifier<float> model({.features = 3, .classes = 4, .steps = 100});
///     fit_rocket(model, data);
///
/// Series may have any length from one step on; see `Rocket`. `fit` trains only the last layer, with steps on batches.
/// `fit_rocket` does the same if there are too many series for the closed form. The gradient of the input is 0, except for
/// that of `last_value`.
template <class S>
struct RocketClassifier {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = RocketClassifierOptions;
  static constexpr std::string_view architecture = "RocketClassifier";

  Options options;
  Rocket<S> rocket;
  detail::FeatureScaler<S> scaler;
  Dense<S> head;

  LastValue<S> last_value;                   ///< of forecasts; off at the start
  Standardize<S> standardize;                ///< of the input; not trained; off at the start
  std::vector<std::string> labels;           ///< names of the classes, in order; empty: 0, 1, ...
  OutputKind outputs = OutputKind::classes;  ///< set by the targets that it is fitted to

  struct Cache {
    typename detail::SeriesInput<S>::Cache input;
    typename Rocket<S>::Cache rocket;
    typename Dense<S>::Cache dense;
    TileBuffer<S> features;
  };

  RocketClassifier() = default;
  /// Throws if an option is out of range.
  HEED_COLD explicit RocketClassifier(Options o);

  /// The head, as `Dense` initialises itself.
  void initialize(Key key) { head.initialize(key.child(0)); }

  /// Features of a step.
  Index input_size() const { return options.features; }

  bool reads_distances() const { return true; }
  Shape output_shape(Shape x) const;

  /// Computes the kernels' biases from series (standardised, if `standardize` is on), as `Rocket::fit_biases` does. The
  /// numbers of `scaler` are then initial; `fit_rocket` sets them.
  HEED_COLD void fit_biases(TensorView<const S, 3> x, std::span<const std::int32_t> lengths = {});

  /// The head's input for a tile: (1, rocket.output_features()).
  void forward_features(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;
  void forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx, Cache& cache,
                RocketClassifier& grad, const Pass& pass) const {
    head.backward(cache.features.view(), logits, dlogits, {}, cache.dense, grad.head, pass);
    if (dx && !dx.add) fill(dx.tile, S(0));
    if (dx && last_value.active()) last_value.backward_of_add(x, dlogits, dx.tile, cache.input.last_value, pass);
  }

  static void visit(auto&& f, auto&... models) {
    f("rocket", models.rocket...);
    f("scaler", models.scaler...);
    f("head", models.head...);
  }

  // ---- files

  static void extras(auto&& f, auto& model) {
    f("labels", model.labels, model.options.classes);
    detail::SeriesInput<S>::extras(f, model);
  }

 private:
  detail::SeriesInput<S> input() const { return {last_value, standardize}; }
};

template <class S>
RocketClassifier<S>::RocketClassifier(Options o)
    : options(check(o, architecture)),
      rocket({.features = o.features,
              .steps = o.steps,
              .num_features = o.num_features,
              .max_dilations = o.max_dilations,
              .statistics = o.statistics,
              .differences = o.differences,
              .groups = o.groups,
              .values = o.values,
              .seed = o.seed}),
      scaler(rocket.output_features()),
      head({.in_features = rocket.output_features(), .out_features = o.classes}) {
  initialize(Key{o.seed});
}

template <class S>
Shape RocketClassifier<S>::output_shape(Shape x) const {
  rocket.output_shape(x);
  input().check(x.features, options.classes);
  return {1, options.classes};
}

template <class S>
void RocketClassifier<S>::fit_biases(TensorView<const S, 3> x, std::span<const std::int32_t> lengths) {
  const std::string where = "RocketClassifier, fit_biases";
  output_shape({x.extent(1), x.extent(2)});
  check_finite(x, lengths, where);
  typename detail::SeriesInput<S>::Cache cache;
  Scratch scratch;
  rocket.fit_biases_on(detail::rows_with_steps(x.extent(0), x.extent(1), lengths, where.c_str()), [&](Index row) {
    const Index length = lengths.empty() ? x.extent(1) : Index(lengths[static_cast<std::size_t>(row)]);
    return input().forward(Tile<const S>(x[row].data(), {length, x.extent(2)}, 1), cache, Pass{scratch});
  });
  scaler = detail::FeatureScaler<S>(rocket.output_features());
}

template <class S>
void RocketClassifier<S>::forward_features(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  rocket.forward(input().forward(x, cache.input, pass), y, cache.rocket, pass);
  scaler.forward(y, y);
}

template <class S>
void RocketClassifier<S>::forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const {
  const Tile<S> features = cache.features.take({1, rocket.output_features()}, x.lanes);
  forward_features(x, features, cache, pass);
  head.forward(features, logits, cache.dense, pass);
  input().finish(logits, cache.input);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::RocketClassifier)
HEED_COMPILED_TYPE_OF(struct heed::detail::ModelTable, heed::RocketClassifier)
HEED_COMPILED_TYPE_OF(struct heed::detail::TrainedTable, heed::RocketClassifier)
