#pragma once

// Answers that do not depend on what stands beside a sequence.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "heed/core/check.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/train/tiles.hpp"

namespace heed_python {

using heed::Index;

/// Answers to sequences, (n, outputs). The answer to one is the same bits whichever others stand beside it: a sequence
/// that would be alone in its tile, where products are summed in another order, gets a copy of itself beside it.
template <class M>
heed::Tensor<float, 2> predict_rows(const M& model, heed::TensorView<const typename M::Input, 3> x,
                                    std::span<const std::int32_t> lengths, heed::StepMask mask = {}) {
  using X = typename M::Input;
  const Index n = x.extent(0), steps = x.extent(1), features = x.extent(2);
  const Index alone = n % heed::tile_unit == 1 ? 1 : 0, rest = n - alone;
  heed::Predictor<M> predictor(model);
  heed::Tensor<float, 2> out({n, heed::logits_shape(model, {steps, features}, "predict").features});
  heed::check_lengths(lengths, n, steps, "X");
  if (rest > 0) {
    const auto first = lengths.empty() ? lengths : lengths.first(static_cast<std::size_t>(rest));
    const heed::TensorView<const std::uint8_t, 2> rows(mask.data(), {mask.empty() ? 0 : rest, steps});
    const heed::StepMask seen = mask.empty() ? mask : heed::StepMask(rows);
    predictor(heed::TensorView<const X, 3>(x.data(), {rest, steps, features}),
              heed::TensorView<float, 2>(out.data(), {rest, out.extent(1)}), first, seen);
  }
  if (alone == 0) return out;
  heed::Tensor<X, 3> twice({2, steps, features});
  heed::Tensor<std::uint8_t, 2> twice_seen;
  if (!mask.empty()) twice_seen = heed::Tensor<std::uint8_t, 2>({2, steps});
  for (Index i = 0; i < 2; ++i) {
    std::copy_n(x[rest].data(), steps * features, twice[i].data());
    for (Index t = 0; t < steps && !mask.empty(); ++t) twice_seen(i, t) = mask(rest, t);
  }
  std::vector<std::int32_t> of_both;
  if (!lengths.empty()) of_both.assign(2, lengths[static_cast<std::size_t>(rest)]);
  heed::Tensor<float, 2> answers({2, out.extent(1)});
  predictor(twice.view(), answers.view(), of_both, twice_seen.empty() ? heed::StepMask() : heed::StepMask(twice_seen));
  std::copy_n(answers.data(), out.extent(1), out.data() + rest * out.extent(1));
  return out;
}

}  // namespace heed_python
