#pragma once

/// @file
/// The dense (fully connected) layer.

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/init.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `Dense`.
struct DenseOptions {
  Index in_features = 0, out_features = 0;
  bool bias = true;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "in_features"}, o.in_features...);
    f({.name = "out_features"}, o.out_features...);
    f({.name = "bias", .optional = true}, o.bias...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y_t = W x_t + b at every step: maps (steps, in_features) to (steps, out_features). torch.nn.Linear, with its
/// parameter names and initialisation.
template <class S>
struct Dense {
  using Scalar = S;
  using Input = S;
  static constexpr bool stepwise = true;
  using Options = DenseOptions;
  struct Cache {};

  Matrix<S> weight;  ///< out x in
  Vector<S> bias;    ///< out; empty if switched off

  Dense() = default;
  /// Throws if a size is not positive.
  HEED_COLD explicit Dense(Options o);

  /// Weight and bias from U(-1/sqrt(in), 1/sqrt(in)).
  void initialize(Key key) {
    initialize_fan_in(weight, key.child(0), weight.cols());
    initialize_fan_in(bias, key.child(1), weight.cols());
  }

  /// The options that make a layer of this size.
  Options options() const { return {in_features(), out_features(), !bias.empty()}; }
  Index in_features() const { return weight.cols(); }
  Index out_features() const { return weight.rows(); }
  Index input_size() const { return in_features(); }

  Shape output_shape(Shape x) const;

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const { affine<S>(x, weight, values_or_null(bias), y); }

  void backward(Tile<const S> x, Tile<const S> /*y*/, Tile<const S> dy, Into<S> dx, Cache&, Dense& grad,
                const Pass&) const {
    weight_gradient<S>(x, dy, grad.weight, values_or_null(grad.bias));
    input_gradient<S>(dy, weight, dx);
  }

  static void visit(auto&& f, auto&... layers) {
    f("weight", layers.weight...);
    f("bias", layers.bias...);
  }
};

template <class S>
Dense<S>::Dense(Options o) {
  check_sizes({{"in_features", o.in_features}, {"out_features", o.out_features}}, "Dense");
  weight = Matrix<S>(o.out_features, o.in_features);
  if (o.bias) bias = Vector<S>(o.out_features);
  initialize({});
}

template <class S>
Shape Dense<S>::output_shape(Shape x) const {
  require(x.features == in_features(),
          [&] { return Fault{"wrong number of features", "Dense", text_of(in_features()), text_of(x.features)}; });
  return {x.steps, out_features()};
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Dense)
