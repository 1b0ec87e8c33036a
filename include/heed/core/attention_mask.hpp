#pragma once

/// @file
/// Which query may attend to which key.

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// A view of a boolean matrix (queries x keys), row by row: true = attend. One for all sequences of a tile; it adds to
/// what lengths and a causal flag rule out. Empty: every query may attend to every key. The caller keeps it until the
/// backward pass is over. Besides, a query may be kept from the key of its own number.
struct AttentionMask {
  const bool* data = nullptr;
  Index queries = 0, keys = 0;
  bool others_only = false;  // query i does not meet key i

  explicit operator bool() const { return data || others_only; }
  bool operator()(Index query, Index key) const {
    return (!data || data[query * keys + key]) && !(others_only && query == key);
  }

  /// Throws where it is neither empty nor of this size. `where` names who asks.
  void check(Index query_steps, Index key_steps, const char* where) const;
};

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_FUNCTION void AttentionMask::check(Index query_steps, Index key_steps, const char* where) const {
  require(!data || (queries == query_steps && keys == key_steps), [&] {
    const auto text = [](Index rows, Index columns) { return "(" + text_of(rows) + ", " + text_of(columns) + ")"; };
    return Fault{"the mask does not fit queries and keys", where, text(query_steps, key_steps), text(queries, keys)};
  });
}

}  // namespace heed::inline HEED_ISA

#endif
