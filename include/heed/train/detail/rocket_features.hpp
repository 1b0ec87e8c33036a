#pragma once

// Features and targets of fit_rocket before its head exists. For heed/train/fit_rocket.hpp.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/train/stop.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {

/// A model that consists of random convolutions, a standardisation of their features, and a linear head.
template <class M>
concept RocketModel = requires(M& model, TensorView<const typename M::Scalar, 3> x) {
  model.fit_biases(x, std::span<const std::int32_t>());
  model.rocket.output_features();
  model.last_value.active();
  model.scaler.mean;
  model.head.weight;
};

namespace detail {
/// The factor of the logits that maximises the likelihood of left-out rows' labels under softmax. One extra row with
/// uniform labels keeps the factor finite. Scores are (n, classes).
double logit_scale(TensorView<const double, 2> scores, std::span<const std::int32_t> labels);

/// Labels as numbers: 1 for the class, -1 for the others. Numbers stay as they are.
template <class T>
Tensor<double, 2> ridge_targets(TargetsView<T> targets, Index outputs) {
  const auto rows = as_rows(targets);
  Tensor<double, 2> y({rows.extent(0), outputs});
  for (Index i = 0; i < rows.extent(0); ++i) {
    for (Index k = 0; k < outputs; ++k) {
      if constexpr (std::same_as<T, std::int32_t>) {
        y(i, k) = rows(i, 0) == k ? 1 : -1;
      } else {
        y(i, k) = static_cast<double>(rows(i, k));
      }
    }
  }
  return y;
}

/// The targets less the last values that the model adds to what its head gives; empty if it adds none.
template <class T, RocketModel M>
Tensor<T, 2> changes_of(const M& model, const LabelledSequences<typename M::Scalar, T>& data) {
  Tensor<T, 2> changes;
  if constexpr (std::floating_point<T>) {
    if (!model.last_value.active()) return changes;
    const auto targets = as_rows(data.labels);
    changes = Tensor<T, 2>(targets.extents());
    for (Index i = 0; i < targets.extent(0); ++i) {
      const Index last =
          (data.lengths.empty() ? data.x.extent(1) : Index(data.lengths[static_cast<std::size_t>(i)])) - 1;
      for (Index k = 0; k < targets.extent(1); ++k) {
        const Index feature = model.last_value.features_of_outputs()[static_cast<std::size_t>(k)];
        changes(i, k) = targets(i, k) - (last < 0 ? T(0) : data.x(i, last, feature));  // as LastValue has it
      }
    }
  }
  return changes;
}

/// The model's features of series: calls f(first, (rows, features)) for blocks of them, in order, until it is stopped.
template <RocketModel M, class F>
void for_each_features(const M& model, TensorView<const typename M::Scalar, 3> x, std::span<const std::int32_t> lengths,
                       ThreadPool& threads, const StopSignal& stop, F&& f) {
  using S = typename M::Scalar;
  constexpr Index block = 256;
  struct Worker {
    typename M::Cache cache;
    Scratch scratch;
  };
  std::vector<Worker> workers(static_cast<std::size_t>(threads.size()));
  const Index n = x.extent(0), d = model.rocket.output_features();
  Tensor<S, 2> features({std::min(n, block), d});
  for (Index first = 0; first < n && !stop.requested(); first += block) {
    const Index rows = std::min(block, n - first);
    threads.for_each(rows, [&](Index i, int w) {
      Worker& worker = workers[static_cast<std::size_t>(w)];
      const Index row = first + i;
      const Index length = lengths.empty() ? x.extent(1) : Index(lengths[static_cast<std::size_t>(row)]);
      const Tile<const S> series(x[row].data(), {length, x.extent(2)}, 1);
      model.forward_features(series, Tile<S>(features[i].data(), {1, d}, 1), worker.cache, Pass{worker.scratch});
    });
    f(first, TensorView<const S, 2>(features.data(), {rows, d}));
  }
}

/// Sets the model's biases and its scaler. Returns the standardised features if they are `wanted`.
template <RocketModel M>
Tensor<typename M::Scalar, 2> fit_features(M& model, TensorView<const typename M::Scalar, 3> x,
                                           std::span<const std::int32_t> lengths, ThreadPool& threads,
                                           const StopSignal& stop, bool wanted) {
  using S = typename M::Scalar;
  model.fit_biases(x, lengths);
  const Index d = model.rocket.output_features();
  Tensor<S, 2> all({wanted ? x.extent(0) : 0, d});
  std::vector<double> sums(static_cast<std::size_t>(d)), squares = sums, zeros = sums;
  for_each_features(model, x, lengths, threads, stop, [&](Index first, TensorView<const S, 2> features) {
    if (wanted) std::copy(features.begin(), features.end(), all.data() + first * d);
    for (Index i = 0; i < features.extent(0); ++i) {
      for (Index k = 0; k < d; ++k) {
        const double v = static_cast<double>(features(i, k));
        sums[static_cast<std::size_t>(k)] += v;
        squares[static_cast<std::size_t>(k)] += v * v;
      }
      for (Index k = model.rocket.first_of_dictionary(); k < model.rocket.first_of_values(); ++k) {
        zeros[static_cast<std::size_t>(k)] += features(i, k) == 0;
      }
    }
  });
  model.scaler.fit(sums, squares, zeros, static_cast<double>(x.extent(0)), model.rocket.kinds());
  threads.for_each(all.extent(0), [&](Index i, int) {
    const Tile<S> row(all.data() + i * d, {1, d}, 1);
    model.scaler.forward(row, row);
  });
  return all;
}
}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <cmath>

namespace heed::inline HEED_ISA {

namespace detail {

// The mean cross-entropy of rows of scores times a factor; `any`: with uniform labels.
HEED_COLD HEED_FUNCTION double scaled_cross_entropy(TensorView<const double, 2> scores,
                                                    std::span<const std::int32_t> labels, double scale, bool any) {
  const Index n = scores.extent(0), classes = scores.extent(1);
  double total = 0;
  for (Index i = 0; i < n; ++i) {
    const auto row = scores[i];
    const double top = *std::max_element(row.begin(), row.end());
    double sum = 0, mean = 0;
    for (const double s : row) {
      sum += std::exp(scale * (s - top));
      mean += s / static_cast<double>(classes);
    }
    total += std::log(sum) - scale * ((any ? mean : row(labels[static_cast<std::size_t>(i)])) - top);
  }
  return total / static_cast<double>(n);
}

HEED_COLD HEED_FUNCTION double logit_scale(TensorView<const double, 2> scores, std::span<const std::int32_t> labels) {
  const double n = static_cast<double>(scores.extent(0));
  const auto loss = [&](double log_scale) {
    const double scale = std::exp(log_scale);
    return n * scaled_cross_entropy(scores, labels, scale, false) + scaled_cross_entropy(scores, labels, scale, true);
  };
  double low = std::log(1e-2), high = std::log(1e2);  // the loss is convex in the scale, so it has one minimum
  for (int i = 0; i < 40; ++i) {
    const double a = low + (high - low) / 3, b = high - (high - low) / 3;
    if (loss(a) < loss(b)) {
      high = b;
    } else {
      low = a;
    }
  }
  // Rounding of the loss moves its minimum by 1e-8: on this grid the factor is the same whatever the compiler did.
  constexpr double grid = 1.0 / (1 << 16);
  return std::exp(std::round((low + high) / 2 / grid) * grid);
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
