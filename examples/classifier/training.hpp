#pragma once

// The data and the model that `classifier train` trains.

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/optim/adam.hpp"
#include "heed/train/folds.hpp"
#include "heed/train/split.hpp"
#include "processes.hpp"
#include "stored_model.hpp"
#include "train_arguments.hpp"

namespace classifier {

/// For each target, over the training data.
struct TargetScale {
  std::vector<double> mean = {}, deviation = {};
};

/// The targets of sequences.
struct Targets {
  heed::Tensor<double, 2> exact = {};                              // of all
  heed::Tensor<double, 2> last_values = {}, a_season_before = {};  // of forecasts: simple guesses; NaN: not known
  heed::Tensor<float, 2> last = {};  // where windows are relative: the last value for each target, as the model adds it
  heed::Tensor<float, 2> scaled = {};  // of the part, with mean 0 and deviation 1: changes, where there are last values
};

/// Labelled sequences for training, and possibly others for testing.
template <class M>
struct Task {
  heed::LabelMap names;
  LabelledData<typename M::Input> train;
  std::optional<LabelledData<typename M::Input>> test;
  std::vector<std::string> words = {};  // of text: the words that the model knows
  bool lower = false;
  NumbersTask numbers = {};  // a model that gives numbers
  TargetScale scale = {};
  Targets targets = {}, test_targets = {};
  Columns columns = {};
  std::string label_column = {};
  std::vector<std::vector<std::string>> sentences = {};  // the words of the sentences in `train`
  MissingValues missing = {};                            // of numbers: how they are filled
  heed::Index filled = 0;                                // the number of filled values in the training data
  heed::Sequences<double> raw = {};  // for folds: with missing values, if means over all data fill them
  // The numbers as they were read, until the model is made. Until then `train` and `test` have none.
  heed::Sequences<double> exact = {}, exact_test = {};
  std::vector<heed::SeriesSteps> places = {};  // of a forecast: the steps that windows for training have as targets
  std::vector<double> offsets = {};  // what was taken from the features before windows became relative; empty: nothing

  heed::Index outputs() const { return numbers.numbers() ? targets.exact.extent(1) : names.size(); }
};

/// Everything that was read, except the numbers, which are stored once.
heed::Sequences<float> without_numbers(const heed::Sequences<double>& read);

/// The format of a table, from the command line or from the model to start from.
heed::TableFormat format_of(const TrainArguments& arguments, const StoredModel<NumberModel>* init,
                            const std::filesystem::path& data);
/// The columns that were read from a file.
Columns columns_of(const heed::TableFormat& format, const NumberData& data, const std::filesystem::path& path);

/// Reads the data, or makes the data of the built-in task. `init` is the model to start from, or null. Throws if the
/// data are faulty, if they do not fit each other or the model, or if there is only one class that nobody asked for.
/// `part` selects the sequences of this process.
template <class M>
Task<M> load_task(const TrainArguments& arguments, const StoredModel<M>* init, const heed::Part& part);
template <>
Task<NumberModel> load_task(const TrainArguments&, const StoredModel<NumberModel>*, const heed::Part&);
template <>
Task<TextModel> load_task(const TrainArguments&, const StoredModel<TextModel>*, const heed::Part&);

/// The words that a model of sentences knows: those of `init`, or those that are frequent enough.
heed::Vocabulary vocabulary_for(const TrainArguments& arguments, const StoredModel<TextModel>* init,
                                const heed::Sentences& sentences);

/// A task with only the training data of another: some rows for training, the others for testing. Its words are those
/// of the training sentences.
template <class M>
Task<M> fold_task(const TrainArguments& arguments, const Task<M>& all, const heed::Split& rows,
                  const StoredModel<M>* init);
template <>
Task<NumberModel> fold_task(const TrainArguments&, const Task<NumberModel>&, const heed::Split&,
                            const StoredModel<NumberModel>*);
template <>
Task<TextModel> fold_task(const TrainArguments&, const Task<TextModel>&, const heed::Split&,
                          const StoredModel<TextModel>*);

/// The targets of some rows.
Targets some_targets(const Targets& all, std::span<const heed::Index> rows);

/// The folds of a task's training data: by class, at random for a regression, in the order of time for a forecast.
template <class M>
std::vector<heed::FoldRows> folds_of(const Task<M>& task, const heed::CrossValidationOptions& options) {
  if (task.numbers.forecast()) return heed::make_folds(task.places, options);
  if (task.numbers.numbers()) return heed::make_folds(task.train.count(), options);
  return heed::make_folds(task.train.classes, options);
}

/// A text of everything that decides what is trained, except the options and the numbers of the sequences.
template <class M>
std::string fingerprint(const Task<M>& task, const StoredModel<M>* init);

/// A checkpoint may be older than an option. Sets such options to what the run began with.
void adopt_checkpoint(TrainArguments& arguments);

/// The model to train: `init` if there is one, otherwise a new one. Some features lose digits as floats. If the model
/// standardises them, the task then holds them shifted by the model's means. If not, standard error says so.
template <class M>
StoredModel<M> start_model(const TrainArguments& arguments, Task<M>& task, std::optional<StoredModel<M>> init,
                           const Processes& processes);

/// Another new model for the same task. `model` has standardised the task before.
StoredModel<NumberModel> start_model_beside(const TrainArguments& arguments, const StoredModel<NumberModel>& model,
                                            const Task<NumberModel>& task);

/// Gives a model that standardises the mean and the deviation of each feature, from the data as they were read. The
/// task then keeps floats only, shifted as `start_model` says.
void standardize_exactly(const TrainArguments& arguments, Task<NumberModel>& task, StoredModel<NumberModel>& stored,
                         const Processes& processes);

/// Adds the other members of the ensemble to a model, each with the next seed.
template <class M>
void add_members(const TrainArguments& arguments, StoredModel<M>& stored);

/// Asks on standard error about rows of a table that look like time steps, and about features that rise as times do.
void note_columns(const TrainArguments& arguments, const Task<NumberModel>& task);
/// Says how many steps the rows of a table were taken to have, if nobody said how many numbers a step has.
void print_features(const TrainArguments& arguments, const Task<NumberModel>& task);

/// Trains one model on the classes or the numbers of a task. `tests`: also tests it after each epoch, if the task has
/// test data.
heed::History fit_task(NumberModel& model, const Task<NumberModel>& task, bool tests, heed::Adam<NumberModel>& adam,
                       const heed::FitOptions& options, const Processes& processes);
heed::History fit_task(TextModel& model, const Task<TextModel>& task, bool tests, heed::Adam<TextModel>& adam,
                       const heed::FitOptions& options, const Processes& processes);

/// Trains all members: several side by side on the threads, or one after another if processes train together.
template <class M>
std::vector<heed::History> fit_members(const TrainArguments& arguments, StoredModel<M>& stored, const Task<M>& task,
                                       bool tests, const Processes& processes);

/// Throws if a model to start from is an ensemble.
template <class M>
void require_one_model(const StoredModel<M>& init) {
  heed::require(init.more.empty(), [&] {
    return heed::Fault{"training starts from one model, and this is an ensemble", init.path.string(), "one model",
                       std::to_string(init.members()) + " models"};
  });
}

/// Throws where steps are missing between others and a model cannot pass over them. Call it before training.
template <class Model, class M>
void check_gaps(const TrainArguments& arguments, const Task<M>& task, const Model& model) {
  for (const bool test : {false, true}) {
    if (test && !task.test) continue;
    const auto data = (test ? *task.test : task.train).view();
    const std::optional<DataFiles>& files = test && arguments.test ? arguments.test : arguments.data;
    heed::check_gaps(data.mask.has_gaps(data.lengths), heed::reads_distances(model),
                     files ? files->data.string() : std::string());
  }
}

/// The options of Adam for models with these cells.
heed::AdamOptions adam_options(const TrainArguments& arguments, heed::CellKind cell);

extern template std::string fingerprint(const Task<NumberModel>&, const StoredModel<NumberModel>*);
extern template std::string fingerprint(const Task<TextModel>&, const StoredModel<TextModel>*);
extern template void add_members(const TrainArguments&, StoredModel<NumberModel>&);
extern template void add_members(const TrainArguments&, StoredModel<TextModel>&);
extern template std::vector<heed::History> fit_members(const TrainArguments&, StoredModel<NumberModel>&,
                                                       const Task<NumberModel>&, bool, const Processes&);
extern template std::vector<heed::History> fit_members(const TrainArguments&, StoredModel<TextModel>&,
                                                       const Task<TextModel>&, bool, const Processes&);
extern template StoredModel<NumberModel> start_model(const TrainArguments&, Task<NumberModel>&,
                                                     std::optional<StoredModel<NumberModel>>, const Processes&);
extern template StoredModel<TextModel> start_model(const TrainArguments&, Task<TextModel>&,
                                                   std::optional<StoredModel<TextModel>>, const Processes&);

}  // namespace classifier
