#pragma once

/// @file
/// Turns sequences with a mask into sequences without one.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/core/check.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {

/// A copy of the sequences with present steps only, moved together; their labels move with them. Without a mask it
/// refers to the user's own memory.
template <class X, class T = std::int32_t>
class PresentSteps {
 public:
  /// Throws if the mask does not fit the sequences, or if a length is out of range.
  explicit PresentSteps(const LabelledSequences<X, T>& data) : view_(data) {
    if (!data.mask.empty()) take(data);
  }
  PresentSteps(const PresentSteps&) = delete;
  PresentSteps& operator=(const PresentSteps&) = delete;

  /// The sequences without a mask. The view must outlive neither this object nor the data.
  const LabelledSequences<X, T>& view() const { return view_; }
  /// Whether steps were missing in the middle.
  bool has_gaps() const { return gaps_; }

 private:
  HEED_COLD void take(const LabelledSequences<X, T>& data);

  Tensor<X, 3> x_;
  Tensor<std::int32_t, 2> labels_;
  std::vector<std::int32_t> lengths_;
  LabelledSequences<X, T> view_;
  bool gaps_ = false;
};

/// The labels of steps, with 0 where they do not count: past a sequence's end, and at missing steps.
inline Tensor<std::int32_t, 2> labels_that_count(LabelsView labels, std::span<const std::int32_t> lengths,
                                                 StepMask mask) {
  Tensor<std::int32_t, 2> all(labels.rows().extents());
  for (Index i = 0; i < all.extent(0); ++i) {
    const Index length = lengths.empty() ? all.extent(1) : lengths[static_cast<std::size_t>(i)];
    for (Index t = 0; t < length; ++t) {
      if (mask.empty() || mask(i, t)) all(i, t) = labels.rows()(i, t);
    }
  }
  return all;
}

template <class X, class T>
void PresentSteps<X, T>::take(const LabelledSequences<X, T>& data) {
  const Index count = data.count(), steps = data.x.extent(1), features = data.x.extent(2);
  data.mask.check(count, steps, "sequences");
  check_lengths(data.lengths, count, steps, "sequences");
  gaps_ = data.mask.has_gaps(data.lengths);
  x_ = Tensor<X, 3>(data.x.extents());
  lengths_.resize(static_cast<std::size_t>(count));
  const auto length = [&](Index i) { return data.lengths.empty() ? steps : data.lengths[static_cast<std::size_t>(i)]; };
  for (Index i = 0; i < count; ++i) {
    const Index there = move_together(data.x[i].data(), features, length(i), data.mask.row(i), x_[i].data());
    lengths_[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(there);
  }
  view_ = {x_, data.labels, lengths_};
  if constexpr (std::same_as<T, std::int32_t>) {
    if (!labels_steps(data.labels.each(), steps) || data.labels.rows().extent(0) != count) return;
    labels_ = Tensor<std::int32_t, 2>({count, steps});
    for (Index i = 0; i < count; ++i) {
      move_together(data.labels.rows()[i].data(), 1, length(i), data.mask.row(i), labels_[i].data());
    }
    view_.labels = labels_;
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_ONE(class heed::PresentSteps<float, std::int32_t>)
HEED_COMPILED_ONE(class heed::PresentSteps<double, std::int32_t>)
HEED_COMPILED_ONE(class heed::PresentSteps<std::int32_t, std::int32_t>)
HEED_COMPILED_ONE(class heed::PresentSteps<float, float>)
HEED_COMPILED_ONE(class heed::PresentSteps<double, double>)
