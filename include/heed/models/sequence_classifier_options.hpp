#pragma once

/// @file
/// What a sequence classifier is made of, and how that stands in a file.

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/metadata.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/tensor_shape.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/any_cell.hpp"

namespace heed::inline HEED_ISA {

/// How the states of the LSTM become one vector.
enum class Attention { pool, multihead, additive, none };
/// What follows multi-head attention.
enum class Pooling { last, mean };

struct SequenceClassifierOptions {
  Index features = 0, classes = 0;
  Index hidden = 32;
  Index dense = 16;  ///< of the hidden dense layer; 0: none, one dense layer gives the logits
  Attention attention = Attention::pool;
  Index heads = 2;                  ///< of `multihead`
  Pooling pooling = Pooling::last;  ///< of `multihead`
  CellKind cell = CellKind::lstm;
  Index layers = 1;  ///< of the recurrent part
  bool bidirectional = false;
  double dropout = 0;  ///< between the recurrent layers, and of what the dense layers see
  friend bool operator==(const SequenceClassifierOptions&, const SequenceClassifierOptions&) = default;
};

inline constexpr std::array<std::string_view, 4> attention_names{"pool", "multihead", "additive", "none"};
inline constexpr std::array<std::string_view, 2> pooling_names{"last", "mean"};
inline constexpr std::array<std::string_view, 3> cell_names{"lstm", "gru", "rnn"};

inline std::string_view to_text(Attention a) { return attention_names[static_cast<std::size_t>(a)]; }
inline std::string_view to_text(Pooling p) { return pooling_names[static_cast<std::size_t>(p)]; }
inline std::string_view to_text(CellKind c) { return cell_names[static_cast<std::size_t>(c)]; }

namespace detail {
template <class Enum, std::size_t N>
Enum enum_from(std::string_view text, const std::array<std::string_view, N>& names, std::string_view where) {
  const auto found = std::find(names.begin(), names.end(), text);
  require(found != names.end(), [&] {
    std::string all;
    for (const std::string_view name : names) {
      if (!all.empty()) all += ", ";
      all += name;
    }
    return Fault{"unknown choice", std::string(where), "one of " + all, quote(text)};
  });
  return static_cast<Enum>(found - names.begin());
}
}  // namespace detail

/// Throws where the text names none.
HEED_FUNCTION Attention attention_from(std::string_view text);
HEED_FUNCTION Pooling pooling_from(std::string_view text);
HEED_FUNCTION CellKind cell_from(std::string_view text);

// ---- metadata

/// What a classifier's file says beside the options.
template <class S>
void set_labels_and_scales(Metadata& m, const std::vector<std::string>& labels, const Vector<S>& mean,
                           const Vector<S>& deviation) {
  if (!labels.empty()) set(m, "labels", labels);
  if (!mean.empty()) {
    set(m, "standardize.mean", std::vector<S>(mean.begin(), mean.end()));
    set(m, "standardize.deviation", std::vector<S>(deviation.begin(), deviation.end()));
  }
}

template <class S>
HEED_COLD Metadata to_metadata(const SequenceClassifierOptions& o, const std::vector<std::string>& labels,
                               const Vector<S>& mean, const Vector<S>& deviation) {
  Metadata m;
  set(m, "features", o.features);
  set(m, "classes", o.classes);
  set(m, "hidden", o.hidden);
  set(m, "dense", o.dense);
  set(m, "attention", to_text(o.attention));
  if (o.attention == Attention::multihead) {
    set(m, "heads", o.heads);
    set(m, "pooling", to_text(o.pooling));
  }
  const SequenceClassifierOptions plain;  // what older files do not say
  if (o.cell != plain.cell) set(m, "cell", to_text(o.cell));
  if (o.layers != plain.layers) set(m, "layers", o.layers);
  if (o.bidirectional) set(m, "bidirectional", o.bidirectional);
  if (o.dropout != 0) set(m, "dropout", o.dropout);
  set_labels_and_scales(m, labels, mean, deviation);
  return m;
}

HEED_FUNCTION SequenceClassifierOptions options_from_metadata(const Metadata& m);

HEED_FUNCTION std::vector<std::string> labels_from_metadata(const Metadata& m, Index classes);

struct StandardizationNumbers {
  std::vector<double> mean, deviation;
};
HEED_FUNCTION StandardizationNumbers standardization_from_metadata(const Metadata& m, Index features);

/// How many numbers a classifier has. Throws where a size is out of range: layers times a product of two are a number.
HEED_FUNCTION Index parameter_count(const SequenceClassifierOptions& o);

/// From the names and shapes of the tensors of a file that says nothing of its architecture. `hints` may hold what they
/// leave open: `heads` (default 2), `pooling` (default last) and `dropout` (default 0). Throws where they do not
/// determine a classifier.
HEED_FUNCTION SequenceClassifierOptions options_from_tensors(std::span<const TensorShape> tensors,
                                                             const Metadata& hints);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_FUNCTION Attention attention_from(std::string_view text) {
  return detail::enum_from<Attention>(text, attention_names, "attention");
}

HEED_FUNCTION Pooling pooling_from(std::string_view text) {
  return detail::enum_from<Pooling>(text, pooling_names, "pooling");
}

HEED_FUNCTION CellKind cell_from(std::string_view text) {
  return detail::enum_from<CellKind>(text, cell_names, "cell");
}

HEED_FUNCTION SequenceClassifierOptions options_from_metadata(const Metadata& m) {
  SequenceClassifierOptions o;
  o.features = get_index(m, "features");
  o.classes = get_index(m, "classes");
  o.hidden = get_index(m, "hidden");
  o.dense = get_index(m, "dense");
  o.attention = attention_from(get_text(m, "attention"));
  if (o.attention == Attention::multihead) {
    o.heads = get_index(m, "heads");
    o.pooling = pooling_from(get_text(m, "pooling"));
  }
  if (m.contains("cell")) o.cell = cell_from(get_text(m, "cell"));
  if (m.contains("layers")) o.layers = get_index(m, "layers");
  if (m.contains("bidirectional")) o.bidirectional = get_bool(m, "bidirectional");
  if (m.contains("dropout")) o.dropout = get_double(m, "dropout");
  return o;
}

HEED_FUNCTION std::vector<std::string> labels_from_metadata(const Metadata& m, Index classes) {
  if (!m.contains("labels")) return {};
  std::vector<std::string> labels = get_texts(m, "labels");
  require(static_cast<Index>(labels.size()) == classes, [&] {
    return Fault{"wrong number of labels", "metadata", text_of(classes), text_of(labels.size())};
  });
  return labels;
}

HEED_FUNCTION StandardizationNumbers standardization_from_metadata(const Metadata& m, Index features) {
  if (!m.contains("standardize.mean") && !m.contains("standardize.deviation")) return {};
  StandardizationNumbers n{get_doubles(m, "standardize.mean"), get_doubles(m, "standardize.deviation")};
  for (const auto* values : {&n.mean, &n.deviation}) {
    require(static_cast<Index>(values->size()) == features, [&] {
      return Fault{"wrong number of values", "metadata, standardize", text_of(features), text_of(values->size())};
    });
  }
  return n;
}

HEED_FUNCTION Index parameter_count(const SequenceClassifierOptions& o) {
  const auto within = [](Index size, Index bits) {
    require(size > 0 && size <= Index(1) << bits, [&] {
      return Fault{"size out of range", "SequenceClassifier", "1 to 2^" + text_of(bits), text_of(size)};
    });
  };
  for (const Index size : {o.features, o.classes}) within(size, 28);
  for (const Index size : {o.hidden, o.dense == 0 ? 1 : o.dense}) within(size, 20);
  within(o.layers, 16);
  const Index H = o.hidden, directions = o.bidirectional ? 2 : 1, D = directions * H;
  const Index gates = o.cell == CellKind::lstm ? 4 : o.cell == CellKind::gru ? 3 : 1;
  const auto layer = [&](Index inputs) { return directions * gates * H * (inputs + H + 2); };
  const Index attention = o.attention == Attention::pool        ? D + 1
                          : o.attention == Attention::multihead ? 4 * D * (D + 1)
                          : o.attention == Attention::additive  ? D * (2 * D + 2)
                                                                : 0;
  const Index head = o.dense == 0 ? o.classes * (D + 1) : o.dense * (D + 1) + o.classes * (o.dense + 1);
  return layer(o.features) + (o.layers - 1) * layer(D) + attention + head;
}

HEED_FUNCTION SequenceClassifierOptions options_from_tensors(std::span<const TensorShape> tensors,
                                                             const Metadata& hints) {
  const auto has = [&](std::string_view name) {
    return std::any_of(tensors.begin(), tensors.end(), [&](const TensorShape& t) { return t.name == name; });
  };
  const auto extent = [&](std::string_view name, std::size_t axis) {
    const auto found =
        std::find_if(tensors.begin(), tensors.end(), [&](const TensorShape& t) { return t.name == name; });
    require(found != tensors.end() && found->extents.size() > axis, [&] {
      return Fault{"the tensors do not determine a sequence classifier", "no metadata",
                   "a tensor " + std::string(name) + " of rank " + text_of(axis + 1) + " or more",
                   found == tensors.end() ? "none" : "rank " + text_of(found->extents.size())};
    });
    return found->extents[axis];
  };
  SequenceClassifierOptions o;
  o.cell = has("gru.weight_ih_l0") ? CellKind::gru : has("rnn.weight_ih_l0") ? CellKind::rnn : CellKind::lstm;
  const std::string recurrent(to_text(o.cell));
  o.features = extent(recurrent + ".weight_ih_l0", 1);
  o.hidden = extent(recurrent + ".weight_hh_l0", 1);
  while (has(recurrent + ".weight_ih_l" + text_of(o.layers))) ++o.layers;
  o.bidirectional = has(recurrent + ".weight_ih_l0_reverse");
  const bool single = has("fc.weight");
  o.dense = single ? 0 : extent("fc1.weight", 0);
  o.classes = extent(single ? "fc.weight" : "fc2.weight", 0);
  o.attention = has("attention.attention.weight") ? Attention::pool
                : has("attention.in_proj_weight") ? Attention::multihead
                : has("attention.attn.weight")    ? Attention::additive
                                                  : Attention::none;
  if (hints.contains("heads")) o.heads = get_index(hints, "heads");
  if (hints.contains("pooling")) o.pooling = pooling_from(get_text(hints, "pooling"));
  if (hints.contains("dropout")) o.dropout = get_double(hints, "dropout");
  return o;
}

}  // namespace heed::inline HEED_ISA

#endif
