#pragma once

/// @file
/// The heads of an attention layer in one pass.

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

/// ALiBi's slope of a head: 2^(-8 / n), its square, ... for n heads, a power of two; other numbers of heads take those
/// of the power below, then every other one of the power above (Press, Smith and Lewis 2022).
inline double alibi_slope(Index head, Index heads) {
  Index power = 1;
  while (2 * power <= heads) power *= 2;
  const double n = static_cast<double>(power), i = static_cast<double>(head < power ? head : head - power);
  return std::exp2(head < power ? -8 * (i + 1) / n : -4 * (2 * i + 1) / n);
}

/// Heads of one size, with the dropout of their weights, their relative positions and what is added to their scores and
/// weights, if they have any.
template <class S>
class AttentionHeads {
 public:
  explicit AttentionHeads(const kernels::Head<S>& common) : head_(common) {}
  AttentionHeads(const AttentionHeads&) = delete;
  AttentionHeads& operator=(const AttentionHeads&) = delete;

  /// Weights are dropped where the pass trains: query by query, so that a sequence's length changes none of them.
  void drop(double rate, Index heads, const Pass& pass) {
    if (!DropoutMask::active(rate, pass)) return;
    dropout_ = DropoutMask(rate, pass);
    head_.dropout = &dropout_;
    head_.dropout_groups = heads;
  }
  /// Tables of relative positions (2k + 1 x features of a head), which may be empty, and in a backward pass where their
  /// gradients are added. Takes room from the pass' scratch.
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

  /// Scores that are added before the softmax, and, with `slopes`, ALiBi's distances.
  void add(const AttentionScores<S>& scores, Index heads, bool slopes) {
    scores_ = scores;
    head_.added_stride = scores.lane_stride();
    head_.added_matrix = scores.queries * scores.keys;
    slopes_ = slopes ? heads : 0;
  }
  /// Scalars of offsets behind the softmax (2k + 1 x heads), which may be empty, and in a backward pass where their
  /// gradients are added. Takes room from the pass' scratch.
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

  /// What the heads have in common.
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
  Index slopes_ = 0;  // how many heads have them
  kernels::OffsetWeights<S> offsets_ = {};
  const S* scalars_ = nullptr;
  S* dscalars_ = nullptr;
};

}  // namespace heed::inline HEED_ISA
