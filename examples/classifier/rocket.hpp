#pragma once

// `classifier train --recipe rocket`: models of random convolutions, which have no epochs.

#include <optional>
#include <string>
#include <vector>

#include "heed/train/evaluate.hpp"
#include "heed/train/fit_rocket.hpp"
#include "training.hpp"

namespace classifier {

/// Models of random convolutions to fit, as many as the ensemble has, with standardisation and labels. If features
/// would lose digits as floats, the task holds them shifted by the model's means.
StoredModel<RocketModel> start_rocket(const TrainArguments& arguments, Task<NumberModel>& task,
                                      const Processes& processes);

/// The same beside a model of the task, which has standardised the data.
StoredModel<RocketModel> start_rocket_beside(const TrainArguments& arguments, const StoredModel<NumberModel>& model,
                                             const Task<NumberModel>& task);

/// Fits all members to the training data. Numbers are then in the units of the data.
std::vector<heed::RocketFit> fit_rockets(StoredModel<RocketModel>& stored, const Task<NumberModel>& task,
                                         const heed::FitOptions& options);

/// Prints a model's leave-one-out score, if its fit has one that means something; after a name, if there is one.
void print_fit(const std::string& name, const heed::RocketFit& fit, const NumbersTask& task);

/// Trains on the part of a fold; nothing if it was stopped.
std::optional<StoredModel<RocketModel>> rocket_of(const TrainArguments& arguments, Task<NumberModel>& fold,
                                                  const Processes& processes);

/// Trains on all data, writes the model and prints its score.
void train_rocket(const TrainArguments& arguments, Task<NumberModel>& task, const Processes& processes);

}  // namespace classifier
