#pragma once

/// @file
/// Which query may attend to which key, and what is added to the scores.

#include <cassert>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// A view of a boolean matrix (queries x keys), row by row; true = attend. One matrix is for all sequences of a tile.
/// With `lanes` there is one for each: (lanes, queries, keys). The mask applies in addition to the lengths and a causal
/// flag. Empty: each query may attend to each key. The caller keeps the memory until the backward pass is over.
/// `others_only` also hides key i from query i.
struct AttentionMask {
  const bool* data = nullptr;
  Index queries = 0, keys = 0;
  bool others_only = false;  ///< query i does not see key i
  Index lanes = 0;           ///< 0: one matrix for all

  explicit operator bool() const { return data || others_only; }
  /// For a mask with one matrix for all.
  bool operator()(Index query, Index key) const {
    assert(lanes == 0);
    return (*this)(query, key, 0);
  }
  bool operator()(Index query, Index key, Index lane) const {
    const Index matrix = lanes > 0 ? lane : 0;
    return (!data || data[(matrix * queries + query) * keys + key]) && !(others_only && query == key);
  }

  /// Throws if it is neither empty nor of this size. `where` names the caller.
  void check(Index query_steps, Index key_steps, Index tile_lanes, const char* where) const;
};

/// A view of numbers that are added to the scores before the softmax, as PyTorch's float masks are: (queries, keys), or
/// with `heads` (heads, queries, keys); with `lanes` one such array for each lane. -infinity: the query does not see
/// the key. The numbers are constants and get no gradient. The caller keeps the memory until the backward pass is over.
template <class S>
struct AttentionScores {
  const S* data = nullptr;
  Index queries = 0, keys = 0;
  Index heads = 0;  ///< 0: the same for all heads
  Index lanes = 0;  ///< 0: the same for all lanes

  explicit operator bool() const { return data != nullptr; }
  /// The distance from one lane's numbers to the next lane's.
  Index lane_stride() const { return lanes > 0 ? (heads > 0 ? heads : 1) * queries * keys : 0; }
  /// The numbers of one head.
  const S* of_head(Index number) const { return data && heads > 0 ? data + number * queries * keys : data; }

  /// As `AttentionMask::check`.
  void check(Index query_steps, Index key_steps, Index head_count, Index tile_lanes, const char* where) const;
};

namespace abi_detail {
/// Throws unless the sizes match queries, keys and, if present, heads and lanes.
void check_attention_size(const char* what, const Index (&got)[4], const Index (&expected)[4], const char* where);
}  // namespace abi_detail

template <class S>
void AttentionScores<S>::check(Index query_steps, Index key_steps, Index head_count, Index tile_lanes,
                               const char* where) const {
  if (!data) return;
  abi_detail::check_attention_size("the scores do", {lanes, heads, queries, keys},
                                   {lanes ? tile_lanes : 0, heads ? head_count : 0, query_steps, key_steps}, where);
}

}  // namespace heed::inline HEED_ABI

#if HEED_BODIES

#include <algorithm>
#include <string>

namespace heed::inline HEED_ABI {

HEED_SHARED_FUNCTION void abi_detail::check_attention_size(const char* what, const Index (&got)[4],
                                                           const Index (&expected)[4], const char* where) {
  require(std::equal(got, got + 4, expected), [&] {
    const auto text = [](const Index(&sizes)[4]) {
      std::string all = "(";
      for (int i = 0; i < 4; ++i) {
        if (i < 2 && sizes[i] == 0) continue;
        all += (all.size() > 1 ? ", " : "") + text_of(sizes[i]);
      }
      return all + ")";
    };
    return Fault{std::string(what) + " not fit queries and keys", where, text(expected), text(got)};
  });
}

HEED_SHARED_FUNCTION void AttentionMask::check(Index query_steps, Index key_steps, Index tile_lanes,
                                               const char* where) const {
  if (!data) return;
  abi_detail::check_attention_size("the mask does", {lanes, 0, queries, keys},
                                   {lanes ? tile_lanes : 0, 0, query_steps, key_steps}, where);
}

}  // namespace heed::inline HEED_ABI

#endif
