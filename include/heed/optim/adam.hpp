#pragma once

/// @file
/// Adam and AdamW.

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/optim/detail/of_model.hpp"
#include "heed/optim/detail/part_rates.hpp"
#include "heed/options/fields.hpp"

namespace heed::inline HEED_ABI {

/// Options of `Adam`.
struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  /// weight decay skips parameters with one axis: biases, and weights of normalisations
  bool decay_matrices_only = false;
  bool decoupled = false;        ///< weight decay acts on the weights (AdamW), not through the gradient
  bool amsgrad = false;          ///< use the largest v so far
  bool epsilon_outside = false;  ///< epsilon outside the bias correction, as in Keras (whose default is 1e-7)
  /// Parameters whose name contains one of these texts do not change: {"embedding."}, {"bias_hh"}. Throws if a text is
  /// in no name.
  std::vector<std::string> frozen = {};
  /// Factors of the learning rate for parameters whose name contains a text: {{"lstm", 0.1}}. The first text that
  /// matches counts. Throws if one is in no name.
  std::vector<NamedFactor> rates = {};

  static void fields(auto&& f, auto&... o) {
    f({"learning_rate", "", Range::at_least(0)}, o.learning_rate...);
    f({"beta1", "", Range::share()}, o.beta1...);
    f({"beta2", "", Range::share()}, o.beta2...);
    f({"epsilon", "", Range::at_least(0)}, o.epsilon...);
    f({"weight_decay", "", Range::at_least(0)}, o.weight_decay...);
    f({"decay_matrices_only"}, o.decay_matrices_only...);
    f({"decoupled"}, o.decoupled...);
    f({"amsgrad"}, o.amsgrad...);
    f({"epsilon_outside"}, o.epsilon_outside...);
    f({.name = "frozen", .optional = true}, o.frozen...);
    f({.name = "rates", .range = Range::at_least(0), .optional = true}, o.rates...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// torch.optim.Adam (Kingma and Ba 2015); with `decoupled`, AdamW (Loshchilov and Hutter 2019). Step t counts from 1:
///
///     g += wd theta                                    (Adam)     theta -= lr wd theta          (AdamW)
///     m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2
///     theta -= lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
///
/// With `epsilon_outside`, keras.optimizers.Adam:
///
///     theta -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps)
/// This class works on lists of parameters of any model. `Adam` is the optimizer for one model type.
template <class S>
class BasicAdam {
 public:
  using Options = AdamOptions;
  Options options;

  /// For parameters like these. Throws if an option is out of range, or if it names no parameter.
  HEED_COLD explicit BasicAdam(const Parameters<S>& like, Options o = {});

  /// Sets the moments and the step to zero.
  void reset();
  /// One step: moves the weights against the gradient.
  void step(Parameters<S>& weights, const Parameters<S>& gradient);

  std::int64_t steps() const { return steps_; }

  /// What a checkpoint keeps: calls f(name, part); parts are lists of parameters, and integers.
  template <class F>
  void visit_state(F&& f) {
    f("first_moment", first_);
    f("second_moment", second_);
    if (largest_) f("largest_second_moment", *largest_);
    f("steps", steps_);
  }

 private:
  struct Numbers {
    double b1, b2, rate, root, epsilon, decay_gradient, keep;
  };
  static void update(const Numbers& n, ParameterArray<S>& w, const ParameterArray<S>& g, S* m, S* v, S* top);

  detail::PartRates parts_;
  ParameterList<S> first_, second_;          // m, v
  std::optional<ParameterList<S>> largest_;  // the largest v, with amsgrad
  std::int64_t steps_ = 0;
};

/// Adam for one model type: `Adam adam(model, {.learning_rate = 3e-3})`.
template <Visitable Model>
class Adam : public detail::OfModel<Model, BasicAdam<typename Model::Scalar>> {
 public:
  /// For models like this one. Throws if an option is out of range.
  explicit Adam(const Model& like, AdamOptions o = {})
      : detail::OfModel<Model, BasicAdam<typename Model::Scalar>>(like, std::move(o)) {}
};

template <class S>
BasicAdam<S>::BasicAdam(const Parameters<S>& like, Options o) : options(std::move(o)), first_(like), second_(like) {
  const Options& p = check(options, "Adam");
  if (p.amsgrad) largest_.emplace(like);
  parts_ = {like.names(), p.frozen, p.rates, "Adam"};
  reset();
}

template <class S>
void BasicAdam<S>::reset() {
  detail::zero_parameters(first_.view());
  detail::zero_parameters(second_.view());
  if (largest_) detail::zero_parameters(largest_->view());
  steps_ = 0;
}

template <class S>
void BasicAdam<S>::step(Parameters<S>& weights, const Parameters<S>& gradient) {
  const FlushDenormals flush;  // moments decay to denormals
  detail::check_same_sizes(first_.view(), weights);
  detail::check_same_sizes(first_.view(), gradient);
  ++steps_;
  const double b1 = options.beta1, b2 = options.beta2, t = static_cast<double>(steps_);
  const double correction = std::sqrt(1 - std::pow(b2, t)), debias = 1 - std::pow(b1, t);
  const auto numbers = [&](double learning_rate, bool decays) {
    const double rate = learning_rate / debias, decay = decays ? options.weight_decay : 0;
    return Numbers{.b1 = b1,
                   .b2 = b2,
                   .rate = options.epsilon_outside ? rate * correction : rate,
                   .root = options.epsilon_outside ? 1 : 1 / correction,
                   .epsilon = options.epsilon,
                   .decay_gradient = options.decoupled ? 0 : decay,
                   .keep = options.decoupled ? 1 - learning_rate * decay : 1};
  };
  for (Index i = 0; i < weights.count(); ++i) {
    if (parts_.frozen(i) || !gradient[i].wanted()) continue;
    ParameterArray<S>& w = weights[i];
    const bool spared = options.decay_matrices_only && w.extents().size() == 1;
    S* v = second_.view()[i].data();
    update(numbers(options.learning_rate * parts_.rate(i), !spared), w, gradient[i], first_.view()[i].data(), v,
           largest_ ? largest_->view()[i].data() : v);
  }
}

template <class S>
void BasicAdam<S>::update(const Numbers& n, ParameterArray<S>& w, const ParameterArray<S>& g, S* m, S* v, S* top) {
  using namespace simd;
  const bool amsgrad = top != v;
  S* theta = w.data();
  for_each_packet<S>(w.size(), [&]<class P>(Index i) HEED_LAMBDA {
    const auto all = [](double x) HEED_LAMBDA { return set1<P>(static_cast<S>(x)); };
    const P old = load<P>(theta + i);
    const P d = fma(all(n.decay_gradient), old, load<P>(g.data() + i));
    const P mean = fma(all(n.b1), load<P>(m + i), mul(all(1 - n.b1), d));
    const P square = fma(all(n.b2), load<P>(v + i), mul(all(1 - n.b2), mul(d, d)));
    store(m + i, mean);
    store(v + i, square);
    P most = square;
    if (amsgrad) {
      most = max(load<P>(top + i), square);
      store(top + i, most);
    }
    const P denominator = fma(all(n.root), simd::sqrt(most), all(n.epsilon));
    store(theta + i, sub(mul(all(n.keep), old), div(mul(all(n.rate), mean), denominator)));
  });
}

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// The options of torch.optim.AdamW: the default weight decay is 0.01.
struct AdamWOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;
  bool decay_matrices_only = false;
  bool amsgrad = false;
  std::vector<std::string> frozen = {};
  std::vector<NamedFactor> rates = {};
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Adam with decoupled weight decay: `Adam optimizer(model, adamw({.learning_rate = 3e-4}))`
inline AdamOptions adamw(const AdamWOptions& o = {}) {
  return {.learning_rate = o.learning_rate,
          .beta1 = o.beta1,
          .beta2 = o.beta2,
          .epsilon = o.epsilon,
          .weight_decay = o.weight_decay,
          .decay_matrices_only = o.decay_matrices_only,
          .decoupled = true,
          .amsgrad = o.amsgrad,
          .frozen = o.frozen,
          .rates = o.rates};
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(class heed::BasicAdam)
