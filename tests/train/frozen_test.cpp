// Parts of a model that stay as they are, or move at other rates.

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/layers/dense.hpp"
#include "heed/models/graph_attention_network.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/optim/clip.hpp"
#include "heed/optim/sgd.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/fit_nodes.hpp"
#include "heed/train/step.hpp"

namespace frozen_test {

using heed::Index;
using test_support::error_of;
using Model = heed::SequenceClassifier<double>;

struct Data {
  static constexpr Index n = 40;
  heed::Tensor<double, 3> x{{n, 6, 2}};
  std::vector<std::int32_t> labels;
  Data() {
    const heed::Key key{4};
    std::uint64_t draw = 0;
    for (Index i = 0; i < n; ++i) {
      for (Index t = 0; t < 6; ++t) {
        for (Index f = 0; f < 2; ++f) x(i, t, f) = key.normal(draw++);
      }
      labels.push_back(static_cast<std::int32_t>(i % 3));
    }
  }
  heed::LabelledSequences<double> view() const { return {x.view(), labels}; }
};

Model classifier() {
  Model model({.features = 2, .classes = 3, .hidden = 4, .dense = 5});
  model.initialize(heed::Key{8});
  return model;
}

template <class M>
std::vector<double> numbers(const M& model) {
  std::vector<double> all;
  heed::for_each_parameter([&](const heed::Path&, const auto& p) { all.insert(all.end(), p.begin(), p.end()); }, model);
  return all;
}

/// An optimizer of somebody's own, which knows of no frozen parameters.
template <class Inner>
struct Wrapped {
  Inner inner;
  void step(Model& model, const Model& gradient) { inner.step(model, gradient); }
};

TEST(Frozen, StaysAsItIsAndTheRestLearnsAsEver) {
  const Data data;
  const Model start = classifier();
  const heed::FitOptions options{.epochs = 5, .batch_size = 16};
  // all gradients are computed, and some are not used
  Model expected = start;
  Wrapped<heed::Adam<Model>> wrapped{heed::Adam<Model>(expected, {.learning_rate = 0.02, .frozen = {"lstm", "fc1.b"}})};
  heed::fit(expected, data.view(), wrapped, options);
  EXPECT_EQ(numbers(expected.recurrent), numbers(start.recurrent));
  EXPECT_NE(numbers(expected.fc2), numbers(start.fc2));

  Model by_adam = start;
  heed::Adam<Model> adam(by_adam, {.learning_rate = 0.02, .frozen = {"lstm", "fc1.b"}});
  heed::fit(by_adam, data.view(), adam, options);
  EXPECT_EQ(numbers(by_adam), numbers(expected));

  Model by_fit = start;
  heed::Adam<Model> other(by_fit, {.learning_rate = 0.02});
  heed::FitOptions freezing = options;
  freezing.frozen = {"lstm", "fc1.b"};
  heed::fit(by_fit, data.view(), other, freezing);
  EXPECT_EQ(numbers(by_fit), numbers(expected));

  Model by_default = start;
  freezing.learning_rate = 0.02;
  heed::fit(by_default, data.view(), freezing);
  EXPECT_EQ(numbers(by_default), numbers(expected)) << "AdamW without decay is Adam";
}

TEST(Frozen, AnyOptimizerKeepsThem) {
  const Data data;
  const Model start = classifier();
  const heed::FitOptions options{.epochs = 2, .frozen = {"attention", "fc2.weight"}};
  Model by_sgd = start;
  heed::Sgd<Model> sgd(by_sgd, {.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.1});
  heed::fit(by_sgd, data.view(), sgd, options);
  Model by_own = start;
  Wrapped<heed::Sgd<Model>> own{heed::Sgd<Model>(by_own, {.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.1})};
  heed::fit(by_own, data.view(), own, options);
  EXPECT_EQ(numbers(by_own), numbers(by_sgd)) << "its decay would move them";
  EXPECT_EQ(numbers(by_sgd.pool), numbers(start.pool));
  EXPECT_TRUE(std::equal(start.fc2.weight.begin(), start.fc2.weight.end(), by_sgd.fc2.weight.begin()));
  EXPECT_NE(numbers(by_sgd.fc2), numbers(start.fc2));
  EXPECT_NE(numbers(by_sgd.recurrent), numbers(start.recurrent));
  Model by_option = start;
  heed::Sgd<Model> freezing(
      by_option, {.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.1, .frozen = {"attention", "fc2.weight"}});
  heed::fit(by_option, data.view(), freezing, {.epochs = 2});
  EXPECT_EQ(numbers(by_option), numbers(by_sgd));
}

TEST(Frozen, GradientsDoNotCountInTheNorm) {
  const Data data;
  // one step of plain SGD moves by the clipped gradient: all of its norm is in what is not frozen
  const Model start = classifier();
  Model model = start;
  heed::Sgd<Model> sgd(model, {.learning_rate = 1});
  heed::fit(model, data.view(), sgd, {.epochs = 1, .frozen = {"lstm", "fc"}, .clip_norm = 1e-4});
  double square = 0;
  const auto before = numbers(start.pool), after = numbers(model.pool);
  for (std::size_t i = 0; i < before.size(); ++i) square += (after[i] - before[i]) * (after[i] - before[i]);
  EXPECT_NEAR(std::sqrt(square), 1e-4, 1e-6);
}

/// A Dense that counts how often somebody goes back through it.
template <class S>
struct Counted {
  using Scalar = S;
  using Input = S;
  using Cache = typename heed::Dense<S>::Cache;
  static inline std::atomic<int> backwards = 0;
  heed::Dense<S> dense;
  heed::Shape output_shape(heed::Shape x) const { return dense.output_shape(x); }
  void forward(heed::Tile<const S> x, heed::Tile<S> y, Cache& cache, const heed::Pass& pass) const {
    dense.forward(x, y, cache, pass);
  }
  // as users write it, it knows of nothing that is not wanted
  void backward(heed::Tile<const S> x, heed::Tile<const S> y, heed::Tile<const S> dy, heed::Into<S> dx, Cache& cache,
                Counted& grad, const heed::Pass& pass) const {
    ++backwards;
    dense.backward(x, y, dy, dx, cache, grad.dense, pass);
    grad.dense.bias(0) += 5;
  }
  static void visit(auto&& f, auto&... layers) { f("dense", layers.dense...); }
};

TEST(Frozen, NobodyGoesBackThroughLayersBelowWhichAllIsFrozen) {
  using Net = heed::Sequential<Counted<double>, Counted<double>, heed::Dense<double>>;
  heed::Tensor<double, 3> x({20, 1, 3});
  for (Index i = 0; i < 20; ++i) x(i, 0, i % 3) = 1;
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 20; ++i) labels.push_back(i % 2);
  const auto backwards = [&](std::vector<std::string> frozen) {
    const heed::Dense<double> dense({.in_features = 3, .out_features = 3});
    Net net(Counted<double>{dense}, Counted<double>{dense}, heed::Dense<double>({.in_features = 3, .out_features = 2}));
    const auto before = numbers(std::get<0>(net.layers));
    Counted<double>::backwards = 0;
    heed::fit(net, {x.view(), labels}, {.epochs = 3, .tile_width = 32, .frozen = frozen});
    if (!frozen.empty()) {
      EXPECT_EQ(numbers(std::get<0>(net.layers)), before);
    }
    return Counted<double>::backwards.load();
  };
  EXPECT_EQ(backwards({}), 6);
  EXPECT_EQ(backwards({"0."}), 3);
  EXPECT_EQ(backwards({"0.", "1."}), 0);
}

TEST(Frozen, TextsInNoNameThrowAndListTheNames) {
  const Data data;
  Model model = classifier();
  const std::vector<double> before = numbers(model);
  const std::string names =
      "lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0, lstm.bias_hh_l0, attention.attention.weight, "
      "attention.attention.bias, fc1.weight, fc1.bias, fc2.weight, fc2.bias";
  const std::string rest = ": no parameter has \"recurrent\" in its name (expected a part of one of " + names + ")";
  EXPECT_EQ(error_of([&] { heed::Adam<Model>(model, {.frozen = {"recurrent"}}); }), "Adam: frozen" + rest);
  EXPECT_EQ(error_of([&] { heed::Adam<Model>(model, {.rates = {{"recurrent", 0.1}}}); }), "Adam: rates" + rest);
  EXPECT_EQ(error_of([&] { heed::Sgd<Model>(model, {.frozen = {"fc1", "recurrent"}}); }), "Sgd: frozen" + rest);
  EXPECT_EQ(error_of([&] { heed::fit(model, data.view(), {.frozen = {"recurrent"}}); }), "fit: frozen" + rest);
  EXPECT_EQ(error_of([&] { heed::fit(model, data.view(), {.rates = {{"recurrent", 2}}}); }), "Adam: rates" + rest);
  EXPECT_EQ(error_of([&] { heed::freeze(model, {"recurrent"}); }), "freeze" + rest);
  EXPECT_NE(error_of([&] { heed::Adam<Model>(model, {.frozen = {""}}); }).find("no parameter has \"\""),
            std::string::npos);
  for (const auto& f :
       std::vector<std::function<void()>>{[&] { heed::Adam<Model>(model, {.frozen = {"lstm", "fc", "att"}}); },
                                          [&] { heed::fit(model, data.view(), {.frozen = {"."}}); }}) {
    EXPECT_NE(error_of(f).find("all parameters are frozen"), std::string::npos);
  }
  heed::Adam<Model> adam(model);
  EXPECT_EQ(error_of([&] { heed::fit(model, data.view(), adam, {.rates = {{"lstm", 2}}}); }),
            "fit: rates are of the default optimizer (expected rates of the optimizer that is handed in)");
  EXPECT_NE(error_of([&] { heed::Adam<Model>(model, {.rates = {{"lstm", -1}}}); }).find("rates out of range"),
            std::string::npos);
  EXPECT_EQ(numbers(model), before);
}

TEST(Frozen, InOnesOwnLoop) {
  const Model start = classifier();
  Model model = start, gradient = model;
  heed::set_zero(gradient);
  heed::freeze(gradient, {"lstm"});
  EXPECT_FALSE(heed::wants_gradient(gradient.recurrent));
  EXPECT_TRUE(heed::wants_gradient(gradient));
  for (double& v : gradient.recurrent.weights[0].ih) v = 100;
  EXPECT_EQ(heed::norm(gradient), 0);
  heed::Sgd<Model> sgd(model, {.learning_rate = 1, .weight_decay = 0.1});
  sgd.step(model, gradient);
  EXPECT_EQ(numbers(model.recurrent), numbers(start.recurrent));
  EXPECT_NE(numbers(model.fc2), numbers(start.fc2)) << "by its decay";

  heed::ThreadPool threads(1);
  heed::TrainingStep step(model, threads);
  step.freeze({"lstm"});
  step(4, [&](Index, auto&, auto& sum, auto&) {
    auto& parts = sum.template as<Model>();
    parts.recurrent.weights[0].ih(0, 0) += 1;  // by a layer that knows of nothing unwanted
    parts.fc2.bias(0) += 1;
  });
  EXPECT_EQ(step.gradient().as<Model>().recurrent.weights[0].ih(0, 0), 0);
  EXPECT_EQ(step.gradient().as<Model>().fc2.bias(0), 4);
}

TEST(Frozen, OfGraphs) {
  const std::vector<heed::Edge> edges{{0, 1}, {1, 2}, {2, 3}};
  const heed::Graph graph(4, edges);
  heed::SparseRows<float> rows(2);
  for (const std::int32_t column : {0, 1, 0, 1}) rows.add_row(std::vector{column}, std::vector{1.0F});
  const std::vector<std::int32_t> labels = {0, 1, 0, 1};
  heed::GraphAttentionNetwork<float> net({.features = 2, .classes = 2, .hidden = 2, .heads = 2});
  net.initialize(heed::Key{1});
  const auto hidden = numbers(net.hidden), output = numbers(net.output);
  const std::vector<Index> all = {0, 1, 2, 3};
  heed::FitNodesOptions options{.epochs = 3, .patience = 0, .frozen = {"hidden"}};
  std::string names;
  heed::for_each_parameter([&](const heed::Path& path, const auto&) { names += path.text() + ' '; }, net);
  options.frozen = {names.substr(0, names.find('.'))};
  heed::fit_nodes(net, {graph, rows, labels}, all, all, options);
  EXPECT_EQ(numbers(net.hidden), hidden);
  EXPECT_NE(numbers(net.output), output);
  options.frozen = {};
  options.rates = {{"output", 0}};
  const auto moved = numbers(net.output);
  heed::fit_nodes(net, {graph, rows, labels}, all, all, options);
  EXPECT_EQ(numbers(net.output), moved);
  EXPECT_NE(numbers(net.hidden), hidden);
  options.rates = {{"output", -1}};
  EXPECT_NE(error_of([&] { heed::fit_nodes(net, {graph, rows, labels}, all, all, options); }), "no error");
  options.rates = {};
  options.frozen = {"encoder"};
  EXPECT_NE(error_of([&] { heed::fit_nodes(net, {graph, rows, labels}, all, all, options); }).find("\"encoder\""),
            std::string::npos);
}

TEST(Rates, MultiplyTheLearningRate) {
  const Data data;
  const Model start = classifier();
  const auto moved = [&](std::vector<heed::NamedFactor> rates) {
    Model model = start;
    heed::Sgd<Model> sgd(model, {.learning_rate = 0.5, .rates = std::move(rates)});
    heed::fit(model, data.view(), sgd, {.epochs = 1});
    return model;
  };
  const Model all = moved({}), some = moved({{"fc2.w", 1}, {"lstm", 0.25}, {"fc2", 0}});
  const auto expect = [&](const auto& from, const auto& a, const auto& b, double factor) {
    for (Index i = 0; i < from.size(); ++i) {
      EXPECT_NEAR(b.data()[i] - from.data()[i], factor * (a.data()[i] - from.data()[i]), 1e-15);
    }
  };
  expect(start.fc1.weight, all.fc1.weight, some.fc1.weight, 1);
  expect(start.fc2.weight, all.fc2.weight, some.fc2.weight, 1);
  expect(start.fc2.bias, all.fc2.bias, some.fc2.bias, 0);
  expect(start.recurrent.weights[0].ih, all.recurrent.weights[0].ih, some.recurrent.weights[0].ih, 0.25);
}

TEST(Rates, OfAdamAreThoseOfPartsOfTheirOwn) {
  const Data data;
  const Model start = classifier();
  const auto trained = [&](double rate, std::vector<heed::NamedFactor> rates, double decay) {
    Model model = start;
    heed::fit(model, data.view(),
              {.epochs = 1, .learning_rate = rate, .weight_decay = decay, .rates = std::move(rates)});
    return model;
  };
  for (const double decay : {0.0, 0.1}) {
    const Model fast = trained(0.04, {}, decay), slow = trained(0.01, {}, decay);
    const Model both = trained(0.04, {{"lstm", 0.25}}, decay);
    EXPECT_EQ(numbers(both.fc1), numbers(fast.fc1));
    EXPECT_EQ(numbers(both.recurrent), numbers(slow.recurrent));
  }
}

TEST(Rates, AreTextInCheckpoints) {
  heed::AdamOptions o{.frozen = {"a"}, .rates = {{"lstm", 0.1}, {"x=y", 2}}};
  const heed::Metadata m = heed::to_metadata(o);
  EXPECT_EQ(heed::from_metadata<heed::AdamOptions>(m).rates, o.rates);
  EXPECT_FALSE(heed::to_metadata(heed::AdamOptions()).contains("rates"));
}

}  // namespace frozen_test
