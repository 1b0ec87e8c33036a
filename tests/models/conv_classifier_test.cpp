// The sequence classifier with convolutions in front.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "../support/classifier_case.hpp"
#include "../support/loss_curve.hpp"
#include "../support/stream_case.hpp"
#include "heed/infer/stream.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/io/weight_names.hpp"
#include "heed/models/keras_start.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/testing/check_layer.hpp"
#include "heed/train/fit.hpp"

namespace conv_classifier_test {

using heed::Attention;
using heed::CellKind;
using heed::Index;
using heed::Rename;
using heed::TensorShape;
using test_support::error_of;
using test_support::Reference;
using Model = heed::SequenceClassifier<double>;
using Options = heed::SequenceClassifierOptions;

constexpr Options convolutions{.features = 3,
                               .classes = 4,
                               .dense = 0,
                               .attention = Attention::meanmax,
                               .cell = CellKind::none,
                               .kernels = {4, 3, 2},
                               .channels = 6};

Options with(auto&& change) {
  Options o = convolutions;
  change(o);
  return o;
}

/// Kinds of all parts: with and without cell, dense layers, residual, causal, dropout.
const std::vector<Options> kinds{
    convolutions,
    with([](Options& o) { o.attention = Attention::max, o.dense = 5, o.causal = true; }),
    with([](Options& o) { o.attention = Attention::mean, o.residual = true, o.channels = {5, 6, 6}; }),
    with([](Options& o) { o.attention = Attention::pool, o.dropout = 0.3; }),
    with([](Options& o) { o.attention = Attention::multihead, o.hidden = 4, o.cell = CellKind::gru; }),
    with([](Options& o) {
      o.hidden = 4, o.cell = CellKind::lstm, o.bidirectional = true, o.dropout = 0.2, o.dense = 5;
    })};

/// Random weights; the shifts before ReLUs keep them off their kinks, on both sides.
template <class S>
heed::SequenceClassifier<S> random_model(const Options& options) {
  heed::SequenceClassifier<S> model(options);
  heed::Key key{7};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.5); }, model);
  for (auto& block : model.front.blocks) {
    for (Index i = 0; i < block.norm.bias.size(); ++i) block.norm.bias(i) = i % 3 == 1 ? S(-4) : S(4);
  }
  for (Index i = 0; i < model.fc1.bias.size(); ++i) model.fc1.bias(i) = i % 3 == 1 ? S(-20) : S(20);
  model.standardize = heed::Standardize<S>({0.5, -0.25, 0}, {2, 0.5, 1.25});
  return model;
}

TEST(ConvClassifier, FulfilsTheLayerContract) {
  for (Options options : kinds) {
    if (options.attention == Attention::meanmax) options.attention = Attention::mean;  // maxima change places
    for (const bool training : {false, true}) {
      if (training && options.dropout == 0) continue;
      const auto report =
          heed::testing::check_layer([&]<class S>() { return random_model<S>(options); }, {6, 3},
                                     {.zero_when_empty = false, .training = training, .initialize = false});
      EXPECT_TRUE(report.ok()) << describe(options) << report.text();
    }
  }
}

TEST(ConvClassifier, EqualsPyTorch) {
  int files = 0;
  for (const auto& name : test_support::reference_names("conv_classifier")) {
    SCOPED_TRACE(name);
    ++files;
    const Reference file(name);
    const auto model = with_weights(Model(heed::from_metadata<Options>(file.options())), file);
    for (const Index width : {7, 1}) {
      SCOPED_TRACE("lanes: " + std::to_string(width));
      expect_reference(run_classifier(file, model, width), file, file.arrays("dweight."));
    }
  }
  EXPECT_EQ(files, 12);
}

TEST(ConvClassifier, FollowsTenStepsOfPyTorchsTraining) {
  int files = 0;
  for (const auto& name : test_support::reference_names("conv_classifier_training")) {
    SCOPED_TRACE(name);
    ++files;
    const Reference file(name);
    auto model = with_weights(Model(heed::from_metadata<Options>(file.options())), file);
    const auto x = file.array("input.x");
    const auto labels = file.integers("input.labels");
    const std::vector<double> losses = file.values("output.loss");
    EXPECT_EQ(losses.size(), 10U);
    const heed::FitOptions options{.epochs = 10,
                                   .learning_rate = file.number("learning_rate"),
                                   .weight_decay = file.number("weight_decay"),
                                   .schedule = heed::OneCycleSchedule{},
                                   .threads = 1,
                                   .clip_norm = file.number("clip_norm"),
                                   .label_smoothing = file.number("smoothing")};
    const auto history =
        heed::fit(model, heed::view(x.values.data(), {x.extents[0], x.extents[1], x.extents[2]}), labels, options);
    test_support::expect_losses(history, losses);
  }
  EXPECT_EQ(files, 6);
}

TEST(ConvClassifier, ComesBackFromItsFile) {
  for (const Options& options : kinds) {
    Model model = random_model<double>(options);
    model.labels = {"a", "b", "c", "d"};
    const auto bytes = heed::serialize(model);
    const Model back = heed::load<Model>(bytes);
    EXPECT_EQ(back.options, options);
    EXPECT_EQ(heed::serialize(back), bytes);
  }
}

TEST(ConvClassifier, AFileSaysConvolutionsOnlyWhereThereAreSome) {
  const auto metadata = to_metadata(Options{.features = 3, .classes = 4, .channels = 7, .causal = true});
  for (const std::string name : {"kernels", "channels", "causal", "residual"}) EXPECT_FALSE(metadata.contains(name));
  EXPECT_EQ(to_metadata(convolutions).at("kernels"), "4,3,2");
  EXPECT_EQ(to_metadata(convolutions).at("channels"), "6");
  EXPECT_EQ(to_metadata(convolutions).at("cell"), "none");
}

TEST(ConvClassifier, HasNamesOfItsBlocks) {
  EXPECT_EQ(test_support::parameter_names(Model(with([](Options& o) { o.kernels = {3}, o.residual = true; }))),
            "front.0.conv.weight front.0.conv.bias front.0.norm.weight front.0.norm.bias front.0.shortcut.weight "
            "front.0.shortcut.bias fc.weight fc.bias ");
}

TEST(ConvClassifier, OfTheIssuesSizeHasSoManyWeights) {
  const Model model({.features = 2,
                     .classes = 15,
                     .dense = 0,
                     .attention = Attention::meanmax,
                     .cell = CellKind::none,
                     .kernels = {8, 5, 3}});
  EXPECT_EQ(parameter_count(model), 64 * (2 * 8 + 1) + 64 * (64 * 5 + 1) + 64 * (64 * 3 + 1) + 3 * 128 + 15 * 129);
  EXPECT_EQ(model.input_size(), 2);
}

/// Names and shapes of a model's tensors, by other names, as a file without metadata has them.
std::vector<TensorShape> shapes_of(const Model& model, const std::vector<Rename>& renames = {}) {
  std::vector<TensorShape> shapes;
  for_each_parameter(
      [&](const heed::Path& path, const auto& p) {
        std::string name = path.text();
        for (const Rename& r : renames) {
          if (name.starts_with(r.from)) name = r.to + name.substr(r.from.size());
        }
        shapes.push_back({name, {p.extents().begin(), p.extents().end()}});
      },
      model);
  return shapes;
}

TEST(ConvClassifier, IsToldByItsTensors) {
  for (Options o : kinds) {
    const Options told = heed::options_from_tensors(shapes_of(Model(o)));
    o.dropout = 0;
    o.causal = false;
    if (o.attention == Attention::max) o.attention = Attention::mean;              // looks the same
    if (o.attention == Attention::mean && o.residual) o.residual = told.residual;  // told where channels change
    if (o.cell == CellKind::none) o.hidden = told.hidden;
    EXPECT_EQ(told, o) << describe(o) << "\n" << describe(told);
  }
}

TEST(ConvClassifier, ProposesTheNamesOfPyTorchsModules) {
  const std::vector<std::vector<Rename>> names{{{"front.0.conv", "convs.0"},
                                                {"front.0.norm", "norms.0"},
                                                {"front.1.conv", "convs.1"},
                                                {"front.1.norm", "norms.1"},
                                                {"front.2.conv", "convs.2"},
                                                {"front.2.norm", "norms.2"},
                                                {"fc", "head"}},
                                               {{"front.0.conv", "conv1"},
                                                {"front.0.norm", "ln1"},
                                                {"front.1.conv", "conv2"},
                                                {"front.1.norm", "ln2"},
                                                {"front.2.conv", "conv3"},
                                                {"front.2.norm", "ln3"},
                                                {"fc", "classifier"}},
                                               {{"front.0.conv", "net.0"},
                                                {"front.0.norm", "net.2"},
                                                {"front.1.conv", "net.5"},
                                                {"front.1.norm", "net.7"},
                                                {"front.2.conv", "net.10"},
                                                {"front.2.norm", "net.12"},
                                                {"fc", "out"}}};
  for (const Options& options : {convolutions, kinds[2], kinds[5]}) {
    const Model trained = random_model<double>(with([&](Options& o) { o = options, o.residual = false; }));
    for (const auto& written : names) {
      const auto shapes = shapes_of(trained, written);
      std::vector<TensorShape> shuffled(shapes.rbegin(), shapes.rend());
      std::vector<TensorShape> back = shuffled;
      const auto renames = heed::classifier_renames(shuffled);
      for (const Rename& r : renames) {
        for (TensorShape& t : back) {
          if (heed::detail::begins_with_part(t.name, r.from)) t.name = r.to + t.name.substr(r.from.size());
        }
      }
      Options told = heed::options_from_tensors(back);
      EXPECT_EQ(told.kernels, options.kernels);
      EXPECT_EQ(told.channels, options.channels);
      EXPECT_EQ(told.attention, options.attention);
      auto expected = shapes_of(trained);
      const auto by_name = [](const TensorShape& a, const TensorShape& b) { return a.name < b.name; };
      std::sort(expected.begin(), expected.end(), by_name);
      std::sort(back.begin(), back.end(), by_name);
      for (std::size_t i = 0; i < back.size(); ++i) EXPECT_EQ(back[i].name, expected[i].name);
    }
  }
}

TEST(ConvClassifier, BatchNormalisationIsNotTakenForLayerNorm) {
  auto shapes = shapes_of(Model(convolutions), {{"front.0.conv", "conv1"}, {"front.0.norm", "bn1"}});
  shapes.push_back({"bn1.running_mean", {6}});
  EXPECT_TRUE(heed::classifier_renames(shapes).empty());
}

TEST(ConvClassifier, StreamsWhereItsConvolutionsAreCausal) {
  for (Options o : kinds) {
    o.causal = true;
    o.bidirectional = false;
    test_support::expect_streams(random_model<double>(o), {9, 3}, o.attention == Attention::multihead);
  }
  const Model model(convolutions);
  EXPECT_NE(error_of([&] { heed::Stream<Model>{model}; }), "no error");
}

TEST(ConvClassifier, ReadsWords) {
  heed::TextClassifierOptions o{.tokens = 9, .embedding = 3, .classifier = convolutions};
  const heed::TextClassifier<double> model(o);
  const auto back = heed::load<heed::TextClassifier<double>>(heed::serialize(model));
  EXPECT_EQ(back.options.classifier.kernels, convolutions.kernels);
  EXPECT_EQ(heed::serialize(back), heed::serialize(model));
}

TEST(ConvClassifier, StartsAsKerasWhereAsked) {
  Model model(with([](Options& o) { o.residual = true; }));
  initialize_keras(model, heed::Key{3});
  for (const auto& block : model.front.blocks) {
    const double bound = std::sqrt(6 / double((block.in_channels() + 6) * block.conv.weight.extents()[2]));
    double largest = 0;
    for (const double w : block.conv.weight) largest = std::max(largest, std::abs(w));
    EXPECT_LE(largest, bound);
    EXPECT_GE(largest, 0.8 * bound);
    for (const double b : block.conv.bias) EXPECT_EQ(b, 0);
  }
}

TEST(ConvClassifier, WithoutConvolutionsStartsAndComputesAsEver) {
  const Model before({.features = 3, .classes = 4, .hidden = 5}),
      after({.features = 3, .classes = 4, .hidden = 5, .channels = 9});
  EXPECT_EQ(heed::serialize(before), heed::serialize(after));
}

TEST(ConvClassifier, RefusesWhatCannotBe) {
  const auto error = [](auto&& change) { return error_of([&] { Model{with(change)}; }); };
  EXPECT_EQ(error([](Options& o) { o.channels = {6, 6}; }),
            "SequenceClassifier: kernels and channels differ in number (expected channels for all or for each of 3, "
            "got 6,6)");
  EXPECT_EQ(error([](Options& o) { o.bidirectional = true; }),
            "SequenceClassifier: there is no cell (expected one layer in one direction where cell is none, got "
            "bidirectional)");
  EXPECT_EQ(error([](Options& o) { o.layers = 2; }),
            "SequenceClassifier: there is no cell (expected one layer in one direction where cell is none, got 2 "
            "layers)");
  EXPECT_EQ(error([](Options& o) { o.kernels = {4, 0}; }),
            "SequenceClassifier: kernels out of range (expected 1 to 65536, got 0)");
  EXPECT_EQ(error([](Options& o) { o.channels = 0; }),
            "SequenceClassifier: channels out of range (expected 1 to 1048576, got 0)");
  EXPECT_NE(error([](Options& o) { o.attention = Attention::multihead, o.heads = 4; }), "no error");
  EXPECT_EQ(error_of([] { Model(convolutions).output_shape({5, 2}); }),
            "SequenceClassifier: wrong number of features (expected 3, got 2)");
  const Model model(convolutions);
  Model::Cache cache;
  EXPECT_EQ(error_of([&] { model.attention_weights(cache); }), "SequenceClassifier: the model has no attention");
}

}  // namespace conv_classifier_test
