#pragma once

// The answers of a model to many sequences, on all threads.

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "../data.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/infer/predictor.hpp"

namespace classifier::page {

/// Probabilities, numbers or logits: (n, outputs).
template <class M, class X>
heed::Tensor<float, 2> outputs_of(const heed::Ensemble<M>& all, const heed::Sequences<X>& data, heed::Index outputs,
                                  heed::ThreadPool& threads, heed::Output what = heed::Output::as_trained) {
  constexpr heed::Index part = 256;
  heed::Tensor<float, 2> result({data.count(), outputs});
  std::vector<std::optional<heed::Predictor<heed::Ensemble<M>>>> predictors(static_cast<std::size_t>(threads.size()));
  const bool one_class = outputs == 1 && all.outputs == heed::OutputKind::classes;
  threads.for_each((data.count() + part - 1) / part, [&](heed::Index k, int worker) {
    const heed::Index first = k * part, count = std::min(part, data.count() - first);
    auto& predictor = predictors[static_cast<std::size_t>(worker)];
    if (!predictor) predictor.emplace(all);
    const heed::TensorView<const X, 3> x(data.x[first].data(), {count, data.steps(), data.features()});
    std::span<const std::int32_t> lengths = data.lengths;
    if (!lengths.empty()) lengths = lengths.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    heed::StepMask mask;
    heed::TensorView<const std::uint8_t, 2> there;
    if (!data.mask.empty()) {
      there = heed::TensorView<const std::uint8_t, 2>(data.mask[first].data(), {count, data.steps()});
      mask = heed::StepMask(there);
    }
    const heed::TensorView<float, 2> out(result[first].data(), {count, outputs});
    (*predictor)(x, out, lengths, mask, one_class ? heed::Output::logits : what);
  });
  if (one_class) std::fill(result.begin(), result.end(), 1.0f);  // the probability of the only class
  return result;
}

/// The sequences with these indices, in this order. An index may occur twice.
template <class X>
heed::Sequences<X> rows_of(const heed::Sequences<X>& data, std::span<const heed::Index> rows) {
  const auto count = static_cast<heed::Index>(rows.size());
  heed::Sequences<X> some;
  some.x = heed::Tensor<X, 3>({count, data.steps(), data.features()});
  if (!data.mask.empty()) some.mask = heed::Tensor<std::uint8_t, 2>({count, data.steps()});
  for (heed::Index k = 0; k < count; ++k) {
    const heed::Index i = rows[static_cast<std::size_t>(k)];
    std::copy_n(data.x[i].data(), data.steps() * data.features(), some.x[k].data());
    if (!data.lengths.empty()) some.lengths.push_back(data.lengths[static_cast<std::size_t>(i)]);
    if (!data.mask.empty()) std::copy_n(data.mask[i].data(), data.steps(), some.mask[k].data());
  }
  return some;
}

}  // namespace classifier::page
