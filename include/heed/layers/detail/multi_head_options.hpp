#pragma once

/// @file
/// Checks of the options and inputs of multi-head attention: an inner part of multi_head_attention.hpp.

#include <array>
#include <string>
#include <string_view>

#include "heed/core/dropout_mask.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ABI {

/// How attention uses the distance of two steps. `erpe`: adds a learnt scalar for each head and offset after the
/// softmax (ConvTran: Foumani, Tan, Webb and Salehi 2023). `alibi`: subtracts a head's slope times the distance from
/// the scores (Press, Smith and Lewis 2022).
enum class RelativeBias { none, erpe, alibi };
constexpr std::array<std::string_view, 3> names_of(RelativeBias) { return {"none", "erpe", "alibi"}; }

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {

/// Throws if a size is not positive, if the heads do not divide the features, or if an option is out of range.
HEED_COLD inline void check_multi_head(Index embed_dim, Index num_heads, Index kdim, Index vdim,
                                       Index relative_positions, double dropout, RelativeBias bias,
                                       Index bias_distance) {
  check_sizes({{"embed_dim", embed_dim}, {"num_heads", num_heads}}, "MultiHeadAttention");
  require(embed_dim % num_heads == 0, [&] {
    return Fault{"the number of heads must divide the number of features",
                 "MultiHeadAttention",
                 {},
                 text_of(num_heads) + " heads for " + text_of(embed_dim) + " features"};
  });
  const auto not_negative = [](Index value, const char* name) {
    require(value >= 0 && value <= most_size, [&] {
      return Fault{"option out of range", "MultiHeadAttention",
                   name + std::string(value < 0 ? " of at least 0" : " of at most 2^40"), text_of(value)};
    });
  };
  not_negative(kdim, "kdim");
  not_negative(vdim, "vdim");
  not_negative(relative_positions, "relative_positions");
  not_negative(bias_distance, "bias_distance");
  check_choice(bias, "relative_bias", "MultiHeadAttention");
  require((bias == RelativeBias::erpe) == (bias_distance > 0), [&] {
    return Fault{"option out of range", "MultiHeadAttention",
                 bias == RelativeBias::erpe ? "bias_distance of at least 1 with erpe" : "no bias_distance without erpe",
                 text_of(bias_distance)};
  });
  check_dropout_rate(dropout, "MultiHeadAttention", "dropout");
}

/// Throws if query or memory does not have this many features.
inline void check_multi_head_memory(Index embed_dim, Shape query, Shape memory) {
  require(query.features == embed_dim && memory.features == embed_dim, [&] {
    return Fault{"wrong number of features", "MultiHeadAttention", text_of(embed_dim),
                 text_of(query.features) + " and " + text_of(memory.features)};
  });
}
/// Throws if the features of query, key and value are not `sizes`, or if the numbers of keys and values differ.
inline void check_multi_head_inputs(const Extents<3>& sizes, Shape query, Shape key, Shape value) {
  const Extents<3> got{query.features, key.features, value.features};
  require(got == sizes,
          [&] { return Fault{"wrong number of features", "MultiHeadAttention", to_text(sizes), to_text(got)}; });
  require(key.steps == value.steps, [&] {
    return Fault{"as many values as keys are needed", "MultiHeadAttention", text_of(key.steps), text_of(value.steps)};
  });
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
