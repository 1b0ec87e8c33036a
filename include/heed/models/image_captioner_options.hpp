#pragma once

/// @file
/// The options of `ImageCaptioner`, and how files store them.

#include <cstdint>

#include "heed/core/image.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/any_attention.hpp"
#include "heed/models/image_and_tokens.hpp"
#include "heed/options/fields.hpp"

namespace heed::inline HEED_ABI {

/// Options of `ImageCaptioner`.
struct ImageCaptionerOptions {
  ImageShape image = {.channels = 1};
  Index tokens = 0;                    ///< of the vocabulary; 0 is padding
  Index max_tokens = 0;                ///< of a caption in training, including one of its marks
  Index channels = 16, features = 32;  ///< of the convolutions before the pooling, and of a region
  Index embedding = 16;                ///< numbers per token
  Index hidden = 64;                   ///< of the LSTM
  ScoreKind score = ScoreKind::additive;
  Index attention_size = 0;  ///< as in `AnyAttention`
  double dropout = 0;        ///< of embeddings
  std::uint64_t seed = 0;    ///< of the initial weights; not stored in files

  static void fields(auto&& f, auto&... o) {
    constexpr Range size = Range::to(1 << 16), side = Range::from(2, 1 << 16);
    f({.name = "image_channels", .range = size, .flag = ""}, o.image.channels...);
    f({.name = "height", .range = side, .flag = ""}, o.image.height...);
    f({.name = "width", .range = side, .flag = ""}, o.image.width...);
    f({.name = "tokens", .range = Range::to(1 << 24), .flag = ""}, o.tokens...);  // a float holds these exactly
    f({.name = "max_tokens", .range = size, .flag = ""}, o.max_tokens...);
    f({"channels", "Of the first convolutions", size}, o.channels...);
    f({"features", "Of a region", size}, o.features...);
    f({"embedding", "Numbers per word", size}, o.embedding...);
    f({"hidden", "Of the LSTM", size}, o.hidden...);
    f({"score", "Of the attention"}, o.score...);
    f({"attention_size", "Of the score; 0: that of the LSTM", Range::from(0, 1 << 16)}, o.attention_size...);
    f({"dropout", "Of embeddings", Range::share()}, o.dropout...);
  }

  ImageAndTokens input() const { return {image, max_tokens}; }
  /// The number of regions, of 2 x 2 pixels each.
  Index regions() const { return (image.height / 2) * (image.width / 2); }
};

}  // namespace heed::inline HEED_ABI
