#include <cstddef>

#include "heed/core/tensor.hpp"
#include "heed/data/standardize.hpp"
#include "numbers.hpp"

namespace classifier {

using heed::Index;

TargetScale scale_of(const heed::Tensor<double, 2>& targets) {
  const Index n = targets.extent(0), outputs = targets.extent(1);
  const heed::FeatureStatistics s =
      heed::feature_statistics<double>(heed::TensorView<const double, 3>(targets.data(), {n, 1, outputs}));
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

void to_units(NumberModel& model, const TargetScale& scale) {
  heed::Dense<float>& last = model.fc2;
  for (Index k = 0; k < last.out_features(); ++k) {
    const double mean = scale.mean[static_cast<std::size_t>(k)],
                 deviation = scale.deviation[static_cast<std::size_t>(k)];
    for (Index i = 0; i < last.in_features(); ++i)
      last.weight(k, i) = static_cast<float>(static_cast<double>(last.weight(k, i)) * deviation);
    last.bias(k) = static_cast<float>(static_cast<double>(last.bias(k)) * deviation + mean);
  }
}

void from_units(NumberModel& model, const TargetScale& scale) {
  TargetScale inverse = scale;
  for (std::size_t k = 0; k < scale.mean.size(); ++k) {
    inverse.deviation[k] = 1 / scale.deviation[k];
    inverse.mean[k] = -scale.mean[k] / scale.deviation[k];
  }
  to_units(model, inverse);
}

}  // namespace classifier
