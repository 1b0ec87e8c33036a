#pragma once

/// @file
/// The options of `ImageCaptioner`, and how they stand in files.

#include "heed/core/error.hpp"
#include "heed/core/image.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/any_attention.hpp"
#include "heed/models/image_and_tokens.hpp"

namespace heed::inline HEED_ISA {

struct ImageCaptionerOptions {
  ImageShape image = {.channels = 1};
  Index tokens = 0;                    ///< of the vocabulary: 0 is padding
  Index max_tokens = 0;                ///< of a caption in training, one of its marks among them
  Index channels = 16, features = 32;  ///< of the convolutions before the pooling, and of a region
  Index embedding = 16;                ///< numbers a token
  Index hidden = 64;                   ///< of the LSTM
  ScoreKind score = ScoreKind::additive;
  Index attention_size = 0;  ///< as `AnyAttention` has it
  double dropout = 0;        ///< of embeddings
  friend bool operator==(const ImageCaptionerOptions&, const ImageCaptionerOptions&) = default;

  ImageAndTokens input() const { return {image, max_tokens}; }
  /// Of 2 x 2 pixels each.
  Index regions() const { return (image.height / 2) * (image.width / 2); }
};

/// Throws where an option is out of range, and names it.
HEED_FUNCTION const ImageCaptionerOptions& check(const ImageCaptionerOptions& o);

/// For a file.
HEED_FUNCTION Metadata to_metadata(const ImageCaptionerOptions& o);
/// From a file that heed wrote. Throws where a key is missing or wrong.
HEED_FUNCTION ImageCaptionerOptions image_captioner_options(const Metadata& m);

/// What `ImageCaptioner` of these options has. Throws as `check` does.
HEED_FUNCTION Index parameter_count(const ImageCaptionerOptions& o);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <string>

#include "heed/core/metadata.hpp"

namespace heed::inline HEED_ISA {

HEED_FUNCTION const ImageCaptionerOptions& check(const ImageCaptionerOptions& o) {
  constexpr Index most = Index(1) << 16;
  const auto within = [](const char* name, Index value, Index least, Index largest) {
    require(value >= least && value <= largest, [&] {
      return Fault{std::string(name) + " out of range", "ImageCaptioner",
                   std::to_string(least) + " to " + std::to_string(largest), std::to_string(value)};
    });
  };
  within("channels of the image", o.image.channels, 1, most);
  within("height", o.image.height, 2, most);
  within("width", o.image.width, 2, most);
  within("tokens", o.tokens, 1, Index(1) << 24);  // what a float holds exactly
  within("max_tokens", o.max_tokens, 1, most);
  within("channels", o.channels, 1, most);
  within("features", o.features, 1, most);
  within("embedding", o.embedding, 1, most);
  within("hidden", o.hidden, 1, most);
  within("attention_size", o.attention_size, 0, most);
  return o;
}

HEED_FUNCTION Metadata to_metadata(const ImageCaptionerOptions& o) {
  Metadata m;
  set(m, "image_channels", o.image.channels);
  set(m, "height", o.image.height);
  set(m, "width", o.image.width);
  set(m, "tokens", o.tokens);
  set(m, "max_tokens", o.max_tokens);
  set(m, "channels", o.channels);
  set(m, "features", o.features);
  set(m, "embedding", o.embedding);
  set(m, "hidden", o.hidden);
  set(m, "score", to_text(o.score));
  set(m, "attention_size", o.attention_size);
  set(m, "dropout", o.dropout);
  return m;
}

HEED_FUNCTION ImageCaptionerOptions image_captioner_options(const Metadata& m) {
  return {.image = {get_index(m, "image_channels"), get_index(m, "height"), get_index(m, "width")},
          .tokens = get_index(m, "tokens"),
          .max_tokens = get_index(m, "max_tokens"),
          .channels = get_index(m, "channels"),
          .features = get_index(m, "features"),
          .embedding = get_index(m, "embedding"),
          .hidden = get_index(m, "hidden"),
          .score = score_kind(get_text(m, "score")),
          .attention_size = get_index(m, "attention_size"),
          .dropout = get_double(m, "dropout")};
}

HEED_FUNCTION Index parameter_count(const ImageCaptionerOptions& o) {
  check(o);
  const Index V = o.tokens, E = o.embedding, H = o.hidden, M = o.features;
  const Index A = o.attention_size ? o.attention_size : H;
  const bool projects = M != H && (o.score == ScoreKind::dot || o.score == ScoreKind::scaled_dot);
  const Index C = projects ? A : M;
  const auto dense = [](Index in, Index out) { return in * out + out; };
  Index count = dense(9 * o.image.channels, o.channels) + dense(9 * o.channels, o.channels);
  count += dense(9 * o.channels, M) + o.regions() * M + 2 * dense(M, H);
  count += V * E + 4 * H * (E + C + H + 2) + dense(H + C + E, V);
  if (o.score == ScoreKind::additive) count += dense(H + M, A) + A;
  if (o.score == ScoreKind::general) count += H * M;
  if (projects) count += dense(H, A) + 2 * dense(M, A);
  return count;
}

}  // namespace heed::inline HEED_ISA

#endif
