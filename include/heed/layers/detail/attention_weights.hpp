#pragma once

/// @file
/// Where an attention layer keeps its weights between forward and backward.

#include "heed/core/error.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// The weights of all heads, (heads T_q, T_k). Those of long sequences, T_q T_k of them for every head, are kept only
/// if `keep` was called before the forward pass; otherwise backward computes them again, block by block, to the same
/// bits.
template <class S>
class AttentionWeights {
 public:
  /// From the next forward pass on, however long the sequences.
  void keep() { keep_ = true; }

  /// For a forward pass; `changed`: the head changes some behind the softmax.
  void take(Index heads, Index queries, Index keys, Index lanes, bool changed = false) {
    constexpr Index short_enough = Index(1) << 20;  // numbers
    kept_ = keep_ || heads * queries * keys * lanes <= short_enough;
    if (!kept_) return;
    all_.take({heads * queries, keys}, lanes);
    if (changed) whole_.take({heads * queries, keys}, lanes);
  }

  /// For a pass that nobody goes back through or looks at.
  void take_none() { kept_ = false; }

  /// Those of a head, or room for a block of them from `pass`. A head of a few queries that begins at query `first`
  /// stands among all of its cache.
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

  /// All of the last forward pass, as the values were weighted: after dropout. Throws if they were not kept.
  Tile<const S> view() const {
    require(kept_, [] {
      return Fault{"attention weights of long sequences are kept only where they are asked for before the forward pass",
                   "attention weights", "keep_weights", "no call of it"};
    });
    return all_.view();
  }

 private:
  TileBuffer<S> all_;    // after dropout and what is added behind the softmax
  TileBuffer<S> whole_;  // before
  bool keep_ = false, kept_ = true;
};

}  // namespace heed::inline HEED_ISA
