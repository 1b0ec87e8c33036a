#pragma once

/// @file
/// What a sequence classifier is made of, and how that stands in a file.

#include <array>
#include <span>
#include <string_view>

#include "heed/core/fields.hpp"
#include "heed/core/tensor_shape.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/any_cell.hpp"

namespace heed::inline HEED_ISA {

/// How the states of the LSTM become one vector.
enum class Attention { pool, multihead, additive, none };
constexpr std::array<std::string_view, 4> names_of(Attention) { return {"pool", "multihead", "additive", "none"}; }
/// What follows multi-head attention.
enum class Pooling { last, mean };
constexpr std::array<std::string_view, 2> names_of(Pooling) { return {"last", "mean"}; }
/// What "the last state" of both directions is: the final states, forward after the last step and backward after the
/// first, as h_n of PyTorch and Bidirectional of Keras have them; or the outputs of the last step, `out[:, -1, :]`,
/// where the backward direction has seen one step.
enum class LastState { final, step };
constexpr std::array<std::string_view, 2> names_of(LastState) { return {"final", "step"}; }

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
/// and dropout are the default. Throws where they do not determine a classifier.
HEED_FUNCTION SequenceClassifierOptions options_from_tensors(std::span<const TensorShape> tensors);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <string>

#include "heed/core/error.hpp"

namespace heed::inline HEED_ISA {

HEED_FUNCTION SequenceClassifierOptions options_from_tensors(std::span<const TensorShape> tensors) {
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
  return o;
}

}  // namespace heed::inline HEED_ISA

#endif
