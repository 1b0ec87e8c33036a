#pragma once

// A loss of any type, for the training engine.

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/error.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/losses/loss.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/metadata.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// The targets of one sequence, in the loss's type.
struct AnyTargets {
  const void* data = nullptr;
  std::size_t count = 0;

  template <class T>
  AnyTargets(std::span<const T> targets) : data(targets.data()), count(targets.size()) {}
  template <class T>
  std::span<const T> as() const {
    return {static_cast<const T*>(data), count};
  }
};

template <class S>
class AnyLoss {
 public:
  template <class L>
  explicit AnyLoss(L loss) try : loss_(std::make_shared<const L>(std::move(loss))), functions_(&table<L>) {
  } catch (...) {
    rethrow_as_error("loss");
  }

  /// The loss of a tile times `scale`. `dz` gets the gradient, unless it is empty.
  double operator()(const Tile<const S>& z, const AnyTile& targets, const S* weights, double scale, const Tile<S>& dz,
                    const Pass& pass) const {
    return functions_->value(loss_.get(), z, targets, weights, scale, dz, pass);
  }
  /// NaN if the loss has no accuracy.
  double count_correct(const Tile<const S>& z, const AnyTile& targets, const S* weights) const {
    return functions_->correct(loss_.get(), z, targets, weights);
  }
  /// What the targets of a sequence add to the denominator of the mean.
  double target_weight(AnyTargets targets) const { return functions_->weight(loss_.get(), targets); }
  /// What the targets add to the denominator of the accuracy.
  double counted(AnyTargets targets) const { return functions_->counted(loss_.get(), targets); }
  /// `targets`: a `TargetsView` of the loss's type.
  void check(const void* targets, Index outputs) const { functions_->check(loss_.get(), targets, outputs); }
  /// The same loss with other class weights. Throws if it has none.
  AnyLoss rebalanced(const std::vector<double>& weights) const { return functions_->rebalanced(loss_.get(), weights); }
  /// The kind of outputs of models trained with it.
  OutputKind outputs() const { return functions_->outputs; }
  /// {"loss": its `name`, "loss.delta": ...}, if the loss has a name and options that describe themselves.
  Metadata identity() const { return functions_->identity(loss_.get()); }

 private:
  struct Functions {
    double (*value)(const void* loss, const Tile<const S>& z, const AnyTile& targets, const S* weights, double scale,
                    const Tile<S>& dz, const Pass& pass);
    double (*correct)(const void* loss, const Tile<const S>& z, const AnyTile& targets, const S* weights);
    double (*weight)(const void* loss, AnyTargets targets);
    double (*counted)(const void* loss, AnyTargets targets);
    void (*check)(const void* loss, const void* targets, Index outputs);
    AnyLoss (*rebalanced)(const void* loss, const std::vector<double>& weights);
    OutputKind outputs;
    Metadata (*identity)(const void* loss);
  };

  template <class L>
  static const L& of(const void* loss) {
    return *static_cast<const L*>(loss);
  }
  template <class L>
  static AnyLoss with_weights(const void* loss, const std::vector<double>& weights) {
    if constexpr (std::same_as<L, CrossEntropy<S>>) {
      auto options = of<L>(loss).options();
      options.class_weights = weights;
      return AnyLoss(CrossEntropy<S>(std::move(options)));
    } else {
      abi_detail::throw_error(Fault{"balance_classes goes with cross-entropy", "fit", {}, {}});
    }
  }
  template <class L>
  static Metadata identity_of([[maybe_unused]] const void* loss) {
    Metadata identity, options;
    if constexpr (requires { std::string_view(L::name); }) identity["loss"] = L::name;
    if constexpr (requires { to_metadata(of<L>(loss).options()); }) {
      options = to_metadata(of<L>(loss).options());
    } else if constexpr (requires { to_metadata(of<L>(loss).options); }) {
      options = to_metadata(of<L>(loss).options);
    }
    for (const auto& [key, value] : options) identity["loss." + key] = value;
    return identity;
  }
  template <class L>
  static constexpr Functions table{
      [](const void* loss, const Tile<const S>& z, const AnyTile& targets, const S* weights, double scale,
         const Tile<S>& dz, const Pass& pass) -> double {
        return of<L>(loss)(z, targets.as<typename L::Target>(), weights, scale, dz, pass);
      },
      [](const void* loss, const Tile<const S>& z, const AnyTile& targets, const S* weights) -> double {
        const Tile<const typename L::Target> t = targets.as<typename L::Target>();
        if constexpr (requires { of<L>(loss).count_correct(z, t, weights); }) {
          return of<L>(loss).count_correct(z, t, weights);
        } else {
          return std::numeric_limits<double>::quiet_NaN();
        }
      },
      [](const void* loss, AnyTargets targets) -> double {
        return of<L>(loss).target_weight(targets.as<typename L::Target>());
      },
      [](const void* loss, AnyTargets targets) -> double {
        const std::span<const typename L::Target> t = targets.as<typename L::Target>();
        if constexpr (requires { of<L>(loss).counted(t); }) {
          return of<L>(loss).counted(t);
        } else {
          return 1;
        }
      },
      [](const void* loss, const void* targets, Index outputs) {
        of<L>(loss).check(*static_cast<const TargetsView<typename L::Target>*>(targets), outputs);
      },
      &with_weights<L>,
      outputs_of_loss<L>(),
      &identity_of<L>,
  };

  std::shared_ptr<const void> loss_;
  const Functions* functions_;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
