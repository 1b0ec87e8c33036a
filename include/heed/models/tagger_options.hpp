#pragma once

/// @file
/// What a tagger is made of, and how that stands in a file.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/tensor_shape.hpp"
#include "heed/core/types.hpp"
#include "heed/models/sequence_classifier_options.hpp"

namespace heed::inline HEED_ISA {

/// What gets a label.
enum class TaggerOutput { tokens, sequence };

struct TaggerOptions {
  std::vector<Index> tokens = {};     ///< of each feature's vocabulary: 0 is padding
  std::vector<Index> embedding = {};  ///< numbers of each feature's vectors
  Index classes = 0;
  Index hidden = 64;  ///< of each direction
  Index layers = 1;
  TaggerOutput output = TaggerOutput::tokens;
  Attention attention = Attention::pool;  ///< `pool`; for `tokens` also `multihead` or `none`
  Index heads = 2;                        ///< of `multihead`
  double dropout = 0;                     ///< of the vectors, between the layers, and of what the classifier sees
  friend bool operator==(const TaggerOptions&, const TaggerOptions&) = default;

  /// Numbers that the classifier sees: the states, and for `tokens` what attention gives.
  Index classifier_inputs() const;
};

inline constexpr std::array<std::string_view, 2> tagger_output_names{"tokens", "sequence"};
inline std::string_view to_text(TaggerOutput o) { return tagger_output_names[static_cast<std::size_t>(o)]; }
/// Throws where the text names none.
HEED_FUNCTION TaggerOutput tagger_output_from(std::string_view text);

/// Throws where the attention is not one of those for this output. Returns the options.
HEED_FUNCTION const TaggerOptions& check(const TaggerOptions& o);

/// How many numbers a tagger has. Throws where a size is out of range: layers times a product of two are a number.
HEED_FUNCTION Index parameter_count(const TaggerOptions& o);

// ---- metadata

namespace detail {
HEED_FUNCTION std::vector<std::string> texts_of(const std::vector<Index>& values);
HEED_FUNCTION std::vector<Index> get_indices(const Metadata& m, const std::string& key);
}  // namespace detail

HEED_FUNCTION Metadata to_metadata(const TaggerOptions& o);

HEED_FUNCTION TaggerOptions tagger_options_from(const Metadata& m);

/// From the names and shapes of the tensors of a file that says nothing of its architecture. `hints` may hold what they
/// leave open: `heads` (default 2) and `dropout` (default 0). Throws where they do not determine a tagger.
HEED_FUNCTION TaggerOptions tagger_options_from(std::span<const TensorShape> tensors, const Metadata& hints);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <numeric>

#include "heed/core/metadata.hpp"

namespace heed::inline HEED_ISA {

HEED_FUNCTION Index TaggerOptions::classifier_inputs() const {
  return output == TaggerOutput::tokens && attention != Attention::none ? 4 * hidden : 2 * hidden;
}

HEED_FUNCTION TaggerOutput tagger_output_from(std::string_view text) {
  return detail::enum_from<TaggerOutput>(text, tagger_output_names, "output");
}

HEED_FUNCTION const TaggerOptions& check(const TaggerOptions& o) {
  const bool tokens = o.output == TaggerOutput::tokens;
  require(o.attention == Attention::pool ||
              (tokens && (o.attention == Attention::multihead || o.attention == Attention::none)),
          [&] {
            return Fault{"option out of range", "Tagger",
                         tokens ? "attention pool, multihead or none" : "attention pool for a label a sequence",
                         std::string(to_text(o.attention))};
          });
  return o;
}

HEED_FUNCTION Index parameter_count(const TaggerOptions& o) {
  const auto within = [](Index size, Index bits) {
    require(size > 0 && size <= Index(1) << bits, [&] {
      return Fault{"size out of range", "Tagger", "1 to 2^" + std::to_string(bits), std::to_string(size)};
    });
  };
  within(o.classes, 28);
  within(o.hidden, 20);
  within(o.layers, 16);
  within(std::ssize(o.embedding), 10);
  for (const Index size : o.tokens) within(size, 28);
  for (const Index size : o.embedding) within(size, 20);
  const Index D = 2 * o.hidden;
  const auto layer = [&](Index inputs) { return 4 * D * (inputs + o.hidden + 2); };
  const Index tables = std::transform_reduce(o.tokens.begin(), o.tokens.begin() + std::ssize(o.embedding),
                                             o.embedding.begin(), Index(0));
  const Index attention = o.attention == Attention::pool        ? D + 1
                          : o.attention == Attention::multihead ? 4 * D * (D + 1)
                                                                : 0;
  return tables + layer(std::reduce(o.embedding.begin(), o.embedding.end())) + (o.layers - 1) * layer(D) + attention +
         o.classes * (o.classifier_inputs() + 1);
}

namespace detail {

HEED_FUNCTION std::vector<std::string> texts_of(const std::vector<Index>& values) {
  std::vector<std::string> texts;
  for (const Index value : values) texts.push_back(std::to_string(value));
  return texts;
}

HEED_FUNCTION std::vector<Index> get_indices(const Metadata& m, const std::string& key) {
  std::vector<Index> values;
  for (const std::string& text : get_texts(m, key)) {
    if (!parse(text, values.emplace_back())) throw_wrong_value(key, "whole numbers", text);
  }
  return values;
}

}  // namespace detail

HEED_FUNCTION Metadata to_metadata(const TaggerOptions& o) {
  Metadata m;
  set(m, "tokens", detail::texts_of(o.tokens));
  set(m, "embedding", detail::texts_of(o.embedding));
  set(m, "classes", o.classes);
  set(m, "hidden", o.hidden);
  set(m, "layers", o.layers);
  set(m, "output", to_text(o.output));
  set(m, "attention", to_text(o.attention));
  if (o.attention == Attention::multihead) set(m, "heads", o.heads);
  if (o.dropout != 0) set(m, "dropout", o.dropout);
  return m;
}

HEED_FUNCTION TaggerOptions tagger_options_from(const Metadata& m) {
  TaggerOptions o;
  o.tokens = detail::get_indices(m, "tokens");
  o.embedding = detail::get_indices(m, "embedding");
  require(!o.tokens.empty() && o.tokens.size() == o.embedding.size(), [&] {
    return Fault{"tokens and embedding differ in number", "metadata", std::to_string(o.tokens.size()),
                 std::to_string(o.embedding.size())};
  });
  o.classes = get_index(m, "classes");
  o.hidden = get_index(m, "hidden");
  o.layers = get_index(m, "layers");
  o.output = tagger_output_from(get_text(m, "output"));
  o.attention = attention_from(get_text(m, "attention"));
  if (o.attention == Attention::multihead) o.heads = get_index(m, "heads");
  if (m.contains("dropout")) o.dropout = get_double(m, "dropout");
  return check(o);
}

HEED_FUNCTION TaggerOptions tagger_options_from(std::span<const TensorShape> tensors, const Metadata& hints) {
  const auto find = [&](const std::string& name) {
    return std::find_if(tensors.begin(), tensors.end(), [&](const TensorShape& t) { return t.name == name; });
  };
  const auto has = [&](const std::string& name) { return find(name) != tensors.end(); };
  const auto extents = [&](const std::string& name) {
    const auto found = find(name);
    require(found != tensors.end() && found->extents.size() == 2, [&] {
      return Fault{"the tensors do not determine a tagger", "no metadata", "a tensor " + name + " of rank 2",
                   found == tensors.end() ? "none" : "rank " + std::to_string(found->extents.size())};
    });
    return found->extents;
  };
  TaggerOptions o;
  const auto table = [&](const std::string& name) {
    const auto shape = extents(name);
    o.tokens.push_back(shape[0]);
    o.embedding.push_back(shape[1]);
  };
  if (has("embed.0.weight")) {
    for (int i = 0; has("embed." + std::to_string(i) + ".weight"); ++i) table("embed." + std::to_string(i) + ".weight");
  } else {
    table("embed.weight");
  }
  o.hidden = extents("bilstm.weight_hh_l0")[1];
  while (has("bilstm.weight_ih_l" + std::to_string(o.layers))) ++o.layers;
  o.classes = extents("classifier.weight")[0];
  o.attention = has("attention.in_proj_weight") ? Attention::multihead
                : has("attention.weight")       ? Attention::pool
                                                : Attention::none;
  const bool alone = extents("classifier.weight")[1] == 2 * o.hidden;
  o.output = o.attention == Attention::pool && alone ? TaggerOutput::sequence : TaggerOutput::tokens;
  if (hints.contains("heads")) o.heads = get_index(hints, "heads");
  if (hints.contains("dropout")) o.dropout = get_double(hints, "dropout");
  return o;
}

}  // namespace heed::inline HEED_ISA

#endif
