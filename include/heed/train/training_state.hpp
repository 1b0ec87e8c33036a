#pragma once

/// @file
/// Everything that a run needs to go on as if it had never been interrupted, and the seam for those who keep it.
/// `heed/io/checkpoint.hpp` keeps it in a file.

#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/metadata.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/train/history.hpp"

namespace heed::inline HEED_ISA {

/// A parameter of the state where it lives, column-major.
struct StateTensor {
  std::string name;
  std::variant<ParameterArray<float>*, ParameterArray<double>*> array;
};

struct TrainingState {
  std::vector<StateTensor> tensors;                   ///< weights, moments, averages: of fixed size
  std::map<std::string, std::vector<double>> series;  ///< counters, losses: of any size, NaN and infinities included
  Metadata identity;                                  ///< what must be the same when a run goes on

  template <Visitable Model>
  void add(const std::string& prefix, Model& model) {
    for_each_parameter(
        [&](const Path& path, auto& parameter) {
          tensors.push_back({prefix + '.' + path.text(), &parameter});
        },
        model);
  }
};

/// How a run is kept. Empty functions: not at all.
struct Checkpoint {
  int every = 1;  ///< epochs; the last one is always kept, and where the stop signal ends training
  /// Fills tensors and series, and gives true; false where nothing has been kept yet. Throws where what has been kept
  /// has another identity or other tensors; nothing is then filled.
  std::function<bool(TrainingState&)> load = {};
  std::function<void(const TrainingState&)> save = {};
};

/// How far a run has come, besides its weights.
struct TrainingProgress {
  int epoch = 0;                                          // that has ended
  Index batch = 0;                                        // of the next one, that would be taken next
  double loss = 0, denominator = 0, correct = 0;          // sums over its batches so far
  double best = std::numeric_limits<double>::infinity();  // the lowest monitored loss
  int best_epoch = 0, waited = 0;                         // its epoch; epochs since then
  double seconds = 0;
};

namespace detail {

// series <-> numbers, in this order
template <bool loading, class V, class... T>
void transfer(V& values, T&... numbers) {
  if constexpr (loading) {
    require(values.size() == sizeof...(T), [&] {
      return Fault{"a series of another length", "checkpoint", std::to_string(sizeof...(T)),
                   std::to_string(values.size())};
    });
    std::size_t i = 0;
    ((numbers = static_cast<T>(values[i++])), ...);
  } else {
    values = {static_cast<double>(numbers)...};
  }
}

template <bool loading>
void transfer(TrainingState& state, TrainingProgress& p) {
  transfer<loading>(state.series["progress"], p.epoch, p.batch, p.loss, p.denominator, p.correct, p.best, p.best_epoch,
                    p.waited, p.seconds);
}

template <bool loading>
void transfer(TrainingState& state, std::vector<EpochRecord>& records) {
  const auto column = [&](const char* name, auto member) {
    std::vector<double>& values = state.series[std::string("history.") + name];
    if constexpr (loading) {
      records.resize(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        records[i].*member = static_cast<std::remove_reference_t<decltype(records[i].*member)>>(values[i]);
      }
    } else {
      values.clear();
      for (const EpochRecord& r : records) values.push_back(static_cast<double>(r.*member));
    }
  };
  column("epoch", &EpochRecord::epoch);
  column("loss", &EpochRecord::loss);
  column("accuracy", &EpochRecord::accuracy);
  column("test_loss", &EpochRecord::test_loss);
  column("test_accuracy", &EpochRecord::test_accuracy);
  column("validation_loss", &EpochRecord::validation_loss);
  column("validation_accuracy", &EpochRecord::validation_accuracy);
  column("learning_rate", &EpochRecord::learning_rate);
  column("seconds", &EpochRecord::seconds);
  column("sequences", &EpochRecord::sequences);
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA
