#pragma once

/// @file
/// Loss, accuracy and logits of a classifier on given sequences.

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/core/concepts.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/reducer.hpp"
#include "heed/train/step.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {

/// How many lanes have their largest logit at their label (the first of equals), weighted.
template <class S>
double count_correct(Tile<const S> logits, const std::int32_t* labels, const S* weights) {
  double correct = 0;
  for (Index l = 0; l < logits.lanes; ++l) {
    Index best = 0;
    for (Index c = 1; c < logits.features; ++c) best = logits.at(0, c)[l] > logits.at(0, best)[l] ? c : best;
    correct += best == labels[l] ? static_cast<double>(weights[l]) : 0;
  }
  return correct;
}

struct Evaluation {
  double loss = 0;      ///< mean cross-entropy
  double accuracy = 0;  ///< 0 to 1
};

/// Evaluates models again and again on the same sequences, packed once. With a reducer that spans several processes
/// each has a part of the sequences, and all get the result.
template <Layer Model, class R = InProcessReducer>
requires Reducer<R, Model>
class Evaluator {
 public:
  using S = typename Model::Scalar;

  /// Throws where the sequences are faulty or a label is not among the classes.
  Evaluator(const Model& model, const LabelledSequences<S>& data, ThreadPool& threads, CrossEntropy<S> loss = {},
            const R& reducer = {})
      : threads_(threads),
        loss_(std::move(loss)),
        reducer_(reducer),
        workers_(static_cast<std::size_t>(threads.size())) {
    auto rows = reducer_.rows(data);
    count_ = rows.count();
    shape_ = rows.shape();
    classes_ = logits_shape(model, shape_, "Evaluator").features;
    check_labels(rows.labels(), classes_);
    loss_.check(rows.labels(), classes_);
    const Index width = tile_width(count_), tiles = tile_count(count_, width);
    const Batch all{{0, count_}, width, tiles};  // a shard a tile
    rows.prepare({}, std::span(&all, 1), 0);
    own_ = reducer_.own(tiles);
    store_.reserve(own_.count(), shape_, width);
    for (Index i = own_.first; i < own_.last; ++i) {
      tiles_.push_back(rows.gather(store_, i - own_.first, all.positions_of({i, i + 1})));
    }
    totals_.resize(static_cast<std::size_t>(tiles));
    double denominator = 0;
    for (const std::int32_t y : rows.labels()) denominator += loss_.target_weight(y);
    scale_ = denominator > 0 ? 1 / denominator : 0;
  }

  Evaluation operator()(const Model& model) {
    return run(model, [](Index, Tile<const S>, Index) {});
  }

  /// Also the logits: (n, classes).
  Evaluation operator()(const Model& model, TensorView<S, 2> logits) requires std::same_as<R, InProcessReducer> {
    const Extents<2> expected{count_, classes_};
    require(logits.extents() == expected, [&] {
      return Fault{"wrong shape", "Evaluator, logits", to_text(expected), to_text(logits.extents())};
    });
    return run(model, [&](Index first, Tile<const S> z, Index rows) {
      for (Index l = 0; l < rows; ++l) {
        for (Index c = 0; c < z.features; ++c) logits(first + l, c) = z.at(0, c)[l];
      }
    });
  }

 private:
  template <class F>
  Evaluation run(const Model& model, F&& each) {
    const Index classes = model.output_shape(shape_).features;
    require(classes == classes_, [&] {
      return Fault{"another model", "Evaluator", std::to_string(classes_) + " classes", std::to_string(classes)};
    });
    threads_.for_each(own_.count(), [&](Index i, int w) {
      Worker<Model>& worker = workers_[static_cast<std::size_t>(w)];
      const SequenceTile<S>& tile = tiles_[static_cast<std::size_t>(i)];
      const Pass pass{worker.scratch};
      const Tile<S> z = worker.output.take(model.output_shape(tile.x.shape()), tile.x.lanes);
      model.forward(tile.x, z, worker.cache, pass);
      each((own_.first + i) * tile.x.lanes, z, tile.rows);
      totals_[static_cast<std::size_t>(own_.first + i)] = {loss_(z, tile.labels, tile.weights, scale_, {}, pass),
                                                           count_correct<S>(z, tile.labels.data, tile.weights)};
    });
    reducer_.share(std::span(totals_));
    Totals sum;
    for (const Totals& t : totals_) sum += t;
    return {sum.loss, sum.correct / static_cast<double>(count_)};
  }

  ThreadPool& threads_;
  CrossEntropy<S> loss_;
  R reducer_;
  std::vector<Worker<Model>> workers_;
  TileStore<S> store_;
  std::vector<SequenceTile<S>> tiles_;  // those of this process
  IndexRange own_;                      // which they are
  std::vector<Totals> totals_;          // of all
  Index count_ = 0, classes_ = 0;
  Shape shape_;
  double scale_ = 0;
};

/// Once.
template <Layer Model>
Evaluation evaluate(const Model& model, const LabelledSequences<typename Model::Scalar>& data, int threads = 0) {
  ThreadPool pool(threads);
  return Evaluator<Model>(model, data, pool)(model);
}

}  // namespace heed::inline HEED_ISA
