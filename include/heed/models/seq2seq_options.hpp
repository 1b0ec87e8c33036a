#pragma once

/// @file
/// The options of `Seq2Seq`, and how they stand in files.

#include <span>

#include "heed/core/error.hpp"
#include "heed/core/tensor_shape.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/any_attention.hpp"

namespace heed::inline HEED_ISA {

/// How the final states of an encoder's two directions become the decoder's first: tanh(W [forward; backward] + b),
/// or their sum. Those of one direction are passed on as they are.
enum class Bridge { dense, sum };

struct Seq2SeqOptions {
  Index source_tokens = 0, target_tokens = 0;  ///< of the vocabularies: 0 is padding
  Index embedding = 256;                       ///< numbers a token
  Index hidden = 512;                          ///< of encoder and decoder
  Index layers = 2;                            ///< of both
  bool bidirectional = false;                  ///< the encoder
  ScoreKind score = ScoreKind::additive;
  Bridge bridge = Bridge::dense;
  double dropout = 0.5;  ///< of embeddings, and between layers
  friend bool operator==(const Seq2SeqOptions&, const Seq2SeqOptions&) = default;

  /// Features of the encoder's outputs.
  Index memory() const { return bidirectional ? 2 * hidden : hidden; }
};

/// For a file.
HEED_FUNCTION Metadata to_metadata(const Seq2SeqOptions& o);

/// From a file that heed wrote. Throws where a key is missing or wrong.
HEED_FUNCTION Seq2SeqOptions seq2seq_options(const Metadata& m);

/// From the names and shapes of another file's tensors. A dot product is scaled where `hints` say so ("score"); the
/// dropout is theirs, or 0. Throws where the tensors do not determine the rest.
HEED_FUNCTION Seq2SeqOptions seq2seq_options(std::span<const TensorShape> tensors, const Metadata& hints);

/// What `Seq2Seq` of these options has; at least 2^60 where they are out of range.
HEED_FUNCTION Index parameter_count(const Seq2SeqOptions& o);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <cstddef>
#include <string>
#include <string_view>

#include "heed/core/metadata.hpp"

namespace heed::inline HEED_ISA {

HEED_FUNCTION Metadata to_metadata(const Seq2SeqOptions& o) {
  Metadata m;
  set(m, "source_tokens", o.source_tokens);
  set(m, "target_tokens", o.target_tokens);
  set(m, "embedding", o.embedding);
  set(m, "hidden", o.hidden);
  set(m, "layers", o.layers);
  set(m, "bidirectional", o.bidirectional);
  set(m, "score", to_text(o.score));
  set(m, "bridge", o.bridge == Bridge::sum ? "sum" : "dense");
  set(m, "dropout", o.dropout);
  return m;
}

HEED_FUNCTION Seq2SeqOptions seq2seq_options(const Metadata& m) {
  const std::string& bridge = get_text(m, "bridge");
  require(bridge == "sum" || bridge == "dense", [&] {
    return Fault{"wrong value", "metadata \"bridge\"", "sum or dense", detail::quote(bridge)};
  });
  return {.source_tokens = get_index(m, "source_tokens"),
          .target_tokens = get_index(m, "target_tokens"),
          .embedding = get_index(m, "embedding"),
          .hidden = get_index(m, "hidden"),
          .layers = get_index(m, "layers"),
          .bidirectional = get_bool(m, "bidirectional"),
          .score = score_kind(get_text(m, "score")),
          .bridge = bridge == "sum" ? Bridge::sum : Bridge::dense,
          .dropout = get_double(m, "dropout")};
}

HEED_FUNCTION Seq2SeqOptions seq2seq_options(std::span<const TensorShape> tensors, const Metadata& hints) {
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
                   .dropout = hints.contains("dropout") ? get_double(hints, "dropout") : 0};
  while (find("decoder.rnn.weight_hh_l" + std::to_string(o.layers), 1) > 0) ++o.layers;
  o.bridge = find("encoder.fc_hidden.weight", 0) > 0 ? Bridge::dense : Bridge::sum;
  if (!o.bidirectional) o.bridge = Bridge::dense;
  if (hints.contains("score")) o.score = score_kind(get_text(hints, "score"));
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

HEED_FUNCTION Index parameter_count(const Seq2SeqOptions& o) {
  constexpr Index most = Index(1) << 24, sizes = Index(1) << 16;
  for (const Index n : {o.source_tokens, o.target_tokens}) {
    require(n > 0 && n <= most, [&] {
      return Fault{"tokens out of range", "Seq2Seq", "1 to 2^24", std::to_string(n)};
    });
  }
  for (const Index n : {o.embedding, o.hidden, o.layers}) {
    require(n > 0 && n <= sizes, [&] { return Fault{"size out of range", "Seq2Seq", "1 to 2^16", std::to_string(n)}; });
  }
  const Index H = o.hidden, E = o.embedding, M = o.memory(), D = o.bidirectional ? 2 : 1;
  const bool projects = M != H && (o.score == ScoreKind::dot || o.score == ScoreKind::scaled_dot);
  const Index C = projects ? H : M;
  const auto dense = [](Index in, Index out) { return in * out + out; };
  const auto cell = [&](Index in) { return 4 * H * (in + H + 2); };
  Index count = (o.source_tokens + o.target_tokens) * E + dense(H + C + E, o.target_tokens);
  count += D * (cell(E) + (o.layers - 1) * cell(D * H)) + cell(E + C) + (o.layers - 1) * cell(H);
  if (o.bidirectional && o.bridge == Bridge::dense) count += 2 * dense(2 * H, H);
  if (o.score == ScoreKind::additive) count += dense(H + M, H) + H;
  if (o.score == ScoreKind::general) count += H * M;
  if (projects) count += dense(H, H) + 2 * dense(M, H);
  return count;
}

}  // namespace heed::inline HEED_ISA

#endif
