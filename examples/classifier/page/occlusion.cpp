#include "occlusion.hpp"

#include <algorithm>
#include <cmath>

namespace classifier::page {

using heed::Index;

namespace {

constexpr Index most_features = 40, most_stretches = 12;

std::string percent_of(double part) { return std::to_string(std::lround(100 * part)); }

}  // namespace

Index affordable(Index steps, Index variants, Index parameters, Index count) {
  constexpr double operations = 2e11;  // some seconds
  constexpr Index least = 50, most = 1000;
  const double each = 2.0 * static_cast<double>(steps) * static_cast<double>(variants) *
                      static_cast<double>(std::max<Index>(parameters, 5000));
  const auto rows = static_cast<Index>(std::min(operations / each, 1e9));
  return std::min(std::clamp(rows, least, most), count);
}

std::vector<Stretch> feature_stretches(const std::vector<std::string>& features) {
  const auto count = static_cast<Index>(features.size());
  const Index each = (count + most_features - 1) / most_features;
  std::vector<Stretch> stretches;
  for (Index f = 0; f < count; f += each) {
    const Index last = std::min(f + each, count);
    std::string name = features[static_cast<std::size_t>(f)];
    if (last > f + 1) name = "features " + std::to_string(f) + "–" + std::to_string(last - 1);
    stretches.push_back({name, f, last});
  }
  return stretches;
}

std::vector<Stretch> time_stretches(Index features, Index steps, bool ragged) {
  const Index count = std::min(steps, most_stretches);
  std::vector<Stretch> stretches;
  for (Index s = 0; s < count && count > 1; ++s) {
    const double from = static_cast<double>(s) / static_cast<double>(count),
                 to = static_cast<double>(s + 1) / static_cast<double>(count);
    const Index first = s * steps / count, last = (s + 1) * steps / count;
    std::string name = "step " + std::to_string(first);
    if (last > first + 1) name = "steps " + std::to_string(first) + "–" + std::to_string(last - 1);
    if (ragged) name = percent_of(from) + "–" + percent_of(to) + " %";
    stretches.push_back({name, 0, features, from, to});
  }
  return stretches;
}

std::vector<float> means_of(const heed::Sequences<float>& data) {
  std::vector<double> sums(static_cast<std::size_t>(data.features()));
  double n = 0;
  for (Index i = 0; i < data.count(); ++i) {
    const Index length = data.lengths.empty() ? data.steps() : data.lengths[static_cast<std::size_t>(i)];
    for (Index t = 0; t < length; ++t) {
      if (!data.mask.empty() && data.mask(i, t) == 0) continue;
      for (Index f = 0; f < data.features(); ++f) {
        sums[static_cast<std::size_t>(f)] += static_cast<double>(data.x(i, t, f));
      }
      ++n;
    }
  }
  std::vector<float> means;
  for (const double sum : sums) means.push_back(static_cast<float>(n > 0 ? sum / n : 0));
  return means;
}

heed::Sequences<float> occluded(const heed::Sequences<float>& data, const Stretch& stretch,
                                const std::vector<float>& means) {
  heed::Sequences<float> changed = data;
  for (Index i = 0; i < data.count(); ++i) {
    const Index length = data.lengths.empty() ? data.steps() : data.lengths[static_cast<std::size_t>(i)];
    const auto at = [&](double part) {
      return static_cast<Index>(std::floor(part * static_cast<double>(length) + 1e-9));
    };
    for (Index t = at(stretch.from); t < at(stretch.to); ++t) {
      for (Index f = stretch.first_feature; f < stretch.last_feature; ++f) {
        changed.x(i, t, f) = means[static_cast<std::size_t>(f)];
      }
    }
  }
  return changed;
}

}  // namespace classifier::page
