#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <vector>

#include "heed/data/standardize.hpp"
#include "notes.hpp"
#include "training.hpp"

namespace classifier {

namespace {

// What is still to be taken from the features: those that windows are relative to have lost it.
std::vector<double> remaining(std::vector<double> shift, const NumbersTask& task) {
  if (!task.relative || shift.empty()) return shift;
  for (const heed::Index f : task.forecasts) shift[static_cast<std::size_t>(f)] = 0;
  return shift;
}

void note_lost_digits(const TrainArguments& a, const heed::FeatureStatistics& s) {
  const auto features = s.losing_digits<float>();
  if (features.empty() || a.quiet) return;
  const auto f = static_cast<std::size_t>(features.front());
  std::fprintf(stderr,
               "%s: numbers of feature %jd (counted from 0%s) lose digits: they come to %g and have a deviation of %g, "
               "where floats are %g apart; --standardize keeps the digits\n",
               a.data->data.string().c_str(), features.front(), features.size() > 1 ? ", and of others" : "",
               s.largest[f], s.deviation[f], s.largest[f] * static_cast<double>(std::numeric_limits<float>::epsilon()));
}

}  // namespace

heed::Sequences<float> without_numbers(const heed::Sequences<double>& read) {
  return {heed::Tensor<float, 3>({0, read.steps(), read.features()}), read.lengths, read.labels, {}, read.mask};
}

void standardize_exactly(const TrainArguments& a, Task<NumberModel>& task, StoredModel<NumberModel>& stored,
                         const Processes& processes) {
  const auto in_turn = [&](std::span<double> sums, const auto& f) { processes.in_turn(sums, f); };
  const bool standardizes = (a.standardize || task.numbers.numbers()) &&
                            !stored.model.standardize.active();  // that of `init` belongs to its weights
  if (a.standardize && stored.model.standardize.active() && processes.first() && !a.quiet) {
    std::fprintf(stderr, "--standardize: the means and deviations stay those of %s, to which its weights belong\n",
                 a.init.string().c_str());
  }
  if (!a.data) {  // the built-in task; of a file one of many processes may have no sequence
    if (!standardizes) return;
    const heed::LabelledSequences<float> part = task.train.view();
    const heed::FeatureStatistics s = heed::feature_statistics<float>(part.x, part.lengths, in_turn, part.mask);
    stored.model.standardize = heed::Standardize<float>(s.mean, s.deviation);
    return;
  }
  const std::span<const std::int32_t> lengths = task.train.view().lengths;
  heed::FeatureStatistics s =
      heed::feature_statistics<double>(task.exact.x.view(), lengths, in_turn, task.exact.step_mask());
  if (processes.first() && a.init.empty() && !a.in_folds && !a.quiet) {
    heed::FeatureStatistics seen = s;
    if (task.numbers.relative) {  // whatever value they have is subtracted
      for (const heed::Index f : task.numbers.forecasts) seen.constant[static_cast<std::size_t>(f)] = false;
    }
    note_constant_features(seen, task.columns, a.data->data);
  }
  if (standardizes) {
    if (stored.shift.empty()) stored.shift = task.numbers.relative ? task.offsets : s.offsets<float>();
    const std::vector<double> shift = remaining(stored.shift, task.numbers);
    for (std::size_t f = 0; f < shift.size(); ++f) s.mean[f] -= shift[f];
    stored.model.standardize = heed::Standardize<float>(s.mean, s.deviation);
  } else if (stored.shift.empty() && processes.first()) {
    note_lost_digits(a, s);
  }
  const auto take = [&](heed::Sequences<double>& exact, LabelledData<float>& data, const DataFiles& files) {
    data.sequences.x = heed::narrowed<float>(exact.x.view(), data.view().lengths, files.data.string(),
                                             remaining(stored.shift, task.numbers));
    exact = {};
  };
  take(task.exact, task.train, *a.data);
  if (task.test) take(task.exact_test, *task.test, a.test ? *a.test : *a.data);
}

}  // namespace classifier
