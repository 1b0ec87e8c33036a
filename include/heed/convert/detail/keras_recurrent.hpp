#pragma once

// Keras' recurrent layers as heed's: an inner part of keras.hpp.

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "heed/compose/any_layer.hpp"
#include "heed/convert/detail/keras_config.hpp"
#include "heed/convert/detail/keras_names.hpp"
#include "heed/convert/detail/keras_weights.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// What a configuration of LSTM, GRU or SimpleRNN says.
struct KerasCell {
  std::string class_name;
  Index units = 0;
  bool sequences = false, reset_after = true, bias = true, relu = false;
  friend bool operator==(const KerasCell&, const KerasCell&) = default;
};

inline bool is_keras_cell(const std::string& class_name) {
  return class_name == "LSTM" || class_name == "GRU" || class_name == "SimpleRNN";
}

/// `backwards`: whether the layer must go backwards, as the second of a Bidirectional does.
HEED_COLD inline KerasCell keras_cell(const std::string& class_name, const KerasConfig& config,
                                      bool backwards = false) {
  KerasCell cell{.class_name = class_name, .units = config.size("units")};
  const std::string activation = config.activation("activation").first;
  cell.relu = class_name == "SimpleRNN" && activation == "relu";
  if (activation != "tanh" && !cell.relu) {
    config.refuse("an activation that heed's cells do not have", class_name == "SimpleRNN" ? "tanh or relu" : "tanh",
                  quote(activation));
  }
  if (class_name != "SimpleRNN") {
    const std::string gates = config.activation("recurrent_activation").first;
    if (gates != "sigmoid") {
      config.refuse("an activation of gates that heed's cells do not have", "recurrent_activation sigmoid",
                    quote(gates));
    }
  }
  if (config.flag("go_backwards", false) != backwards) {
    config.refuse("a direction that heed does not have", backwards ? "go_backwards true" : "go_backwards false",
                  backwards ? "false" : "true");
  }
  config.refuse_flag("stateful");
  config.refuse_flag("time_major");
  cell.sequences = config.flag("return_sequences", false);
  cell.reset_after = config.flag("reset_after", false);  // where Keras does not know it yet, it is before
  cell.bias = config.flag("use_bias", true);
  return cell;
}

/// Fills one direction. Keras' kernels are (in, gates x units); its gates are [i f c o] and [z r h], heed's are
/// [i f g o] and [r z n].
template <class S>
HEED_COLD void fill_keras_cell(RecurrentWeights<S>& to, const KerasCell& cell, KerasWeights& from) {
  const Index H = cell.units, in = to.input_size();
  const bool gru = cell.class_name == "GRU";
  const Index gates = cell.class_name == "LSTM" ? 4 : gru ? 3 : 1;
  const auto place = [&](Index gate) { return gru && gate < 2 ? 1 - gate : gate; };
  const auto fill = [&](auto& weight, const std::vector<S>& values, Index inputs) {
    for (Index i = 0; i < inputs; ++i) {
      for (Index o = 0; o < gates * H; ++o) {
        weight(place(o / H) * H + o % H, i) = values[static_cast<std::size_t>(i * gates * H + o)];
      }
    }
  };
  fill(to.ih, from.take<S>("kernel", {in, gates * H}), in);
  fill(to.hh, from.take<S>("recurrent kernel", {H, gates * H}), H);
  to.bias_ih.fill(0);
  to.bias_hh.fill(0);
  if (!cell.bias) return;
  const bool two = gru && cell.reset_after;  // biases: of the input, and of the state
  const std::vector<S> bias = two ? from.take<S>("bias", {2, gates * H}) : from.take<S>("bias", {gates * H});
  for (Index o = 0; o < gates * H; ++o) {
    const Index at = place(o / H) * H + o % H;
    to.bias_ih(at) = bias[static_cast<std::size_t>(o)];
    if (two) to.bias_hh(at) = bias[static_cast<std::size_t>(gates * H + o)];
  }
}

/// A layer of one or of both directions.
template <class S>
HEED_COLD AnyLayer<S> keras_recurrent(const KerasCell& cell, Index in, bool both, KerasWeights& from) {
  const Index gates = cell.class_name == "LSTM" ? 4 : cell.class_name == "GRU" ? 3 : 1;
  from.expect("kernels", {{in, gates * cell.units}, {cell.units, gates * cell.units}});
  const auto filled = [&](auto layer) {
    for (auto& weights : layer.weights) fill_keras_cell(weights, cell, from);
    return AnyLayer<S>(std::move(layer));
  };
  if (cell.class_name == "LSTM") {
    return filled(Lstm<S>({.input_size = in, .hidden_size = cell.units, .bidirectional = both}));
  }
  if (cell.class_name == "GRU") {
    return filled(
        Gru<S>({.input_size = in, .hidden_size = cell.units, .bidirectional = both, .reset_after = cell.reset_after}));
  }
  return filled(Rnn<S>({.input_size = in,
                        .hidden_size = cell.units,
                        .bidirectional = both,
                        .nonlinearity = cell.relu ? Nonlinearity::relu : Nonlinearity::tanh}));
}

/// A Bidirectional: the layer of each direction, and what becomes of the two.
struct KerasBoth {
  KerasCell cell;
  double share = 0;  ///< of each direction in their sum; 0: they stand side by side
};

/// `of_layer`: the options of the layer inside.
HEED_COLD inline KerasBoth keras_both(const KerasConfig& config, const KerasConfig& of_layer) {
  const std::string& kind = config["layer"]["class_name"].text;
  if (!is_keras_cell(kind) || is_keras_user_class(config["layer"])) {
    config.refuse("both directions of another layer", "LSTM, GRU or SimpleRNN", quote(kind));
  }
  KerasBoth both{keras_cell(kind, of_layer)};
  if (const JsonTree& back = config["backward_layer"]; !back.is_null()) {
    const KerasConfig of_backward(back["config"], config.where() + ": backward_layer");
    if (back["class_name"].text != kind || is_keras_user_class(back) ||
        keras_cell(kind, of_backward, true) != both.cell) {
      config.refuse("two directions that differ", "the same layer in both directions");
    }
  }
  const std::string merge = config["merge_mode"].is_null() ? "null" : config.text("merge_mode", "");
  if (merge != "concat" && merge != "sum" && merge != "ave") {
    config.refuse("a merge mode that heed does not have", "concat, sum or ave", quote(merge));
  }
  if (merge != "concat") both.share = merge == "sum" ? 1 : 0.5;
  return both;
}

/// The sum or the mean of both directions.
template <class S>
HEED_COLD Dense<S> keras_merge(const KerasBoth& both) {
  const Index units = both.cell.units;
  Dense<S> merged({.in_features = 2 * units, .out_features = units, .bias = false});
  merged.weight.fill(0);
  for (Index i = 0; i < units; ++i) {
    merged.weight(i, i) = merged.weight(i, units + i) = static_cast<S>(both.share);
  }
  return merged;
}

}  // namespace heed::inline HEED_ISA::detail
