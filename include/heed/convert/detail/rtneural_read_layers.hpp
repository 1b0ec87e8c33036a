#pragma once

/// @file
/// Layers from RTNeural's arrays: an inner part of rtneural.hpp.

#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
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
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// Makes the layers of a chain from a file. Throws if the file does not describe them; the error names the place.
template <class S>
class RtNeuralLayers {
 public:
  explicit RtNeuralLayers(const std::string& file) : file_(file) {}

  HEED_COLD std::vector<AnyLayer<S>> layers_of(const RtNeuralFile& file) {
    Index features = file.in;
    for (std::size_t i = 0; i < file.layers.size(); ++i) {
      const RtNeuralLayer& layer = file.layers[i];
      add({&layer, file_ + ": layers[" + text_of(i) + "] (" + quote(layer.type) + ')', features});
      features = layer.out;
    }
    require(!layers_.empty(), [&] { return Fault{"a file without layers", file_, "at least one", "none"}; });
    return std::move(layers_);
  }

 private:
  void add(const RtNeuralPlace& p) {
    const std::string& type = p.layer->type;
    if (type == "dense" || type == "time-distributed-dense") {
      add_dense(p);
    } else if (type == "conv1d") {
      add_conv(p);
    } else if (type == "lstm") {
      add_recurrent<Lstm<S>>(p);
    } else if (type == "gru") {
      add_recurrent<Gru<S>>(p);
    } else if (type == "prelu") {
      add_prelu(p);
    } else if (type == "batchnorm") {
      add_batch_norm(p);
    } else if (type == "activation") {
      p.count(0, 0);
      keeps_features(p);
      add_activation(p);
    } else {
      p.fail("an unknown layer", "dense, time-distributed-dense, conv1d, lstm, gru, prelu, batchnorm or activation",
             quote(type));
    }
  }

  void add_dense(const RtNeuralPlace& p) {
    const bool bias = p.count(1, 2) == 2;
    const RtNeuralArray& weight = p.weights(0, {p.in, p.layer->out});
    Dense<S> dense({.in_features = p.in, .out_features = p.layer->out, .bias = bias});
    set(dense.weight, reversed_axes(weight).numbers, p, 0);
    if (bias) set(dense.bias, p.weights(1, {p.layer->out}).numbers, p, 1);
    layers_.emplace_back(std::move(dense));
    add_activation(p);
  }

  void add_conv(const RtNeuralPlace& p) {
    const RtNeuralLayer& l = *p.layer;
    if (l.kernel_size < 1) p.fail("missing key", "kernel_size");
    if (p.in % l.groups != 0 || l.out % l.groups != 0) {
      p.fail("groups must divide the features", "a divisor of " + text_of(p.in) + " and of " + text_of(l.out),
             text_of(l.groups));
    }
    kept_ += kept_by_stream(l.kernel_size, l.dilation, p.in, kept_, p.name);
    const bool bias = p.count(1, 2) == 2;
    const RtNeuralArray& weight = p.weights(0, {l.kernel_size, p.in / l.groups, l.out});
    Conv1d<S> conv({.in_channels = p.in,
                    .out_channels = l.out,
                    .kernel_size = l.kernel_size,
                    .dilation = l.dilation,
                    .groups = l.groups,
                    .padding = ConvPadding::causal,
                    .bias = bias});
    set(conv.weight, reversed_axes(weight).numbers, p, 0);
    if (bias) set(conv.bias, p.weights(1, {l.out}).numbers, p, 1);
    layers_.emplace_back(std::move(conv));
    add_activation(p);
  }

  // RTNeural computes tanh, whatever the file says
  template <class L>
  void add_recurrent(const RtNeuralPlace& p) {
    constexpr bool gru = std::is_same_v<L, Gru<S>>;
    const Index H = p.layer->out, rows = (gru ? 3 : 4) * H;
    const std::string& activation = p.layer->activation;
    if (!activation.empty() && activation != "tanh") p.fail("an activation of another kind", "tanh", quote(activation));
    p.count(3, 3);
    const RtNeuralArray &ih = p.weights(0, {p.in, rows}), &hh = p.weights(1, {H, rows});
    const RtNeuralArray& bias = p.weights(2, gru ? std::vector<Index>{2, rows} : std::vector<Index>{rows});
    const auto order = keras_gates(p.layer->type);
    L layer({.input_size = p.in, .hidden_size = H});
    RecurrentWeights<S>& w = layer.weights.front();
    set(w.ih, in_order(reversed_axes(ih).numbers, order), p, 0);
    set(w.hh, in_order(reversed_axes(hh).numbers, order), p, 1);
    const auto middle = bias.numbers.begin() + rows;
    set(w.bias_ih, in_order({bias.numbers.begin(), middle}, order), p, 2);
    if constexpr (gru) {
      set(w.bias_hh, in_order({middle, bias.numbers.end()}, order), p, 2);
    } else {
      w.bias_hh.fill(0);
    }
    layers_.emplace_back(std::move(layer));
  }

  void add_prelu(const RtNeuralPlace& p) {
    keeps_features(p);
    no_activation(p);
    p.count(1, 1);
    const RtNeuralArray& given = p.layer->weights[0];
    const bool shared = given.extents == std::vector<Index>{1, 1};
    const RtNeuralArray& slopes = shared ? given : p.weights(0, {1, p.in});
    Prelu<S> prelu({.num_parameters = shared ? 1 : p.in});
    set(prelu.weight, slopes.numbers, p, 0);
    layers_.emplace_back(std::move(prelu));
  }

  void add_batch_norm(const RtNeuralPlace& p) {
    keeps_features(p);
    no_activation(p);
    if (!p.layer->epsilon) p.fail("missing key", "epsilon");
    const bool affine = p.count(2, 4) == 4;
    const auto of = [&](std::size_t i) -> const std::vector<double>& { return p.weights(i, {p.in}).numbers; };
    const std::vector<double>&mean = of(affine ? 2 : 0), &variance = of(affine ? 3 : 1);
    std::vector<double> weight(mean.size(), 1), bias(mean.size(), 0);
    if (affine) {
      weight = of(0);
      bias = of(1);
    }
    for (std::size_t f = 0; f < mean.size(); ++f) {
      const double spread = variance[f] + *p.layer->epsilon;
      if (!(spread > 0)) p.fail("a variance out of range", "above 0 with epsilon", text_of(spread));
      weight[f] /= std::sqrt(spread);
      bias[f] -= mean[f] * weight[f];
    }
    ScaleShift<S> norm({.features = p.in});
    set(norm.weight, weight, p, affine ? 0 : 1);
    set(norm.bias, bias, p, affine ? 1 : 0);
    layers_.emplace_back(std::move(norm));
  }

  void add_activation(const RtNeuralPlace& p) {
    const std::string& name = p.layer->activation;
    if (name == "tanh") {
      layers_.emplace_back(Tanh<S>());
    } else if (name == "relu") {
      layers_.emplace_back(Relu<S>());
    } else if (name == "sigmoid") {
      layers_.emplace_back(Sigmoid<S>());
    } else if (name == "softmax") {
      layers_.emplace_back(Softmax<S>());
    } else if (name == "elu") {
      layers_.emplace_back(Elu<S>());
    } else if (!name.empty()) {
      p.fail("an unknown activation", "tanh, relu, sigmoid, softmax or elu", quote(name));
    }
  }

  static void keeps_features(const RtNeuralPlace& p) {
    if (p.layer->out != p.in) p.fail("the layer keeps the features", text_of(p.in), text_of(p.layer->out));
  }
  static void no_activation(const RtNeuralPlace& p) {
    const std::string& name = p.layer->activation;
    if (!name.empty()) p.fail("an activation in a layer that has none", "\"\"", quote(name));
  }

  // the numbers in the order of the parameter's extents, the last fastest
  static void set(ParameterArray<S>& parameter, const std::vector<double>& numbers, const RtNeuralPlace& p,
                  std::size_t weights) {
    std::vector<S> values(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      values[i] = static_cast<S>(numbers[i]);
      require(std::isfinite(values[i]), [&] {
        return Fault{"a number is out of range", p.name + ": weights[" + text_of(weights) + ']', "a finite float",
                     text_of(numbers[i])};
      });
    }
    set_elements(parameter, values);
  }

  const std::string& file_;
  Index kept_ = 0;  // numbers that a stream keeps of convolutions' inputs
  std::vector<AnyLayer<S>> layers_;
};

}  // namespace detail

}  // namespace heed::inline HEED_ISA
