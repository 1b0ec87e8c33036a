#pragma once

/// @file
/// Everything that a run needs to resume as if it had never been interrupted, and the interface for storing it.
/// `heed/io/checkpoint.hpp` stores it in a file.

#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/options/metadata.hpp"
#include "heed/train/history.hpp"

namespace heed::inline HEED_ABI {

/// A parameter of the state, at its place in memory, column-major.
struct StateTensor {
  std::string name;
  std::variant<ParameterArray<float>*, ParameterArray<double>*> array;
};

/// The state of a run, for checkpoints.
struct TrainingState {
  std::vector<StateTensor> tensors;                   ///< weights, moments, averages: of fixed size
  std::map<std::string, std::vector<double>> series;  ///< counters, losses: of any size, NaN and infinity allowed
  Metadata identity;                                  ///< what must be the same when a run resumes

  /// Adds the parameters of a model, or `Parameters` themselves.
  template <class Source>
  void add(const std::string& prefix, Source& source) {
    add_parameters(*this, prefix, source);
  }
};

/// How a run is stored. Empty functions: it is not.
struct Checkpoint {
  int every = 1;  ///< epochs; the last one is always stored, also if the stop signal ends training
  /// Fills tensors and series and returns true. Returns false if nothing was stored yet. Throws if the stored run has
  /// another identity or other tensors; then nothing is filled.
  std::function<bool(TrainingState&)> load = {};
  std::function<void(const TrainingState&)> save = {};
};

/// The progress of a run, besides its weights.
struct TrainingProgress {
  int epoch = 0;                                          ///< the last that has ended
  Index batch = 0;                                        ///< of the next epoch: the next to take
  double loss = 0, denominator = 0, correct = 0;          ///< sums over its batches so far
  double best = std::numeric_limits<double>::infinity();  // the lowest monitored loss
  int best_epoch = 0, waited = 0;                         ///< its epoch; epochs since then
  double seconds = 0;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {

template <class S>
void add_tensors(TrainingState& state, const std::string& prefix, Parameters<S>& parameters) {
  for (Index i = 0; i < parameters.count(); ++i) {
    state.tensors.push_back({prefix + '.' + parameters.name(i), &parameters[i]});
  }
}

/// A file's number as an integer. Throws if it is not an integer in 0 .. `most`.
Index check_count(const char* name, double value, Index most = Index(1) << 53);

// copies between a series and numbers
void transfer(bool loading, std::vector<double>& values, std::span<double> numbers);

void transfer(bool loading, TrainingState& state, TrainingProgress& p);

/// A row of ten numbers per record.
void transfer(bool loading, TrainingState& state, std::vector<EpochRecord>& records);

}  // namespace detail

/// The work of `TrainingState::add`.
template <class S>
void add_parameters(TrainingState& state, const std::string& prefix, Parameters<S>& parameters) {
  detail::add_tensors(state, prefix, parameters);
}
template <Visitable Model>
void add_parameters(TrainingState& state, const std::string& prefix, Model& model) {
  Parameters<typename Model::Scalar> parameters(model);
  detail::add_tensors(state, prefix, parameters);
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION Index check_count(const char* name, double value, Index most) {
  require(value >= 0 && value <= static_cast<double>(most) && value == std::floor(value), [&] {
    return Fault{"a number out of range", std::string("checkpoint, ") + name, "0 to " + text_of(most),
                 shortest_number(value)};
  });
  return static_cast<Index>(value);
}

HEED_COLD HEED_FUNCTION void transfer(bool loading, std::vector<double>& values, std::span<double> numbers) {
  if (!loading) {
    values.assign(numbers.begin(), numbers.end());
    return;
  }
  require(values.size() == numbers.size(), [&] {
    return Fault{"a series of another length", "checkpoint", text_of(numbers.size()), text_of(values.size())};
  });
  std::copy(values.begin(), values.end(), numbers.begin());
}

HEED_COLD HEED_FUNCTION void transfer(bool loading, TrainingState& state, TrainingProgress& p) {
  double numbers[] = {static_cast<double>(p.epoch),
                      static_cast<double>(p.batch),
                      p.loss,
                      p.denominator,
                      p.correct,
                      p.best,
                      p.seconds,
                      static_cast<double>(p.best_epoch),
                      static_cast<double>(p.waited)};
  transfer(loading, state.series["progress"], numbers);
  if (!loading) return;
  for (const double number : {numbers[2], numbers[3], numbers[6]}) {
    require(std::isfinite(number), [&] {
      return Fault{"a number out of range", "checkpoint, progress", "a finite one", shortest_number(number)};
    });
  }
  constexpr Index most_epochs = std::numeric_limits<int>::max();
  const Index epoch = check_count("epoch", numbers[0], most_epochs);
  p = {.epoch = static_cast<int>(epoch),
       .batch = check_count("batch", numbers[1]),
       .loss = numbers[2],
       .denominator = numbers[3],
       .correct = numbers[4],
       .best = numbers[5],
       .best_epoch = static_cast<int>(check_count("best epoch", numbers[7], epoch)),
       .waited = static_cast<int>(check_count("epochs waited", numbers[8], epoch)),
       .seconds = numbers[6]};
}

HEED_COLD HEED_FUNCTION void transfer(bool loading, TrainingState& state, std::vector<EpochRecord>& records) {
  constexpr std::size_t columns = 10;
  std::vector<double>& values = state.series["history"];
  if (!loading) {
    values.clear();
    for (const EpochRecord& r : records) {
      const double row[columns] = {static_cast<double>(r.epoch),
                                   r.loss,
                                   r.accuracy,
                                   r.test_loss,
                                   r.test_accuracy,
                                   r.validation_loss,
                                   r.validation_accuracy,
                                   r.learning_rate,
                                   r.seconds,
                                   static_cast<double>(r.sequences)};
      values.insert(values.end(), row, row + columns);
    }
    return;
  }
  require(values.size() % columns == 0, [&] {
    return Fault{"a series of another length", "checkpoint, history", "a multiple of " + text_of(columns),
                 text_of(values.size())};
  });
  records.clear();
  for (std::size_t i = 0; i + columns <= values.size(); i += columns) {
    const double* row = values.data() + i;
    const auto next = static_cast<double>(records.size() + 1);
    require(row[0] == next, [&] {
      return Fault{"epochs do not follow each other", "checkpoint, history", shortest_number(next),
                   shortest_number(row[0])};
    });
    records.push_back({.epoch = static_cast<int>(next),
                       .loss = row[1],
                       .accuracy = row[2],
                       .test_loss = row[3],
                       .test_accuracy = row[4],
                       .validation_loss = row[5],
                       .validation_accuracy = row[6],
                       .learning_rate = row[7],
                       .seconds = row[8],
                       .sequences = check_count("sequences", row[9])});
  }
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif

HEED_COMPILED_FUNCTION(heed::detail::add_tensors)
