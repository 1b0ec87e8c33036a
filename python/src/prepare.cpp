#include "prepare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "heed/core/check.hpp"
#include "heed/core/error.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/series_windows.hpp"
#include "heed/data/standardize.hpp"
#include "heed/io/checkpoint.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/metadata.hpp"
#include "heed/train/tiles.hpp"

namespace heed_python {

namespace {

heed::Tensor<double, 3> in_double(const Series& series) {
  heed::Tensor<double, 3> x(series.extents);
  if (series.doubles) {
    std::copy_n(series.doubles, x.size(), x.data());
  } else {
    std::copy_n(series.floats, x.size(), x.data());
  }
  return x;
}

heed::TensorView<const double, 3> doubles_of(const Series& series) {
  if (!series.doubles) return {};
  return {series.doubles, series.extents};
}

constexpr const char* name_of_data = "X";

// Steps without a value become 0: nobody reads them.
void take_mask(heed::Tensor<double, 3>& x, Prepared& to) {
  heed::Tensor<std::uint8_t, 2> mask = heed::steps_with_values<double>(x.view(), to.lengths);
  for (double& value : x) value = std::isnan(value) ? 0 : value;
  bool all = true;
  for (Index i = 0; i < x.extent(0); ++i) {
    const Index length = to.lengths.empty() ? x.extent(1) : to.lengths[static_cast<std::size_t>(i)];
    for (Index t = 0; t < length; ++t) all = all && mask(i, t) != 0;
  }
  if (!all) to.mask = std::move(mask);
}

// What is still to be taken from the features: those that windows are relative to have lost it.
std::vector<double> remaining(std::vector<double> shift, std::span<const Index> relative) {
  for (const Index f : relative) {
    if (!shift.empty()) shift[static_cast<std::size_t>(f)] = 0;
  }
  return shift;
}

// Floats that stay where they are.
bool stays(const Series& series, const Preparation& p, std::span<const Index> relative = {}) {
  return series.floats && p.missing == heed::Missing::error && p.shift.empty() && relative.empty();
}

void check_series(const Series& series) {
  const auto& e = series.extents;
  heed::require(e[0] > 0 && e[1] > 0 && e[2] > 0, [&] {
    return heed::Fault{"no data", name_of_data, "at least one sequence, step and feature", heed::to_text(e)};
  });
}

constexpr std::size_t small_copy = std::size_t(8) << 20;  // bytes

void own(Prepared& to, heed::TensorView<const double, 3> from, const std::vector<double>& shift) {
  to.own = heed::narrowed<float>(from, to.lengths, name_of_data, shift);
  to.x = to.own.view();
}

// Targets, or what is left of them without their last values.
std::vector<double> changes(const Targets& targets, const heed::Tensor<float, 2>& last) {
  std::vector<double> numbers(targets.numbers.begin(), targets.numbers.end());
  for (Index i = 0; i < last.size(); ++i) numbers[static_cast<std::size_t>(i)] -= static_cast<double>(last.data()[i]);
  return numbers;
}

heed::FeatureStatistics statistics_of(std::span<const double> numbers, Index outputs) {
  const Index n = static_cast<Index>(numbers.size()) / outputs;
  return heed::feature_statistics<double>(heed::TensorView<const double, 3>(numbers.data(), {n, 1, outputs}));
}

}  // namespace

heed::Tensor<double, 3> filled(const Series& series, Preparation& p, bool trains) {
  heed::Tensor<double, 3> x = in_double(series);
  heed::check_lengths(series.lengths, x.extent(0), x.extent(1), name_of_data);
  if (trains && p.means.empty() && p.missing != heed::Missing::zero) {
    p.means = heed::feature_means<double>(x.view(), series.lengths);
  }
  // the answer to a sequence must not depend on the others
  const std::vector<double> unknown(static_cast<std::size_t>(x.extent(2)), std::numeric_limits<double>::quiet_NaN());
  heed::fill_missing<double>(x.view(), series.lengths, p.missing, p.means.empty() ? unknown : p.means, name_of_data);
  return x;
}

std::vector<Index> relative_outputs(const Training& training) {
  if (!flag_option(training, "relative")) return {};
  const std::string list = option(training, "forecasts", "");
  const Index horizon = count_option(training, "horizon", 1);
  const std::vector<double> forecasts =
      read_number_list(list, "forecasts", std::count(list.begin(), list.end(), ',') + 1);
  std::vector<Index> outputs;
  for (Index h = 0; h < horizon; ++h) {
    for (const double f : forecasts) outputs.push_back(static_cast<Index>(f));
  }
  return outputs;
}

void check_relative(const std::vector<Index>& of_start, const std::vector<Index>& relative) {
  heed::require(of_start.empty() || !relative.empty(), [] {
    return heed::Fault{"init forecasts changes from the last value; other tasks have no last value",
                       "init",
                       "a model that was trained with absolute=True",
                       {}};
  });
  const std::set<Index> seen(of_start.begin(), of_start.end()), wanted(relative.begin(), relative.end());
  const auto text = [](const std::set<Index>& features) {
    std::string list;
    for (const Index f : features) list += (list.empty() ? "" : ", ") + std::to_string(f);
    return list;
  };
  heed::require(seen.empty() || seen == wanted, [&] {
    return heed::Fault{"init sees changes of other features", "targets", text(seen), text(wanted)};
  });
}

Prepared prepare(const Series& series, const Preparation& preparation, std::span<const Index> relative) {
  check_series(series);
  Prepared to{.lengths = series.lengths};
  if (stays(series, preparation, relative)) {
    to.x = {series.floats, series.extents};
    return to;
  }
  Preparation p = preparation;
  if (p.missing == heed::Missing::error && series.doubles && relative.empty()) {
    own(to, doubles_of(series), p.shift);
    return to;
  }
  heed::Tensor<double, 3> x = p.missing == heed::Missing::error ? in_double(series) : filled(series, p, false);
  if (p.missing == heed::Missing::mask) take_mask(x, to);
  if (!relative.empty()) {
    to.last = heed::subtract_last_as<float>(x.view(), relative, to.lengths, to.step_mask(), p.shift, name_of_data);
  }
  own(to, x.view(), remaining(p.shift, relative));
  return to;
}

Index rows_at_once(const Series& series, const Preparation& preparation) {
  if (stays(series, preparation)) return series.extents[0];
  const bool fills = preparation.missing != heed::Missing::error || series.floats;  // by way of doubles
  const Index each = std::max<Index>(1, series.extents[1] * series.extents[2]);
  const auto bytes = static_cast<std::size_t>(each) * (sizeof(float) + (fills ? sizeof(double) : 0));
  const auto rows = static_cast<Index>(small_copy / bytes);
  return std::max<Index>(1, rows / heed::tile_unit) * heed::tile_unit;
}

Prepared prepare_to_train(const Series& series, Preparation& p, bool standardizes,
                          std::optional<heed::Standardize<float>>& standardize, std::span<const Index> relative) {
  check_series(series);
  Prepared to{.lengths = series.lengths};
  heed::Tensor<double, 3> x;
  if (p.missing != heed::Missing::error) {
    x = filled(series, p, true);
    if (p.missing == heed::Missing::mask) take_mask(x, to);
  } else if (!relative.empty()) {
    x = in_double(series);
  }
  if (!relative.empty()) {
    if (p.shift.empty() && standardizes) {
      heed::check_finite<double>(x.view(), series.lengths, name_of_data);
      p.shift =
          heed::feature_statistics<double>(x.view(), series.lengths, heed::AllHere(), to.step_mask()).offsets<float>();
    }
    to.last = heed::subtract_last_as<float>(x.view(), relative, to.lengths, to.step_mask(), p.shift, name_of_data);
  }
  const heed::TensorView<const double, 3> exact =
      !x.empty() ? heed::TensorView<const double, 3>(x.view()) : doubles_of(series);
  const bool floats = exact.data() == nullptr;
  if (standardizes) {
    heed::check_lengths(series.lengths, series.extents[0], series.extents[1], name_of_data);
    const auto statistics = [&](const auto& view) {
      heed::check_finite(view, series.lengths, name_of_data);
      return heed::feature_statistics(view, series.lengths, heed::AllHere(), to.step_mask());
    };
    heed::FeatureStatistics s =
        floats ? statistics(heed::TensorView<const float, 3>(series.floats, series.extents)) : statistics(exact);
    if (relative.empty() && p.shift.empty()) p.shift = s.offsets<float>();
    const std::vector<double> shift = remaining(p.shift, relative);
    for (std::size_t f = 0; f < shift.size(); ++f) s.mean[f] -= shift[f];
    standardize = heed::Standardize<float>(s.mean, s.deviation);
  }
  if (stays(series, p, relative)) {
    to.x = {series.floats, series.extents};
  } else if (floats) {
    x = in_double(series);
    own(to, x.view(), p.shift);
  } else {
    own(to, exact, remaining(p.shift, relative));
  }
  return to;
}

Learnt::Learnt(const Targets& targets, const heed::Tensor<float, 2>& last) {
  heed::FeatureStatistics s = statistics_of(targets.numbers, targets.numbers_a_sequence);
  s.require_digits<float>("y");  // answers are floats in the targets' units
  means_ = s.mean;
  if (!last.empty()) s = statistics_of(changes(targets, last), targets.numbers_a_sequence);
  scale_ = {s.mean, s.deviation};
}

void Learnt::write_task(Metadata& metadata, const Training& training) const {
  metadata["task"] = option(training, "task", "regression");
  metadata["target_means"] = number_list(means_);
  for (const char* const key : {"window", "horizon", "forecasts", "feature_columns"}) {
    if (const auto said = training.more.find(key); said != training.more.end()) metadata[key] = said->second;
  }
}

void to_units(heed::Dense<float>& last, const TargetScale& scale) {
  for (Index k = 0; k < last.out_features(); ++k) {
    const double mean = scale.mean[static_cast<std::size_t>(k)],
                 deviation = scale.deviation[static_cast<std::size_t>(k)];
    for (Index i = 0; i < last.in_features(); ++i) {
      last.weight(k, i) = static_cast<float>(static_cast<double>(last.weight(k, i)) * deviation);
    }
    last.bias(k) = static_cast<float>(static_cast<double>(last.bias(k)) * deviation + mean);
  }
}

void from_units(heed::Dense<float>& last, const TargetScale& scale) {
  TargetScale inverse = scale;
  for (std::size_t k = 0; k < scale.mean.size(); ++k) {
    inverse.deviation[k] = 1 / scale.deviation[k];
    inverse.mean[k] = -scale.mean[k] / scale.deviation[k];
  }
  to_units(last, inverse);
}

Preparation preparation_of(const Training& training, const Metadata& start, Index features) {
  Preparation p = Preparation::read(start, features);
  const auto said = heed::from_text<heed::Missing>(option(training, "missing", "error"), "missing");
  if (said != heed::Missing::error) p.missing = said;
  if (const auto means = training.more.find("missing_means"); means != training.more.end()) {
    p.means = read_number_list(means->second, "missing_means", features);
  }
  return p;
}

heed::Tensor<float, 2> Learnt::scaled(const Targets& targets, const heed::Tensor<float, 2>& last) const {
  const std::vector<double> numbers = changes(targets, last);
  const Index outputs = targets.numbers_a_sequence;
  const Index n = static_cast<Index>(numbers.size()) / outputs;
  heed::Tensor<float, 2> result({n, outputs});
  for (Index i = 0; i < n; ++i) {
    for (Index k = 0; k < outputs; ++k) {
      const auto at = static_cast<std::size_t>(k);
      const double value = numbers[static_cast<std::size_t>(i * outputs + k)];
      result(i, k) = static_cast<float>((value - scale_.mean[at]) / scale_.deviation[at]);
    }
  }
  return result;
}

std::string option(const Training& training, const std::string& name, const std::string& otherwise) {
  const auto said = training.more.find(name);
  return said == training.more.end() ? otherwise : said->second;
}

Index count_option(const Training& training, const std::string& name, Index otherwise) {
  return training.more.contains(name) ? heed::get_index(training.more, name) : otherwise;
}

bool flag_option(const Training& training, const std::string& name) {
  return training.more.contains(name) && heed::get_bool(training.more, name);
}

namespace {

struct StopToken {
  std::function<bool()> stop;
  bool stop_requested() const { return stop(); }
};

heed::Schedule schedule_of(const Training& t) {
  const std::string name = option(t, "schedule", "constant");
  const auto number = [&](const char* key, double otherwise) {
    return t.more.contains(key) ? heed::get_double(t.more, key) : otherwise;
  };
  if (name == "step")
    return heed::StepSchedule{.every = count_option(t, "decay_every", 30), .factor = number("decay", 0.1)};
  if (name == "cosine") return heed::CosineSchedule{.warmup = count_option(t, "warmup", 0)};
  if (name == "one-cycle") return heed::OneCycleSchedule{};
  if (name == "plateau") {
    return heed::PlateauSchedule{.factor = number("decay", 0.1), .patience = count_option(t, "decay_every", 10)};
  }
  heed::require(name == "constant", [&] {
    return heed::Fault{"no schedule of this name", "schedule", "constant, step, cosine, one-cycle or plateau", name};
  });
  return {};
}

}  // namespace

heed::FitOptions fit_options_of(const Training& training, bool ragged) {
  heed::FitOptions fit;
  fit.learning_rate = 0.01;
  heed::set_fields(fit, training.fit);
  fit.schedule = schedule_of(training);
  fit.bucket_by_length = fit.batch_size > 0 && ragged;
  const std::string checkpoint = option(training, "checkpoint", "");
  if (!checkpoint.empty()) {
    fit.checkpoint =
        heed::checkpoint(checkpoint, {.every = static_cast<int>(count_option(training, "checkpoint_every", 1))});
  }
  if (training.stop) fit.stop = StopToken{training.stop};
  if (training.epoch) fit.callbacks.push_back(training.epoch);
  return fit;
}

}  // namespace heed_python
