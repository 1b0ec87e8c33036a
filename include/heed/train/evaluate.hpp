#pragma once

/// @file
/// Loss, accuracy and logits of a classifier on given sequences.

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

/// Evaluates models again and again on the same sequences, packed once.
template <Layer Model>
class Evaluator {
 public:
  using S = typename Model::Scalar;

  /// Throws where the sequences are faulty or a label is not among the classes.
  Evaluator(const Model& model, const LabelledSequences<S>& data, ThreadPool& threads, CrossEntropy<S> loss = {})
      : threads_(threads),
        loss_(std::move(loss)),
        workers_(static_cast<std::size_t>(threads.size())),
        rows_(data.count()) {
    check_sequences(data);
    shape_ = {data.x.extent(1), data.x.extent(2)};
    classes_ = logits_shape(model, shape_, "Evaluator").features;
    check_labels(data.labels, classes_);
    loss_.check(data.labels, classes_);
    const Index width = tile_width(rows_), tiles = tile_count(rows_, width);
    store_.reserve(tiles, shape_, width);
    for (Index i = 0; i < tiles; ++i) {
      const Index first = i * width;
      tiles_.push_back(store_.gather(i, data.x, data.lengths, data.labels, std::min(width, rows_ - first),
                                     [&](Index l) { return first + l; }));
    }
    totals_.resize(tiles_.size());
    double denominator = 0;
    for (const std::int32_t y : data.labels) denominator += loss_.target_weight(y);
    scale_ = denominator > 0 ? 1 / denominator : 0;
  }

  Evaluation operator()(const Model& model) {
    return run(model, [](Index, Tile<const S>, Index) {});
  }

  /// Also the logits: (n, classes).
  Evaluation operator()(const Model& model, TensorView<S, 2> logits) {
    const Extents<2> expected{rows_, classes_};
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
    threads_.for_each(static_cast<Index>(tiles_.size()), [&](Index i, int w) {
      Worker<Model>& worker = workers_[static_cast<std::size_t>(w)];
      const SequenceTile<S>& tile = tiles_[static_cast<std::size_t>(i)];
      const Pass pass{worker.scratch};
      const Tile<S> z = worker.output.take(model.output_shape(tile.x.shape()), tile.x.lanes);
      model.forward(tile.x, z, worker.cache, pass);
      each(i * tile.x.lanes, z, tile.rows);
      totals_[static_cast<std::size_t>(i)] = {loss_(z, tile.labels, tile.weights, scale_, {}, pass),
                                              count_correct<S>(z, tile.labels.data, tile.weights)};
    });
    Totals sum;
    for (const Totals& t : totals_) sum += t;
    return {sum.loss, sum.correct / static_cast<double>(rows_)};
  }

  ThreadPool& threads_;
  CrossEntropy<S> loss_;
  std::vector<Worker<Model>> workers_;
  TileStore<S> store_;
  std::vector<SequenceTile<S>> tiles_;
  std::vector<Totals> totals_;
  Index rows_, classes_ = 0;
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
