#include "cases.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "../../support/svg_charts.hpp"
#include "pictures.hpp"

namespace classifier::page {

using heed::Index;

namespace {

Index length_in(const auto& data, Index i) {
  return data.lengths.empty() ? data.steps() : Index(data.lengths[static_cast<std::size_t>(i)]);
}

// mean and deviation of the features, over all steps that are there
FeatureScale scale_of(const heed::Sequences<float>& data) {
  FeatureScale scale;
  for (Index f = 0; f < data.features(); ++f) {
    double sum = 0, squares = 0, n = 0;
    for (Index i = 0; i < data.count(); ++i) {
      for (Index t = 0; t < length_in(data, i); ++t) {
        if (!data.mask.empty() && data.mask(i, t) == 0) continue;
        const auto value = static_cast<double>(data.x(i, t, f));
        sum += value;
        squares += value * value;
        ++n;
      }
    }
    const double mean = n > 0 ? sum / n : 0,
                 deviation = n > 0 ? std::sqrt(std::max(squares / n - mean * mean, 0.0)) : 0;
    scale.mean.push_back(mean);
    scale.deviation.push_back(deviation > 0 ? deviation : 1);
  }
  return scale;
}

void complete(Cases& cases, const auto& data) {
  cases.count = data.count();
  cases.steps = data.steps();
  cases.length = [&data](Index i) { return length_in(data, i); };
  for (Index i = 0; i < cases.count; ++i) cases.ragged = cases.ragged || cases.length(i) != cases.steps;
}

}  // namespace

std::vector<std::string> feature_names(const Columns& columns, Index features) {
  if (static_cast<Index>(columns.names.size()) == features) return columns.names;
  std::vector<std::string> names;
  for (Index f = 0; f < features; ++f) names.push_back("feature " + std::to_string(f));
  return names;
}

Cases cases_of(const NamedSequences& data, const std::vector<std::string>& features, const std::vector<double>& shift) {
  Cases cases{.one = "sequence", .many = "sequences"};
  complete(cases, data);
  cases.name = [&data](Index i) {
    const bool named = !data.ids.empty();
    return std::to_string(i) +
           (named ? " (" + support::cut(data.ids[static_cast<std::size_t>(i)], 40) + ")" : std::string());
  };
  FeatureScale scale = scale_of(data);
  const Index drawn = std::min<Index>(data.features(), most_drawn);
  if (drawn == 1) {  // in its own units
    scale.deviation[0] = 1;
    scale.mean[0] = shift.empty() ? 0 : -shift[0];
  }
  cases.picture = [&data, scale](Index i, const std::vector<float>& attention) {
    return series_picture(data, i, length_in(data, i), scale, attention);
  };
  std::vector<std::pair<std::string, std::string>> key;
  for (Index f = 0; f < drawn; ++f) {
    key.emplace_back(features[static_cast<std::size_t>(f)], "c" + std::to_string(f));
  }
  if (data.features() > 1) {
    cases.key = support::chart_key(key) + "<p class=\"note\">Features are drawn in deviations from their mean.";
    if (data.features() > drawn) {
      cases.key += " Drawn are the first " + std::to_string(drawn) + " of " + grouped(data.features()) + " features.";
    }
    cases.key += "</p>\n";
  }
  return cases;
}

Cases cases_of(const Tokens& data) {
  Cases cases{.one = "sentence", .many = "sentences"};
  complete(cases, data);
  cases.name = [](Index i) { return std::to_string(i); };
  cases.words = [&data](Index i) -> const std::vector<std::string>& { return data.words[static_cast<std::size_t>(i)]; };
  cases.picture = [&data](Index i, const std::vector<float>& attention) {
    return sentence_picture(data.words[static_cast<std::size_t>(i)], data.x[i].data(), attention);
  };
  cases.key = "<p class=\"note\">Dotted words are unknown to the model.</p>\n";
  return cases;
}

}  // namespace classifier::page
