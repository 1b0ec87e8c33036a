#pragma once

/// @file
/// What a sequence classifier is made of, and how that stands in a file.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "heed/core/fields.hpp"
#include "heed/core/tensor_shape.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/any_cell.hpp"
#include "heed/layers/any_pool.hpp"

namespace heed::inline HEED_ISA {

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
  double dropout = 0;                       ///< between the recurrent layers, and of what the dense layers see
  LastState last_state = LastState::final;  ///< of both directions, where the last state counts
  std::uint64_t seed = 0;                   ///< of the numbers that the weights start with; no part of a file

  static void fields(auto&& f, auto&... o) {
    f({.name = "features", .meaning = "Numbers a step", .flag = ""}, o.features...);
    fields_but_features(f, o...);
  }
  /// For models in which something else than the data says them.
  static void fields_but_features(auto&& f, auto&... o) {
    f({.name = "classes", .meaning = "Number of classes", .flag = ""}, o.classes...);
    f({"hidden", "Size of the cell's state", Range::to(1 << 20)}, o.hidden...);
    f({"dense", "Size of the dense layer; 0: there is none", Range::from(0, 1 << 20)}, o.dense...);
    f({"attention", "What makes one vector of all states"}, o.attention...);
    f({"heads", "Heads of multihead; they divide hidden", Range::to(1 << 20), multihead}, o.heads...);
    f({"pooling", "What follows multihead", {}, multihead}, o.pooling...);
    f({.name = "cell", .meaning = "What reads the sequence", .optional = true}, o.cell...);
    f({.name = "layers", .meaning = "Recurrent layers, one on another", .range = Range::to(1 << 16), .optional = true},
      o.layers...);
    f({.name = "bidirectional", .meaning = "Read from both ends", .optional = true}, o.bidirectional...);
    f({.name = "dropout",
       .meaning = "Share of the states that training drops",
       .range = Range::share(),
       .optional = true},
      o.dropout...);
    f({.name = "last_state",
       .meaning = "Last state of both directions: h_n, or outputs of the last step",
       .when = {"bidirectional", "true"},
       .before = "step"},
      o.last_state...);
  }

 private:
  static constexpr Field::When multihead{"attention", "multihead"};
};

/// From the names and shapes of the tensors of a file that says nothing of its architecture: heads, pooling, last state
/// and dropout are the default. The cell is told by its rows for each of the hidden state, 4, 3 or 1, whatever it is
/// called. Throws where they do not determine a classifier.
HEED_FUNCTION SequenceClassifierOptions options_from_tensors(std::span<const TensorShape> tensors);

/// How tensors that somebody called otherwise ("encoder.weight_ih_l0", "head.weight") would be called in a classifier,
/// as far as their shapes tell. Empty where they do not, or where all have their names.
HEED_FUNCTION std::vector<Rename> classifier_renames(std::span<const TensorShape> tensors);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <string>

#include "heed/core/error.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION const TensorShape* tensor_of(std::span<const TensorShape> tensors, std::string_view name) {
  const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const TensorShape& t) { return t.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

/// Of gates * hidden rows and hidden columns; where these tell nothing, what `otherwise` says.
HEED_FUNCTION CellKind cell_of(const TensorShape& weight_hh, CellKind otherwise) {
  if (weight_hh.extents.size() != 2 || weight_hh.extents[1] <= 0) return otherwise;
  const Index rows = weight_hh.extents[0], hidden = weight_hh.extents[1];
  return rows == 4 * hidden   ? CellKind::lstm
         : rows == 3 * hidden ? CellKind::gru
         : rows == hidden     ? CellKind::rnn
                              : otherwise;
}

}  // namespace detail

HEED_FUNCTION SequenceClassifierOptions options_from_tensors(std::span<const TensorShape> tensors) {
  const auto has = [&](std::string_view name) { return detail::tensor_of(tensors, name) != nullptr; };
  const auto extent = [&](const std::string& name, std::size_t axis) {
    const TensorShape* const found = detail::tensor_of(tensors, name);
    require(found && found->extents.size() > axis, [&] {
      return Fault{"the tensors do not determine a sequence classifier", "no metadata",
                   "a tensor " + name + " of rank " + text_of(axis + 1) + " or more",
                   found ? "rank " + text_of(found->extents.size()) : "none"};
    });
    return found->extents[axis];
  };
  SequenceClassifierOptions o;
  o.cell = has("gru.weight_ih_l0") ? CellKind::gru : has("rnn.weight_ih_l0") ? CellKind::rnn : CellKind::lstm;
  const std::string recurrent(to_text(o.cell));
  o.features = extent(recurrent + ".weight_ih_l0", 1);
  o.hidden = extent(recurrent + ".weight_hh_l0", 1);
  o.cell = detail::cell_of(*detail::tensor_of(tensors, recurrent + ".weight_hh_l0"), o.cell);
  while (has(recurrent + ".weight_ih_l" + text_of(o.layers))) ++o.layers;
  o.bidirectional = has(recurrent + ".weight_ih_l0_reverse");
  const bool single = has("fc.weight");
  o.dense = single ? 0 : extent("fc1.weight", 0);
  o.classes = extent(single ? "fc.weight" : "fc2.weight", 0);
  o.attention = has("attention.attention.weight") ? Attention::pool
                : has("attention.in_proj_weight") ? Attention::multihead
                : has("attention.attn.weight")    ? Attention::additive
                                                  : Attention::none;
  return o;
}

namespace detail {

constexpr std::string_view weight_end = ".weight";

/// The layers with a matrix `weight` of so many inputs, but for those that have been found.
HEED_FUNCTION std::vector<const TensorShape*> dense_layers(std::span<const TensorShape> tensors, Index inputs,
                                                           const std::vector<const TensorShape*>& found) {
  std::vector<const TensorShape*> layers;
  for (const TensorShape& t : tensors) {
    const bool dense = t.name.ends_with(weight_end) && t.extents.size() == 2 && t.extents[1] == inputs;
    if (dense && std::find(found.begin(), found.end(), &t) == found.end()) layers.push_back(&t);
  }
  return layers;
}

}  // namespace detail

HEED_FUNCTION std::vector<Rename> classifier_renames(std::span<const TensorShape> tensors) {
  if (const std::string wrapper = detail::wrapper_of(tensors); !wrapper.empty()) {
    std::vector<TensorShape> inner(tensors.begin(), tensors.end());
    for (TensorShape& t : inner) t.name.erase(0, wrapper.size());
    std::vector<Rename> renames = classifier_renames(inner);
    renames.insert(renames.begin(), {wrapper, ""});
    return renames;
  }
  constexpr std::string_view ih = ".weight_ih_l0", hh = ".weight_hh_l0", in_proj = ".in_proj_weight",
                             attn = ".attn.weight";
  std::vector<Rename> renames;
  const auto rename = [&](const TensorShape& t, std::string_view end, std::string_view to) {
    std::string from = t.name.substr(0, t.name.size() - end.size());
    if (from != to) renames.push_back({std::move(from), std::string(to)});
  };
  const auto with_end = [&](std::string_view end) {
    return std::find_if(tensors.begin(), tensors.end(), [&](const TensorShape& t) { return t.name.ends_with(end); });
  };
  const auto input = with_end(ih), state = with_end(hh);
  if (input == tensors.end() || state == tensors.end()) return renames;
  if (input->extents.size() != 2 || state->extents.size() != 2) return renames;
  rename(*input, ih, to_text(detail::cell_of(*state, CellKind::lstm)));
  const bool both = with_end(".weight_ih_l0_reverse") != tensors.end();
  const Index width = (both ? 2 : 1) * state->extents[1];

  std::vector<const TensorShape*> found;
  for (const TensorShape& t : tensors) {
    const bool table = t.name.ends_with(detail::weight_end) && t.name.find("emb") != std::string::npos &&
                       t.extents.size() == 2 && t.extents[1] == input->extents[1];
    if (table) rename(t, detail::weight_end, "embedding");
    if (table || t.name.ends_with(attn) || t.name.ends_with(".out_proj.weight")) found.push_back(&t);
  }
  if (const auto t = with_end(in_proj); t != tensors.end()) rename(*t, in_proj, "attention");
  if (const auto t = with_end(attn); t != tensors.end()) rename(*t, attn, "attention");
  const TensorShape* hidden = nullptr;  // the first dense layer
  for (const TensorShape* t : detail::dense_layers(tensors, width, found)) {
    if (t->extents[0] == 1 && t->name.find("att") != std::string::npos) {
      rename(*t, detail::weight_end, "attention.attention");
    } else if (!hidden) {
      hidden = t;
    }
    found.push_back(t);
  }
  if (!hidden) return renames;
  const auto last = detail::dense_layers(tensors, hidden->extents[0], found);
  rename(*hidden, detail::weight_end, last.empty() ? "fc" : "fc1");
  if (!last.empty()) rename(*last.front(), detail::weight_end, "fc2");
  return renames;
}

}  // namespace heed::inline HEED_ISA

#endif
