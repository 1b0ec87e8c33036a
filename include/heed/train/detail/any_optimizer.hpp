#pragma once

// An optimizer of any type, as the engine sees it.

#include <concepts>
#include <utility>

#include "heed/core/any_model.hpp"
#include "heed/core/metadata.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/types.hpp"
#include "heed/train/detail/fit_state.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

template <class S>
class AnyOptimizer {
 public:
  virtual ~AnyOptimizer() = default;
  virtual void step(Parameters<S>& weights, OwnModel<S>& gradient) = 0;
  /// The present rate; -1 where it tells none.
  virtual double rate() const = 0;
  virtual void set_rate(double rate) = 0;
  /// Whether it can go into a checkpoint; what goes there, and what that compares.
  virtual bool keeps_state() const = 0;
  virtual void visit_state(const StateParts& parts) = 0;
  virtual Metadata settings() const = 0;
};

/// Somebody's optimizer for models of one type.
template <class Model, class O>
class OptimizerOf final : public AnyOptimizer<typename Model::Scalar> {
 public:
  using S = typename Model::Scalar;
  OptimizerOf(Model& model, O& optimizer) : model_(model), optimizer_(optimizer) {}

  void step(Parameters<S>& weights, OwnModel<S>& gradient) override {
    if constexpr (steps_on_lists) {
      optimizer_.step(weights, std::as_const(gradient).parameters());
    } else {
      optimizer_.step(model_, std::as_const(gradient).template as<Model>());
    }
  }
  double rate() const override {
    if constexpr (tells_rate) {
      return optimizer_.options.learning_rate;
    } else {
      return -1;
    }
  }
  void set_rate([[maybe_unused]] double rate) override {
    if constexpr (tells_rate) optimizer_.options.learning_rate = rate;
  }
  bool keeps_state() const override {
    return requires(O & o, const StateParts& parts) { o.visit_state(parts); };
  }
  void visit_state([[maybe_unused]] const StateParts& parts) override {
    if constexpr (requires { optimizer_.visit_state(parts); }) optimizer_.visit_state(parts);
  }
  Metadata settings() const override {
    if constexpr (requires {
                    { std::as_const(optimizer_).settings() } -> std::convertible_to<Metadata>;
                  }) {
      return std::as_const(optimizer_).settings();
    } else {
      return {};
    }
  }

 private:
  // heed's own, and what is derived from them without a step of its own
  static constexpr bool steps_on_lists = requires(O & o, Parameters<S>& weights, const Parameters<S>& gradient) {
    requires O::steps_on_lists;
    o.step(weights, gradient);
  };
  static constexpr bool tells_rate = requires(O & o, double rate) {
    { o.options.learning_rate } -> std::convertible_to<double>;
    o.options.learning_rate = rate;
  };
  Model& model_;
  O& optimizer_;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
