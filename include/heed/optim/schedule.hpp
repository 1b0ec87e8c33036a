#pragma once

/// @file
/// Learning rate schedules. A schedule is a value that gives the rate of a step. `fit` takes one in its options and
/// fills in what is 0: the optimizer's rate, and the number of steps.

#include <array>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <variant>

#include "heed/core/types.hpp"
#include "heed/options/fields.hpp"

namespace heed::inline HEED_ABI {

/// What a schedule counts: epochs, or steps of the optimizer.
enum class Per { epoch, step };
constexpr std::array<std::string_view, 2> names_of(Per) { return {"epoch", "step"}; }

/// torch.optim.lr_scheduler.StepLR: rate(i) = base factor^(i / every), rounded down.
struct StepSchedule {
  double base = 0;
  Index every = 30;
  double factor = 0.1;
  Per per = Per::epoch;

  double rate(Index i) const;

  static void fields(auto&& f, auto&... s) {
    f({"base", "", Range::at_least(0)}, s.base...);
    f({"every", "", Range::at_least(1)}, s.every...);
    f({"factor", "", Range::from(0, 1)}, s.factor...);
    f({"per"}, s.per...);
  }
};

/// Linear warm-up, then half a cosine down to `last` at step `steps`, where it stays (Loshchilov and Hutter 2017).
/// torch.optim.lr_scheduler.SequentialLR of LinearLR(start_factor = warmup_start, total_iters = warmup) and
/// CosineAnnealingLR(T_max = steps - warmup, eta_min = last).
struct CosineSchedule {
  double base = 0;
  Index steps = 0;                ///< all steps, including the warm-up
  Index warmup = 0;               ///< steps of the warm-up
  double warmup_start = 1.0 / 3;  ///< the warm-up begins at this times `base`
  double last = 0;
  Per per = Per::step;

  double rate(Index i) const;

  static void fields(auto&& f, auto&... s) {
    f({"base", "", Range::at_least(0)}, s.base...);
    f({"steps", "", Range::at_least(0)}, s.steps...);
    f({"warmup", "", Range::at_least(0)}, s.warmup...);
    f({"warmup_start", "", Range::from(0, 1)}, s.warmup_start...);
    f({"last", "", Range::at_least(0)}, s.last...);
    f({"per"}, s.per...);
  }
  /// Throws if the warm-up is longer than all steps together.
  void check() const;
};

/// torch.optim.lr_scheduler.OneCycleLR without momentum cycling (Smith and Topin 2018): half a cosine from top /
/// divisor up to `top`, then half a cosine down to top / divisor / last_divisor at the last step.
struct OneCycleSchedule {
  double top = 0;
  Index steps = 0;
  double rising = 0.3;  ///< the share of the steps in which the rate rises
  double divisor = 25, last_divisor = 1e4;
  Per per = Per::step;

  double rate(Index i) const;

  static void fields(auto&& f, auto&... s) {
    f({"top", "", Range::at_least(0)}, s.top...);
    f({"steps", "", Range::at_least(0)}, s.steps...);
    f({"rising", "", Range::from(0, 1)}, s.rising...);
    f({"divisor", "", Range::at_least(1)}, s.divisor...);
    f({"last_divisor", "", Range::at_least(1)}, s.last_divisor...);
    f({"per"}, s.per...);
  }
};

/// torch.optim.lr_scheduler.ReduceLROnPlateau (mode min): if the loss has not fallen for more than `patience` epochs,
/// the rate is multiplied by `factor`. This schedule has a state and counts epochs.
struct PlateauSchedule {
  double base = 0;
  double factor = 0.1;
  Index patience = 10;
  double threshold = 1e-4;  ///< a loss is lower if below best (1 - threshold), or below best - threshold
  bool relative = true;
  Index cooldown = 0;  ///< epochs after a reduction that are not counted
  double least = 0;
  double least_change = 1e-8;  ///< a smaller reduction is not made

  struct State {
    double rate = -1;  // negative: the base rate
    double best = std::numeric_limits<double>::infinity();
    Index bad = 0, cooling = 0;
    friend bool operator==(const State&, const State&) = default;
  } state = {};

  double rate() const { return state.rate < 0 ? base : state.rate; }

  /// Takes the loss of an epoch and returns the rate of the next epoch.
  double observe(double loss);

  static void fields(auto&& f, auto&... s) {
    f({"base", "", Range::at_least(0)}, s.base...);
    f({"factor", "", Range::share()}, s.factor...);
    f({"patience", "", Range::at_least(0)}, s.patience...);
    f({"threshold", "", Range::at_least(0)}, s.threshold...);
    f({"relative"}, s.relative...);
    f({"cooldown", "", Range::at_least(0)}, s.cooldown...);
    f({"least", "", Range::at_least(0)}, s.least...);
    f({"least_change", "", Range::at_least(0)}, s.least_change...);
  }
};

/// Any other function of the step, counted from 0. Checkpoints cannot tell two of them apart.
struct CustomSchedule {
  std::function<double(Index)> function;
  Per per = Per::step;

  double rate(Index i) const { return function(i); }
  static void fields(auto&& f, auto&... s) { f({"per"}, s.per...); }
  void check() const;
};

/// A schedule, or none (a constant rate). The fields of each schedule are its options, in the order in which
/// checkpoints store them.
using Schedule =
    std::variant<std::monostate, StepSchedule, CosineSchedule, OneCycleSchedule, PlateauSchedule, CustomSchedule>;

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Throws if an option is out of range, and names it.
void check(const Schedule& schedule);

namespace detail {
void complete_in_place(Schedule& schedule, double rate, Index epochs, Index steps);
}  // namespace detail

/// Fills in the schedule: if `base`, `top` or `steps` is 0, it becomes the optimizer's rate or the run's number of
/// epochs or steps. Throws as `check` does.
HEED_FUNCTION Schedule complete(Schedule schedule, double rate, Index epochs, Index steps);

/// The rate of a step; epoch and step count from 0. Without a schedule it is `constant`.
double rate(const Schedule& schedule, Index epoch, Index step, double constant);

/// The schedule as text, "2 0.01 100 0": its kind and its options. Equal texts mean equal rates.
std::string to_text(const Schedule& schedule);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <numbers>

#include "heed/core/error.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ABI {

namespace abi_detail {

/// Half a cosine from a (share 0) to b (share 1).
inline double cosine_between(double a, double b, double share) {
  return b + (a - b) / 2 * (1 + std::cos(std::numbers::pi * share));
}

}  // namespace abi_detail

HEED_SHARED_FUNCTION double StepSchedule::rate(Index i) const {
  return base * std::pow(factor, static_cast<double>(i / std::max<Index>(every, 1)));
}

HEED_SHARED_FUNCTION double CosineSchedule::rate(Index i) const {
  const auto t = static_cast<double>(i), rise = static_cast<double>(warmup);
  if (i < warmup) return base * (warmup_start + (1 - warmup_start) * t / rise);
  const double length = static_cast<double>(std::max<Index>(steps - warmup, 1));
  return abi_detail::cosine_between(base, last, std::min((t - rise) / length, 1.0));
}

HEED_SHARED_FUNCTION double OneCycleSchedule::rate(Index i) const {
  const double first = top / divisor, least = first / last_divisor;
  const double up = rising * static_cast<double>(steps) - 1, end = static_cast<double>(steps) - 1;
  const double t = std::min(static_cast<double>(i), end);
  if (t <= up && up > 0) return abi_detail::cosine_between(first, top, t / up);
  return abi_detail::cosine_between(top, least, end > up ? (t - up) / (end - up) : 1.0);
}

HEED_SHARED_FUNCTION double PlateauSchedule::observe(double loss) {
  if (loss < (relative ? state.best * (1 - threshold) : state.best - threshold)) {
    state.best = loss;
    state.bad = 0;
  } else {
    ++state.bad;
  }
  if (state.cooling > 0) {
    --state.cooling;
    state.bad = 0;
  }
  if (state.bad > patience) {
    const double next = std::max(rate() * factor, least);
    if (rate() - next > least_change) state.rate = next;
    state.cooling = cooldown;
    state.bad = 0;
  }
  return rate();
}

HEED_COLD HEED_SHARED_FUNCTION void CosineSchedule::check() const {
  require(steps == 0 || warmup <= steps,
          [&] { return Fault{"warmup out of range", "schedule", "0 to the number of steps", text_of(warmup)}; });
}

HEED_SHARED_FUNCTION void CustomSchedule::check() const {
  require(static_cast<bool>(function), [] { return Fault{"no function", "schedule", "a function of the step", {}}; });
}

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION void check(const Schedule& schedule) {
  std::visit(
      [](const auto& s) {
        if constexpr (requires { check(s, "schedule"); }) check(s, "schedule");
      },
      schedule);
}

namespace detail {

HEED_COLD HEED_FUNCTION void complete_in_place(Schedule& schedule, double rate, Index epochs, Index steps) {
  check(schedule);
  std::visit(
      [&](auto& s) {
        if constexpr (requires { s.base; }) s.base = s.base > 0 ? s.base : rate;
        if constexpr (requires { s.top; }) s.top = s.top > 0 ? s.top : rate;
        if constexpr (requires { s.steps; }) s.steps = s.steps > 0 ? s.steps : s.per == Per::epoch ? epochs : steps;
      },
      schedule);
  // a run may turn out shorter than the warm-up
  if (auto* cosine = std::get_if<CosineSchedule>(&schedule)) cosine->warmup = std::min(cosine->warmup, cosine->steps);
}

}  // namespace detail

HEED_FUNCTION Schedule complete(Schedule schedule, double rate, Index epochs, Index steps) {
  detail::complete_in_place(schedule, rate, epochs, steps);
  return schedule;
}

HEED_FUNCTION double rate(const Schedule& schedule, Index epoch, Index step, double constant) {
  return std::visit(
      [&](const auto& s) {
        if constexpr (requires { s.per; }) {
          return s.rate(s.per == Per::epoch ? epoch : step);
        } else if constexpr (requires { s.rate(); }) {
          return s.rate();
        } else {
          return constant;
        }
      },
      schedule);
}

HEED_COLD HEED_FUNCTION std::string to_text(const Schedule& schedule) {
  std::string text = text_of(schedule.index());
  std::visit(
      [&](const auto& s) {
        if constexpr (requires { detail::fields_of(s, s); }) {
          for (const FieldRecord& field : detail::fields_of(s, s).records) {
            text += ' ' + detail::shortest_number(field.number());
          }
        }
      },
      schedule);
  return text;
}

}  // namespace heed::inline HEED_ISA

#endif
