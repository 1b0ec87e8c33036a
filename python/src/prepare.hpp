#pragma once

// From numbers in Python's memory to what a model reads.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "heed/core/labelled_sequences.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/data/missing.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/standardize.hpp"
#include "heed/train/fit_options.hpp"
#include "model.hpp"

namespace heed_python {

/// What a model's file keeps of how its data were prepared.
struct Preparation {
  heed::Missing missing = heed::Missing::error;
  std::vector<double> means = {};  // of the features of the training data, where they fill
  std::vector<double> shift = {};  // taken from the features before they become floats

  static Preparation read(const Metadata& metadata, Index features);
  void write(Metadata& metadata) const;
};

/// Numbers in metadata, as the trainer writes them: "1700000000,0.5". Throws if there are not `count`.
std::string number_list(const std::vector<double>& numbers);
std::vector<double> read_number_list(const std::string& text, const std::string& key, Index count);

/// Sequences as floats: a view of Python's memory where nothing had to be changed, otherwise a copy.
struct Prepared {
  heed::Tensor<float, 3> own = {};
  heed::Tensor<std::uint8_t, 2> mask = {};
  heed::TensorView<const float, 3> x = {};
  std::span<const std::int32_t> lengths = {};
  heed::Tensor<float, 2> last = {};  // of windows relative to their last values: these, for each output

  heed::StepMask step_mask() const { return mask.empty() ? heed::StepMask() : heed::StepMask(mask); }
};

/// The feature that each output of a forecast of changes from the last value gives; empty for all other models.
std::vector<Index> relative_outputs(const Training& training);
/// Throws where a model to start from sees changes of other features than this training, or this one has none.
void check_relative(const std::vector<Index>& of_start, const std::vector<Index>& relative);

/// For a model that has been trained. `relative` (see `relative_outputs`): to test it while it trains.
Prepared prepare(const Series& series, const Preparation& preparation, std::span<const Index> relative = {});

/// Sequences in double, with what is missing filled; learns the means where it trains and has none.
heed::Tensor<double, 3> filled(const Series& series, Preparation& preparation, bool trains);

/// How many sequences may be prepared at once: all, where they stay in Python's memory; otherwise so many that their
/// copies are small.
Index rows_at_once(const Series& series, const Preparation& preparation);

/// For a model to train. Learns the means that fill what is missing; where it `standardizes`, learns also what is to be
/// taken from features that lose digits as floats, and gives the mean and the deviation of what is left. What the
/// preparation has already, of a model to start from, stays. Windows of a forecast of changes become `relative` to their
/// last values.
Prepared prepare_to_train(const Series& series, Preparation& preparation, bool standardizes,
                          std::optional<heed::Standardize<float>>& standardize, std::span<const Index> relative);

/// Of each target over the training data.
struct TargetScale {
  std::vector<double> mean, deviation;
};

/// Numbers that a model learns: those of the targets or, where they are relative, their changes from the last values.
class Learnt {
 public:
  /// Throws if the targets would lose their digits as floats.
  Learnt(const Targets& targets, const heed::Tensor<float, 2>& last);

  /// With mean 0 and deviation 1.
  heed::Tensor<float, 2> scaled(const Targets& targets, const heed::Tensor<float, 2>& last) const;
  const TargetScale& scale() const { return scale_; }
  /// What the file of a regression, or of a forecast, says of its targets.
  void write_task(Metadata& metadata, const Training& training) const;

 private:
  std::vector<double> means_;  // of the targets as they are
  TargetScale scale_;
};

/// The last layer of a model whose outputs have mean 0 and deviation 1 gives them in the units of the data; or the other
/// way round.
void to_units(heed::Dense<float>& last, const TargetScale& scale);
void from_units(heed::Dense<float>& last, const TargetScale& scale);

/// How data are prepared for training: as the model to start from says, where there is one, and as the options say.
Preparation preparation_of(const Training& training, const Metadata& start, Index features);

/// The options of `fit`, with the schedule; `ragged`: sequences have lengths.
heed::FitOptions fit_options_of(const Training& training, bool ragged);

/// An option that is not one of `fit` or the model; `otherwise` where it is not said.
std::string option(const Training& training, const std::string& name, const std::string& otherwise);
Index count_option(const Training& training, const std::string& name, Index otherwise);
bool flag_option(const Training& training, const std::string& name);

}  // namespace heed_python
