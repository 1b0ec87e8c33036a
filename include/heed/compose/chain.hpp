#pragma once

/// @file
/// A chain of layers that is composed at run time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/compose/any_layer.hpp"
#include "heed/compose/detail/chain_options.hpp"
#include "heed/core/buffer.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/extents.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/start.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/options/metadata.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {

/// y = l_n(... l_2(l_1(x))), as `Sequential`, but of layers that are chosen at run time:
///
///     heed::Chain<float> model({heed::Lstm<float>({.input_size = 1, .hidden_size = 32}),
///                               heed::Dense<float>({.in_features = 32, .out_features = 1})});
///
/// It is made for models from files of other programs. The layers are those of `ChainLayers`. The parameters are named
/// 0, 1, ..., as in torch.nn.Sequential. `save` writes the list of layers with their options, and
/// `load<Chain<float>>(path)` restores it.
///
/// It streams if each layer up to the first pooling one can run a step at a time. If one cannot, `Stream` throws.
template <class S>
struct Chain {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::own_steps;  // possibly
  static constexpr bool backward_reads_output = true;
  static constexpr std::string_view architecture = "Chain";
  static constexpr std::size_t most_layers = 1024;
  using Options = ChainOptions;
  struct Cache {
    std::vector<typename AnyLayer<S>::Cache> layers;
    std::vector<TileBuffer<S>> outputs;         // of all but the last
    std::vector<Buffer<std::int32_t>> lengths;  // of outputs with steps of their own
    std::vector<Shape> step_shapes;             // of a stream's outputs
    std::size_t remembering = 0;                // the layers up to the first pooling one
  };

  Options options;  ///< the layers as they were constructed
  std::vector<AnyLayer<S>> layers;
  OutputKind outputs = OutputKind::classes;  ///< set by the loss that trains it
  std::vector<std::string> labels = {};      ///< names of the classes; empty if they have none

  Chain() = default;
  /// Layers that nobody has set start from numbers of their own, by their places. Throws if there are none, or more
  /// than `most_layers`.
  HEED_COLD explicit Chain(std::vector<AnyLayer<S>> l);
  /// Throws if a text does not describe a layer.
  HEED_COLD explicit Chain(const Options& o);
  /// The layers with the numbers that they have. For layers that were read from a file. Throws as the first constructor.
  HEED_COLD static Chain as_they_are(std::vector<AnyLayer<S>> l);

  Index size() const { return static_cast<Index>(layers.size()); }
  HEED_COLD void initialize(Key key);

  /// Features of the input. Throws if the layers accept any number, or none.
  Index input_size() const;
  /// The fewest steps that each layer takes, as a `FlattenSteps` or a wide window asks for; 0 if there are none.
  Index test_steps() const;
  /// Of the layers that read all steps at each step: steps^2 features, summed. A convolution before them may pad.
  double attention_work(Shape x) const;
  bool reads_distances() const;
  /// Throws if two neighbours do not fit. The error names the layer by its place, from 0: "layer 2: Dense: ...".
  Shape output_shape(Shape x) const;
  /// The number of output steps for a sequence of this many steps.
  Index output_length(Index length) const;

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, Chain& grad,
                const Pass& pass) const;

  /// Behind a pooling layer there is one step, so the layers behind it run as usual.
  Index prepare_stream(Shape x, Cache& cache) const;
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  static void extras(auto&& f, auto& model) { f("labels", model.labels, Index(-1)); }
  /// Writes the layers as they are now.
  HEED_COLD void write(Metadata& metadata) const;
  void restore(const Metadata&) {}

  static void visit(auto&& f, auto& first, auto&... rest) {
    (check_same_size(first, rest), ...);
    for (std::size_t i = 0; i < first.layers.size(); ++i) f(i, first.layers[i], rest.layers[i]...);
  }

 private:
  static void check_same_size(const Chain& first, const auto& other) {
    require(first.layers.size() == other.layers.size(), [&] {
      return Fault{"chains of different sizes side by side", "Chain", text_of(first.size()), text_of(other.size())};
    });
  }
  HEED_COLD std::vector<std::string> texts() const;
  void make_room(Cache& cache) const {
    if (cache.layers.size() == layers.size()) return;
    cache.layers.resize(layers.size());
    cache.outputs.resize(layers.size());
    cache.lengths.resize(layers.size());
  }
  // calls f(layer, place) for each layer; errors name the place
  template <class F>
  void each_placed(F&& f) const {
    std::size_t i = 0;
    try {
      for (; i < layers.size(); ++i) f(layers[i], i);
    } catch (const Error&) {
      detail::rethrow_inside("layer", static_cast<Index>(i));
    }
  }
};

template <class S>
Chain<S>::Chain(std::vector<AnyLayer<S>> l) : Chain(as_they_are(std::move(l))) {
  for (std::size_t i = 0; i < layers.size(); ++i) start_from(layers[i], Key{}.child(i));
}

template <class S>
Chain<S> Chain<S>::as_they_are(std::vector<AnyLayer<S>> l) {
  require(!l.empty() && l.size() <= most_layers, [&] {
    return Fault{"number of layers out of range", "Chain", "1 to " + text_of(most_layers), text_of(l.size())};
  });
  Chain chain;
  chain.layers = std::move(l);
  chain.options.layers = chain.texts();
  return chain;
}

template <class S>
Chain<S>::Chain(const Options& o) {
  require(o.layers.size() <= most_layers, [&] {
    return Fault{"too many layers", "Chain", "at most " + text_of(most_layers), text_of(o.layers.size())};
  });
  layers.reserve(o.layers.size());
  std::size_t i = 0;
  try {
    for (; i < o.layers.size(); ++i) layers.push_back(AnyLayer<S>::from_text(o.layers[i]));
  } catch (const Error&) {
    detail::rethrow_inside("layer", static_cast<Index>(i));
  }
  *this = Chain(std::move(layers));
}

template <class S>
std::vector<std::string> Chain<S>::texts() const {
  std::vector<std::string> all;
  each_placed([&](const AnyLayer<S>& layer, std::size_t) { all.push_back(layer.text()); });
  return all;
}

template <class S>
void Chain<S>::write(Metadata& metadata) const {
  set(metadata, "layers", texts());
}

template <class S>
void Chain<S>::initialize(Key key) {
  for (std::size_t i = 0; i < layers.size(); ++i) layers[i].initialize(key.child(i));
}

template <class S>
bool Chain<S>::reads_distances() const {
  bool any = false;
  for (const AnyLayer<S>& layer : layers) any = any || layer.reads_distances();
  return any;
}

template <class S>
Shape Chain<S>::output_shape(Shape x) const {
  each_placed([&](const AnyLayer<S>& layer, std::size_t) { x = layer.output_shape(x); });
  return x;
}

template <class S>
Index Chain<S>::output_length(Index length) const {
  for (const AnyLayer<S>& layer : layers) length = layer.output_length(length);
  return length;
}

template <class S>
void Chain<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  make_room(cache);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const AnyLayer<S>& layer = layers[i];
    if (i + 1 == layers.size()) return layer.forward(x, y, cache.layers[i], pass.at(i));
    const std::int32_t* const lengths =
        x.lengths ? layer.output_lengths(x.lengths, x.lanes, cache.lengths[i]) : nullptr;
    const Tile<S> h = cache.outputs[i].take(layer.output_shape(x.shape()), x.lanes, lengths);
    layer.forward(x, h, cache.layers[i], pass.at(i));
    x = h;
  }
}

template <class S>
void Chain<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, Chain& grad,
                        const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  std::size_t lowest = 0;  // that needs a gradient
  while (!dx && lowest < layers.size() && !wants_gradient(grad.layers[lowest])) ++lowest;
  for (std::size_t i = layers.size(); i-- > lowest;) {
    const Tile<const S> in = i ? cache.outputs[i - 1].view() : x;
    const Tile<S> din = i > lowest ? pass.scratch.like(in) : Tile<S>();
    layers[i].backward(in, y, dy, i ? into(din) : dx, cache.layers[i], grad.layers[i], pass.at(i));
    y = in;
    dy = din;
  }
}

template <class S>
Index Chain<S>::prepare_stream(Shape x, Cache& cache) const {
  make_room(cache);
  cache.step_shapes.clear();
  cache.remembering = layers.size();
  Index total = 0;
  Shape step{1, x.features};
  each_placed([&](const AnyLayer<S>& layer, std::size_t i) {
    if (i < cache.remembering) {
      total += layer.prepare_stream({x.steps, step.features}, cache.layers[i]);
      if (layer.pools_steps()) cache.remembering = i + 1;
    }
    step = layer.output_shape(step);
    cache.step_shapes.push_back(step);
  });
  return total;
}

template <class S>
void Chain<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const bool last = i + 1 == layers.size();
    const Tile<S> out = last ? y : cache.outputs[i].take(cache.step_shapes[i], 1);
    if (i < cache.remembering) {
      layers[i].stream_step(x, out, memory, cache.layers[i], pass.at(i));
    } else {
      layers[i].forward(x, out, cache.layers[i], pass.at(i));
    }
    x = out;
  }
}

}  // namespace heed::inline HEED_ISA

#include "heed/compose/detail/chain_sizes.hpp"

HEED_COMPILED_TYPE(struct heed::Chain)
