#pragma once

/// @file
/// The errors of a stream: an inner part of stream.hpp, which declares them.

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>

#include "heed/core/check.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/infer/status.hpp"
#include "heed/infer/stream.hpp"

namespace heed::inline HEED_ISA {

template <Layer Model>
void Stream<Model>::throw_refused(InferenceStatus status, std::span<const X> x) const {
  const Index features = static_cast<Index>(x.size());
  Fault fault{to_text(status), "Stream"};
  const std::string step = "Stream, step " + text_of(steps_);
  if (status == InferenceStatus::wrong_features) {
    fault.expected = text_of(features_);
    fault.got = text_of(features);
  } else if (status == InferenceStatus::too_many_steps) {
    model_->output_shape({steps_ + 1, features_});  // throws if the limit is the model's own
    fault.expected = "at most " + text_of(most_steps_);
    fault.got = text_of(steps_ + 1);
  } else if (status == InferenceStatus::not_finite) {
    const auto odd = std::find_if(x.begin(), x.end(), [](X v) { return !std::isfinite(v); });
    fault.where = step + ", feature " + text_of(odd - x.begin()) + " (counted from 0)";
    fault.expected = "a finite number";
  } else if constexpr (ChecksInput<Model>) {
    try {
      model_->check_input({x.data(), {1, 1, features}}, {}, "Stream");
    } catch (const Error& error) {
      fault = error.fault();
      fault.where = step + " (counted from 0)";  // the model's error names step 0 of sequence 0
    }
  }
  throw Error(std::move(fault));
}

template <Layer Model>
void Stream<Model>::throw_refused(InferenceStatus status, const State& state) const {
  Fault fault{to_text(status), "Stream, state"};
  if (status == InferenceStatus::wrong_state) {
    fault.where = "Stream";
    fault.expected = text_of(size_) + " numbers";
    fault.got = text_of(state.numbers.size());
  } else if (status == InferenceStatus::wrong_steps) {
    fault.expected = "0 to " + text_of(most_steps_);
    fault.got = text_of(state.steps);
  }
  throw Error(std::move(fault));
}

}  // namespace heed::inline HEED_ISA
