#pragma once

/// @file
/// Stochastic gradient descent.

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/optim/detail/of_model.hpp"
#include "heed/optim/detail/part_rates.hpp"
#include "heed/options/fields.hpp"

namespace heed::inline HEED_ABI {

/// Options of `Sgd`.
struct SgdOptions {
  double learning_rate = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  /// weight decay skips parameters with one axis: biases, and weights of normalisations
  bool decay_matrices_only = false;
  bool nesterov = false;
  /// Parameters whose name contains one of these texts do not change: {"embedding."}, {"bias_hh"}. Throws if a text is
  /// in no name.
  std::vector<std::string> frozen = {};
  /// Factors of the learning rate for parameters whose name contains a text: {{"lstm", 0.1}}. The first text that
  /// matches counts. Throws if one is in no name.
  std::vector<NamedFactor> rates = {};

  static void fields(auto&& f, auto&... o) {
    f({"learning_rate", "", Range::at_least(0)}, o.learning_rate...);
    f({"momentum", "", Range::at_least(0)}, o.momentum...);
    f({"dampening", "", Range::any()}, o.dampening...);
    f({"weight_decay", "", Range::at_least(0)}, o.weight_decay...);
    f({"decay_matrices_only"}, o.decay_matrices_only...);
    f({"nesterov"}, o.nesterov...);
    f({.name = "frozen", .optional = true}, o.frozen...);
    f({.name = "rates", .range = Range::at_least(0), .optional = true}, o.rates...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// torch.optim.SGD:
///
///     g += wd theta;  b = momentum b + (1 - dampening) g  (at the first step b = g)
///     theta -= lr (nesterov: g + momentum b; otherwise b)
/// This class works on lists of parameters of any model. `Sgd` is the optimizer for one model type.
template <class S>
class BasicSgd {
 public:
  using Options = SgdOptions;
  Options options;

  /// For parameters like these. Throws if an option is out of range, or if nesterov is set without momentum or with
  /// dampening.
  HEED_COLD explicit BasicSgd(const Parameters<S>& like, Options o = {});

  /// Sets the velocity to zero.
  void reset();
  /// One step: moves the weights against the gradient.
  void step(Parameters<S>& weights, const Parameters<S>& gradient);

  std::int64_t steps() const { return steps_; }

  /// What a checkpoint keeps: calls f(name, part); parts are lists of parameters, and integers.
  template <class F>
  void visit_state(F&& f) {
    f("velocity", velocity_);
    f("steps", steps_);
  }

 private:
  detail::PartRates parts_;
  ParameterList<S> velocity_;
  std::int64_t steps_ = 0;
};

/// SGD for one model type: `Sgd sgd(model, {.learning_rate = 0.1, .momentum = 0.9})`.
template <Visitable Model>
class Sgd : public detail::OfModel<Model, BasicSgd<typename Model::Scalar>> {
 public:
  /// For models like this one. Throws as `BasicSgd` does.
  explicit Sgd(const Model& like, SgdOptions o = {})
      : detail::OfModel<Model, BasicSgd<typename Model::Scalar>>(like, std::move(o)) {}
};

template <class S>
BasicSgd<S>::BasicSgd(const Parameters<S>& like, Options o) : options(o), velocity_(like) {
  check(o, "Sgd");
  require(!o.nesterov || (o.momentum > 0 && o.dampening == 0),
          [] { return Fault{"nesterov needs momentum and no dampening", "Sgd", {}, {}}; });
  parts_ = {like.names(), o.frozen, o.rates, "Sgd"};
  reset();
}

template <class S>
void BasicSgd<S>::reset() {
  detail::zero_parameters(velocity_.view());
  steps_ = 0;
}

template <class S>
void BasicSgd<S>::step(Parameters<S>& weights, const Parameters<S>& gradient) {
  const FlushDenormals flush;  // velocities decay to denormals
  detail::check_same_sizes(velocity_.view(), weights);
  detail::check_same_sizes(velocity_.view(), gradient);
  using namespace simd;
  const double fresh = steps_ == 0 ? 1 : 1 - options.dampening;
  ++steps_;
  const double momentum = options.momentum, from_gradient = options.nesterov || momentum == 0 ? 1 : 0;
  const double from_velocity = options.nesterov ? momentum : momentum == 0 ? 0 : 1;
  for (Index k = 0; k < weights.count(); ++k) {
    if (parts_.frozen(k) || !gradient[k].wanted()) continue;
    const double rate = options.learning_rate * parts_.rate(k);
    S *w = weights[k].data(), *b = velocity_.view()[k].data();
    const S* g = gradient[k].data();
    const double decay = options.decay_matrices_only && weights[k].extents().size() == 1 ? 0 : options.weight_decay;
    for_each_packet<S>(weights[k].size(), [&]<class P>(Index i) HEED_LAMBDA {
      const auto all = [](double x) HEED_LAMBDA { return set1<P>(static_cast<S>(x)); };
      const P theta = load<P>(w + i);
      const P d = fma(all(decay), theta, load<P>(g + i));
      const P v = fma(all(momentum), load<P>(b + i), mul(all(fresh), d));
      store(b + i, v);
      const P direction = fma(all(from_gradient), d, mul(all(from_velocity), v));
      store(w + i, sub(theta, mul(all(rate), direction)));
    });
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(class heed::BasicSgd)
