#pragma once

/// @file
/// A layer whose kind is chosen at run time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "heed/compose/detail/layer_kinds.hpp"
#include "heed/core/buffer.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/start.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/conv1d.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dot_attention.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/flatten_steps.hpp"
#include "heed/layers/general_attention.hpp"
#include "heed/layers/group_norm.hpp"
#include "heed/layers/gru.hpp"
#include "heed/layers/layer_norm.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/max_pool1d.hpp"
#include "heed/layers/mean_max_pool.hpp"
#include "heed/layers/mean_pool1d.hpp"
#include "heed/layers/multi_head_attention.hpp"
#include "heed/layers/multi_head_pool.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/prelu.hpp"
#include "heed/layers/rnn.hpp"
#include "heed/layers/scale_shift.hpp"

namespace heed::inline HEED_ISA {

/// The layers that a `Chain` may have, each with its name in files. A further layer is a further line. It maps numbers
/// to numbers, and its `Options`, if it has some, describe themselves (heed/options/fields.hpp); `options()` gives
/// those of a layer.
template <class S>
using ChainLayers = detail::LayerKinds<                                //
    detail::LayerKind<Dense<S>, "dense">,                              //
    detail::LayerKind<Lstm<S>, "lstm">,                                //
    detail::LayerKind<Gru<S>, "gru">,                                  //
    detail::LayerKind<Rnn<S>, "rnn">,                                  //
    detail::LayerKind<Conv1d<S>, "conv1d">,                            //
    detail::LayerKind<MultiHeadAttention<S>, "multi_head_attention">,  //
    detail::LayerKind<DotAttention<S>, "dot_attention">,               //
    detail::LayerKind<GeneralAttention<S>, "general_attention">,       //
    detail::LayerKind<AdditiveAttention<S>, "additive_attention">,     //
    detail::LayerKind<Relu<S>, "relu">,                                //
    detail::LayerKind<LeakyRelu<S>, "leaky_relu">,                     //
    detail::LayerKind<Prelu<S>, "prelu">,                              //
    detail::LayerKind<Elu<S>, "elu">,                                  //
    detail::LayerKind<Gelu<S>, "gelu">,                                //
    detail::LayerKind<Tanh<S>, "tanh">,                                //
    detail::LayerKind<Sigmoid<S>, "sigmoid">,                          //
    detail::LayerKind<Softmax<S>, "softmax">,                          //
    detail::LayerKind<LayerNorm<S>, "layer_norm">,                     //
    detail::LayerKind<GroupNorm<S>, "group_norm">,                     //
    detail::LayerKind<ScaleShift<S>, "scale_shift">,                   //
    detail::LayerKind<Dropout<S>, "dropout">,                          //
    detail::LayerKind<MaxPool1d<S>, "max_pool1d">,                     //
    detail::LayerKind<MeanPool1d<S>, "mean_pool1d">,                   //
    detail::LayerKind<LastPool<S>, "last_pool">,                       //
    detail::LayerKind<MeanPool<S>, "mean_pool">,                       //
    detail::LayerKind<MaxPool<S>, "max_pool">,                         //
    detail::LayerKind<MeanMaxPool<S>, "mean_max_pool">,                //
    detail::LayerKind<AttentionPool<S>, "attention_pool">,             //
    detail::LayerKind<MultiHeadPool<S>, "multi_head_pool">,            //
    detail::LayerKind<FlattenSteps<S>, "flatten_steps">>;

/// One of `ChainLayers`. The parameters have the names of the layer in use.
template <class S>
struct AnyLayer {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::own_steps;  // possibly
  static constexpr bool backward_reads_output = true;
  using Kinds = ChainLayers<S>;
  struct Cache {
    typename Kinds::Cache of;
  };

  typename Kinds::Layer layer;

  AnyLayer() = default;
  template <class L>
    requires(Kinds::template contains<L>)
  AnyLayer(L l) : layer(std::in_place_type<L>, std::move(l)) {}
  /// From text such as "lstm hidden_size=32 input_size=5". Throws if it does not describe a layer.
  HEED_COLD static AnyLayer from_text(std::string_view text);
  /// The layer's kind and options, which `from_text` reads.
  HEED_COLD std::string text() const;

  /// The name of the layer's kind.
  std::string_view kind() const { return Kinds::names[layer.index()]; }
  /// The layer as an L; null if it is another.
  template <class L>
  const L* as() const {
    return std::get_if<L>(&layer);
  }
  template <class L>
  L* as() {
    return std::get_if<L>(&layer);
  }

  HEED_COLD void initialize(Key key);
  /// The number of features of the input, if the layer has only one such number; otherwise 0.
  Index input_size() const;
  /// As `heed::feature_factor` has it.
  Index feature_factor() const;
  bool pools_steps() const;
  bool reads_distances() const;
  Shape output_shape(Shape x) const;
  Index output_length(Index length) const;
  /// As `heed::output_lengths` has it.
  const std::int32_t* output_lengths(const std::int32_t* lengths, Index lanes, Buffer<std::int32_t>& room) const;

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, AnyLayer& grad,
                const Pass& pass) const;

  /// Throws if the layer cannot run one step at a time.
  Index prepare_stream(Shape x, Cache& cache) const;
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  static void visit(auto&& f, auto& first, auto&... rest) {
    (check_same_kind(first, rest), ...);
    // the others may be of another scalar
    std::visit([&]<class L>(L& l) { L::visit(f, l, *std::get_if<Kinds::template index<L>()>(&rest.layer)...); },
               first.layer);
  }

 private:
  static void check_same_kind(const AnyLayer& first, const auto& other) {
    if (first.layer.index() != other.layer.index()) detail::throw_different_kinds(first.kind(), other.kind());
  }
  template <class L>
  static typename L::Cache& room(Cache& cache) {
    constexpr std::size_t i = Kinds::template index<L>() + 1;
    if (cache.of.index() != i) cache.of.template emplace<i>();
    return *std::get_if<i>(&cache.of);
  }
};

template <class S>
AnyLayer<S> AnyLayer<S>::from_text(std::string_view text) {
  const detail::LayerText parsed = detail::parse_layer(text);
  const int kind = detail::choice_from(parsed.kind, Kinds::names, "layer");
  AnyLayer result;
  Kinds::with(static_cast<std::size_t>(kind), [&]<class Kind>(Kind) {
    result.layer.template emplace<typename Kind::Layer>(detail::layer_from<typename Kind::Layer>(parsed.options));
  });
  return result;
}

template <class S>
std::string AnyLayer<S>::text() const {
  return detail::written(
      {std::string(kind()), std::visit([](const auto& l) { return detail::layer_options(l); }, layer)});
}

template <class S>
void AnyLayer<S>::initialize(Key key) {
  std::visit(
      [&](auto& l) {
        if constexpr (requires { l.initialize(key); }) l.initialize(key);
      },
      layer);
}

template <class S>
Index AnyLayer<S>::input_size() const {
  return std::visit([](const auto& l) { return heed::input_size(l); }, layer);
}

template <class S>
Index AnyLayer<S>::feature_factor() const {
  return std::visit([](const auto& l) { return heed::feature_factor(l); }, layer);
}

template <class S>
bool AnyLayer<S>::pools_steps() const {
  return std::visit([]<class L>(const L&) { return heed::time_change<L> == TimeChange::pools_steps; }, layer);
}

template <class S>
bool AnyLayer<S>::reads_distances() const {
  return std::visit([](const auto& l) { return heed::reads_distances(l); }, layer);
}

template <class S>
Shape AnyLayer<S>::output_shape(Shape x) const {
  return std::visit([&](const auto& l) { return l.output_shape(x); }, layer);
}

template <class S>
Index AnyLayer<S>::output_length(Index length) const {
  return std::visit([&](const auto& l) { return heed::output_length(l, length, 1); }, layer);
}

template <class S>
const std::int32_t* AnyLayer<S>::output_lengths(const std::int32_t* lengths, Index lanes,
                                                Buffer<std::int32_t>& room) const {
  return std::visit([&](const auto& l) { return heed::output_lengths(l, lengths, lanes, room); }, layer);
}

template <class S>
void AnyLayer<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  std::visit([&]<class L>(const L& l) { l.forward(x, y, room<L>(cache), pass); }, layer);
}

template <class S>
void AnyLayer<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, AnyLayer& grad,
                           const Pass& pass) const {
  check_same_kind(*this, grad);
  std::visit([&]<class L>(const L& l) { l.backward(x, y, dy, dx, room<L>(cache), *std::get_if<L>(&grad.layer), pass); },
             layer);
}

template <class S>
Index AnyLayer<S>::prepare_stream(Shape x, Cache& cache) const {
  return std::visit(
      [&]<class L>(const L& l) {
        if constexpr (StreamLayer<L>) {
          return heed::prepare_stream(l, x, room<L>(cache));
        } else {
          detail::throw_no_stream(kind());
          return Index(0);
        }
      },
      layer);
}

template <class S>
void AnyLayer<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                              const Pass& pass) const {
  std::visit(
      [&]<class L>(const L& l) {
        if constexpr (StreamLayer<L>) heed::stream_step(l, x, y, memory, room<L>(cache), pass);
      },
      layer);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::AnyLayer)
