#pragma once

/// @file
/// The options of `Seq2Seq`, and how files store them.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "heed/core/types.hpp"
#include "heed/layers/any_attention.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ABI {

/// How the final states of an encoder's two directions become the decoder's initial state: tanh(W [forward; backward] +
/// b), or their sum. With one direction they are passed on unchanged.
enum class Bridge { dense, sum };
constexpr std::array<std::string_view, 2> names_of(Bridge) { return {"dense", "sum"}; }

/// Options of `Seq2Seq`.
struct Seq2SeqOptions {
  Index source_tokens = 0, target_tokens = 0;  ///< of the vocabularies; 0 is padding
  Index embedding = 256;                       ///< numbers per token
  Index hidden = 512;                          ///< of encoder and decoder
  Index layers = 2;                            ///< of encoder and decoder
  bool bidirectional = false;                  ///< of the encoder
  ScoreKind score = ScoreKind::additive;
  Bridge bridge = Bridge::dense;
  double dropout = 0.5;    ///< of embeddings, and between layers
  std::uint64_t seed = 0;  ///< of the initial weights; not stored in files

  static void fields(auto&& f, auto&... o) {
    constexpr Range size = Range::to(1 << 16);
    f({"source_tokens", "", Range::to(1 << 24), {}, false, {}, ""}, o.source_tokens...);
    f({"target_tokens", "", Range::to(1 << 24), {}, false, {}, ""}, o.target_tokens...);
    f({"embedding", "Numbers per token", size}, o.embedding...);
    f({"hidden", "Size of the LSTMs", size}, o.hidden...);
    f({"layers", "Of encoder and decoder", size}, o.layers...);
    f({"bidirectional", "The encoder runs in both directions"}, o.bidirectional...);
    f({"score", "Of the attention"}, o.score...);
    f({"bridge", "From the encoder's final states to the decoder's first"}, o.bridge...);
    f({"dropout", "Of embeddings, and between layers", Range::share()}, o.dropout...);
  }

  /// Features of the encoder's outputs.
  Index memory() const { return bidirectional ? 2 * hidden : hidden; }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The options, from the names and shapes of the tensors of a file without metadata. The dropout is 0, and a dot
/// product is not scaled. Throws if the tensors do not determine the rest.
HEED_FUNCTION Seq2SeqOptions seq2seq_options(std::span<const TensorShape> tensors);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <cstddef>
#include <string>

#include "heed/core/error.hpp"

namespace heed::inline HEED_ISA {

HEED_FUNCTION Seq2SeqOptions seq2seq_options(std::span<const TensorShape> tensors) {
  const auto find = [&](std::string_view name, std::size_t axis) {
    for (const TensorShape& t : tensors) {
      if (t.name == name && axis < t.extents.size()) return t.extents[axis];
    }
    return Index(0);
  };
  Seq2SeqOptions o{.source_tokens = find("encoder.embedding.weight", 0),
                   .target_tokens = find("decoder.embedding.weight", 0),
                   .embedding = find("encoder.embedding.weight", 1),
                   .hidden = find("encoder.rnn.weight_hh_l0", 1),
                   .layers = 0,
                   .bidirectional = find("encoder.rnn.weight_hh_l0_reverse", 1) > 0,
                   .score = ScoreKind::dot,
                   .dropout = 0};
  while (find("decoder.rnn.weight_hh_l" + std::to_string(o.layers), 1) > 0) ++o.layers;
  o.bridge = find("encoder.fc_hidden.weight", 0) > 0 ? Bridge::dense : Bridge::sum;
  if (!o.bidirectional) o.bridge = Bridge::dense;
  if (find("decoder.attention.attn.weight", 0) > 0) o.score = ScoreKind::general;
  if (find("decoder.attention.v", 0) > 0) o.score = ScoreKind::additive;
  require(o.source_tokens > 0 && o.target_tokens > 0 && o.hidden > 0 && o.layers > 0, [] {
    return Fault{"the tensors do not determine a sequence to sequence model",
                 "no metadata",
                 "encoder.embedding.weight, encoder.rnn, decoder.embedding.weight and decoder.rnn",
                 {}};
  });
  return o;
}

}  // namespace heed::inline HEED_ISA

#endif
