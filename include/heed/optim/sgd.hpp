#pragma once

/// @file
/// Stochastic gradient descent.

#include <cmath>
#include <cstdint>

#include "heed/core/error.hpp"
#include "heed/core/metadata.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA {

struct SgdOptions {
  double learning_rate = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool decay_matrices_only = false;  ///< weight decay spares parameters of one axis: biases and the weights of norms
  bool nesterov = false;
};

/// torch.optim.SGD:
///
///     g += wd theta;  b = momentum b + (1 - dampening) g  (at the first step b = g)
///     theta -= lr (nesterov: g + momentum b; otherwise b)
template <Visitable Model>
class Sgd {
 public:
  using Options = SgdOptions;
  Options options;

  /// For models like this one. Throws where an option is out of range, or nesterov goes without momentum or with
  /// dampening.
  explicit Sgd(const Model& like, Options o = {}) : options(o), velocity_(like) {
    require(std::isfinite(o.learning_rate + o.momentum + o.dampening + o.weight_decay) && o.learning_rate >= 0 &&
                o.momentum >= 0 && o.weight_decay >= 0,
            [] {
              return Fault{"option out of range", "Sgd", "rates of at least 0", {}};
            });
    require(!o.nesterov || (o.momentum > 0 && o.dampening == 0), [] {
      return Fault{"nesterov needs momentum and no dampening", "Sgd", {}, {}};
    });
    reset();
  }

  /// Forgets the velocity.
  void reset() {
    set_zero(velocity_);
    steps_ = 0;
  }

  void step(Model& model, const Model& gradient) {
    const double fresh = steps_ == 0 ? 1 : 1 - options.dampening;
    ++steps_;
    const double momentum = options.momentum, from_gradient = options.nesterov || momentum == 0 ? 1 : 0;
    const double from_velocity = options.nesterov ? momentum : momentum == 0 ? 0 : 1;
    for_each_parameter(
        [&](const Path&, auto& w, const auto& g, auto& b) {
          using namespace simd;
          const double decay = options.decay_matrices_only && w.extents().size() == 1 ? 0 : options.weight_decay;
          using S = typename std::remove_reference_t<decltype(w)>::Scalar;
          for_each_packet<S>(w.size(), [&]<class P>(Index i) HEED_LAMBDA {
            const auto all = [](double x) HEED_LAMBDA { return set1<P>(static_cast<S>(x)); };
            const P theta = load<P>(w.data() + i);
            const P d = fma(all(decay), theta, load<P>(g.data() + i));
            const P v = fma(all(momentum), load<P>(b.data() + i), mul(all(fresh), d));
            store(b.data() + i, v);
            const P direction = fma(all(from_gradient), d, mul(all(from_velocity), v));
            store(w.data() + i, sub(theta, mul(all(options.learning_rate), direction)));
          });
        },
        model, gradient, velocity_);
  }

  std::int64_t steps() const { return steps_; }

  /// What a checkpoint keeps: `f(name, part)`, parts being models and whole numbers.
  template <class F>
  void visit_state(F&& f) {
    f("velocity", velocity_);
    f("steps", steps_);
  }
  /// The options as text: what a checkpoint compares.
  Metadata settings() const {
    Metadata m;
    set(m, "learning_rate", options.learning_rate);
    set(m, "momentum", options.momentum);
    set(m, "dampening", options.dampening);
    set(m, "weight_decay", options.weight_decay);
    set(m, "decay_matrices_only", options.decay_matrices_only);
    set(m, "nesterov", options.nesterov);
    return m;
  }

 private:
  Model velocity_;
  std::int64_t steps_ = 0;
};

}  // namespace heed::inline HEED_ISA
