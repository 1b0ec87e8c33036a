#pragma once

/// @file
/// The two dense layers of a transformer block.

#include "heed/core/compiled.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/error.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ABI {

enum class FeedForwardActivation { relu, gelu };
constexpr std::array<std::string_view, 2> names_of(FeedForwardActivation) { return {"relu", "gelu"}; }

/// Options of `FeedForward`.
struct FeedForwardOptions {
  Index features = 0, hidden = 0;
  FeedForwardActivation activation = FeedForwardActivation::relu;
  double dropout = 0;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y_t = W_2 dropout(f(W_1 x_t + b_1)) + b_2 at every step (Vaswani et al. 2017); the output has as many features as
/// the input. Parameter names and initialisation are those of linear1 and linear2 of torch.nn.TransformerEncoderLayer.
template <class S>
struct FeedForward {
  using Scalar = S;
  using Input = S;
  static constexpr bool stepwise = true;
  using Options = FeedForwardOptions;
  struct Cache {
    TileBuffer<S> before;  // input of the activation; empty for ReLU, whose gradient needs only its output
    TileBuffer<S> hidden;  // after dropout
    typename Dropout<S>::Cache dropout;
    typename Dense<S>::Cache dense;
    typename Relu<S>::Cache activation;
  };

  Dense<S> linear1, linear2;
  FeedForwardActivation activation = FeedForwardActivation::relu;
  double dropout = 0;

  FeedForward() = default;
  /// Throws if a size is not positive or if the dropout is not in [0, 1).
  explicit FeedForward(Options o);

  void initialize(Key key) {
    linear1.initialize(key.child(0));
    linear2.initialize(key.child(1));
  }

  Shape output_shape(Shape x) const { return linear2.output_shape(linear1.output_shape(x)); }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, FeedForward& grad,
                const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) {
    f("linear1", layers.linear1...);
    f("linear2", layers.linear2...);
  }

 private:
  Dropout<S> dropout_layer() const;
};

template <class S>
FeedForward<S>::FeedForward(Options o) : activation(o.activation), dropout(o.dropout) {
  check_sizes({{"features", o.features}, {"hidden", o.hidden}}, "FeedForward");
  check_choice(o.activation, "activation", "FeedForward");
  check_dropout_rate(o.dropout, "FeedForward", "dropout");
  linear1 = Dense<S>({o.features, o.hidden});
  linear2 = Dense<S>({o.hidden, o.features});
  initialize({});
}

template <class S>
void FeedForward<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  const Shape shape{x.steps, linear1.out_features()};
  const Tile<S> hidden = cache.hidden.take(shape, x.lanes, x.lengths);
  if (activation == FeedForwardActivation::relu) {
    linear1.forward(x, hidden, cache.dense, pass);
    Relu<S>().forward(hidden, hidden, cache.activation, pass);
  } else {
    const Tile<S> before = cache.before.take(shape, x.lanes, x.lengths);
    linear1.forward(x, before, cache.dense, pass);
    Gelu<S>().forward(before, hidden, cache.activation, pass);
  }
  dropout_layer().forward(hidden, hidden, cache.dropout, pass.at(0));
  linear2.forward(hidden, y, cache.dense, pass);
}

template <class S>
void FeedForward<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                              FeedForward& grad, const Pass& pass) const {
  const Tile<const S> hidden = cache.hidden.view();
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> d = pass.scratch.like(hidden);
  linear2.backward(hidden, y, dy, into(d), cache.dense, grad.linear2, pass);
  Dropout<S> no_gradient;
  dropout_layer().backward(hidden, hidden, d, into(d), cache.dropout, no_gradient, pass);
  if (activation == FeedForwardActivation::relu) {  // a dropped number has no gradient in either case
    Relu<S> nothing;
    Relu<S>().backward(hidden, hidden, d, into(d), cache.activation, nothing, pass);
  } else {
    Gelu<S> nothing;
    Gelu<S>().backward(cache.before.view(), hidden, d, into(d), cache.activation, nothing, pass);
  }
  linear1.backward(x, hidden, d, dx, cache.dense, grad.linear1, pass);
}

template <class S>
Dropout<S> FeedForward<S>::dropout_layer() const {
  Dropout<S> layer;
  layer.rate = dropout;
  return layer;
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::FeedForward)
