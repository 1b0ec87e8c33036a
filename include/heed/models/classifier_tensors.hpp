#pragma once

/// @file
/// Infers a sequence classifier from the tensors of a file that another program wrote.

#include <span>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/models/sequence_classifier_options.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ISA {

/// The options of a classifier, from the names and shapes of the tensors of a file without metadata. Heads, pooling,
/// last state, dropout and causal keep their defaults. The ratio of rows to hidden size, 4, 3 or 1, tells the cell,
/// whatever it is called. Without attention the kind is `meanmax` if the dense layer has twice as many inputs as there
/// are features. Otherwise it is `none`, or `mean` if there is no cell. Throws if the tensors do not determine a
/// classifier.
SequenceClassifierOptions options_from_tensors(std::span<const TensorShape> tensors);

/// How tensors with other names ("encoder.weight_ih_l0", "head.weight") are to be renamed for a classifier, as far as
/// shapes tell. Empty if they do not tell, or if all names are right.
std::vector<Rename> classifier_renames(std::span<const TensorShape> tensors);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/options/size_list.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// The cell of a weight with gates * hidden rows and hidden columns; `otherwise` if the shape does not tell.
HEED_FUNCTION CellKind cell_of(const TensorShape& weight_hh, CellKind otherwise) {
  if (weight_hh.extents.size() != 2 || weight_hh.extents[1] <= 0) return otherwise;
  const Index rows = weight_hh.extents[0], hidden = weight_hh.extents[1];
  return rows == 4 * hidden   ? CellKind::lstm
         : rows == 3 * hidden ? CellKind::gru
         : rows == hidden     ? CellKind::rnn
                              : otherwise;
}

}  // namespace detail

HEED_COLD HEED_FUNCTION SequenceClassifierOptions options_from_tensors(std::span<const TensorShape> tensors) {
  const detail::TensorShapes shapes(tensors);
  const auto has = [&](std::string_view name) { return shapes.find(name) != nullptr; };
  const auto extent = [&](const std::string& name, std::size_t axis) {
    const TensorShape* const found = shapes.find(name);
    require(found && found->extents.size() > axis, [&] {
      return Fault{"the tensors do not determine a sequence classifier", "no metadata",
                   "a tensor " + name + " of rank " + text_of(axis + 1) + " or more",
                   found ? "rank " + text_of(found->extents.size()) : "none"};
    });
    return found->extents[axis];
  };
  SequenceClassifierOptions o;
  const auto block = [](Index i) { return "front." + text_of(i) + '.'; };
  SizeList channels;
  for (Index i = 0; i < SizeList::most && has(block(i) + "conv.weight"); ++i) {
    o.kernels.push_back(extent(block(i) + "conv.weight", 2));
    channels.push_back(extent(block(i) + "conv.weight", 0));
    o.residual = o.residual || has(block(i) + "shortcut.weight");
  }
  const bool convolves = !o.kernels.empty();
  if (convolves) {
    const bool same = std::count(channels.begin(), channels.end(), channels[0]) == channels.size();
    o.channels = same ? SizeList(channels[0]) : channels;
    o.features = extent(block(0) + "conv.weight", 1);
  }
  const auto starts = [&](std::string_view cell) { return has(std::string(cell) + ".weight_ih_l0"); };
  o.cell = starts("gru")                  ? CellKind::gru
           : starts("rnn")                ? CellKind::rnn
           : starts("lstm") || !convolves ? CellKind::lstm
                                          : CellKind::none;
  Index width = convolves ? channels[channels.size() - 1] : 0;
  if (o.cell != CellKind::none) {
    const std::string recurrent(to_text(o.cell));
    if (!convolves) o.features = extent(recurrent + ".weight_ih_l0", 1);
    o.hidden = extent(recurrent + ".weight_hh_l0", 1);
    o.cell = detail::cell_of(*shapes.find(recurrent + ".weight_hh_l0"), o.cell);
    while (has(recurrent + ".weight_ih_l" + text_of(o.layers))) ++o.layers;
    o.bidirectional = has(recurrent + ".weight_ih_l0_reverse");
    width = (o.bidirectional ? 2 : 1) * o.hidden;
  }
  const bool single = has("fc.weight");
  o.dense = single ? 0 : extent("fc1.weight", 0);
  o.classes = extent(single ? "fc.weight" : "fc2.weight", 0);
  o.attention = has("attention.attention.weight") ? Attention::pool
                : has("attention.in_proj_weight") ? Attention::multihead
                : has("attention.attn.weight")    ? Attention::additive
                : extent(single ? "fc.weight" : "fc1.weight", 1) == 2 * width ? Attention::meanmax
                : o.cell == CellKind::none ? Attention::mean
                                           : Attention::none;
  return o;
}

namespace detail {

constexpr std::string_view weight_end = ".weight";

/// Whether `a` comes before `b`. Numbers in names are compared as numbers: "convs.10" comes after "convs.2".
HEED_COLD HEED_FUNCTION bool in_order(std::string_view a, std::string_view b) {
  const auto digits = [](std::string_view text, std::size_t i) {
    std::size_t end = i;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    return end - i;
  };
  for (std::size_t i = 0, k = 0; i < a.size() && k < b.size();) {
    const std::size_t m = digits(a, i), n = digits(b, k);
    if (m != n) return m && n ? m < n : a[i] < b[k];
    if (a[i] != b[k]) return a[i] < b[k];
    ++i, ++k;
  }
  return a.size() < b.size();
}

/// Matches convolutions over time and normalisations, in the order of their names, as blocks of a front. There must be
/// as many of one as of the other, and each normalisation has as many weights as its convolution has outputs.
HEED_COLD HEED_FUNCTION void rename_front(std::span<const TensorShape> tensors, std::vector<Rename>& renames,
                                          std::vector<const TensorShape*>& found) {
  std::vector<const TensorShape*> convolutions, norms;
  for (const TensorShape& t : tensors) {
    if (t.name.ends_with(".running_mean")) return;  // of a batch normalisation, which is another layer
    if (!t.name.ends_with(".weight")) continue;
    if (t.extents.size() != 3 && t.extents.size() != 1) continue;
    auto& list = t.extents.size() == 3 ? convolutions : norms;
    std::size_t at = list.size();
    while (at > 0 && in_order(t.name, list[at - 1]->name)) --at;
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(at), &t);
  }
  if (convolutions.size() != norms.size()) return;
  for (std::size_t i = 0; i < norms.size(); ++i) {
    if (norms[i]->extents[0] != convolutions[i]->extents[0]) return;
  }
  for (std::size_t i = 0; i < norms.size(); ++i) {
    for (const TensorShape* const t : {convolutions[i], norms[i]}) {
      std::string from = t->name.substr(0, t->name.size() - std::string_view(".weight").size());
      std::string to = "front." + text_of(i) + (t == norms[i] ? ".norm" : ".conv");
      if (from != to) renames.push_back({std::move(from), std::move(to)});
      found.push_back(t);
    }
  }
}

/// The layers that have a matrix `weight` with this many inputs, except those already found.
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

HEED_COLD HEED_FUNCTION std::vector<Rename> classifier_renames(std::span<const TensorShape> tensors) {
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
  std::vector<const TensorShape*> found;
  detail::rename_front(tensors, renames, found);
  const TensorShape* const last_norm = found.empty() ? nullptr : found.back();
  const TensorShape* const first_conv = found.empty() ? nullptr : found.front();
  const auto input = with_end(ih), state = with_end(hh);
  const bool recurs = input != tensors.end() && state != tensors.end();
  if (!recurs && !first_conv) return renames;
  if (recurs && (input->extents.size() != 2 || state->extents.size() != 2)) return renames;
  if (recurs) rename(*input, ih, to_text(detail::cell_of(*state, CellKind::lstm)));
  const bool both = with_end(".weight_ih_l0_reverse") != tensors.end();
  const Index width = recurs ? (both ? 2 : 1) * state->extents[1] : last_norm->extents[0];
  const Index features = first_conv ? first_conv->extents[1] : input->extents[1];

  for (const TensorShape& t : tensors) {
    const bool table = t.name.ends_with(detail::weight_end) && t.name.find("emb") != std::string::npos &&
                       t.extents.size() == 2 && t.extents[1] == features;
    if (table) rename(t, detail::weight_end, "embedding");
    if (table || t.name.ends_with(attn) || t.name.ends_with(".out_proj.weight")) found.push_back(&t);
  }
  if (const auto t = with_end(in_proj); t != tensors.end()) rename(*t, in_proj, "attention");
  if (const auto t = with_end(attn); t != tensors.end()) rename(*t, attn, "attention");
  const TensorShape* hidden = nullptr;  // the first dense layer
  auto dense = detail::dense_layers(tensors, width, found);
  if (dense.empty()) dense = detail::dense_layers(tensors, 2 * width, found);  // of mean and maximum, concatenated
  for (const TensorShape* t : dense) {
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
