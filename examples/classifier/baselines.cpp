#include "baselines.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>

#include "heed/metrics/regression.hpp"
#include "numbers.hpp"

namespace classifier {

using heed::Index;

namespace {

constexpr Index most_rows = 20;  // of the table of a training

// Each `step`-th output from `first` on.
heed::Tensor<double, 2> some_outputs(const auto& all, Index first, Index step) {
  heed::Tensor<double, 2> some({all.extent(0), (all.extent(1) - first + step - 1) / step});
  for (Index i = 0; i < some.extent(0); ++i) {
    for (Index k = 0; k < some.extent(1); ++k) some(i, k) = static_cast<double>(all(i, first + k * step));
  }
  return some;
}

// The targets of a regression, the columns of a forecast: several of its outputs are steps of one column.
Index columns_of(const NumbersTask& task, const std::vector<std::string>& names) {
  return task.forecast() ? std::ssize(task.forecasts) : std::ssize(names);
}
std::string column_name(const NumbersTask& task, const std::vector<std::string>& names, Index k) {
  const std::string& name = names[static_cast<std::size_t>(k)];  // "power +1"
  return task.forecast() ? name.substr(0, name.rfind(" +")) : name;
}

double mse_of(const auto& answers, const heed::Tensor<double, 2>& targets, Index first, Index step) {
  const heed::Tensor<double, 2> own = some_outputs(answers, first, step), exact = some_outputs(targets, first, step);
  return heed::mse(own.view(), exact.view());
}

// A row for each of the first `step` outputs, and for those that are a multiple of `step` behind it together.
std::string table(const heed::Tensor<float, 2>& answers, const Targets& targets, const NumbersTask& task, Index step,
                  const std::vector<std::string>& names) {
  const std::vector<Baseline> baselines = baselines_of(targets, task);
  std::size_t longest = 0;
  for (const std::string& name : names) longest = std::max(longest, name.size());
  const int width = static_cast<int>(longest);
  char cell[400];
  std::snprintf(cell, sizeof cell, "%*s  %11s  %11s  %8s", width, "", "mse", "mae", "r2");
  std::string text = cell;
  for (const Baseline& b : baselines) text += "  mse: " + b.column;
  text += '\n';
  for (std::size_t k = 0; k < names.size(); ++k) {
    const auto at = static_cast<Index>(k);
    const auto own = some_outputs(answers, at, step), exact = some_outputs(targets.exact, at, step);
    const double r2 = heed::r2(own.view(), exact.view());
    std::snprintf(cell, sizeof cell, "  %11.6g  %11.6g", heed::mse(own.view(), exact.view()),
                  heed::mae(own.view(), exact.view()));
    text += names[k] + std::string(longest - names[k].size(), ' ') + cell;
    std::snprintf(cell, sizeof cell, "  %8.4f", r2);
    text += std::isnan(r2) ? "         -" : cell;
    for (const Baseline& b : baselines) {
      std::snprintf(cell, sizeof cell, "  %*.6g", static_cast<int>(b.column.size()) + 5,
                    mse_of(b.values, targets.exact, at, step));
      text += cell;
    }
    text += '\n';
  }
  return text;
}

}  // namespace

std::vector<Baseline> baselines_of(const Targets& targets, const NumbersTask& task) {
  if (task.means.empty()) return {};
  const auto known_or_mean = [&](const heed::Tensor<double, 2>& known) {
    heed::Tensor<double, 2> values(targets.exact.extents());
    for (Index i = 0; i < values.extent(0); ++i) {
      for (Index k = 0; k < values.extent(1); ++k) {
        const bool there = !known.empty() && !std::isnan(known(i, k));
        values(i, k) = there ? known(i, k) : task.means[static_cast<std::size_t>(k)];
      }
    }
    return values;
  };
  if (!task.forecast()) return {{"the mean of the training targets", "mean", known_or_mean({})}};
  std::vector<Baseline> all{{"the last value", "last value", known_or_mean(targets.last_values)}};
  if (task.season > 0) {
    const std::string steps = std::to_string(task.season);
    all.push_back({"the value " + steps + " steps before", steps + " before", known_or_mean(targets.a_season_before)});
  }
  return all;
}

template <class S>
double skill_of(const heed::Tensor<S, 2>& answers, const Targets& targets, const NumbersTask& task) {
  const Index outputs = targets.exact.extent(1);
  const Baseline last = baselines_of(targets, task).front();
  double sum = 0;
  for (Index k = 0; k < outputs; ++k) {
    const double own = mse_of(answers, targets.exact, k, outputs),
                 simple = mse_of(last.values, targets.exact, k, outputs);
    sum += simple > 0 ? 1 - own / simple : own > 0 ? 0 : 1;
  }
  return sum / static_cast<double>(outputs);
}

template double skill_of(const heed::Tensor<float, 2>&, const Targets&, const NumbersTask&);
template double skill_of(const heed::Tensor<double, 2>&, const Targets&, const NumbersTask&);

std::string comparison(const heed::Tensor<float, 2>& answers, const Targets& targets, const NumbersTask& task,
                       const std::vector<std::string>& names) {
  std::string text;
  const std::vector<Baseline> baselines = baselines_of(targets, task);
  for (const Baseline& b : baselines) text += b.name + ": " + text_of(measured(b.values, targets.exact)) + '\n';
  const Index columns = columns_of(task, names);
  for (const Baseline& b : baselines) {
    std::string worse;
    for (Index k = 0; k < columns; ++k) {
      if (mse_of(answers, targets.exact, k, columns) <= mse_of(b.values, targets.exact, k, columns)) continue;
      worse += (worse.empty() ? "" : ", ") + column_name(task, names, k);
    }
    if (!worse.empty()) text += "the model is worse than " + b.name + (columns > 1 ? " for " + worse : "") + '\n';
  }
  return text;
}

std::string target_table(const heed::Tensor<float, 2>& answers, const Targets& targets, const NumbersTask& task,
                         const std::vector<std::string>& names) {
  const Index columns = columns_of(task, names), shown = std::min(columns, most_rows);
  if (columns == 1) return {};
  std::vector<std::string> rows;
  for (Index k = 0; k < shown; ++k) rows.push_back(column_name(task, names, k));
  const std::string text = table(answers, targets, task, columns, rows);
  return shown == columns ? text
                          : text + "... of " + std::to_string(columns) + " targets: classifier evaluate shows all\n";
}

std::string output_table(const heed::Tensor<float, 2>& answers, const Targets& targets, const NumbersTask& task,
                         const std::vector<std::string>& names) {
  return table(answers, targets, task, std::ssize(names), names);
}

}  // namespace classifier
