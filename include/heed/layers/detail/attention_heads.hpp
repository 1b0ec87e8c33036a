#pragma once

/// @file
/// Runs the heads of an attention layer in one pass.

#include <algorithm>
#include <cmath>

#include "heed/core/attention_mask.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/kernels/attention_bias.hpp"
#include "heed/core/kernels/relative_positions.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// ALiBi's slope of a head (Press, Smith and Lewis 2022). For n heads, n a power of two, the slopes are 2^(-8 / n), its
/// square, and so on. For other n: the slopes for the next lower power of two, then every other slope for the next
/// higher one.
inline double alibi_slope(Index head, Index heads) {
  Index power = 1;
  while (2 * power <= heads) power *= 2;
  const double n = static_cast<double>(power), i = static_cast<double>(head < power ? head : head - power);
  return std::exp2(head < power ? -8 * (i + 1) / n : -4 * (2 * i + 1) / n);
}

/// Heads of equal size, with the dropout of their weights, relative positions, and additions to scores and weights, if
/// any.
template <class S>
class AttentionHeads {
 public:
  explicit AttentionHeads(const kernels::Head<S>& common) : head_(common) {}
  AttentionHeads(const AttentionHeads&) = delete;
  AttentionHeads& operator=(const AttentionHeads&) = delete;

  /// Drops weights if the pass trains. The mask is drawn query by query, so it does not depend on the sequence's
  /// length.
  void drop(double rate, Index heads, const Pass& pass) {
    if (!DropoutMask::active(rate, pass)) return;
    dropout_ = DropoutMask(rate, pass);
    head_.dropout = &dropout_;
    head_.dropout_groups = heads;
  }
  /// Relative positions: tables (2k + 1 x features of a head), which may be empty. In a backward pass also the tables
  /// to which their gradients are added. Takes memory from the pass' scratch.
  void place(const Matrix<S>& keys, const Matrix<S>& values, Matrix<S>* dkeys, Matrix<S>* dvalues, const Pass& pass) {
    if (keys.empty()) return;
    relative_ = {.farthest = keys.rows() / 2,
                 .keys = keys.data(),
                 .values = values.data(),
                 .dkeys = dkeys ? dkeys->data() : nullptr,
                 .dvalues = dvalues ? dvalues->data() : nullptr,
                 .room = pass.scratch.template take<S>(head_.block() * keys.rows() * head_.lanes)};
    head_.relative = &relative_;
  }

  /// Adds scores before the softmax and, with `slopes`, ALiBi's distances.
  void add(const AttentionScores<S>& scores, Index heads, bool slopes) {
    scores_ = scores;
    head_.added_stride = scores.lane_stride();
    head_.added_matrix = scores.queries * scores.keys;
    slopes_ = slopes ? heads : 0;
  }
  /// Adds a learnt scalar for each offset after the softmax: a table (2k + 1 x heads), which may be empty. In a
  /// backward pass also the table to which the gradients are added. Takes memory from the pass' scratch.
  void add_offsets(const Matrix<S>& scalars, Matrix<S>* dscalars, const Pass& pass) {
    if (scalars.empty()) return;
    scalars_ = scalars.data();
    dscalars_ = dscalars ? dscalars->data() : nullptr;
    offsets_ = {.farthest = scalars.rows() / 2,
                .scalars = nullptr,
                .dscalars = nullptr,
                .room = pass.scratch.template take<S>(head_.keys * head_.lanes)};
    head_.offsets = &offsets_;
  }

  /// What all heads have in common.
  const kernels::Head<S>& common() {
    head_.added = scores_.data;
    head_.added_heads = std::max<Index>(scores_.heads, 1);
    return head_;
  }
  const kernels::Head<S>& operator[](Index number) {
    head_.dropout_group = number;
    head_.added = scores_.of_head(number);
    head_.added_heads = 1;
    if (slopes_ > 0) head_.slope = static_cast<S>(alibi_slope(number, slopes_));
    if (head_.offsets) {
      const Index first = number * (2 * offsets_.farthest + 1);
      offsets_.scalars = scalars_ + first;
      offsets_.dscalars = dscalars_ ? dscalars_ + first : nullptr;
    }
    return head_;
  }

 private:
  kernels::Head<S> head_;
  kernels::RelativePositions<S> relative_ = {};
  DropoutMask dropout_{0, Key{}, 0};
  AttentionScores<S> scores_ = {};
  Index slopes_ = 0;  // number of heads with slopes
  kernels::OffsetWeights<S> offsets_ = {};
  const S* scalars_ = nullptr;
  S* dscalars_ = nullptr;
};

}  // namespace heed::inline HEED_ISA
