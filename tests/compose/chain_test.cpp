#include "heed/compose/chain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "../support/stream_case.hpp"
#include "../support/task.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/stream.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/testing/check_layer.hpp"
#include "heed/train/fit.hpp"

namespace chain_test {

using heed::AnyLayer;
using heed::Chain;
using heed::Conv1d;
using heed::ConvPadding;
using heed::Dense;
using heed::Dropout;
using heed::Gru;
using heed::Index;
using heed::Lstm;
using heed::MaxPool1d;
using heed::MeanPool;
using heed::Sequential;
using heed::Tanh;
using test_support::error_of;

template <class S>
Chain<S> tagger() {
  return Chain<S>(
      {Dense<S>({.in_features = 3, .out_features = 4}), Tanh<S>(), Lstm<S>({.input_size = 4, .hidden_size = 5})});
}
template <class S>
Chain<S> pooler() {
  return Chain<S>({Conv1d<S>({.in_channels = 3, .out_channels = 4, .kernel_size = 3}),
                   heed::MeanPool1d<S>({.kernel_size = 2}), Gru<S>({.input_size = 4, .hidden_size = 4}), MeanPool<S>(),
                   Dense<S>({.in_features = 4, .out_features = 2})});
}

TEST(Chain, FulfilsTheLayerContractKeepingTheSteps) {
  const auto report = heed::testing::check_layer([]<class S>() { return tagger<S>(); }, {4, 3});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Chain, FulfilsTheLayerContractPoolingOverTheSteps) {
  const auto report =
      heed::testing::check_layer([]<class S>() { return pooler<S>(); }, {4, 3}, {.zero_when_empty = false});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Chain, OfOneLayerIsThatLayer) {
  const auto make = []<class S>() { return Chain<S>({Dense<S>({.in_features = 3, .out_features = 2})}); };
  const auto report = heed::testing::check_layer(make, {4, 3});
  EXPECT_TRUE(report.ok()) << report.text();
  EXPECT_EQ(make.operator()<float>().size(), 1);
}

/// A chain and a Sequential of the same layers.
template <class... Layers>
void expect_equal(const Layers&... layers) {
  const Sequential<Layers...> fixed(layers...);
  const Chain<double> chain({layers...});
  EXPECT_EQ(test_support::parameter_names(chain), test_support::parameter_names(fixed));
  EXPECT_EQ(test_support::numbers(chain), test_support::numbers(fixed)) << "the numbers that they start from";
  for (const bool ragged : {false, true}) {
    const auto lengths = ragged ? std::vector<std::int32_t>{6, 2, 0, 5, 1} : std::vector<std::int32_t>();
    heed::testing::LayerRun<Sequential<Layers...>> a(fixed, {6, 3}, 5, lengths);
    heed::testing::LayerRun<Chain<double>> b(chain, {6, 3}, 5, lengths);
    for (const auto prepare : {0, 1}) {
      a.training = b.training = prepare == 1;
      a.randomize(heed::Key{7});
      b.randomize(heed::Key{7});
      b.dy = a.dy;
      a.forward();
      b.forward();
      a.backward();
      b.backward();
      EXPECT_EQ(a.y, b.y);
      EXPECT_EQ(a.dx, b.dx);
      EXPECT_EQ(a.flat_gradient(), b.flat_gradient());
    }
  }
}

TEST(Chain, ComputesWhatASequentialComputes) {
  expect_equal(Lstm<double>({.input_size = 3, .hidden_size = 4, .num_layers = 2, .bidirectional = true}),
               heed::AttentionPool<double>({.features = 8}), Dense<double>({.in_features = 8, .out_features = 3}),
               heed::Relu<double>(), Dropout<double>({.rate = 0.5}),
               Dense<double>({.in_features = 3, .out_features = 2}));
  expect_equal(Conv1d<double>({.in_channels = 3, .out_channels = 4, .kernel_size = 3, .padding = ConvPadding::valid}),
               heed::LayerNorm<double>({.features = 4}), MaxPool1d<double>({.kernel_size = 2}),
               Gru<double>({.input_size = 4, .hidden_size = 3}));
}

TEST(Chain, StreamsWhatItComputesOfAWholeSequence) {
  const auto keeps = tagger<double>();
  const Chain<double> pools(
      {Conv1d<double>({.in_channels = 3, .out_channels = 4, .kernel_size = 3, .padding = ConvPadding::causal}),
       heed::Rnn<double>({.input_size = 4, .hidden_size = 4}), heed::MeanMaxPool<double>(),
       Dense<double>({.in_features = 8, .out_features = 2}), heed::Elu<double>()});
  for (const auto& model : {keeps, pools}) test_support::expect_streams(model, {7, 3}, false);
}

TEST(Chain, NamesTheLayerThatCannotStream) {
  const auto error = [](AnyLayer<float> layer) {
    const Chain<float> model({heed::Relu<float>(), std::move(layer)});
    return error_of([&] { heed::Stream(model, {.features = 4}); });
  };
  EXPECT_EQ(error(heed::GroupNorm<float>({.features = 4})),
            "layer 1: group_norm: the layer needs all steps of a sequence: it cannot run a step at "
            "a time");
  EXPECT_EQ(error(MaxPool1d<float>({.kernel_size = 2})).substr(0, 21), "layer 1: max_pool1d: ");
  EXPECT_EQ(error(Lstm<float>({.input_size = 4, .hidden_size = 2, .bidirectional = true})).substr(0, 15),
            "layer 1: Lstm: ");
}

TEST(Chain, SaysHowManyFeaturesItsInputHas) {
  EXPECT_EQ(tagger<float>().input_size(), 3);
  EXPECT_EQ(Chain<float>({heed::Relu<float>(), Dense<float>({.in_features = 5, .out_features = 1})}).input_size(), 5);
  const Chain<float> any({heed::Relu<float>()});
  EXPECT_EQ(error_of([&] { any.input_size(); }),
            "Chain: the layers accept any number of features (expected a layer with a number of its own)");
}

TEST(Chain, CountsTheFeaturesOfItsInputThroughLayersWithoutANumber) {
  const auto size = [](AnyLayer<float> first, Index features) {
    const Chain<float> chain({std::move(first), Dense<float>({.in_features = features, .out_features = 1})});
    return chain.input_size();
  };
  EXPECT_EQ(size(heed::Prelu<float>({.num_parameters = 2}), 2), 2);
  EXPECT_EQ(size(heed::Prelu<float>({.num_parameters = 1}), 5), 5);
  EXPECT_EQ(size(heed::FlattenSteps<float>({.steps = 7}), 28), 4);
  EXPECT_EQ(size(heed::LastPool<float>({.both_ends = true}), 6), 6);
  EXPECT_EQ(size(heed::MeanMaxPool<float>(), 6), 3);
  EXPECT_EQ(size(MaxPool1d<float>({.kernel_size = 2}), 4), 4);
  EXPECT_EQ(Chain<float>({heed::Prelu<float>({.num_parameters = 2})}).input_size(), 2);
  EXPECT_EQ(error_of([&] { size(heed::FlattenSteps<float>({.steps = 7}), 30); }),
            "layer 1: dense: no number of features gives those of the layer (expected a multiple of 7, got 30)");
  const Chain<float> none({heed::FlattenSteps<float>(), Dense<float>({.in_features = 4, .out_features = 1})});
  EXPECT_NE(error_of([&] { none.input_size(); }), "no error") << "a layer without options";
  EXPECT_NE(error_of([] { Chain<float>(std::vector<AnyLayer<float>>(1024, heed::MeanMaxPool<float>())).input_size(); }),
            "no error");
}

TEST(Chain, OfAnyNumberOfFeaturesStreamsAsManyAsTheUserSays) {
  for (const AnyLayer<float>& layer : {AnyLayer<float>(heed::Prelu<float>({.num_parameters = 1})),
                                       AnyLayer<float>(Tanh<float>()), AnyLayer<float>(heed::LastPool<float>())}) {
    const Chain<float> chain({layer});
    heed::Stream stream(chain, {.features = 3});
    EXPECT_EQ(stream.step(std::vector<float>{1, 2, 3}).size(), 3u) << chain.layers[0].kind();
    EXPECT_NE(error_of([&] { heed::Stream{chain}; }).find("any number of features"), std::string::npos);
  }
  const Chain<float> two({heed::Prelu<float>({.num_parameters = 2})});
  EXPECT_EQ(heed::Stream(two).step(std::vector<float>{1, -4})[1], -1.0f);
}

TEST(Chain, StreamsAPreluAloneOnlyOfANumberOfFeatures) {
  const heed::Prelu<float> one({.num_parameters = 1});
  EXPECT_EQ(error_of([&] { heed::Stream{one}; }),
            "Stream: the model does not say how many features a step has (expected features of at least 1, got 0)");
  const Sequential both(one, Dense<float>({.in_features = 2, .out_features = 1}));
  EXPECT_EQ(heed::Stream(both, {.features = 2}).step(std::vector<float>{1, 2}).size(), 1u);
}

TEST(Chain, AllocatesNothingOnceWarm) {
  const auto model = tagger<float>();
  heed::Stream stream(model);
  const std::vector<float> x(3 * 9, 0.5f);
  Chain<float>::Cache cache;
  heed::Scratch scratch;
  std::vector<float> y(5 * 9);
  const auto call = [&] {
    model.forward(heed::Tile<const float>(x.data(), {9, 3}, 1), heed::Tile<float>(y.data(), {9, 5}, 1), cache,
                  heed::Pass::inference(scratch));
    stream.step(x.data(), 3);
  };
  call();
  const long before = test_support::allocations();
  for (int i = 0; i < 5; ++i) call();
  EXPECT_EQ(test_support::allocations(), before);
}

class ChainFile : public testing::Test {
 protected:
  /// The model's parameters with this metadata.
  template <class M>
  void write(const M& model, const heed::Metadata& metadata) {
    const auto bytes = heed::detail::serialize_parameters<float>(heed::detail::named_parameters(model), metadata);
    heed::write_file(path, {bytes});
  }
  void TearDown() override { std::filesystem::remove(path); }
  std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("heed_chain_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + ".safetensors");
};

TEST_F(ChainFile, RestoresTheLayersAndTheirNumbers) {
  Chain<float> model = pooler<float>();
  model.initialize(heed::Key{5});
  model.outputs = heed::OutputKind::flags;
  model.labels = {"no", "yes"};
  heed::save(model, path);
  const auto loaded = heed::load<Chain<float>>(path);
  EXPECT_EQ(loaded.options.layers, model.options.layers);
  EXPECT_EQ(test_support::numbers(loaded), test_support::numbers(model));
  EXPECT_EQ(loaded.outputs, model.outputs);
  EXPECT_EQ(loaded.labels, model.labels);
}

TEST_F(ChainFile, HasTheLayersAsTheyAreNow) {
  Chain<float> model = pooler<float>();
  model.layers.pop_back();
  model.layers.emplace_back(heed::Tanh<float>());
  heed::save(model, path);
  const auto loaded = heed::load<Chain<float>>(path);
  EXPECT_EQ(loaded.options.layers.back(), "tanh");
  EXPECT_EQ(loaded.output_shape({4, 3}), (heed::Shape{1, 4}));
}

TEST_F(ChainFile, OfPyTorchIsAChainOfTheLayersThatAHintGives) {
  const Sequential model(Dense<float>({.in_features = 3, .out_features = 4}), Tanh<float>(),
                         Dense<float>({.in_features = 4, .out_features = 2}));
  const std::string layers = "dense in_features=3 out_features=4\ntanh\ndense in_features=4 out_features=2\n";
  write(model, {});
  const auto chain = heed::load<Chain<float>>(path, {{"layers", layers}});
  EXPECT_EQ(test_support::numbers(chain), test_support::numbers(model));
}

TEST_F(ChainFile, NamesTheLayerAtFault) {
  const Chain<float> model = tagger<float>();
  const auto error = [&](const std::vector<std::string>& layers) {
    heed::Metadata metadata = {{"format", "heed"}, {"format_version", "1"}, {"architecture", "Chain"}};
    heed::set(metadata, "layers", layers);
    write(model, metadata);
    return error_of([&] { heed::load<Chain<float>>(path); });
  };
  EXPECT_EQ(error({}), path.string() + ": Chain: number of layers out of range (expected 1 to 1024, got 0)");
  EXPECT_EQ(error({"tanh", "lstm hidden=3"}), path.string() + ": layer 1: metadata \"hidden\": no option of this name");
  EXPECT_NE(error({"tanh"}).find("unexpected"), std::string::npos);
  EXPECT_NE(error({"lstm input_size=268435456 hidden_size=268435456"}), "") << "no such memory";
  EXPECT_EQ(error(std::vector<std::string>(1025, "relu")),
            path.string() + ": Chain: too many layers (expected at most 1024, got 1025)");
}

TEST(Chain, TrainsLikeTheSequentialOfItsLayers) {
  const test_support::Task<float> task(80, {6, 3}, 2, true);
  const Lstm<float> lstm({.input_size = 3, .hidden_size = 6});
  const Dropout<float> dropout({.rate = 0.2});
  Chain<float> model({lstm, dropout, heed::MeanMaxPool<float>(), Dense<float>({.in_features = 12, .out_features = 2})});
  Sequential fixed(lstm, dropout, heed::MeanMaxPool<float>(), Dense<float>({.in_features = 12, .out_features = 2}));
  heed::FitOptions o{.epochs = 40, .learning_rate = 0.02, .threads = 2};
  const auto history = heed::fit(model, task.view(), o);
  heed::fit(fixed, task.view(), o);
  EXPECT_EQ(test_support::numbers(model), test_support::numbers(fixed));
  EXPECT_LT(history.epochs.back().loss, 0.6 * history.epochs.front().loss);
  EXPECT_EQ(model.outputs, heed::OutputKind::classes);
}

TEST(Chain, RefusesChainsOfDifferentSizesSideBySide) {
  Chain<float> a = tagger<float>(), b = pooler<float>();
  EXPECT_EQ(error_of([&] { heed::for_each_parameter([](auto&&...) {}, a, b); }),
            "Chain: chains of different sizes side by side (expected 3, got 5)");
}

TEST(Chain, RefusesToBeEmpty) {
  EXPECT_EQ(error_of([] { Chain<float>(std::vector<AnyLayer<float>>()); }),
            "Chain: number of layers out of range (expected 1 to 1024, got 0)");
}

}  // namespace chain_test
