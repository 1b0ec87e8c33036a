#pragma once

/// @file
/// Prediction of many sequences, a tile at a time: an inner part of predictor_run.hpp, which declares it.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <numeric>
#include <span>

#include "heed/core/check.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/least_steps.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/infer/detail/predictor_run.hpp"

namespace heed::inline HEED_ISA::detail {

// ragged sequences, the longest first; empty if sorting gains nothing
template <class S, class X>
std::span<const Index> PredictorRun<S, X>::by_length(TensorView<const X, 3> x, std::span<const std::int32_t> lengths) {
  check_lengths(lengths, x.extent(0), x.extent(1), "Predictor");
  if (lengths.size() < 2) return {};
  const std::span<Index> order(order_.reserve(x.extent(0)), lengths.size());
  std::iota(order.begin(), order.end(), Index(0));
  sort_by_length(order, lengths);
  return order;
}

template <class S, class X>
void PredictorRun<S, X>::run(Shape output, TensorView<const X, 3> x, std::span<const std::int32_t> lengths,
                             std::span<const Index> order, Work work) try {
  const FlushDenormals flush;
  const Index n = x.extent(0), T = x.extent(1), features = x.extent(2);
  require(n == 0 || T > 0, [] { return Fault{"empty sequences", "Predictor", "at least one step", "0"}; });
  check_lengths(lengths, n, T, "Predictor");
  model_.check_input(x, lengths, "Predictor");
  check_numbers(x, lengths);
  const bool keeps_steps = output.steps > 1 && output.steps == T;
  const Index least = order.empty() ? T : std::max<Index>(least_steps(model_, {T, features}, lengths), 1);
  constexpr Index unit = simd::native_width<S>;
  for (Index first = 0; first < n; first += widest) {
    const Index rows = std::min(widest, n - first);
    const Index lanes = rows == 1 ? 1 : (rows + unit - 1) / unit * unit;
    const auto row = [&](Index l) { return order.empty() ? first + l : order[static_cast<std::size_t>(first + l)]; };
    std::int32_t* const valid = lengths.empty() ? nullptr : lengths_.reserve(widest);
    for (Index l = 0; valid && l < lanes; ++l) valid[l] = l < rows ? lengths[static_cast<std::size_t>(row(l))] : 0;
    const Index steps = order.empty() ? T : std::max<Index>(valid[0], least);
    const Tile<X> tile = input_.take({steps, features}, lanes, valid);
    for (Index l = 0; l < lanes; ++l) {
      const X* const from = l < rows ? x.data() + row(l) * T * features : nullptr;
      const Index there = l < rows ? (valid ? valid[l] : T) * features : 0;
      for (Index k = 0; k < there; ++k) tile.data[k * lanes + l] = from[k];
      for (Index k = there; k < steps * features; ++k) tile.data[k * lanes + l] = X(0);
    }
    const Shape of_tile = steps < T ? model_.output_shape(tile.shape()) : output;
    const Tile<S> z = output_.take(of_tile, lanes, keeps_steps ? valid : nullptr);
    model_.forward(tile, z, cache_, Pass::inference(scratch_));
    check_logits(z, rows);
    work.call(work.function, first, rows, z);
  }
} catch (const std::bad_alloc&) {
  rethrow_as_error("Predictor");
}

// a saturating activation would turn an infinite input into a confident answer
template <class S, class X>
void PredictorRun<S, X>::check_numbers(TensorView<const X, 3> x, std::span<const std::int32_t> lengths) {
  if constexpr (std::floating_point<X>) {
    if (all_finite(x.data(), x.size())) [[likely]]
      return;
    check_finite(x, lengths, "Predictor");  // the numbers past a sequence's end are arbitrary
  }
}

// logits that are not finite come from the weights
template <class S, class X>
void PredictorRun<S, X>::check_logits(const Tile<S>& z, Index rows) {
  const bool whole = rows == z.lanes;  // the numbers of all steps and features follow one another
  const Index runs = whole ? 1 : z.steps * z.features, count = whole ? z.size() : rows;
  for (Index k = 0; k < runs; ++k) {  // numbers past a sequence's end are finite
    if (all_finite(z.data + k * z.lanes, count)) [[likely]]
      continue;
    abi_detail::throw_error(Fault{"the logits are not finite", "Predictor", {}, {}});
  }
}

}  // namespace heed::inline HEED_ISA::detail
