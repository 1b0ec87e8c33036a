#pragma once

/// @file
/// The options of a tagger, and how files store them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/models/sequence_classifier_options.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ABI {

/// What gets a label.
enum class TaggerOutput { tokens, sequence };
constexpr std::array<std::string_view, 2> names_of(TaggerOutput) { return {"tokens", "sequence"}; }

/// Options of `Tagger`.
struct TaggerOptions {
  std::vector<Index> tokens = {};     ///< of each feature's vocabulary; 0 is padding
  std::vector<Index> embedding = {};  ///< size of each feature's vectors
  Index classes = 0;
  Index hidden = 64;  ///< of each direction
  Index layers = 1;
  TaggerOutput output = TaggerOutput::tokens;
  Attention attention = Attention::pool;  ///< `pool`; for `tokens` also `multihead` or `none`
  Index heads = 2;                        ///< of `multihead`
  double dropout = 0;                     ///< of the vectors, between the layers, and of the classifier's input
  std::uint64_t seed = 0;                 ///< of the initial weights; not stored in files

  static void fields(auto&& f, auto&... o) {
    f({.name = "tokens", .meaning = "Of each feature's vocabulary", .flag = ""}, o.tokens...);
    f({.name = "embedding", .meaning = "Numbers of each feature's vectors", .range = Range::to(1 << 20), .flag = ""},
      o.embedding...);
    f({.name = "classes", .meaning = "Number of labels", .flag = ""}, o.classes...);
    f({"hidden", "Units of each direction", Range::to(1 << 20)}, o.hidden...);
    f({"layers", "LSTM layers", Range::to(1 << 16)}, o.layers...);
    f({.name = "output", .meaning = "What gets a label", .flag = ""}, o.output...);
    f({.name = "attention", .meaning = "Beside a word's own state", .except = "additive,mean,max,meanmax"},
      o.attention...);
    f({"heads", "Of multihead", Range::to(1 << 20), {"attention", "multihead"}}, o.heads...);
    f({.name = "dropout", .meaning = "In training", .range = Range::share(), .optional = true}, o.dropout...);
  }
  /// Throws if tokens and embedding differ in number, or if this output does not allow the attention.
  void check() const;

  /// The size of the classifier's input: the states and, for `tokens`, the output of attention.
  Index classifier_inputs() const;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The options, from the names and shapes of the tensors of a file without metadata. Heads and dropout keep their
/// defaults. Throws if the tensors do not determine a tagger.
HEED_FUNCTION TaggerOptions tagger_options_from(std::span<const TensorShape> tensors);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <string>

#include "heed/core/error.hpp"

namespace heed::inline HEED_ABI {

HEED_SHARED_FUNCTION Index TaggerOptions::classifier_inputs() const {
  return output == TaggerOutput::tokens && attention != Attention::none ? 4 * hidden : 2 * hidden;
}

HEED_COLD HEED_SHARED_FUNCTION void TaggerOptions::check() const {
  require(!tokens.empty() && tokens.size() == embedding.size() && tokens.size() <= 1024, [&] {
    return Fault{"tokens and embedding differ in number", "Tagger", text_of(tokens.size()), text_of(embedding.size())};
  });
  require(output == TaggerOutput::tokens || attention == Attention::pool, [&] {
    return Fault{"option out of range", "Tagger", "attention pool for a label a sequence",
                 names_of(attention)[static_cast<std::size_t>(attention)]};
  });
}

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

HEED_FUNCTION TaggerOptions tagger_options_from(std::span<const TensorShape> tensors) {
  const detail::TensorShapes shapes(tensors);
  const auto has = [&](const std::string& name) { return shapes.find(name) != nullptr; };
  const auto extents = [&](const std::string& name) {
    const TensorShape* const found = shapes.find(name);
    require(found && found->extents.size() == 2, [&] {
      return Fault{"the tensors do not determine a tagger", "no metadata", "a tensor " + name + " of rank 2",
                   found ? "rank " + std::to_string(found->extents.size()) : "none"};
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
  return o;
}

}  // namespace heed::inline HEED_ISA

#endif
