#pragma once

/// @file
/// Keeps the weights of an attention layer between forward and backward.

#include "heed/core/error.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// The weights of all heads, (heads T_q, T_k). For long sequences they are kept only if `keep` was called before the
/// forward pass. Otherwise the backward pass computes them again, block by block, to the same bits.
template <class S>
class AttentionWeights {
 public:
  /// The following forward passes keep the weights, however long the sequences are.
  void keep() { keep_ = true; }

  /// Prepares for a forward pass. `changed`: the head changes weights after the softmax.
  /// `always`: whatever their number.
  void take(Index heads, Index queries, Index keys, Index lanes, bool changed = false, bool always = false) {
    constexpr Index short_enough = Index(1) << 20;  // numbers
    kept_ = always || keep_ || heads * queries * keys * lanes <= short_enough;
    if (!kept_) return;
    all_.take({heads * queries, keys}, lanes);
    if (changed) whole_.take({heads * queries, keys}, lanes);
  }

  /// Prepares for a pass without a backward pass whose weights nobody reads.
  void take_none() { kept_ = false; }

  /// The place of one head's weights; if they are not kept, memory from `pass` for one block of them. `number` is the
  /// head's index. If the head covers only the queries from `first_query` on, the place begins there.
  kernels::WeightsOf<S> of(const kernels::Head<S>& head, Index number, const Pass& pass) {
    if (kept_) {
      const Index row = number * head.queries + head.first_query;
      S* a = all_.tile().at(row);
      return head.changes_weights() ? kernels::WeightsOf<S>{whole_.tile().at(row), true, a}
                                    : kernels::WeightsOf<S>{a, true};
    }
    const auto room = [&] { return pass.scratch.template take<S>(head.block() * head.keys * head.lanes); };
    S* a = room();
    return {a, false, head.changes_weights() ? room() : nullptr};
  }

  /// The place of all weights, where they are kept.
  Tile<S> all() { return all_.tile(); }

  /// All weights of the last forward pass, after dropout. Throws if they were not kept.
  Tile<const S> view() const {
    require(kept_, [] {
      return Fault{"attention weights of long sequences are kept only where they are asked for before the forward pass",
                   "attention weights", "keep_weights", "no call of it"};
    });
    return all_.view();
  }

 private:
  TileBuffer<S> all_;    // after dropout and additions
  TileBuffer<S> whole_;  // directly after the softmax
  bool keep_ = false, kept_ = true;
};

}  // namespace heed::inline HEED_ISA
