#pragma once

// How models that learn by steps are trained, numbers and words alike.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/io/checkpoint.hpp"
#include "heed/layers/dense.hpp"
#include "heed/models/keras_start.hpp"
#include "heed/optim/adam.hpp"
#include "heed/options/fields.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/fit_ensemble.hpp"
#include "read.hpp"
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

/// A new last layer, for other classes.
template <class M>
void set_new_head(M& model, Index outputs, heed::Key key) {
  auto& classifier = classifier_of(model);
  classifier.fc2 = heed::Dense<float>({.in_features = classifier.fc2.in_features(), .out_features = outputs});
  classifier.fc2.initialize(key);
  classifier.options.classes = outputs;
  classifier.labels.clear();
  if constexpr (requires { model.options.classifier.classes; }) model.options.classifier.classes = outputs;
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

/// The model that training starts from, if there is one. Throws where the options say another one.
template <class M, class Fits>
std::optional<Kept<M>> start_of(const Training& training, Index outputs, const heed::FitOptions& fit, Fits&& fits) {
  if (!training.start) return {};
  const std::string& name = training.start->name;
  const heed::TensorFile file = file_of(training.start->bytes, name);
  heed::require(holds<M>(file, {}, fits),
                [&] { return heed::Fault{"init is another kind of model", name, std::string(M::architecture)}; });
  Kept<M> start = kept_in<M>(file, {});
  heed::require(start.members.size() == 1, [&] {
    return heed::Fault{"init is an ensemble", name, "one model", std::to_string(start.members.size())};
  });
  heed::require(count_option(training, "ensemble", 1) == 1, [&] {
    return heed::Fault{"all models of the ensemble would start from init", "ensemble", "1",
                       option(training, "ensemble", "1")};
  });
  M& model = start.members.front();
  auto said = model.options;
  heed::set_fields(said, training.model);
  const Metadata wanted = heed::to_metadata(said), found = heed::to_metadata(model.options);
  for (const auto& [key, value] : wanted) {
    const auto of_file = found.find(key);
    const std::string has = of_file == found.end() ? "none" : of_file->second;
    heed::require(has == value, [&] { return heed::Fault{"an option contradicts init", key, has, value}; });
  }
  if (training.start->new_head) set_new_head(model, outputs, heed::Key{fit.seed}.child(3));
  return start;
}

/// The checkpoint of a member: of "run.ckpt" that of seed 3 is "run-3.ckpt", as the command line has it.
inline heed::Checkpoint checkpoint_of_member(const Training& training, std::uint64_t seed) {
  std::filesystem::path path = option(training, "checkpoint", "");
  if (path.empty()) return {};
  path.replace_filename(path.stem().string() + '-' + std::to_string(seed) + path.extension().string());
  return heed::checkpoint(path, {.every = static_cast<int>(count_option(training, "checkpoint_every", 1))});
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
  fit.checkpoint = {};  // each has its own
  return heed::fit_members(std::span<M>(members), fit, [&](M& model, heed::FitOptions options) {
    options.checkpoint = checkpoint_of_member(training, options.seed);
    return train(model, options);
  });
}

/// Class i of labels; a view of Python's memory.
inline heed::LabelsView labels_view(const Targets& targets, Index count) {
  if (targets.classes_a_sequence == 1) return heed::LabelsView(targets.classes);
  return heed::LabelsView(
      heed::TensorView<const std::int32_t, 2>(targets.classes.data(), {count, targets.classes_a_sequence}));
}

}  // namespace heed_python
