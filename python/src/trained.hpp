#pragma once

// How models that learn by steps are trained, numbers and words alike.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "heed/models/keras_start.hpp"
#include "heed/optim/adam.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/fit_ensemble.hpp"
#include "stored.hpp"

namespace heed_python {

inline bool keras(const Training& training) { return option(training, "flavor", "pytorch") == "keras"; }

template <class M>
void initialize(M& model, const Training& training, std::uint64_t seed) {
  if constexpr (requires { heed::initialize_keras(model, heed::Key{seed}); }) {
    if (keras(training)) return heed::initialize_keras(model, heed::Key{seed});
  }
  model.initialize(heed::Key{seed});
}

template <class M>
heed::AdamOptions adam_options(const M& model, const Training& training, const heed::FitOptions& fit) {
  heed::AdamOptions adam = heed::detail::adam_of(fit);
  if (!keras(training)) return adam;
  adam.epsilon = 1e-7;
  adam.epsilon_outside = true;
  if constexpr (requires { classifier_of(model).options.cell; }) {
    const heed::CellKind cell = classifier_of(model).options.cell;
    // where Keras has one bias, the second of heed's two stays 0
    if (cell != heed::CellKind::gru && cell != heed::CellKind::none) adam.frozen = {"bias_hh"};
  }
  return adam;
}

/// The model as many times as the ensemble has members, of one seed after the other.
template <class M>
std::vector<M> members_of(M&& model, const Training& training, const heed::FitOptions& fit) {
  initialize(model, training, fit.seed);
  std::vector<M> members;
  members.push_back(std::move(model));
  const Index count = count_option(training, "ensemble", 1);
  heed::detail::check_members(count);
  for (Index i = 1; i < count; ++i) {
    members.push_back(members.front());
    initialize(members.back(), training, fit.seed + static_cast<std::uint64_t>(i));
  }
  return members;
}

/// Trains each member; T: std::int32_t for classes, float for numbers.
template <class M, class T>
std::vector<heed::History> fit_members(std::vector<M>& members, const Training& training, heed::FitOptions fit,
                                       const heed::LabelledSequences<typename M::Input, T>& data,
                                       const std::optional<heed::LabelledSequences<typename M::Input, T>>& test) {
  const auto train = [&](M& model, const heed::FitOptions& options) {
    heed::Adam<M> adam(model, adam_options(model, training, options));
    if constexpr (std::same_as<T, std::int32_t>) {
      return heed::fit(model, data, adam, options, test);
    } else {
      return heed::fit(model, data, heed::MeanSquaredError<float>(), adam, options, test);
    }
  };
  if (members.size() == 1) return {train(members.front(), fit)};
  fit.callbacks.clear();
  return heed::fit_members(std::span<M>(members), fit, train);
}

/// Class i of labels; a view of Python's memory.
inline heed::LabelsView labels_view(const Targets& targets, Index count) {
  if (targets.classes_a_sequence == 1) return heed::LabelsView(targets.classes);
  return heed::LabelsView(
      heed::TensorView<const std::int32_t, 2>(targets.classes.data(), {count, targets.classes_a_sequence}));
}

}  // namespace heed_python
