#pragma once

/// @file
/// RTNeural's arrays from layers: an inner part of rtneural.hpp.

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "heed/compose/any_layer.hpp"
#include "heed/compose/chain.hpp"
#include "heed/convert/detail/rtneural_arrays.hpp"
#include "heed/convert/detail/rtneural_file.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/types.hpp"
#include "heed/io/detail/element_order.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// The numbers of a parameter in the order of its extents, the last fastest.
template <class S>
RtNeuralArray array_of(const ParameterArray<S>& parameter) {
  RtNeuralArray array{{parameter.extents().begin(), parameter.extents().end()}, {}};
  array.numbers.resize(static_cast<std::size_t>(parameter.size()));
  for_each_element(parameter, [&](Index to, Index from) {
    array.numbers[static_cast<std::size_t>(to)] = static_cast<double>(parameter.data()[from]);
  });
  return array;
}

/// Describes the layers of a chain for RTNeural. Throws if it has no such layer; the error names the place.
template <class S>
class RtNeuralDescription {
 public:
  /// `features`: of the input; 0: as the chain says.
  HEED_COLD RtNeuralFile file_of(const Chain<S>& chain, Index features) {
    require(features >= 0, [&] { return Fault{"features out of range", {}, "at least 0", text_of(features)}; });
    file_.in = features_ = features > 0 ? features : chain.input_size();
    std::size_t i = 0;
    try {
      for (; i < chain.layers.size(); ++i) {
        std::visit([&](const auto& layer) { add(layer, chain.layers[i].kind()); }, chain.layers[i].layer);
      }
    } catch (const Error&) {
      rethrow_inside("layer", static_cast<Index>(i));
    }
    chain.output_shape({1, file_.in});  // neighbours fit, and the first layer fits the features
    return std::move(file_);
  }

 private:
  void add(const Dense<S>& dense, std::string_view) {
    RtNeuralLayer& layer = begin("dense", dense.out_features());
    layer.weights.push_back(reversed_axes(array_of(dense.weight)));
    layer.weights.push_back(bias_of(dense.bias, dense.out_features()));
    takes_activation_ = true;
  }

  void add(const Conv1d<S>& conv, std::string_view) {
    require(conv.window.causal(),
            [&] { return Fault{"RTNeural's convolutions are causal", "conv1d", "padding causal and stride 1", {}}; });
    kept_ += kept_by_stream(conv.window.kernel, conv.window.dilation, conv.in_channels(), kept_, "conv1d");
    RtNeuralLayer& layer = begin("conv1d", conv.out_channels());
    layer.kernel_size = conv.window.kernel;
    layer.dilation = conv.window.dilation;
    layer.groups = conv.groups;
    layer.weights.push_back(reversed_axes(array_of(conv.weight)));
    layer.weights.push_back(bias_of(conv.bias, conv.out_channels()));
    takes_activation_ = true;
  }

  void add(const Lstm<S>& lstm, std::string_view) {
    add_recurrent("lstm", lstm, [](const RecurrentWeights<S>& w) {
      RtNeuralArray sum = array_of(w.bias_ih);  // in S, as the layer adds them
      for (std::size_t i = 0; i < sum.numbers.size(); ++i) {
        const auto k = static_cast<Index>(i);
        sum.numbers[i] = static_cast<double>(static_cast<S>(w.bias_ih(k) + w.bias_hh(k)));
      }
      return sum;
    });
  }

  void add(const Gru<S>& gru, std::string_view) {
    require(gru.cell.reset_after,
            [&] { return Fault{"RTNeural's reset gates act behind the product", "gru", "reset_after on", "off"}; });
    add_recurrent("gru", gru, [](const RecurrentWeights<S>& w) {
      const auto order = keras_gates("gru");
      RtNeuralArray both{{2, w.bias_ih.size()}, in_order(array_of(w.bias_ih).numbers, order)};
      const std::vector<double> second = in_order(array_of(w.bias_hh).numbers, order);
      both.numbers.insert(both.numbers.end(), second.begin(), second.end());
      return both;
    });
  }

  template <class L, class F>
  void add_recurrent(const char* type, const L& recurrent, F&& bias) {
    require(!recurrent.bidirectional(),
            [&] { return Fault{"RTNeural has no backward direction", type, "bidirectional off", "on"}; });
    const auto order = keras_gates(type);
    const auto keras = [&](const Matrix<S>& m) {
      RtNeuralArray array = array_of(m);
      array.numbers = in_order(array.numbers, order);
      return reversed_axes(array);
    };
    for (const RecurrentWeights<S>& w : recurrent.weights) {
      RtNeuralLayer& layer = begin(type, recurrent.hidden_size());
      layer.activation = "tanh";
      layer.weights = {keras(w.ih), keras(w.hh), bias(w)};
    }
  }

  void add(const Prelu<S>& prelu, std::string_view) { add_slopes(array_of(prelu.weight).numbers); }
  void add(const LeakyRelu<S>& relu, std::string_view) { add_slopes({static_cast<double>(relu.negative_slope)}); }
  void add_slopes(std::vector<double> slopes) {
    RtNeuralLayer& layer = begin("prelu", features_);
    layer.weights.push_back({{1, static_cast<Index>(slopes.size())}, std::move(slopes)});
  }

  // with mean 0, variance 1 and no epsilon, nothing is rounded
  void add(const ScaleShift<S>& norm, std::string_view) {
    RtNeuralLayer& layer = begin("batchnorm", features_);
    layer.epsilon = 0;
    const auto all = [&](double value) {
      return RtNeuralArray{{features_}, std::vector<double>(static_cast<std::size_t>(features_), value)};
    };
    layer.weights = {array_of(norm.weight), array_of(norm.bias), all(0), all(1)};
  }

  void add(const Elu<S>& elu, std::string_view) {
    require(elu.alpha == S(1), [&] {
      return Fault{"RTNeural's elu has no alpha", "elu", "alpha 1", text_of(static_cast<double>(elu.alpha))};
    });
    add_activation("elu");
  }
  void add(const Tanh<S>&, std::string_view) { add_activation("tanh"); }
  void add(const Relu<S>&, std::string_view) { add_activation("relu"); }
  void add(const Sigmoid<S>&, std::string_view) { add_activation("sigmoid"); }
  void add(const Softmax<S>&, std::string_view) { add_activation("softmax"); }
  void add_activation(const char* name) {
    RtNeuralLayer& layer = takes_activation_ ? file_.layers.back() : begin("activation", features_);
    layer.activation = name;
    takes_activation_ = false;
  }

  void add(const Dropout<S>&, std::string_view) {}  // predicting, it is the identity

  template <class L>
  void add(const L&, std::string_view kind) {
    throw Error(Fault{"RTNeural has no such layer",
                      kind,
                      "dense, conv1d, lstm, gru, prelu, scale_shift, tanh, relu, sigmoid, softmax or elu",
                      {}});
  }

  RtNeuralLayer& begin(const char* type, Index out) {
    takes_activation_ = false;
    features_ = out;
    RtNeuralLayer& layer = file_.layers.emplace_back();
    layer.type = type;
    layer.out = out;
    return layer;
  }
  // RTNeural reads a bias where there is none
  static RtNeuralArray bias_of(const Vector<S>& bias, Index size) {
    if (!bias.empty()) return array_of(bias);
    return {{size}, std::vector<double>(static_cast<std::size_t>(size))};
  }

  RtNeuralFile file_;
  Index features_ = 0, kept_ = 0;
  bool takes_activation_ = false;  // the last layer can have one of its own
};

}  // namespace detail

}  // namespace heed::inline HEED_ISA
