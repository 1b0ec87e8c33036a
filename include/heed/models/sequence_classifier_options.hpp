#pragma once

/// @file
/// The options of a sequence classifier, and how files store them.

#include <cstdint>

#include "heed/core/types.hpp"
#include "heed/layers/any_cell.hpp"
#include "heed/layers/any_pool.hpp"
#include "heed/layers/conv_front.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/size_list.hpp"

namespace heed::inline HEED_ABI {

/// Options of `SequenceClassifier`.
struct SequenceClassifierOptions {
  Index features = 0, classes = 0;
  Index hidden = 32;
  Index dense = 16;  ///< of the hidden dense layer; 0: a single dense layer gives the logits
  Attention attention = Attention::pool;
  Index heads = 2;                  ///< of `multihead`
  Pooling pooling = Pooling::last;  ///< of `multihead`
  CellKind cell = CellKind::lstm;
  Index layers = 1;  ///< of the recurrent part
  bool bidirectional = false;
  double dropout = 0;                       ///< between the recurrent layers, and of the dense layers' input
  LastState last_state = LastState::final;  ///< the last state of both directions, where it is used
  SizeList kernels = {};                    ///< of the convolutions in front, {8, 5, 3}; empty: none
  SizeList channels = {64};                 ///< of each convolution, or one number for all
  bool causal = false;                      ///< whether convolutions see no later step
  bool residual = false;                    ///< a residual connection around each convolution
  ConvNorm norm = ConvNorm::step;           ///< what each convolution's output is normalised over
  std::uint64_t seed = 0;                   ///< of the initial weights; not stored in files

  static void fields(auto&& f, auto&... o) {
    f({.name = "features", .meaning = "Numbers per step", .flag = ""}, o.features...);
    fields_but_features(f, o...);
  }
  /// For models in which the number of features is not set by the data.
  static void fields_but_features(auto&& f, auto&... o) {
    f({.name = "classes", .meaning = "Number of classes", .flag = ""}, o.classes...);
    f({"hidden", "Size of the cell's state", Range::to(1 << 20)}, o.hidden...);
    f({"dense", "Size of the dense layer; 0: there is none", Range::from(0, 1 << 20)}, o.dense...);
    f({"attention", "How all states become one vector"}, o.attention...);
    f({"heads", "Heads of multihead; they divide hidden", Range::to(1 << 20), multihead}, o.heads...);
    f({"pooling", "How multihead becomes one vector", {}, multihead}, o.pooling...);
    f({.name = "cell", .meaning = "What reads the sequence", .optional = true}, o.cell...);
    f({.name = "layers", .meaning = "Number of recurrent layers", .range = Range::to(1 << 16), .optional = true},
      o.layers...);
    f({.name = "bidirectional", .meaning = "Run in both directions", .optional = true}, o.bidirectional...);
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
    f({.name = "kernels",
       .meaning = "Widths of convolutions in front, as 8,5,3",
       .range = Range::to(1 << 16),
       .optional = true},
      o.kernels...);
    f({.name = "channels",
       .meaning = "Outputs of convolutions: 64, or one for each",
       .range = Range::to(1 << 20),
       .when = convolutions,
       .optional = true},
      o.channels...);
    f({.name = "causal", .meaning = "Convolutions see no later step", .when = convolutions, .optional = true},
      o.causal...);
    f({.name = "residual",
       .meaning = "Residual connections around convolutions",
       .when = convolutions,
       .optional = true},
      o.residual...);
    f({.name = "norm", .meaning = "What convolutions are normalised over", .when = convolutions, .optional = true},
      o.norm...);
  }
  /// Throws if the numbers of kernels and channels differ, or if there is no cell but several layers or two directions.
  void check() const;

 private:
  static constexpr Field::When multihead{"attention", "multihead"};
  static constexpr Field::When convolutions{"kernels", "", true};
};

}  // namespace heed::inline HEED_ABI

#if HEED_BODIES

#include "heed/core/error.hpp"

namespace heed::inline HEED_ABI {

HEED_COLD HEED_SHARED_FUNCTION void SequenceClassifierOptions::check() const {
  require(kernels.empty() || channels.size() == 1 || channels.size() == kernels.size(), [&] {
    return Fault{"kernels and channels differ in number", "SequenceClassifier",
                 "channels for all or for each of " + text_of(kernels.size()), to_text(channels)};
  });
  require(cell != CellKind::none || (layers == 1 && !bidirectional), [&] {
    return Fault{"there is no cell", "SequenceClassifier", "one layer in one direction where cell is none",
                 bidirectional ? "bidirectional" : text_of(layers) + " layers"};
  });
}

}  // namespace heed::inline HEED_ABI

#endif
