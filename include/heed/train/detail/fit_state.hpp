#pragma once

// Between what a run keeps and the tensors and series of a checkpoint.

#include <cstdint>
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

/// Where the parts of a run go: parameters become tensors, whole numbers series. One kind for all that is done with
/// them, so that it is compiled once.
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
    if (act == Act::load) number = static_cast<std::int64_t>(numbers(name, 1).front());
  }
  HEED_COLD const std::vector<double>& numbers(const char* name, std::size_t count) const {
    const std::vector<double>& values = state.series[prefix + name];
    require(values.size() == count, [&] {
      return Fault{"a series of another length", "checkpoint", text_of(count), text_of(values.size())};
    });
    return values;
  }
  StateParts under(const char* more) const { return {act, state, more}; }
};

/// What a run keeps besides models: how far it has come, its records, its schedule.
HEED_COLD inline void transfer(bool loading, TrainingState& state, TrainingProgress& progress,
                               std::vector<EpochRecord>& records, Schedule& schedule) {
  transfer(loading, state, progress);
  transfer(loading, state, records);
  auto* plateau = std::get_if<PlateauSchedule>(&schedule);
  if (!plateau) return;
  auto& s = plateau->state;
  double numbers[] = {s.rate, s.best, static_cast<double>(s.bad), static_cast<double>(s.cooling)};
  transfer(loading, state.series["plateau"], numbers);
  s = {numbers[0], numbers[1], static_cast<Index>(numbers[2]), static_cast<Index>(numbers[3])};
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
