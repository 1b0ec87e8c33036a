#pragma once

// An optimizer of any type, for the training engine.

#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/types.hpp"
#include "heed/optim/adam.hpp"
#include "heed/optim/sgd.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/metadata.hpp"
#include "heed/train/detail/fit_state.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

template <class S>
class AnyOptimizer {
 public:
  virtual ~AnyOptimizer() = default;
  virtual void step(Parameters<S>& weights, OwnModel<S>& gradient) = 0;
  /// The present learning rate; -1 if the optimizer does not tell it.
  virtual double rate() const = 0;
  virtual void set_rate(double rate) = 0;
  /// Whether checkpoints can store it; what they store, and what they compare.
  virtual bool keeps_state() const = 0;
  virtual void visit_state(const StateParts& parts) = 0;
  virtual Metadata settings() const = 0;
  /// Texts in the names of the parameters that it freezes, and whether it freezes all parameters without a wanted
  /// gradient.
  virtual std::vector<std::string> frozen() const = 0;
  virtual bool keeps_unwanted() const = 0;
  virtual std::vector<NamedFactor> rates() const = 0;
};

/// An optimizer that works on lists of parameters.
template <class S, class O>
class ListOptimizer final : public AnyOptimizer<S> {
 public:
  explicit ListOptimizer(O& optimizer) : optimizer_(optimizer) {}
  void step(Parameters<S>& weights, OwnModel<S>& gradient) override;
  double rate() const override;
  void set_rate(double rate) override;
  bool keeps_state() const override { return true; }
  void visit_state(const StateParts& parts) override;
  Metadata settings() const override;
  std::vector<std::string> frozen() const override;
  bool keeps_unwanted() const override { return true; }
  std::vector<NamedFactor> rates() const override;

 private:
  O& optimizer_;
};

template <class S, class O>
void ListOptimizer<S, O>::step(Parameters<S>& weights, OwnModel<S>& gradient) {
  optimizer_.step(weights, std::as_const(gradient).parameters());
}
template <class S, class O>
double ListOptimizer<S, O>::rate() const {
  return optimizer_.options.learning_rate;
}
template <class S, class O>
void ListOptimizer<S, O>::set_rate(double rate) {
  optimizer_.options.learning_rate = rate;
}
template <class S, class O>
void ListOptimizer<S, O>::visit_state(const StateParts& parts) {
  optimizer_.visit_state(parts);
}
template <class S, class O>
std::vector<std::string> ListOptimizer<S, O>::frozen() const {
  return optimizer_.options.frozen;
}
template <class S, class O>
std::vector<NamedFactor> ListOptimizer<S, O>::rates() const {
  return optimizer_.options.rates;
}
template <class S, class O>
Metadata ListOptimizer<S, O>::settings() const {
  return to_metadata(optimizer_.options);
}

/// A user's optimizer for one model type.
template <class Model, class O>
class OptimizerOf final : public AnyOptimizer<typename Model::Scalar> {
 public:
  using S = typename Model::Scalar;
  OptimizerOf(Model& model, O& optimizer) : model_(model), optimizer_(optimizer) {}

  void step(Parameters<S>&, OwnModel<S>& gradient) override {
    optimizer_.step(model_, std::as_const(gradient).template as<Model>());
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
    return requires(O& o, const StateParts& parts) { o.visit_state(parts); };
  }
  void visit_state([[maybe_unused]] const StateParts& parts) override {
    if constexpr (requires { optimizer_.visit_state(parts); }) optimizer_.visit_state(parts);
  }
  Metadata settings() const override {
    if constexpr (requires { to_metadata(optimizer_.options); }) {
      return to_metadata(optimizer_.options);
    } else {
      return {};
    }
  }

  std::vector<std::string> frozen() const override {
    if constexpr (requires { std::vector<std::string>(optimizer_.options.frozen); }) {
      return optimizer_.options.frozen;
    } else {
      return {};
    }
  }
  bool keeps_unwanted() const override { return false; }
  std::vector<NamedFactor> rates() const override { return {}; }

 private:
  static constexpr bool tells_rate = requires(O& o, double rate) {
    { o.options.learning_rate } -> std::convertible_to<double>;
    o.options.learning_rate = rate;
  };
  Model& model_;
  O& optimizer_;
};

/// heed's own optimizers work on lists; all others work on models.
template <class Model, class O>
std::unique_ptr<AnyOptimizer<typename Model::Scalar>> any_optimizer(Model& model, O& optimizer) {
  using S = typename Model::Scalar;
  if constexpr (std::same_as<O, Adam<Model>>) {
    return std::make_unique<ListOptimizer<S, BasicAdam<S>>>(optimizer);
  } else if constexpr (std::same_as<O, Sgd<Model>>) {
    return std::make_unique<ListOptimizer<S, BasicSgd<S>>>(optimizer);
  } else {
    return std::make_unique<OptimizerOf<Model, O>>(model, optimizer);
  }
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA

HEED_COMPILED_ONE(class heed::detail::ListOptimizer<float, heed::BasicAdam<float>>)
HEED_COMPILED_ONE(class heed::detail::ListOptimizer<double, heed::BasicAdam<double>>)
HEED_COMPILED_ONE(class heed::detail::ListOptimizer<float, heed::BasicSgd<float>>)
HEED_COMPILED_ONE(class heed::detail::ListOptimizer<double, heed::BasicSgd<double>>)
