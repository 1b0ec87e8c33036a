#pragma once

/// @file
/// A stack of equal layers.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/start.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
/// The layers of a list as children 0, 1, ...
template <class L>
struct Children {
  using Scalar = typename L::Scalar;
  std::vector<L>& list;
  explicit Children(std::vector<L>& l) : list(l) {}
  static void visit(auto&& f, auto& first, auto&... rest) {
    for (std::size_t i = 0; i < first.list.size(); ++i) f(i, first.list[i], rest.list[i]...);
  }
};

inline void check_same_stack(std::size_t count, bool norm, std::size_t other_count, bool other_norm) {
  require(count == other_count && norm == other_norm, [&] {
    const auto text = [](std::size_t n, bool and_norm) { return std::to_string(n) + (and_norm ? " and a norm" : ""); };
    return Fault{"stacks of different sizes side by side", "Repeat", text(count, norm), text(other_count, other_norm)};
  });
}

/// Stands for a last layer that does not exist.
template <class S>
struct NoNorm {
  using Scalar = S;
  using Input = S;
  static constexpr bool stepwise = true;
  struct Cache {};
  void initialize(Key) {}
  Shape output_shape(Shape x) const { return x; }
  void forward(Tile<const S>, Tile<S>, Cache&, const Pass&) const {}
  void backward(Tile<const S>, Tile<const S>, Tile<const S>, Into<S>, Cache&, NoNorm&, const Pass&) const {}
  static void visit(auto&&, auto&...) {}
};
}  // namespace detail

/// y = norm(l_n(... l_2(l_1(x)))): layers of one type that keep the shape, and optionally a last layer called norm. The
/// parameters are named as in torch.nn.TransformerEncoder and torch.nn.TransformerDecoder: layers.0, layers.1, ...,
/// norm. If the layers have two inputs, all get the same second one, the memory.
template <class L, class Norm = detail::NoNorm<typename L::Scalar>>
struct Repeat {
  using Scalar = typename L::Scalar;
  using Input = Scalar;
  static constexpr bool backward_reads_output = heed::backward_reads_output<L>;
  using S = Scalar;
  static_assert(std::is_same_v<typename L::Input, S> && std::is_same_v<typename Norm::Scalar, S>,
                "Repeat: all layers compute in one scalar type");

  struct Cache {
    std::vector<typename L::Cache> layers;
    std::vector<TileBuffer<S>> outputs;  // of all but the last
    typename Norm::Cache norm;
  };

  std::vector<L> layers;
  std::optional<Norm> norm;

  Repeat() = default;
  /// Layers that nobody has set start from numbers of their own, by their places. Throws if there are no layers.
  explicit Repeat(std::vector<L> l, std::optional<Norm> last = {}) : layers(std::move(l)), norm(std::move(last)) {
    require(!layers.empty(), [] { return Fault{"a stack of no layers", "Repeat", "at least one", "none"}; });
    std::uint64_t i = 0;
    for (L& layer : layers) start_from(layer, Key{}.child(i++));
    if (norm) start_from(*norm, Key{}.child(i));
  }
  /// `count` layers with these options.
  Repeat(Index count, const typename L::Options& options, std::optional<Norm> last = {})
      : Repeat(equal_layers(checked(count), options), std::move(last)) {}

  Index size() const { return static_cast<Index>(layers.size()); }

  void initialize(Key key) {
    std::uint64_t i = 0;
    for (L& layer : layers) layer.initialize(key.child(i++));
    if (norm) norm->initialize(key.child(i));
  }

  bool reads_distances() const {
    return std::any_of(layers.begin(), layers.end(), [](const L& layer) { return heed::reads_distances(layer); });
  }
  /// Throws if a layer does not accept x, or changes the shape.
  Shape output_shape(Shape x) const {
    return check_shape(x, [](const L& layer, Shape s) { return layer.output_shape(s); });
  }
  Shape output_shape(Shape x, Shape memory) const {
    return check_shape(x, [&](const L& layer, Shape s) { return layer.output_shape(s, memory); });
  }

  /// Every layer gets `more`, for example an attention mask.
  template <class... More>
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass, const More&... more) const {
    run(x, y, cache, pass, [&](std::size_t i, Tile<const S> in, Tile<S> out) {
      layers[i].forward(in, out, cache.layers[i], pass.at(i), more...);
    });
  }
  template <class... More>
  void forward(Tile<const S> x, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass,
               const More&... more) const {
    run(x, y, cache, pass, [&](std::size_t i, Tile<const S> in, Tile<S> out) {
      layers[i].forward(in, memory, out, cache.layers[i], pass.at(i), more...);
    });
  }

  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, Repeat& grad,
                const Pass& pass) const {
    run_back(x, y, dy, dx, bool(dx), cache, grad, pass,
             [&](std::size_t i, Tile<const S> in, Tile<const S> out, Tile<const S> dout, Into<S> din) {
               layers[i].backward(in, out, dout, din, cache.layers[i], grad.layers[i], pass.at(i));
             });
  }
  void backward(Tile<const S> x, Tile<const S> memory, Tile<const S> y, Tile<const S> dy, Into<S> dx, Into<S> dmemory,
                Cache& cache, Repeat& grad, const Pass& pass) const {
    run_back(x, y, dy, dx, dx || dmemory, cache, grad, pass,
             [&](std::size_t i, Tile<const S> in, Tile<const S> out, Tile<const S> dout, Into<S> din) {
               layers[i].backward(in, memory, out, dout, din, dmemory, cache.layers[i], grad.layers[i], pass.at(i));
               dmemory.add = true;  // the sum over the layers
             });
  }

  Index prepare_stream(Shape x, Cache& cache) const
    requires(StreamLayer<L> && StreamLayer<Norm>)
  {
    cache.layers.resize(layers.size());
    Index total = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) total += heed::prepare_stream(layers[i], x, cache.layers[i]);
    return norm ? total + heed::prepare_stream(*norm, x, cache.norm) : total;
  }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const
    requires(StreamLayer<L> && StreamLayer<Norm>)
  {
    const Tile<const S> h = run_layers(x, y, cache, [&](std::size_t i, Tile<const S> in, Tile<S> out) {
      heed::stream_step(layers[i], in, out, memory, cache.layers[i], pass.at(i));
    });
    if (norm) heed::stream_step(*norm, h, y, memory, cache.norm, pass.at(layers.size()));
  }

  static void visit(auto&& f, auto& first, auto&... rest) {
    (detail::check_same_stack(first.layers.size(), bool(first.norm), rest.layers.size(), bool(rest.norm)), ...);
    visit_layers(f, detail::Children(first.layers), detail::Children(rest.layers)...);
    if (first.norm) f("norm", *first.norm, *rest.norm...);
  }

 private:
  // If a copy throws, as for sizes from a hostile file, libc++ before 16 loses the memory of vector(n, value).
  static std::vector<L> equal_layers(std::size_t count, const typename L::Options& options) {
    const L first(options);
    std::vector<L> all;
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i) all.push_back(first);
    return all;
  }
  static std::size_t checked(Index count) {
    require(count <= most_size >> 20,
            [&] { return Fault{"too many layers", "Repeat", "at most 2^20", std::to_string(count)}; });
    return static_cast<std::size_t>(std::max<Index>(count, 0));
  }
  // gives the temporary children a name
  static void visit_layers(auto& f, auto&&... lists) { f("layers", lists...); }

  template <class F>
  Shape check_shape(Shape x, F&& output) const {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      try {
        const Shape y = output(layers[i], x);
        require(y == x, [&] {
          return Fault{"the layers must keep the shape", "Repeat", to_text(Extents<2>{x.steps, x.features}),
                       to_text(Extents<2>{y.steps, y.features})};
        });
      } catch (const Error&) {
        detail::rethrow_inside("layer", static_cast<Index>(i));
      }
    }
    return norm ? detail::inside("norm", [&] { return norm->output_shape(x); }) : x;
  }

  // outputs that are not y
  std::size_t inner_outputs() const { return layers.size() - (norm ? 0 : 1); }

  template <class F>
  void run(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass, F&& layer) const {
    const Tile<const S> h = run_layers(x, y, cache, layer);
    if (norm) norm->forward(h, y, cache.norm, pass.at(layers.size()));
  }
  // the input of the norm; without a norm that is y
  template <class F>
  Tile<const S> run_layers(Tile<const S> x, Tile<S> y, Cache& cache, F&& layer) const {
    cache.layers.resize(layers.size());
    cache.outputs.resize(inner_outputs());
    Tile<const S> in = x;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const bool last = i == inner_outputs();
      const Tile<S> out = last ? y : cache.outputs[i].take(x.shape(), x.lanes, x.lengths);
      layer(i, in, out);
      in = out;
    }
    return in;
  }

  // `all`: down to the first layer; otherwise down to the first that needs a gradient
  template <class F>
  void run_back(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, bool all, Cache& cache, Repeat& grad,
                const Pass& pass, F&& layer) const {
    const Scratch::Mark mark(pass.scratch);
    const auto output = [&](std::size_t i) {
      return i == inner_outputs() ? y : cache.outputs[i].view().with_lengths(x.lengths);
    };
    Tile<S> next = pass.scratch.like(dy), other = pass.scratch.like(dy);
    Tile<const S> d = dy;
    std::size_t lowest = 0;
    while (!all && lowest < layers.size() && !wants_gradient(grad.layers[lowest])) ++lowest;
    if (norm) {
      norm->backward(output(layers.size() - 1), y, dy, into_if(lowest < layers.size(), other), cache.norm, *grad.norm,
                     pass.at(layers.size()));
      d = other;
    }
    for (std::size_t i = layers.size(); i-- > lowest;) {
      const Tile<const S> in = i > 0 ? output(i - 1) : x;
      layer(i, in, output(i), d, i > 0 ? into_if(i > lowest, next) : dx);
      d = next;
      std::swap(next, other);
    }
  }
};

}  // namespace heed::inline HEED_ISA
