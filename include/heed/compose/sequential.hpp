#pragma once

/// @file
/// A chain of layers.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "heed/core/check.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/error.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/require_layer.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/start.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {

/// y = l_n(... l_2(l_1(x))). A flat tuple. Types are checked at compile time; sizes are checked at the first call of
/// `output_shape`. The children are named 0, 1, ..., as in torch.nn.Sequential.
template <class... Layers>
struct Sequential {
  static constexpr std::size_t count = sizeof...(Layers);
  static_assert(count > 0, "Sequential: at least one layer");
  static_assert((require_layer<Layers>() && ...));
  template <std::size_t I>
  using At = std::tuple_element_t<I, std::tuple<Layers...>>;

  using Scalar = typename At<0>::Scalar;
  using Input = typename At<0>::Input;
  using S = Scalar;

  static_assert((std::is_same_v<typename Layers::Scalar, S> && ...),
                "Sequential: all layers compute in one scalar type");
  template <std::size_t... I>
  static constexpr bool inputs_fit(std::index_sequence<I...>) {
    return (std::is_same_v<typename At<I + 1>::Input, S> && ...);
  }
  static_assert(inputs_fit(std::make_index_sequence<count - 1>{}),
                "Sequential: a layer takes another type of input than the layer before it gives");

  static constexpr TimeChange time_change =
      ((heed::time_change<Layers> == TimeChange::pools_steps) || ...) ? TimeChange::pools_steps
      : ((heed::time_change<Layers> == TimeChange::own_steps) || ...) ? TimeChange::own_steps
                                                                      : TimeChange::keeps_steps;
  static constexpr bool backward_reads_output = heed::backward_reads_output<At<count - 1>>;

  std::tuple<Layers...> layers;
  OutputKind outputs = OutputKind::classes;  ///< set by the loss that trains it

  struct Cache {
    std::tuple<typename Layers::Cache...> layers;
    std::array<TileBuffer<S>, count> outputs;         // of all but the last
    std::array<Buffer<std::int32_t>, count> lengths;  // of outputs with steps of their own
  };

  Sequential() = default;
  /// Layers that nobody has set start from numbers of their own, by their places.
  explicit Sequential(Layers... l) : layers(std::move(l)...) {
    each([&](auto i) { start_from(std::get<i>(layers), Key{}.child(i)); });
  }

  void initialize(Key key) {
    each([&](auto i) {
      auto& layer = std::get<i>(layers);
      if constexpr (requires { layer.initialize(key); }) layer.initialize(key.child(i));
    });
  }

  /// Throws if two neighbours do not fit. The error names the layer by its place, from 0: "layer 2: Dense: ...".
  Shape output_shape(Shape x) const {
    each_placed([&](auto i) { x = std::get<i>(layers).output_shape(x); });
    return x;
  }

  bool reads_distances() const {
    bool any = false;
    each([&](auto i) { any = any || heed::reads_distances(std::get<i>(layers)); });
    return any;
  }

  /// The number of output steps for a sequence of this many steps.
  Index output_length(Index length) const
    requires(((heed::time_change<Layers> != TimeChange::own_steps || MapsLengths<Layers>) && ...))
  {
    each([&](auto i) { length = heed::output_length(std::get<i>(layers), length, 1); });
    return length;
  }

  void forward(Tile<const Input> x, Tile<S> y, Cache& cache, const Pass& pass) const { run<0>(x, y, cache, pass); }

  void backward(Tile<const Input> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, Sequential& grad,
                const Pass& pass) const {
    run_back<count - 1>(x, y, dy, dx, cache, grad, pass);
  }

  /// For tokens, whose input has no gradient.
  void backward(Tile<const Input> x, Tile<const S> y, Tile<const S> dy, Cache& cache, Sequential& grad,
                const Pass& pass) const
    requires(!std::is_same_v<Input, S>)
  {
    run_back<count - 1>(x, y, dy, {}, cache, grad, pass);
  }

  // ---- streams: after a pooling layer there is one step, so the layers behind it run as usual

  template <std::size_t... I>
  static constexpr bool any_pool(std::index_sequence<I...>) {
    return (heed::gives_one_step<At<I>> || ...);
  }
  template <std::size_t... I>
  static constexpr bool can_stream(std::index_sequence<I...>) {
    return ((any_pool(std::make_index_sequence<I>{}) || StreamLayer<At<I>>) && ...);
  }
  template <std::size_t I>
  static constexpr bool remembers = !any_pool(std::make_index_sequence<I>{});
  static constexpr bool streams = can_stream(std::make_index_sequence<count>{});

  Index prepare_stream(Shape x, Cache& cache) const
    requires(streams)
  {
    Index total = 0;
    each_placed([&](auto i) {
      const auto& layer = std::get<i>(layers);
      if constexpr (remembers<i>) {
        total += heed::prepare_stream(layer, x, std::get<i>(cache.layers));
        x.features = layer.output_shape({1, x.features}).features;
      }
    });
    return total;
  }
  void stream_step(Tile<const Input> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const
    requires(streams)
  {
    run_step<0>(x, y, memory, cache, pass);
  }
  /// Features of the input, if the first layer tells.
  Index input_size() const
    requires requires(const At<0>& first) { first.input_size(); }
  {
    return std::get<0>(layers).input_size();
  }
  /// The number of tokens that a feature of the input has, if the first layer tells.
  Index input_tokens(Index feature) const
    requires requires(const At<0>& first) { first.input_tokens(feature); }
  {
    return std::get<0>(layers).input_tokens(feature);
  }
  /// For tokens: throws if one is not in the first layer's table.
  void check_input(TensorView<const Input, 3> x, std::span<const std::int32_t> lengths, const std::string& where) const
    requires requires(const At<0>& first) { first.check_input(x, lengths, where); }
  {
    std::get<0>(layers).check_input(x, lengths, where);
  }
  Index first_unknown(Tile<const Input> x) const noexcept
    requires FindsUnknown<At<0>>
  {
    return std::get<0>(layers).first_unknown(x);
  }

  static void visit(auto&& f, auto&... models) {
    each([&](auto i) { f(static_cast<int>(i), std::get<i>(models.layers)...); });
  }

 private:
  template <std::size_t I, class X>
  void run_step(Tile<const X> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const {
    const auto& layer = std::get<I>(layers);
    constexpr bool last = I + 1 == count;
    const Tile<S> out = last ? y : cache.outputs[I].take(layer.output_shape(x.shape()), 1);
    if constexpr (remembers<I>) {
      heed::stream_step(layer, x, out, memory, std::get<I>(cache.layers), pass.at(I));
    } else {
      layer.forward(x, out, std::get<I>(cache.layers), pass.at(I));
    }
    if constexpr (!last) run_step<I + 1>(Tile<const S>(out), y, memory, cache, pass);
  }

  template <class F>
  static void each(F&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (f(std::integral_constant<std::size_t, I>{}), ...);
    }(std::make_index_sequence<count>{});
  }

  // errors of f name the layer by its place
  template <class F>
  static void each_placed(F&& f) {
    Index place = 0;
    try {
      each([&](auto i) {
        place = static_cast<Index>(i);
        f(i);
      });
    } catch (const Error&) {
      detail::rethrow_inside("layer", place);
    }
  }

  template <std::size_t I, class X>
  void run(Tile<const X> x, Tile<S> y, Cache& cache, const Pass& pass) const {
    const auto& layer = std::get<I>(layers);
    if constexpr (I + 1 == count) {
      layer.forward(x, y, std::get<I>(cache.layers), pass.at(I));
    } else {
      const Shape shape = layer.output_shape(x.shape());
      const std::int32_t* lengths = output_lengths(layer, x.lengths, x.lanes, cache.lengths[I]);
      const Tile<S> h = cache.outputs[I].take(shape, x.lanes, lengths);
      layer.forward(x, h, std::get<I>(cache.layers), pass.at(I));
      run<I + 1>(Tile<const S>(h), y, cache, pass);
    }
  }

  template <std::size_t I>
  void run_back(Tile<const Input> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, Sequential& grad,
                const Pass& pass) const {
    const auto& layer = std::get<I>(layers);
    if constexpr (I == 0) {
      if constexpr (std::is_same_v<Input, S>) {
        layer.backward(x, y, dy, dx, std::get<I>(cache.layers), std::get<I>(grad.layers), pass.at(I));
      } else {  // tokens have no gradient
        layer.backward(x, y, dy, std::get<I>(cache.layers), std::get<I>(grad.layers), pass.at(I));
      }
    } else {
      const Scratch::Mark mark(pass.scratch);
      const Tile<const S> in = cache.outputs[I - 1].view();
      const bool further = dx || wanted_before<I>(grad, std::make_index_sequence<I>{});
      const Tile<S> din = further ? pass.scratch.like(in) : Tile<S>();
      layer.backward(in, y, dy, into(din), std::get<I>(cache.layers), std::get<I>(grad.layers), pass.at(I));
      if (further) run_back<I - 1>(x, in, din, dx, cache, grad, pass);
    }
  }
  template <std::size_t I, std::size_t... K>
  static bool wanted_before(const Sequential& grad, std::index_sequence<K...>) {
    return (wants_gradient(std::get<K>(grad.layers)) || ...);
  }
};

}  // namespace heed::inline HEED_ISA
