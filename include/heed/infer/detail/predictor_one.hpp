#pragma once

/// @file
/// Prediction of one sequence: an inner part of predictor_run.hpp, which declares it.

#include <algorithm>
#include <concepts>
#include <limits>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "heed/core/buffer.hpp"
#include "heed/core/check.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/extents.hpp"
#include "heed/core/realtime.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/infer/detail/predictor_run.hpp"
#include "heed/infer/prediction.hpp"
#include "heed/infer/status.hpp"

namespace heed::inline HEED_ISA::detail {

template <class S, class X>
void PredictorRun<S, X>::check_width(Index got, Index classes) {
  require(got == classes,
          [&] { return Fault{"wrong number of classes", "Predictor, out", text_of(classes), text_of(got)}; });
}

template <class S, class X>
void PredictorRun<S, X>::make_room(const Room& o) try {
  constexpr Index most = std::numeric_limits<std::int32_t>::max();  // lengths are 32 bits: no size can overflow
  require(o.max_steps <= most && o.min_steps >= 1 && o.min_steps <= o.max_steps, [&] {
    return Fault{"option out of range", "Predictor",
                 "min_steps and max_steps of 1 to " + text_of(most) + ", the smaller first",
                 text_of(o.min_steps) + " and " + text_of(o.max_steps)};
  });
  require(o.features >= 1,
          [&] { return Fault{"option out of range", "Predictor", "features of at least 1", text_of(o.features)}; });
  logits_shape(model_, {o.max_steps, o.features}, "Predictor");
  std::vector<Index> widths(static_cast<std::size_t>(o.max_steps - o.min_steps + 1));
  Buffer<X> input;
  const Index size = element_count(Extents<2>{o.max_steps, o.features});  // throws if it overflows
  const Tile<X> longest(input.reserve(size), {o.max_steps, o.features}, 1);
  fill_acceptable(longest);
  const FlushDenormals flush;
  // layers may take other ways, and other memory, for fewer steps
  for (Index steps = o.max_steps; steps >= o.min_steps; --steps) {
    Index& width = widths[static_cast<std::size_t>(steps - o.min_steps)];
    try {
      width = logits_shape(model_, {steps, o.features}, "Predictor").features;
    } catch (const Error&) {
      continue;  // stays 0
    }
    const Tile<S> z = output_.take({1, width}, 1);
    model_.forward(Tile<const X>(longest.data, {steps, o.features}, 1), z, cache_, Pass::inference(scratch_));
  }
  room_ = o;
  widths_ = std::move(widths);
} catch (...) {
  rethrow_as_error("Predictor, max_steps " + text_of(o.max_steps));
}

/// Fills a sequence with numbers that the model accepts: zeros; tokens 1, since 0 may be padding, which takes no memory.
template <class S, class X>
void PredictorRun<S, X>::fill_acceptable(Tile<X> x) const {
  std::fill_n(x.data, x.size(), X(std::floating_point<X> ? 0 : 1));
  const auto find = model_.functions().first_unknown;
  const auto refused = [&] { return find ? find(model_.get(), Tile<const X>(x)) : x.size(); };
  for (Index tries = 0; tries < x.features && refused() < x.size(); ++tries) {
    const Index feature = refused() % x.features;  // of a vocabulary of one token
    for (Index t = 0; t < x.steps; ++t) x.data[t * x.features + feature] = 0;
  }
  if (refused() < x.size()) std::fill_n(x.data, x.size(), X(0));
  require(refused() == x.size(), [] {
    return Fault{"the model refuses zeros and ones", "Predictor, max_steps", "a model that accepts one of them"};
  });
}

template <class S, class X>
InferenceStatus PredictorRun<S, X>::run_one(const Tile<const X>& x, Index width) {
  if (x.steps == 0) return InferenceStatus::no_steps;
  const auto unknown = model_.functions().first_unknown;
  if (unknown && unknown(model_.get(), x) < x.size()) return InferenceStatus::unknown_token;
  if constexpr (std::floating_point<X>) {
    if (!all_finite(x.data, x.size())) return InferenceStatus::not_finite;
  }
  const Tile<S> z = output_.take({1, width}, 1);
  model_.forward(x, z, cache_, Pass::inference(scratch_));
  return all_finite(z.data, width) ? InferenceStatus::ok : InferenceStatus::not_finite_logits;
}

template <class S, class X>
Tile<S> PredictorRun<S, X>::one(TensorView<const X, 2> sequence) try {
  const Tile<const X> x(sequence.data(), {sequence.extent(0), sequence.extent(1)}, 1);
  const Shape output = logits_shape(model_, x.shape(), "Predictor");
  if (const InferenceStatus status = run_one(x, output.features); status != InferenceStatus::ok) [[unlikely]]
    throw_refused(status, sequence);
  return output_.tile();
} catch (const std::bad_alloc&) {  // an exception of a user's layer stays what it is
  rethrow_as_error("Predictor");
}

template <class S, class X>
void PredictorRun<S, X>::throw_refused(InferenceStatus status, TensorView<const X, 2> x) const {
  const TensorView<const X, 3> alone(x.data(), {1, x.extent(0), x.extent(1)});
  if (status == InferenceStatus::unknown_token) model_.check_input(alone, {}, "Predictor");  // throws
  if (status == InferenceStatus::not_finite) check_numbers(alone, {});                       // throws
  Fault fault{to_text(status), "Predictor"};
  if (status == InferenceStatus::no_steps) {
    fault.expected = "at least one step";
    fault.got = "0";
  }
  throw Error(std::move(fault));
}

template <class S, class X>
InferenceStatus PredictorRun<S, X>::try_one(const X* data, Shape shape, OutputKind kind, Output what,
                                            FinalStep& last) noexcept HEED_NONBLOCKING {
  if (shape.steps > room_.max_steps) return InferenceStatus::too_many_steps;
  if (shape.features != room_.features) return InferenceStatus::wrong_features;
  if (shape.steps <= 0) return InferenceStatus::no_steps;
  const auto place = static_cast<std::size_t>(shape.steps - room_.min_steps);  // large if there are fewer
  const Index width = place < widths_.size() ? widths_[place] : 0;
  if (width == 0) return InferenceStatus::wrong_steps;
  const FlushDenormals flush;
  InferenceStatus status;
  HEED_ONCE_WARM(status = run_one(Tile<const X>(data, shape, 1), width))
  if (status != InferenceStatus::ok) return status;
  last = final_step_of(kind, width, what);
  if (last == FinalStep::refused) return InferenceStatus::no_classes;
  HEED_ONCE_WARM(finish_outputs(last, output_.tile().data, width, 1))
  return status;
}

template <class S, class X>
void PredictorRun<S, X>::one(TensorView<const X, 2> sequence, std::span<S> out, OutputKind kind, Output what) {
  const FlushDenormals flush;
  const Tile<S> z = one(sequence);
  check_width(static_cast<Index>(out.size()), z.features);
  finish_outputs(final_step_of(kind, z.features, what, "Predictor"), z.data, z.features, 1);
  std::copy_n(z.data, z.features, out.data());
}

template <class S, class X>
template <class F>
decltype(auto) PredictorRun<S, X>::with_present(TensorView<const X, 2> sequence, StepMask mask, F&& f) {
  const TensorView<const X, 2> there = present(sequence, mask);
  try {
    return f(there);
  } catch (const Error&) {
    if (!mask.empty()) check_in_place({sequence.data(), {1, sequence.extent(0), sequence.extent(1)}}, {}, mask);
    throw;
  }
}

template <class S, class X>
template <class F>
decltype(auto) PredictorRun<S, X>::with_present(TensorView<const X, 3> x, std::span<const std::int32_t> lengths,
                                                StepMask mask, F&& f) {
  std::span<const std::int32_t> left = lengths;
  const TensorView<const X, 3> there = present(x, left, mask);
  try {
    return f(there, left);
  } catch (const Error&) {
    if (!mask.empty()) check_in_place(x, lengths, mask);
    throw;
  }
}

template <class S, class X>
void PredictorRun<S, X>::check_in_place(TensorView<const X, 3> x, std::span<const std::int32_t> lengths,
                                        StepMask mask) const {
  const Tensor<X, 3> all = zeros_at_missing(x, mask);
  model_.check_input(TensorView<const X, 3>(all), lengths, "Predictor");
  check_numbers(all, lengths);
}

template <class S, class X>
TensorView<const X, 2> PredictorRun<S, X>::present(TensorView<const X, 2> sequence, StepMask mask) {
  if (mask.empty()) return sequence;
  const auto [steps, features] = sequence.extents();
  mask.check(1, steps, "Predictor");
  check_gaps(mask.has_gaps({}), model_.reads_distances(), "Predictor");
  X* to = present_.reserve(sequence.size());
  return {to, {move_together(sequence.data(), features, steps, mask, to), features}};
}

}  // namespace heed::inline HEED_ISA::detail
