#pragma once

/// @file
/// Training of models of graphs: on the labels of some nodes, all nodes at once.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/graph.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/optim/adam.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/history.hpp"
#include "heed/train/stop.hpp"

namespace heed::inline HEED_ISA {

/// A graph with the features and labels of its nodes; views, but for the vectors.
template <class S>
struct LabelledNodes {
  const Graph& graph;
  const SparseRows<S>& features;
  std::span<const std::int32_t> labels;  ///< of all nodes

  /// The labels of some nodes; those of all others are ignored.
  std::vector<std::int32_t> labels_of(std::span<const Index> nodes) const {
    std::vector<std::int32_t> some(labels.size(), -100);
    for (const Index i : nodes) {
      require(i >= 0 && i < graph.nodes() && labels.size() == static_cast<std::size_t>(graph.nodes()), [&] {
        return Fault{"no such node, or not a label for each", "LabelledNodes", std::to_string(graph.nodes()),
                     std::to_string(i) + " of " + std::to_string(labels.size())};
      });
      some[static_cast<std::size_t>(i)] = labels[static_cast<std::size_t>(i)];
    }
    return some;
  }
};

struct FitNodesOptions {
  int epochs = 1000;
  double learning_rate = 0.005;
  double weight_decay = 5e-4;  ///< added to the gradient; biases are spared
  int patience =
      100;  ///< epochs without a lower loss or a higher accuracy in validation; 0: all epochs, the last weights
  std::uint64_t seed = 0;
  StopSignal stop = {};
  std::vector<Callback> callbacks = {};
};

namespace detail {
/// A model on all nodes of a graph, with memory of its own.
template <class Model>
struct NodeRun {
  using S = typename Model::Scalar;
  Scratch scratch;
  typename Model::Cache cache;
  TileBuffer<S> logits, dlogits;

  /// The mean loss over the labels that count, and with `gradient` its gradient.
  Evaluation operator()(const Model& model, const LabelledNodes<S>& nodes, std::span<const std::int32_t> labels,
                        Model* gradient = nullptr, Key key = {}) {
    const CrossEntropy<S> loss;
    const Pass pass{scratch, gradient != nullptr, key};
    const Shape shape = model.output_shape({nodes.graph.nodes(), nodes.features.columns()});
    const Tile<S> z = logits.take(shape, 1), dz = gradient ? dlogits.take(shape, 1) : Tile<S>();
    model.forward(nodes.graph, nodes.features, z, cache, pass);
    const Tile<const std::int32_t> targets(labels.data(), {shape.steps, 1}, 1);
    const double count = loss.counted(labels);
    const S one = 1;
    const Evaluation result{loss(z, targets, nullptr, count > 0 ? 1 / count : 0, dz, pass),
                            count > 0 ? loss.count_correct(z, targets, &one) / count : 0};
    if (gradient) model.backward(nodes.graph, nodes.features, z, dz, cache, *gradient, pass);
    return result;
  }
};
}  // namespace detail

/// Loss and accuracy over the nodes whose labels are not -100.
template <class Model>
Evaluation evaluate_nodes(const Model& model, const LabelledNodes<typename Model::Scalar>& nodes,
                          std::span<const std::int32_t> labels) {
  return detail::NodeRun<Model>()(model, nodes, labels);
}

/// Trains by the mean cross-entropy over the nodes `training`, with Adam. With patience it ends after so many epochs in
/// which neither loss nor accuracy over the nodes `validation` was better than ever, and gives back the weights of the
/// last epoch in which both were as good as ever (much as Velickovic et al. do). The same seed gives the same bits.
/// Throws where a node or a label is faulty; the model is then as it was.
template <class Model>
History fit_nodes(Model& model, const LabelledNodes<typename Model::Scalar>& nodes, std::span<const Index> training,
                  std::span<const Index> validation, const FitNodesOptions& options = {}) {
  using Clock = std::chrono::steady_clock;
  using S = typename Model::Scalar;
  const std::vector<std::int32_t> trained = nodes.labels_of(training), validated = nodes.labels_of(validation);
  const Index classes = model.output_shape({nodes.graph.nodes(), nodes.features.columns()}).features;
  require(options.epochs >= 0 && options.patience >= 0 && !training.empty() &&
              (options.patience == 0 || !validation.empty()),
          [] {
            return Fault{"option out of range",
                         "fit_nodes",
                         "nodes to train on, epochs and patience of at least 0, with patience nodes to validate on",
                         {}};
          });
  for (const auto* labels : {&trained, &validated}) CrossEntropy<S>().check(*labels, classes);
  Adam<Model> adam(
      model,
      {.learning_rate = options.learning_rate, .weight_decay = options.weight_decay, .decay_matrices_only = true});
  detail::NodeRun<Model> run, judge;
  Model gradient = model, best = model;
  History history;
  double lowest = std::numeric_limits<double>::infinity(), highest = 0;
  int waited = 0;
  const auto begin = Clock::now();
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    if (options.stop.requested()) {
      history.outcome = Outcome::cancelled;
      break;
    }
    set_zero(gradient);
    const Evaluation now =
        run(model, nodes, trained, &gradient, Key{options.seed}.child(static_cast<std::uint64_t>(epoch)));
    if (!std::isfinite(now.loss)) {
      history.outcome = Outcome::diverged;
      history.diverged_at = epoch;
      break;
    }
    adam.step(model, gradient);
    EpochRecord record{.epoch = epoch, .epochs = options.epochs, .loss = now.loss, .accuracy = now.accuracy};
    if (!validation.empty()) {
      const Evaluation v = judge(model, nodes, validated);
      record.validation_loss = v.loss;
      record.validation_accuracy = v.accuracy;
      const bool better = v.loss < lowest || v.accuracy > highest;
      if (v.loss <= lowest && v.accuracy >= highest) {
        best = model;
        history.best_epoch = epoch;
      }
      lowest = std::min(lowest, v.loss);
      highest = std::max(highest, v.accuracy);
      waited = better ? 0 : waited + 1;
    }
    record.learning_rate = options.learning_rate;
    record.sequences = static_cast<Index>(training.size());
    record.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    history.epochs.push_back(record);
    bool go_on = true;
    for (const Callback& callback : options.callbacks) go_on = callback(record) && go_on;
    if (!go_on) history.outcome = Outcome::stopped;
    if (options.patience > 0 && waited >= options.patience) history.outcome = Outcome::early;
    if (history.outcome != Outcome::finished) break;
  }
  if (options.patience > 0 && history.best_epoch > 0) {
    model = best;
  } else {
    history.best_epoch = 0;
  }
  return history;
}

}  // namespace heed::inline HEED_ISA
