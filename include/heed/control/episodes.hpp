#pragma once

/// @file
/// Plays episodes in which a model of action values chooses the actions.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/control/environment.hpp"
#include "heed/core/check.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/train/stop.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {

/// Throws unless the model gives a value for each action after the last `steps` observations.
template <Layer Model, class E>
void check_actions(const Model& model, const E& environment, Index steps, const std::string& where) {
  const Shape q = logits_shape(model, {steps, environment.observation_size()}, where);
  require(q.features == environment.actions(),
          [&] { return Fault{"wrong number of actions", where, text_of(environment.actions()), text_of(q.features)}; });
}

/// The greedy policy: the action with the largest value after the last observations; the lower action wins a tie. It
/// does not allocate once warm. Use one per thread. Throws if a value is not finite.
template <Layer Model>
class GreedyPolicy {
 public:
  using S = typename Model::Scalar;

  std::int32_t operator()(const Model& model, const ObservationWindow<S>& window) {
    const FlushDenormals flush;
    const Tile<const S> x(window.values().data(), window.shape(), 1);
    const Tile<S> q = values_.take({1, model.output_shape(x.shape()).features}, 1);
    model.forward(x, q, cache_, Pass{scratch_});
    for (Index a = 0; a < q.features; ++a) detail::check_action_value(q.data[a], "GreedyPolicy");
    return static_cast<std::int32_t>(std::max_element(q.data, q.data + q.features) - q.data);
  }

  /// The values of all actions in the last call.
  Tile<const S> values() const { return values_.view(); }
  const typename Model::Cache& cache() const { return cache_; }

 private:
  typename Model::Cache cache_;
  Scratch scratch_;
  TileBuffer<S> values_;
};

/// Plays episodes side by side, one per lane, with the greedy policy.
template <Layer Model, Environment<typename Model::Scalar> E>
class EpisodePlayer {
 public:
  using S = typename Model::Scalar;

  /// `steps`: the number of last observations that the model sees. Throws if the model does not fit the environment.
  HEED_COLD EpisodePlayer(const Model& model, E environment, Index steps, ThreadPool& threads)
      : environment_(std::move(environment)),
        shape_{steps, environment_.observation_size()},
        threads_(threads),
        workers_(static_cast<std::size_t>(threads.size())) {
    check_actions(model, environment_, steps, "EpisodePlayer");
  }

  /// The sum of the rewards of each episode. Episode i starts from `key.child(i)`. The bits are the same for any number
  /// of threads. Each thread checks `stop` before every step; after a stop the sums cover what was played. Throws if
  /// `episodes` is negative, or if a value, an observation or a reward is not finite.
  std::span<const double> operator()(const Model& model, Key key, Index episodes, const StopSignal& stop = {}) {
    require(episodes >= 0,
            [&] { return Fault{"episodes out of range", "EpisodePlayer", "at least 0", text_of(episodes)}; });
    if (episodes > static_cast<Index>(returns_.capacity())) returns_ = make_vector<double>(episodes, "EpisodePlayer");
    returns_.assign(static_cast<std::size_t>(episodes), 0);
    const Index width = tile_width(episodes);
    threads_.for_each(tile_count(episodes, width), [&](Index i, int w) {
      const Index first = i * width;
      play(model, key, first, std::min(width, episodes - first), width, stop, workers_[static_cast<std::size_t>(w)]);
    });
    return returns_;
  }

 private:
  struct Worker {
    typename Model::Cache cache;
    Scratch scratch;
    TileBuffer<S> input, values;
    std::vector<E> environments;
    std::vector<ObservationWindow<S>> windows;
    std::vector<bool> over;
  };

  void play(const Model& model, Key key, Index first, Index rows, Index width, const StopSignal& stop, Worker& w) {
    const auto count = static_cast<std::size_t>(rows);
    w.environments.assign(count, environment_);
    w.windows.assign(count, ObservationWindow<S>(shape_));
    w.over.assign(count, false);
    const Tile<S> x = w.input.take(shape_, width), q = w.values.take({1, environment_.actions()}, width);
    fill(x, S(0));
    for (std::size_t l = 0; l < count; ++l) {
      w.environments[l].reset(key.child(static_cast<std::uint64_t>(first) + l));
      w.windows[l].begin(w.environments[l]);
    }
    for (Index left = rows; left > 0 && !stop.requested();) {
      for (std::size_t l = 0; l < count; ++l) {
        const std::span<const S> seen = w.windows[l].values();
        for (std::size_t k = 0; k < seen.size() && !w.over[l]; ++k)
          x.data[k * static_cast<std::size_t>(width) + l] = seen[k];
      }
      model.forward(x, q, w.cache, Pass{w.scratch});
      for (std::size_t l = 0; l < count; ++l) {
        if (w.over[l]) continue;
        std::int32_t best = 0;
        for (Index a = 0; a < q.features; ++a) detail::check_action_value(q.at(0, a)[l], "EpisodePlayer");
        for (std::int32_t a = 1; a < q.features; ++a) best = q.at(0, a)[l] > q.at(0, best)[l] ? a : best;
        const ActionResult result = detail::checked(w.environments[l].step(best));
        returns_[static_cast<std::size_t>(first) + l] += result.reward;
        w.windows[l].add(w.environments[l]);
        w.over[l] = result.over();
        left -= result.over() ? 1 : 0;
      }
    }
  }

  E environment_;
  Shape shape_;
  ThreadPool& threads_;
  std::vector<Worker> workers_;
  std::vector<double> returns_;
};

/// Plays once. Ends when all episodes have ended.
template <Layer Model, Environment<typename Model::Scalar> E>
std::vector<double> play_episodes(const Model& model, const E& environment, Index steps, Key key, Index episodes,
                                  int threads = 0) {
  ThreadPool pool(threads);
  EpisodePlayer<Model, E> player(model, environment, steps, pool);
  const std::span<const double> returns = player(model, key, episodes);
  return {returns.begin(), returns.end()};
}

}  // namespace heed::inline HEED_ISA
