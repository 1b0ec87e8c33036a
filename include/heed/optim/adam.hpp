#pragma once

/// @file
/// Adam and AdamW.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/metadata.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA {

struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  bool decay_matrices_only = false;  ///< weight decay spares parameters of one axis: biases and the weights of norms
  bool decoupled = false;            ///< weight decay beside the gradient (AdamW) instead of in it
  bool amsgrad = false;              ///< keep the largest v
  bool epsilon_outside = false;  ///< epsilon outside the bias correction, as Keras has it (its default is then 1e-7)
  /// Parameters whose name holds one of these texts stay as they are: {"embedding."}, {"bias_hh"}.
  std::vector<std::string> frozen = {};
};

/// torch.optim.Adam (Kingma and Ba 2015), and with `decoupled` AdamW (Loshchilov and Hutter 2019). Step t counts from
/// 1:
///
///     g += wd theta                                    (Adam)     theta -= lr wd theta          (AdamW)
///     m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2
///     theta -= lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
///
/// With `epsilon_outside`, keras.optimizers.Adam:
///
///     theta -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps)
template <Visitable Model>
class Adam {
 public:
  using Options = AdamOptions;
  Options options;

  /// For models like this one. Throws where an option is out of range.
  HEED_COLD explicit Adam(const Model& like, Options o = {}) : options(o), first_(like), second_(like) {
    require(std::isfinite(o.learning_rate + o.epsilon + o.weight_decay) && o.learning_rate >= 0 && o.epsilon >= 0 &&
                o.weight_decay >= 0 && o.beta1 >= 0 && o.beta1 < 1 && o.beta2 >= 0 && o.beta2 < 1,
            [] {
              return Fault{"option out of range", "Adam", "rates of at least 0, betas in [0, 1)", {}};
            });
    if (o.amsgrad) largest_.emplace(like);
    for_each_parameter(
        [&](const Path& path, const auto&) {
          const std::string name = o.frozen.empty() ? std::string() : path.text();
          frozen_.push_back(std::any_of(o.frozen.begin(), o.frozen.end(),
                                        [&](const std::string& part) { return name.find(part) != std::string::npos; }));
        },
        like);
    reset();
  }

  /// Forgets the moments.
  void reset() {
    set_zero(first_);
    set_zero(second_);
    if (largest_) set_zero(*largest_);
    steps_ = 0;
  }

  /// Moves the model against the gradient.
  void step(Model& model, const Model& gradient) {
    ++steps_;
    const double b1 = options.beta1, b2 = options.beta2, t = static_cast<double>(steps_);
    const double correction = std::sqrt(1 - std::pow(b2, t)), rate = options.learning_rate / (1 - std::pow(b1, t));
    const Numbers n{.b1 = b1,
                    .b2 = b2,
                    .rate = options.epsilon_outside ? rate * correction : rate,
                    .root = options.epsilon_outside ? 1 : 1 / correction,
                    .epsilon = options.epsilon,
                    .decay_gradient = options.decoupled ? 0 : options.weight_decay,
                    .keep = options.decoupled ? 1 - options.learning_rate * options.weight_decay : 1};
    Numbers without_decay = n;
    without_decay.decay_gradient = 0;
    without_decay.keep = 1;
    std::size_t number = 0;
    for_each_parameter(
        [&](const Path&, auto& w, const auto& g, auto& m, auto& v, auto& top) {
          if (frozen_[number++]) return;
          const bool spared = options.decay_matrices_only && w.extents().size() == 1;
          update(spared ? without_decay : n, w, g, m, v, top.data());
        },
        model, gradient, first_, second_, largest_ ? *largest_ : second_);
  }

  std::int64_t steps() const { return steps_; }

  /// What a checkpoint keeps: `f(name, part)`, parts being models and whole numbers.
  template <class F>
  void visit_state(F&& f) {
    f("first_moment", first_);
    f("second_moment", second_);
    if (largest_) f("largest_second_moment", *largest_);
    f("steps", steps_);
  }
  /// The options as text: what a checkpoint compares.
  HEED_COLD Metadata settings() const {
    Metadata m;
    set(m, "learning_rate", options.learning_rate);
    set(m, "beta1", options.beta1);
    set(m, "beta2", options.beta2);
    set(m, "epsilon", options.epsilon);
    set(m, "weight_decay", options.weight_decay);
    set(m, "decay_matrices_only", options.decay_matrices_only);
    set(m, "decoupled", options.decoupled);
    set(m, "amsgrad", options.amsgrad);
    set(m, "epsilon_outside", options.epsilon_outside);
    if (!options.frozen.empty()) set(m, "frozen", options.frozen);
    return m;
  }

 private:
  struct Numbers {
    double b1, b2, rate, root, epsilon, decay_gradient, keep;
  };

  template <class Parameter>
  static void update(const Numbers& n, Parameter& w, const Parameter& g, Parameter& m, Parameter& v,
                     typename Parameter::Scalar* top) {
    using namespace simd;
    using S = typename Parameter::Scalar;
    const bool amsgrad = top != v.data();
    for_each_packet<S>(w.size(), [&]<class P>(Index i) HEED_LAMBDA {
      const auto all = [](double x) HEED_LAMBDA { return set1<P>(static_cast<S>(x)); };
      const P theta = load<P>(w.data() + i);
      const P d = fma(all(n.decay_gradient), theta, load<P>(g.data() + i));
      const P mean = fma(all(n.b1), load<P>(m.data() + i), mul(all(1 - n.b1), d));
      const P square = fma(all(n.b2), load<P>(v.data() + i), mul(all(1 - n.b2), mul(d, d)));
      store(m.data() + i, mean);
      store(v.data() + i, square);
      P most = square;
      if (amsgrad) {
        most = max(load<P>(top + i), square);
        store(top + i, most);
      }
      const P denominator = fma(all(n.root), simd::sqrt(most), all(n.epsilon));
      store(w.data() + i, sub(mul(all(n.keep), theta), div(mul(all(n.rate), mean), denominator)));
    });
  }

  std::vector<bool> frozen_;      // parameter by parameter
  Model first_, second_;          // m, v
  std::optional<Model> largest_;  // with amsgrad the largest v
  std::int64_t steps_ = 0;
};

/// torch.optim.AdamW's options: weight decay is 0.01 unless said otherwise.
struct AdamWOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;
  bool decay_matrices_only = false;
  bool amsgrad = false;
};

/// Adam with decoupled weight decay: `Adam optimizer(model, adamw({.learning_rate = 3e-4}))`
inline AdamOptions adamw(const AdamWOptions& o = {}) {
  return {.learning_rate = o.learning_rate,
          .beta1 = o.beta1,
          .beta2 = o.beta2,
          .epsilon = o.epsilon,
          .weight_decay = o.weight_decay,
          .decay_matrices_only = o.decay_matrices_only,
          .decoupled = true,
          .amsgrad = o.amsgrad};
}

}  // namespace heed::inline HEED_ISA
