#pragma once

// Conversions between a run's state and the tensors and series of a checkpoint.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/train/history.hpp"
#include "heed/train/training_state.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Receives the parts of a run: parameters become tensors, integers become series. A single type, so that the code is
/// compiled once.
struct StateParts {
  enum class Act { collect, save, load } act;
  TrainingState& state;
  std::string prefix = {};

  template <class S>
  void operator()(const char* name, Parameters<S>& part) const {
    if (act == Act::collect) state.add(prefix + name, part);
  }
  template <class S>
  void operator()(const char* name, ParameterList<S>& part) const {
    (*this)(name, part.view());
  }
  template <Visitable M>
  void operator()(const char* name, M& part) const {
    if (act == Act::collect) state.add(prefix + name, part);
  }
  HEED_COLD void operator()(const char* name, std::int64_t& number) const {
    if (act == Act::save) state.series[prefix + name] = {static_cast<double>(number)};
    if (act == Act::load) number = check_count(name, numbers(name, 1).front());
  }
  HEED_COLD const std::vector<double>& numbers(const char* name, std::size_t count) const {
    const std::vector<double>& values = state.series[prefix + name];
    require(values.size() == count,
            [&] { return Fault{"a series of another length", "checkpoint", text_of(count), text_of(values.size())}; });
    return values;
  }
  StateParts under(const char* more) const { return {act, state, more}; }
};

/// The state of a run besides models: its progress, records and schedule.
HEED_COLD inline void transfer(bool loading, TrainingState& state, TrainingProgress& progress,
                               std::vector<EpochRecord>& records, Schedule& schedule) {
  transfer(loading, state, progress);
  transfer(loading, state, records);
  require(static_cast<Index>(records.size()) == progress.epoch, [&] {
    return Fault{"not a record an epoch", "checkpoint, history", text_of(progress.epoch), text_of(records.size())};
  });
  auto* plateau = std::get_if<PlateauSchedule>(&schedule);
  if (!plateau) return;
  auto& s = plateau->state;
  double numbers[] = {s.rate, s.best, static_cast<double>(s.bad), static_cast<double>(s.cooling)};
  transfer(loading, state.series["plateau"], numbers);
  if (loading) s = {numbers[0], numbers[1], check_count("plateau", numbers[2]), check_count("plateau", numbers[3])};
}

/// A copy of a state's values, restored if loading fails.
class StateCopy {
 public:
  explicit StateCopy(const TrainingState& state) : series_(state.series) {
    const auto copy = [&](const auto* array) {
      const auto bytes = std::as_bytes(std::span(array->data(), static_cast<std::size_t>(array->size())));
      tensors_.emplace_back(bytes.begin(), bytes.end());
    };
    for (const StateTensor& tensor : state.tensors) std::visit(copy, tensor.array);
  }
  /// The state has the same list of tensors, possibly of another run.
  void put_back(TrainingState& state) const {
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      const auto paste = [&](auto* array) { std::memcpy(array->data(), tensors_[i].data(), tensors_[i].size()); };
      if (!tensors_[i].empty()) std::visit(paste, state.tensors[i].array);
    }
    state.series = series_;
  }

 private:
  std::vector<std::vector<std::byte>> tensors_;
  std::map<std::string, std::vector<double>> series_;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
