#pragma once

// Moves the answers of the present steps back to their places among missing steps.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// Moves the labels of present steps to the places of these steps, and writes -1 elsewhere. `present`: the number of
/// present steps of each sequence. Labels whose steps are not the steps of the input stay as they are.
void put_back(Tensor<std::int32_t, 2>& labels, Index steps, std::span<const std::int32_t> present, StepMask mask);

/// The same for attention weights (n, rows, keys), if rows and keys, or rows alone, are the steps of the input. Missing
/// steps get 0. Other weights stay as they are.
template <class S>
void put_weights_back(Tensor<S, 3>& weights, Index steps, std::span<const std::int32_t> present, StepMask mask);

template <class S>
void put_weights_back(Tensor<S, 3>& weights, Index steps, std::span<const std::int32_t> present, StepMask mask) {
  if (steps == 0) return;
  const auto [count, rows, keys] = weights.extents();
  const bool a_key_a_step = keys == steps && rows % steps == 0, one_key = keys == 1 && rows == steps;
  if (!a_key_a_step && !one_key) return;
  std::vector<S> together(static_cast<std::size_t>(rows * keys));
  std::vector<Index> place;  // where each present step was
  for (Index i = 0; i < count; ++i) {
    place.clear();
    const auto there = static_cast<std::size_t>(present[static_cast<std::size_t>(i)]);
    for (Index t = 0; place.size() < there; ++t) {
      if (mask(i, t)) place.push_back(t);
    }
    S* const own = &weights(i, 0, 0);
    std::copy_n(own, rows * keys, together.begin());
    std::fill_n(own, rows * keys, S(0));
    for (Index first = 0; first < rows; first += steps) {  // one head after the other
      for (std::size_t q = 0; q < there; ++q) {
        const S* const from = together.data() + (first + static_cast<Index>(q)) * keys;
        S* const to = own + (first + place[q]) * keys;
        for (std::size_t k = 0; k < (one_key ? 1 : there); ++k) to[one_key ? 0 : place[k]] = from[k];
      }
    }
  }
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_FUNCTION void detail::put_back(Tensor<std::int32_t, 2>& labels, Index steps, std::span<const std::int32_t> present,
                                    StepMask mask) {
  if (labels.extent(1) != steps) return;
  std::vector<std::int32_t> together(static_cast<std::size_t>(steps));
  for (Index i = 0; i < labels.extent(0); ++i) {
    const auto row = labels.view()[i];
    std::copy(row.begin(), row.end(), together.begin());
    std::fill(row.begin(), row.end(), -1);
    const auto count = static_cast<std::size_t>(present[static_cast<std::size_t>(i)]);
    for (std::size_t t = 0, next = 0; next < count; ++t) {
      if (mask(i, static_cast<Index>(t))) row.data()[t] = together[next++];
    }
  }
}

}  // namespace heed::inline HEED_ISA

#endif

HEED_COMPILED_FUNCTION(heed::detail::put_weights_back)
