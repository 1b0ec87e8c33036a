#pragma once

/// @file
/// Trains several models side by side: ensembles over seeds.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/types.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/fit_options.hpp"
#include "heed/train/history.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
/// Throws for options that belong to a single training.
void check_shared(const FitOptions& options, const char* where);
/// The options for member i, with this many threads.
FitOptions options_of_member(const FitOptions& options, Index member, int threads);
}  // namespace detail

/// Trains models of one type, each by `train(model, options)`, side by side on the threads of `options`. Model i has
/// the seed `options.seed` + i and gets the weights that `fit` alone would give it. The bits are the same for any
/// number of threads. Throws what the first member throws, and for options that belong to a single training (callbacks,
/// checkpoint, history).
template <class Model, class Train>
std::vector<History> fit_members(std::span<Model> models, const FitOptions& options, Train&& train) {
  detail::check_shared(options, "fit_ensemble");
  const auto count = static_cast<Index>(models.size());
  if (count == 0) return {};
  ThreadPool pool = options.executor ? ThreadPool(options.executor) : ThreadPool(options.threads);
  const Index at_once = std::min<Index>(pool.size(), count);
  const int threads = options.executor ? 1 : static_cast<int>(std::max<Index>(1, pool.size() / at_once));
  std::vector<History> histories(models.size());
  pool.for_each(count, [&](Index i, int) {
    const auto k = static_cast<std::size_t>(i);
    histories[k] = train(models[k], detail::options_of_member(options, i, threads));
  });
  return histories;
}

/// Trains the members of an `Ensemble` by `fit` with the optimizer and the loss of `options`, as `fit_members` does.
/// Each member is evaluated on `test` after its epochs.
template <class Ensemble, class T>
std::vector<History> fit_ensemble(Ensemble& ensemble, const LabelledSequences<typename Ensemble::Input, T>& data,
                                  const FitOptions& options = {},
                                  const std::optional<LabelledSequences<typename Ensemble::Input, T>>& test = {});

/// With a given loss.
template <class Ensemble, class T, class L>
  requires(!std::convertible_to<L, FitOptions>)
std::vector<History> fit_ensemble(Ensemble& ensemble, const LabelledSequences<typename Ensemble::Input, T>& data,
                                  const L& loss, const FitOptions& options = {},
                                  const std::optional<LabelledSequences<typename Ensemble::Input, T>>& test = {}) {
  using Model = std::remove_reference_t<decltype(ensemble.members.front())>;
  auto histories = fit_members(std::span<Model>(ensemble.members), options, [&](Model& model, const FitOptions& o) {
    return heed::fit(model, data, loss, o, test);
  });
  ensemble.agree();
  return histories;
}

template <class Ensemble, class T>
std::vector<History> fit_ensemble(Ensemble& ensemble, const LabelledSequences<typename Ensemble::Input, T>& data,
                                  const FitOptions& options,
                                  const std::optional<LabelledSequences<typename Ensemble::Input, T>>& test) {
  if constexpr (std::is_same_v<T, std::int32_t>) {
    using Model = std::remove_reference_t<decltype(ensemble.members.front())>;
    auto histories = fit_members(std::span<Model>(ensemble.members), options,
                                 [&](Model& model, const FitOptions& o) { return heed::fit(model, data, o, test); });
    ensemble.agree();
    return histories;
  } else {
    return fit_ensemble(ensemble, data, MeanSquaredError<T>(), options, test);
  }
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <string>

#include "heed/core/error.hpp"

namespace heed::inline HEED_ISA::detail {

HEED_COLD HEED_FUNCTION void check_shared(const FitOptions& options, const char* where) {
  check(options);
  const char* option = !options.callbacks.empty() ? "callbacks"
                       : options.checkpoint.load  ? "checkpoint"
                       : options.history          ? "history"
                                                  : nullptr;
  require(!option, [&] { return Fault{std::string(option) + " is of one training, and here are several", where}; });
}

HEED_COLD HEED_FUNCTION FitOptions options_of_member(const FitOptions& options, Index member, int threads) {
  FitOptions o = options;
  o.seed += static_cast<std::uint64_t>(member);
  o.threads = threads;
  o.executor = {};
  return o;
}

}  // namespace heed::inline HEED_ISA::detail

#endif
