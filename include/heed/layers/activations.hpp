#pragma once

/// @file
/// Activations: layers without weights that act on each number, and the softmax over the features.

#include <cmath>
#include <numbers>

#include "heed/core/compiled.hpp"
#include "heed/core/kernels/softmax.hpp"
#include "heed/core/math.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `LeakyRelu`.
struct LeakyReluOptions {
  double negative_slope = 0.01;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "negative_slope", .range = Range::any(), .optional = true}, o.negative_slope...);
  }
};

/// Options of `Elu`.
struct EluOptions {
  double alpha = 1;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "alpha", .range = Range::any(), .optional = true}, o.alpha...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
/// The common base of layers without weights: the shape stays the same, and there are no weights and no cache.
template <class S>
struct Activation {
  using Scalar = S;
  using Input = S;
  static constexpr bool stepwise = true;
  struct Cache {};
  Shape output_shape(Shape x) const { return x; }
  static void visit(auto&&, auto&...) {}
};
}  // namespace detail

/// max(x, 0); the gradient at 0 is 0. torch.nn.ReLU.
template <class S>
struct Relu : detail::Activation<S> {
  static constexpr bool backward_reads_output = true;
  using typename detail::Activation<S>::Cache;
  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;
  void backward(Tile<const S>, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache&, Relu&, const Pass&) const;
};

template <class S>
void Relu<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  transform<S>(x, y, []<class P>(const P& v) HEED_LAMBDA { return simd::max(v, simd::set1<P>(0)); });
}

template <class S>
void Relu<S>::backward(Tile<const S>, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache&, Relu&, const Pass&) const {
  transform_gradient<S>(y, dy, dx, []<class P>(const P& v, const P& d) HEED_LAMBDA {
    const P zero = simd::set1<P>(0);
    return simd::select_less(zero, v, d, zero);
  });
}

/// x for x > 0, otherwise negative_slope x; the gradient at 0 is `negative_slope`. torch.nn.LeakyReLU.
template <class S>
struct LeakyRelu : detail::Activation<S> {
  using typename detail::Activation<S>::Cache;
  using Options = LeakyReluOptions;
  S negative_slope = S(0.01);

  LeakyRelu() = default;
  explicit LeakyRelu(S slope) : negative_slope(slope) {}
  explicit LeakyRelu(Options o) : negative_slope(static_cast<S>(o.negative_slope)) {}
  Options options() const { return {static_cast<double>(negative_slope)}; }

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, LeakyRelu&, const Pass&) const;

 private:
  template <class P>
  HEED_INLINE P slope(const P& v) const {
    return simd::select_less(simd::set1<P>(0), v, simd::set1<P>(1), simd::set1<P>(negative_slope));
  }
};

template <class S>
void LeakyRelu<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  transform<S>(x, y, [this]<class P>(const P& v) HEED_LAMBDA { return simd::mul(v, this->slope(v)); });
}

template <class S>
void LeakyRelu<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, LeakyRelu&,
                            const Pass&) const {
  transform_gradient<S>(x, dy, dx,
                        [this]<class P>(const P& v, const P& d) HEED_LAMBDA { return simd::mul(d, this->slope(v)); });
}

/// x for x > 0, otherwise alpha (e^x - 1). torch.nn.ELU.
template <class S>
struct Elu : detail::Activation<S> {
  using typename detail::Activation<S>::Cache;
  using Options = EluOptions;
  S alpha = 1;

  Elu() = default;
  explicit Elu(S a) : alpha(a) {}
  explicit Elu(Options o) : alpha(static_cast<S>(o.alpha)) {}
  Options options() const { return {static_cast<double>(alpha)}; }

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, Elu&, const Pass&) const;
};

template <class S>
void Elu<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  transform<S>(x, y, [this]<class P>(const P& v) HEED_LAMBDA {
    const P zero = simd::set1<P>(0), a = simd::set1<P>(alpha);
    const P below = simd::sub(simd::mul(a, simd::exp(simd::min(v, zero))), a);
    return simd::select_less(zero, v, v, below);
  });
}

template <class S>
void Elu<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, Elu&, const Pass&) const {
  transform_gradient<S>(x, dy, dx, [this]<class P>(const P& v, const P& d) HEED_LAMBDA {
    const P zero = simd::set1<P>(0);
    const P below = simd::mul(simd::set1<P>(alpha), simd::exp(simd::min(v, zero)));
    return simd::mul(d, simd::select_less(zero, v, simd::set1<P>(1), below));
  });
}

/// tanh(x). torch.nn.Tanh.
template <class S>
struct Tanh : detail::Activation<S> {
  static constexpr bool backward_reads_output = true;
  using typename detail::Activation<S>::Cache;
  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;
  void backward(Tile<const S>, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache&, Tanh&, const Pass&) const;
};

template <class S>
void Tanh<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  transform<S>(x, y, []<class P>(const P& v) HEED_LAMBDA { return simd::tanh(v); });
}

template <class S>
void Tanh<S>::backward(Tile<const S>, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache&, Tanh&, const Pass&) const {
  transform_gradient<S>(y, dy, dx, []<class P>(const P& v, const P& d) HEED_LAMBDA {
    return simd::mul(d, simd::sub(simd::set1<P>(1), simd::mul(v, v)));
  });
}

/// 1 / (1 + e^-x). torch.nn.Sigmoid.
template <class S>
struct Sigmoid : detail::Activation<S> {
  static constexpr bool backward_reads_output = true;
  using typename detail::Activation<S>::Cache;
  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;
  void backward(Tile<const S>, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache&, Sigmoid&, const Pass&) const;
};

template <class S>
void Sigmoid<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  transform<S>(x, y, []<class P>(const P& v) HEED_LAMBDA { return simd::sigmoid(v); });
}

template <class S>
void Sigmoid<S>::backward(Tile<const S>, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache&, Sigmoid&,
                          const Pass&) const {
  transform_gradient<S>(y, dy, dx, []<class P>(const P& v, const P& d) HEED_LAMBDA {
    return simd::mul(d, simd::mul(v, simd::sub(simd::set1<P>(1), v)));
  });
}

/// x Phi(x), where Phi is the distribution function of the standard normal distribution. Computed with erf, not with
/// the tanh approximation. torch.nn.GELU.
template <class S>
struct Gelu : detail::Activation<S> {
  using typename detail::Activation<S>::Cache;
  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, Gelu&, const Pass&) const;

 private:
  template <class P>
  HEED_INLINE static P distribution(const P& v) {
    const P half = simd::set1<P>(S(0.5));
    return simd::fma(half, simd::erf(simd::mul(v, simd::set1<P>(S(1 / std::numbers::sqrt2)))), half);
  }
};

template <class S>
void Gelu<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  transform<S>(x, y, []<class P>(const P& v) HEED_LAMBDA { return simd::mul(v, distribution(v)); });
}

template <class S>
void Gelu<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, Gelu&, const Pass&) const {
  transform_gradient<S>(x, dy, dx, []<class P>(const P& v, const P& d) HEED_LAMBDA {
    const S normal = S(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
    const P density = simd::mul(simd::set1<P>(normal), simd::exp(simd::mul(simd::mul(v, v), simd::set1<P>(S(-0.5)))));
    return simd::mul(d, simd::fma(v, density, distribution(v)));
  });
}

/// e^x_f / sum over features g of e^x_g, at every step. torch.nn.Softmax over the last axis.
template <class S>
struct Softmax : detail::Activation<S> {
  static constexpr bool backward_reads_output = true;
  using typename detail::Activation<S>::Cache;
  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;
  void backward(Tile<const S>, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache&, Softmax&, const Pass& pass) const;
};

template <class S>
void Softmax<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  copy(x, y);
  for (Index t = 0; t < y.steps; ++t) kernels::softmax(y.at(t), y.features, y.lanes);
}

template <class S>
void Softmax<S>::backward(Tile<const S>, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache&, Softmax&,
                          const Pass& pass) const {
  if (!dx) return;
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> d = dx.add ? pass.scratch.like(dy) : dx.tile;
  if (d.data != dy.data) copy(dy, d);
  for (Index t = 0; t < y.steps; ++t) kernels::softmax_backward(y.at(t), y.at(t), d.at(t), y.features, y.lanes);
  if (dx.add) add(Tile<const S>(d), dx.tile);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Relu)
HEED_COMPILED_TYPE(struct heed::LeakyRelu)
HEED_COMPILED_TYPE(struct heed::Elu)
HEED_COMPILED_TYPE(struct heed::Tanh)
HEED_COMPILED_TYPE(struct heed::Sigmoid)
HEED_COMPILED_TYPE(struct heed::Gelu)
HEED_COMPILED_TYPE(struct heed::Softmax)
