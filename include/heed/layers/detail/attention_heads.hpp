#pragma once

/// @file
/// The heads of an attention layer in one pass.

#include "heed/core/dropout_mask.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/kernels/relative_positions.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// Heads of one size, with the dropout of their weights and their relative positions, if they have any.
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

  /// What the heads have in common.
  const kernels::Head<S>& common() const { return head_; }
  const kernels::Head<S>& operator[](Index number) {
    head_.dropout_group = number;
    return head_;
  }

 private:
  kernels::Head<S> head_;
  kernels::RelativePositions<S> relative_ = {};
  DropoutMask dropout_{0, Key{}, 0};
};

}  // namespace heed::inline HEED_ISA
