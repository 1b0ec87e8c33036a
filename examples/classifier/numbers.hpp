#pragma once

// Training and testing of models that give numbers.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/tensor.hpp"
#include "heed/metrics/regression.hpp"
#include "model_arguments.hpp"
#include "stored_model.hpp"
#include "training.hpp"

namespace classifier {

/// Whether the command line, or the model to start from, asks for numbers.
bool asks_for_numbers(const TrainArguments& arguments, const StoredModel<NumberModel>* init);

/// Throws if a model to start from has learnt of changes from the last value: only forecasts have them.
void require_absolute(const StoredModel<NumberModel>* init);

/// "2,0".
std::string index_list(const std::vector<heed::Index>& columns);
/// Throws if a model to start from sees changes of other columns than those to forecast, or the window has one step.
void require_same_changes(const StoredModel<NumberModel>* init, const NumbersTask& task,
                          const std::filesystem::path& data);

/// The task that the command line asks for, or that of the model to start from. Throws if they contradict each other.
NumbersTask numbers_task_of(const TrainArguments& arguments, const StoredModel<NumberModel>* init);

/// Sets the columns of a series to forecast: those that the command line names, of the model to start from, or all. Throws
/// if they contradict each other, or if one does not exist.
void set_forecasts(NumbersTask& task, const TrainArguments& arguments, const NumberData& series);

/// Reads the data of a regression or a forecast. Throws as `load_task`.
Task<NumberModel> load_numbers_task(const TrainArguments& arguments, const StoredModel<NumberModel>* init,
                                    const heed::Part& part);

/// The mean and the standard deviation of each target. Throws if they would lose their digits as floats, unless they are
/// `relative` to a last value that answers add.
TargetScale scale_of(const heed::Tensor<double, 2>& targets, bool relative = false);
/// Standardises some rows of the targets to mean 0 and deviation 1.
heed::Tensor<float, 2> scaled(const heed::Tensor<double, 2>& targets, const TargetScale& scale, heed::IndexRange rows);

/// Makes windows relative to their last values, as a model of changes sees them. `offsets` are those of the windows for
/// training. Returns the last value for each output.
heed::Tensor<float, 2> subtract_last(heed::Sequences<double>& windows, const NumbersTask& task,
                                     const std::vector<double>& offsets, const std::filesystem::path& path);

/// Sets the targets for training and for the test, both scaled by the mean and the deviation of those for training.
/// `part` tells which rows the task holds.
void set_targets(Task<NumberModel>& task, Targets train, Targets test, const heed::Part& part);

/// Changes the last layer of a model: its outputs, targets with mean 0 and deviation 1, become numbers in the units of
/// the data. A forecast of changes adds the last values from then on. `from_units` does the reverse; the last values are
/// not added any more.
template <class M>
void to_units(StoredModel<M>& stored, const TargetScale& scale);
void from_units(NumberModel& model, const TargetScale& scale);

/// Some rows of targets or answers.
template <class S>
heed::Tensor<S, 2> picked(const heed::Tensor<S, 2>& all, std::span<const heed::Index> rows) {
  heed::Tensor<S, 2> some({rows.size(), all.extent(1)});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto from = all[rows[i]];
    std::copy(from.begin(), from.end(), some[static_cast<heed::Index>(i)].begin());
  }
  return some;
}

/// The error of the predictions.
struct Metrics {
  double mse, mae, r2;
  std::optional<double> skill = {};  ///< of a forecast: `skill_of`
};
/// Without a skill.
template <class S>
Metrics measured(const heed::Tensor<S, 2>& answers, const heed::Tensor<double, 2>& targets) {
  return {heed::mse(answers.view(), targets.view()), heed::mae(answers.view(), targets.view()),
          heed::r2(answers.view(), targets.view())};
}
/// "mse 0.25, mae 0.4, r2 0.9".
std::string text_of(const Metrics& metrics);

template <class M>
Metrics metrics_of(const StoredModel<M>& stored, const LabelledData<float>& data, const Targets& targets);

/// What a model answers to the sequences of a task. A forecast of changes answers to relative windows changes: what they
/// are relative to is added.
template <class M>
heed::Tensor<float, 2> answers_of(const StoredModel<M>& stored, const LabelledData<float>& data,
                                  const Targets& targets);

/// Labelled data for a model of numbers, and their targets. Throws if a sequence has not one target for each output.
template <class M>
std::pair<NamedSequences, Targets> load_targets_of(const StoredModel<M>& stored, const ModelArguments& arguments);

/// "test mse 0.25, mae 0.4, r2 0.9", a line of the same for each baseline, and of several targets a table.
template <class M>
std::string metrics_of(const std::string& what, const StoredModel<M>& stored, const LabelledData<float>& data,
                       const Targets& targets);

/// The metrics of a trained model of numbers, on the best data there are: for testing, for validation, for training. An
/// ensemble's members validate on rows of their own, so all rows are training data. For a model of classes an empty text.
std::string metrics_of(const TrainArguments& arguments, const StoredModel<NumberModel>& stored,
                       const Task<NumberModel>& task, const Processes& processes);

/// `classifier evaluate` for a model of numbers.
template <class M>
void evaluate_numbers(const StoredModel<M>& stored, const ModelArguments& arguments);

extern template void to_units(StoredModel<NumberModel>&, const TargetScale&);
extern template void to_units(StoredModel<RocketModel>&, const TargetScale&);
extern template heed::Tensor<float, 2> answers_of(const StoredModel<NumberModel>&, const LabelledData<float>&,
                                                  const Targets&);
extern template heed::Tensor<float, 2> answers_of(const StoredModel<RocketModel>&, const LabelledData<float>&,
                                                  const Targets&);
extern template heed::Tensor<float, 2> answers_of(const StoredModel<MixedModel>&, const LabelledData<float>&,
                                                  const Targets&);
extern template Metrics metrics_of(const StoredModel<NumberModel>&, const LabelledData<float>&, const Targets&);
extern template Metrics metrics_of(const StoredModel<RocketModel>&, const LabelledData<float>&, const Targets&);
extern template Metrics metrics_of(const StoredModel<MixedModel>&, const LabelledData<float>&, const Targets&);
extern template std::string metrics_of(const std::string&, const StoredModel<NumberModel>&, const LabelledData<float>&,
                                       const Targets&);
extern template std::string metrics_of(const std::string&, const StoredModel<RocketModel>&, const LabelledData<float>&,
                                       const Targets&);
extern template std::string metrics_of(const std::string&, const StoredModel<MixedModel>&, const LabelledData<float>&,
                                       const Targets&);
extern template std::pair<NamedSequences, Targets> load_targets_of(const StoredModel<NumberModel>&,
                                                                   const ModelArguments&);
extern template std::pair<NamedSequences, Targets> load_targets_of(const StoredModel<RocketModel>&,
                                                                   const ModelArguments&);
extern template std::pair<NamedSequences, Targets> load_targets_of(const StoredModel<MixedModel>&,
                                                                   const ModelArguments&);
extern template void evaluate_numbers(const StoredModel<NumberModel>&, const ModelArguments&);
extern template void evaluate_numbers(const StoredModel<RocketModel>&, const ModelArguments&);
extern template void evaluate_numbers(const StoredModel<MixedModel>&, const ModelArguments&);

}  // namespace classifier
