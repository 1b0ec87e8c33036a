#pragma once

// Training and testing of models that give numbers.

#include <optional>
#include <string>
#include <vector>

#include "heed/core/tensor.hpp"
#include "model_arguments.hpp"
#include "stored_model.hpp"
#include "training.hpp"

namespace classifier {

/// Whether the command line, or the model to start from, asks for numbers.
bool asks_for_numbers(const TrainArguments& arguments, const StoredModel<NumberModel>* init);

/// Reads the data of a regression or a forecast. Throws as `load_task`.
Task<NumberModel> load_numbers_task(const TrainArguments& arguments, const StoredModel<NumberModel>* init,
                                    const heed::Part& part);

/// The mean and the deviation of each target.
TargetScale scale_of(const heed::Tensor<double, 2>& targets);
/// Some rows of the targets, to mean 0 and deviation 1.
heed::Tensor<float, 2> scaled(const heed::Tensor<double, 2>& targets, const TargetScale& scale, heed::IndexRange rows);

/// A model whose outputs are targets scaled to mean 0 and deviation 1 gives them in the units of the data, by its last
/// layer; or the other way round.
void to_units(NumberModel& model, const TargetScale& scale);
void from_units(NumberModel& model, const TargetScale& scale);

/// "test mse 0.25, mae 0.4, r2 0.9" and a line of the same for the baseline.
std::string metrics_of(const std::string& what, const NumberModel& model, const LabelledData<float>& data,
                       const Targets& targets, const NumbersTask& task);

/// How good the numbers of a trained model are; of classes nothing.
std::string metrics_of(const NumberModel& model, const Task<NumberModel>& task, const Processes& processes);

/// evaluate: of a model of numbers.
void evaluate_numbers(const StoredModel<NumberModel>& stored, const ModelArguments& arguments);

}  // namespace classifier
