#pragma once

/// @file
/// Predictions: what a model's outputs mean.

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/kernels/softmax.hpp"
#include "heed/core/types.hpp"
#include "heed/infer/status.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ABI {

/// The answer to one sequence. `probabilities` is a view of the predictor's memory, valid until its next call.
template <class S>
struct Prediction {
  /// The class with the largest probability; the lower class wins a tie. For several flags: the flag with the largest
  /// probability. For one flag: 1 or 0.
  Index label = 0;
  std::span<const S> probabilities;
};

/// What a prediction writes.
///
/// - `as_trained`: what the model's loss defines: probabilities of classes or flags, or the numbers of a regression.
/// - `probabilities`: the same, but a model that gives numbers is an error.
/// - `logits`: the outputs of the last layer, unchanged.
enum class Output { as_trained, probabilities, logits };

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {

/// The function that turns logits into the output that is asked for. `refused`: there is none, because probabilities are
/// asked of a model that has no classes: one that gives a single number or was trained by a regression loss.
enum class FinalStep { none, softmax, sigmoid, refused };

constexpr FinalStep final_step_of(OutputKind kind, Index width, Output what) noexcept {
  if (what == Output::logits) return FinalStep::none;
  if (kind == OutputKind::flags) return FinalStep::sigmoid;
  if (kind == OutputKind::classes && width > 1) return FinalStep::softmax;
  return what == Output::as_trained ? FinalStep::none : FinalStep::refused;
}

/// Throws if it is refused.
HEED_FUNCTION FinalStep final_step_of(OutputKind kind, Index width, Output what, const char* where);

template <class S>
void finish_outputs(FinalStep a, S* z, Index features, Index lanes);

/// The prediction from finished outputs.
template <class S>
Prediction<S> prediction_of(FinalStep a, const S* p, Index features);

// ---- definitions

template <class S>
void finish_outputs(FinalStep a, S* z, Index features, Index lanes) {
  if (a == FinalStep::softmax) kernels::softmax(z, features, lanes);
  if (a != FinalStep::sigmoid) return;
  for (Index i = 0; i < features * lanes; ++i) {
    const S e = std::exp(-std::abs(z[i]));  // at most 1
    z[i] = (z[i] < 0 ? e : S(1)) / (S(1) + e);
  }
}

template <class S>
Prediction<S> prediction_of(FinalStep a, const S* p, Index features) {
  const std::span<const S> all{p, static_cast<std::size_t>(features)};
  if (a == FinalStep::sigmoid && features == 1) return {*p > S(0.5) ? 1 : 0, all};
  return {std::max_element(p, p + features) - p, all};
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_FUNCTION detail::FinalStep detail::final_step_of(OutputKind kind, Index width, Output what, const char* where) {
  const FinalStep step = final_step_of(kind, width, what);
  require(step != FinalStep::refused, [&] {
    return Fault{to_text(InferenceStatus::no_classes), where, "outputs(x), which gives the numbers",
                 text_of(width) + (width == 1 ? " number" : " numbers")};
  });
  return step;
}

}  // namespace heed::inline HEED_ISA

#endif

HEED_COMPILED_FUNCTION(heed::detail::finish_outputs)
