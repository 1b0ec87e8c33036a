#pragma once

/// @file
/// Training of graph models: on the labels of some nodes, with all nodes in one batch.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/borrowed.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/graph.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/start.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/optim/adam.hpp"
#include "heed/options/fields.hpp"
#include "heed/train/detail/rounds.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/history.hpp"
#include "heed/train/stop.hpp"

namespace heed::inline HEED_ISA {

/// A graph with the features and labels of its nodes: views, except for the vectors.
template <class S>
struct LabelledNodes {
  const Graph& graph;
  const SparseRows<S>& features;
  BorrowedSpan<std::int32_t> labels;  ///< of all nodes

  /// The labels of some nodes; all other nodes get the label that is ignored.
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

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// Options of `fit_nodes`.
struct FitNodesOptions {
  int epochs = 1000;
  double learning_rate = 0.005;
  double weight_decay = 5e-4;  ///< added to the gradient; biases have none
  /// epochs without a better validation loss or accuracy; 0: run all epochs, keep the last weights
  int patience = 100;
  /// Parameters whose name contains one of these texts do not change, and their gradients are not computed.
  std::vector<std::string> frozen = {};
  std::vector<NamedFactor> rates = {};  ///< as `FitOptions::rates`
  std::uint64_t seed = 0;
  StopSignal stop = {};
  std::vector<Callback> callbacks = {};
  History* history = nullptr;  ///< as `FitOptions::history`

  static void fields(auto&& f, auto&... o) {
    f({"epochs", "At most", Range::at_least(0)}, o.epochs...);
    f({"learning_rate", "Of Adam", Range::at_least(0)}, o.learning_rate...);
    f({"weight_decay", "Of matrices", Range::at_least(0)}, o.weight_decay...);
    f({"patience", "Epochs without a better validation; 0: all", Range::at_least(0)}, o.patience...);
    f({"seed", "Of all random numbers"}, o.seed...);
    f({.name = "frozen", .optional = true, .flag = ""}, o.frozen...);
    f({.name = "rates", .range = Range::at_least(0), .optional = true, .flag = ""}, o.rates...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
/// A model on all nodes of a graph, with its own memory.
template <class Model>
struct NodeRun {
  using S = typename Model::Scalar;
  Scratch scratch;
  typename Model::Cache cache;
  TileBuffer<S> logits, dlogits;

  /// The mean loss over the labels that count; with `gradient` also its gradient.
  Evaluation operator()(const Model& model, const LabelledNodes<S>& nodes, std::span<const std::int32_t> labels,
                        Model* gradient = nullptr, Key key = {}) {
    const FlushDenormals flush;
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

/// Loss and accuracy over the nodes whose label is not -100.
template <class Model>
Evaluation evaluate_nodes(const Model& model, const LabelledNodes<typename Model::Scalar>& nodes,
                          std::span<const std::int32_t> labels) {
  return detail::NodeRun<Model>()(model, nodes, labels);
}

namespace detail {
/// The rounds of `fit_nodes`: each epoch is one step.
template <class Model>
class FitNodesRun {
 public:
  using S = typename Model::Scalar;

  FitNodesRun(Model& model, const LabelledNodes<S>& nodes, std::span<const Index> training,
              std::span<const Index> validation, const FitNodesOptions& options)
      : model_(model),
        nodes_(nodes),
        options_(options),
        trained_(nodes.labels_of(training)),
        validated_(nodes.labels_of(validation)),
        training_(static_cast<Index>(training.size())),
        validates_(!validation.empty()),
        weights_(model),
        adam_(weights_, {.learning_rate = options.learning_rate,
                         .weight_decay = options.weight_decay,
                         .decay_matrices_only = true,
                         .rates = options.rates}),
        gradient_(model),
        gradient_parameters_(gradient_),
        best_(weights_),
        good_(weights_) {
    if (!options.frozen.empty()) {
      want_all_but(gradient_parameters_,
                   frozen_among(gradient_parameters_.names(), options.frozen, "fit_nodes: frozen"));
    }
    const Index classes = model.output_shape({nodes.graph.nodes(), nodes.features.columns()}).features;
    check(options, "fit_nodes");
    require(training_ > 0 && (options.patience == 0 || validates_), [] {
      return Fault{"option out of range", "fit_nodes", "nodes to train on, and with patience nodes to validate on", {}};
    });
    for (const auto* labels : {&trained_, &validated_}) CrossEntropy<S>().check(*labels, classes);
    start_from(model, Key{options.seed});
  }

  History train() {
    begin_ = Clock::now();
    train_to_the_end(*this, options_.callbacks);
    return std::move(history_);
  }

  // ---- for the loop over rounds
  void finish(Outcome outcome) {
    history_.outcome = outcome;
    if (history_.outcome == Outcome::finished && enough()) history_.outcome = Outcome::early;
    if (options_.patience > 0 && history_.best_epoch > 0) {
      copy_parameters(std::as_const(best_).view(), weights_);
    } else {
      history_.best_epoch = 0;
    }
    if (options_.history) *options_.history = history_;
  }
  bool left() const { return epoch_ < options_.epochs; }
  bool enough() const { return options_.patience > 0 && waited_ >= options_.patience; }
  bool asked_to_stop() const { return options_.stop.requested(); }
  static bool all(bool yes) { return yes; }
  void ended(Outcome) {}
  Outcome round(EpochRecord& record) {
    ++epoch_;
    zero_parameters(gradient_parameters_);
    const Key key = Key{options_.seed}.child(static_cast<std::uint64_t>(epoch_));
    const Evaluation now = run_(model_, nodes_, trained_, &gradient_, key);
    if (!std::isfinite(now.loss)) return diverged();
    copy_parameters(std::as_const(weights_), good_.view());
    adam_.step(weights_, std::as_const(gradient_parameters_));
    if (!parameters_finite(std::as_const(weights_))) return diverged();
    record = {.epoch = epoch_, .epochs = options_.epochs, .loss = now.loss, .accuracy = now.accuracy};
    if (validates_) validate(record);
    if (validates_ && !std::isfinite(record.validation_loss)) return diverged();
    record.learning_rate = options_.learning_rate;
    record.sequences = training_;
    record.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    return Outcome::finished;
  }
  void take(const EpochRecord& record) { history_.epochs.push_back(record); }

 private:
  using Clock = std::chrono::steady_clock;

  /// Restores the last weights that gave a finite loss.
  Outcome diverged() {
    copy_parameters(std::as_const(good_).view(), weights_);
    history_.diverged_at = epoch_;
    return Outcome::diverged;
  }

  void validate(EpochRecord& record) {
    const Evaluation v = judge_(model_, nodes_, validated_);
    record.validation_loss = v.loss;
    record.validation_accuracy = v.accuracy;
    const bool better = v.loss < lowest_ || v.accuracy > highest_;
    if (v.loss <= lowest_ && v.accuracy >= highest_) {
      copy_parameters(std::as_const(weights_), best_.view());
      history_.best_epoch = epoch_;
    }
    lowest_ = std::min(lowest_, v.loss);
    highest_ = std::max(highest_, v.accuracy);
    waited_ = better ? 0 : waited_ + 1;
  }

  Model& model_;
  const LabelledNodes<S>& nodes_;
  const FitNodesOptions& options_;
  std::vector<std::int32_t> trained_, validated_;
  Index training_;  // nodes
  bool validates_;
  Parameters<S> weights_;
  BasicAdam<S> adam_;
  Model gradient_;
  Parameters<S> gradient_parameters_;
  ParameterList<S> best_, good_;  // the last weights that gave a finite loss
  NodeRun<Model> run_, judge_;
  int epoch_ = 0, waited_ = 0;
  double lowest_ = std::numeric_limits<double>::infinity(), highest_ = 0;
  Clock::time_point begin_;
  History history_;
};
}  // namespace detail

/// Trains with the mean cross-entropy over the nodes `training`, with Adam. With patience, training ends after that
/// many epochs in which neither the loss nor the accuracy over the nodes `validation` reached a new best. It then
/// restores the weights of the last epoch in which both were at their best (as Velickovic et al. do, with a small
/// difference). The same seed gives the same bits. If a callback throws, the model has the weights that it would have
/// had at the end. Throws if a node or a label is faulty; the model is then as it was.
template <class Model>
History fit_nodes(Model& model, const LabelledNodes<typename Model::Scalar>& nodes, std::span<const Index> training,
                  std::span<const Index> validation, const FitNodesOptions& options = {}) {
  return detail::FitNodesRun<Model>(model, nodes, training, validation, options).train();
}

}  // namespace heed::inline HEED_ISA
