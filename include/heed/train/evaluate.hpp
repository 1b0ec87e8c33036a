#pragma once

/// @file
/// Loss, accuracy and outputs of a model on given sequences.

#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/concepts.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/losses/loss.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/order.hpp"
#include "heed/train/reducer.hpp"
#include "heed/train/step.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
/// NaN where the loss has no accuracy.
template <class L, class S>
double count_correct(const L& loss, Tile<const S> y, Tile<const typename L::Target> target, const S* weights) {
  if constexpr (requires { loss.count_correct(y, target, weights); }) {
    return loss.count_correct(y, target, weights);
  } else {
    return std::numeric_limits<double>::quiet_NaN();
  }
}
/// What the accuracy divides by.
template <class L>
double counted(const L& loss, std::span<const typename L::Target> targets) {
  if constexpr (requires { loss.counted(targets); }) {
    return loss.counted(targets);
  } else {
    return 1;
  }
}

/// Where a model's output for a tile goes: with labels for the steps of the input, of which there are so many at most,
/// it has the sequences' lengths.
template <class S, class X, class T>
Tile<S> take_output(TileBuffer<S>& memory, Shape shape, const SequenceTile<X, T, S>& tile, Index steps) {
  return memory.take(shape, tile.x.lanes, labels_steps(tile.labels.steps, steps) ? tile.x.lengths : nullptr);
}
}  // namespace detail

struct Evaluation {
  double loss = 0;      ///< the mean
  double accuracy = 0;  ///< 0 to 1, of all labels that count; NaN where the loss knows none
};

/// Evaluates models again and again on the same sequences, packed once. With a reducer that spans several processes
/// each has a part of the sequences, and all get the result.
template <Layer Model, class R = InProcessReducer, class L = CrossEntropy<typename Model::Scalar>>
requires Reducer<R, Model> && Loss<L, typename Model::Scalar>
class Evaluator {
 public:
  using S = typename Model::Scalar;
  using X = typename Model::Input;
  using T = typename L::Target;

  /// On all sequences, or on the rows `members` of them. Throws where the sequences are faulty or a target does not fit
  /// the model.
  HEED_COLD Evaluator(const Model& model, const LabelledSequences<X, T>& data, ThreadPool& threads, L loss = L(),
                      const R& reducer = {}, std::span<const Index> members = {})
      : threads_(threads),
        loss_(std::move(loss)),
        reducer_(reducer),
        workers_(static_cast<std::size_t>(threads.size())) {
    auto rows = reducer_.rows(data);
    shape_ = rows.shape();
    outputs_ = check_targets_of(loss_, model, shape_, rows.labels(), "Evaluator");
    detail::agreed(reducer_, [&] { check_input(model, data.x, data.lengths, "sequences"); });
    count_ = members.empty() ? rows.count() : static_cast<Index>(members.size());
    EpochOrder order(rows.count(), {members.begin(), members.end()}, rows.lengths(), {.batch = count_});
    const std::span<const Index> sorted = order(Key{});
    order_.assign(sorted.begin(), sorted.end());
    const Index width = tile_width(count_), tiles = tile_count(count_, width);
    const Batch all{{0, count_}, width, tiles};  // a shard a tile
    rows.prepare(order_, std::span(&all, 1), 0);
    own_ = reducer_.own(tiles);
    store_.reserve(own_.count(), shape_, width, as_rows(rows.labels()).extent(1));
    tiles_.reserve(static_cast<std::size_t>(own_.count()));
    for (Index i = own_.first; i < own_.last; ++i) {
      tiles_.push_back(rows.gather(store_, i - own_.first, all.positions_of({i, i + 1})));
    }
    totals_.resize(static_cast<std::size_t>(tiles));
    double denominator = 0;
    for (Index p = 0; p < count_; ++p) {
      denominator += loss_.target_weight(rows.targets(p));
      counted_ += detail::counted(loss_, rows.targets(p));
    }
    scale_ = denominator > 0 ? 1 / denominator : 0;
  }

  Evaluation operator()(const Model& model) {
    return run(model, [](Index, Tile<const S>, Index) {});
  }

  /// Also the outputs, the logits of a classifier: (n, outputs). Only where it evaluates all sequences, and one step of
  /// outputs each.
  Evaluation operator()(const Model& model, TensorView<S, 2> outputs) requires std::same_as<R, InProcessReducer> {
    const Extents<2> expected{count_, outputs_};
    logits_shape(model, shape_, "Evaluator");
    require(outputs.extents() == expected, [&] {
      return Fault{"wrong shape", "Evaluator, logits", to_text(expected), to_text(outputs.extents())};
    });
    return run(model, [&](Index first, Tile<const S> z, Index rows) {
      for (Index l = 0; l < rows; ++l) {
        const Index row = order_.empty() ? first + l : order_[static_cast<std::size_t>(first + l)];
        for (Index c = 0; c < z.features; ++c) outputs(row, c) = z.at(0, c)[l];
      }
    });
  }

 private:
  template <class F>
  Evaluation run(const Model& model, F&& each) {
    const Index outputs = model.output_shape(shape_).features;
    require(outputs == outputs_, [&] {
      return Fault{"another model", "Evaluator", text_of(outputs_) + " classes", text_of(outputs)};
    });
    threads_.for_each(own_.count(), [&](Index i, int w) {
      Worker<Model>& worker = workers_[static_cast<std::size_t>(w)];
      const SequenceTile<X, T, S>& tile = tiles_[static_cast<std::size_t>(i)];
      const Pass pass{worker.scratch};
      const Tile<S> z = detail::take_output(worker.output, model.output_shape(tile.x.shape()), tile, shape_.steps);
      model.forward(tile.x, z, worker.cache, pass);
      each((own_.first + i) * tile.x.lanes, z, tile.rows);
      totals_[static_cast<std::size_t>(own_.first + i)] = {
          loss_(z, tile.labels, tile.weights, scale_, {}, pass),
          detail::count_correct<L, S>(loss_, z, tile.labels, tile.weights)};
    });
    reducer_.share(std::span(totals_));
    Totals sum;
    for (const Totals& t : totals_) sum += t;
    return {sum.loss, counted_ > 0 ? sum.correct / counted_ : 0};
  }

  ThreadPool& threads_;
  L loss_;
  R reducer_;
  std::vector<Worker<Model>> workers_;
  TileStore<X, T, S> store_;
  std::vector<SequenceTile<X, T, S>> tiles_;  // those of this process
  std::vector<Index> order_;                  // the rows of the lanes; empty: one after another
  IndexRange own_;                            // which tiles they are
  std::vector<Totals> totals_;                // of all
  Index count_ = 0, outputs_ = 0;
  Shape shape_;
  double scale_ = 0, counted_ = 0;
};

/// Once.
template <Layer Model>
Evaluation evaluate(const Model& model, const LabelledSequences<typename Model::Input>& data, int threads = 0) {
  ThreadPool pool(threads);
  return Evaluator<Model>(model, data, pool)(model);
}
/// Once, with a loss of one's own.
template <Layer Model, Loss<typename Model::Scalar> L>
Evaluation evaluate(const Model& model, const LabelledSequences<typename Model::Input, typename L::Target>& data,
                    L loss, int threads = 0) {
  ThreadPool pool(threads);
  return Evaluator<Model, InProcessReducer, L>(model, data, pool, std::move(loss))(model);
}

}  // namespace heed::inline HEED_ISA
