#include <cstddef>
#include <utility>
#include <vector>

#include "heed/core/tensor.hpp"
#include "heed/data/series_windows.hpp"
#include "heed/data/standardize.hpp"
#include "heed/layers/last_value.hpp"
#include "numbers.hpp"

namespace classifier {

using heed::Index;

TargetScale scale_of(const heed::Tensor<double, 2>& targets, bool relative) {
  const Index n = targets.extent(0), outputs = targets.extent(1);
  const heed::FeatureStatistics s =
      heed::feature_statistics<double>(heed::TensorView<const double, 3>(targets.data(), {n, 1, outputs}));
  if (!relative) s.require_digits<float>("training data");  // answers are floats in the targets' units
  return {s.mean, s.deviation};
}

heed::Tensor<float, 2> scaled(const heed::Tensor<double, 2>& targets, const TargetScale& scale, heed::IndexRange rows) {
  heed::Tensor<float, 2> result({rows.count(), targets.extent(1)});
  for (Index i = rows.first; i < rows.last; ++i) {
    for (Index k = 0; k < targets.extent(1); ++k) {
      const auto at = static_cast<std::size_t>(k);
      result(i - rows.first, k) = static_cast<float>((targets(i, k) - scale.mean[at]) / scale.deviation[at]);
    }
  }
  return result;
}

namespace {

// What a model is to learn: where there are last values, changes from them. What was taken from the features is not in
// these, so it is learnt, too.
heed::Tensor<double, 2> learnt(const Targets& targets) {
  heed::Tensor<double, 2> changes = targets.exact;
  for (Index i = 0; i < targets.last.size(); ++i) changes.data()[i] -= static_cast<double>(targets.last.data()[i]);
  return changes;
}

}  // namespace

heed::Tensor<float, 2> subtract_last(heed::Sequences<double>& windows, const NumbersTask& task,
                                     const std::vector<double>& offsets, const std::filesystem::path& path) {
  return heed::subtract_last_as<float>(windows.x.view(), task.features_of_outputs(), {}, windows.step_mask(), offsets,
                                       path.string());
}

void set_targets(Task<NumberModel>& task, Targets train, Targets test, const heed::Part& part) {
  task.scale = scale_of(train.exact);
  task.numbers.means = task.scale.mean;
  if (task.numbers.relative) task.scale = scale_of(learnt(train), true);
  for (Targets* targets : {&train, &test}) {
    const Index count = targets->exact.extent(0);
    targets->scaled = scaled(learnt(*targets), task.scale, part ? part(count) : heed::IndexRange{0, count});
  }
  task.targets = std::move(train);
  task.test_targets = std::move(test);
}

namespace {

heed::Dense<float>& last_layer_of(NumberModel& model) { return model.fc2; }
heed::Dense<float>& last_layer_of(RocketModel& model) { return model.head; }

void to_units(heed::Dense<float>& last, const TargetScale& scale) {
  for (Index k = 0; k < last.out_features(); ++k) {
    const double mean = scale.mean[static_cast<std::size_t>(k)],
                 deviation = scale.deviation[static_cast<std::size_t>(k)];
    for (Index i = 0; i < last.in_features(); ++i)
      last.weight(k, i) = static_cast<float>(static_cast<double>(last.weight(k, i)) * deviation);
    last.bias(k) = static_cast<float>(static_cast<double>(last.bias(k)) * deviation + mean);
  }
}

}  // namespace

template <class M>
void to_units(StoredModel<M>& stored, const TargetScale& scale) {
  const auto change = [&](M& model) {
    to_units(last_layer_of(model), scale);
    if (stored.task.relative) model.last_value = heed::LastValue<float>(stored.task.features_of_outputs());
  };
  change(stored.model);
  for (M& member : stored.more) change(member);
}
template void to_units(StoredModel<NumberModel>&, const TargetScale&);
template void to_units(StoredModel<RocketModel>&, const TargetScale&);

void from_units(NumberModel& model, const TargetScale& scale) {
  TargetScale inverse = scale;
  for (std::size_t k = 0; k < scale.mean.size(); ++k) {
    inverse.deviation[k] = 1 / scale.deviation[k];
    inverse.mean[k] = -scale.mean[k] / scale.deviation[k];
  }
  to_units(last_layer_of(model), inverse);
  model.last_value = {};
}

}  // namespace classifier
