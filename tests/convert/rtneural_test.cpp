#include "heed/convert/rtneural.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../support/error_of.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/core/buffer.hpp"
#include "heed/core/rng.hpp"
#include "heed/files/file.hpp"
#include "heed/infer/stream.hpp"
#include "heed/io/safetensors.hpp"

// The files are written by tests/reference/write_rtneural_files.py.

namespace rtneural_test {

using heed::Chain;
using heed::Dense;
using heed::Gru;
using heed::Index;
using heed::load_rtneural;
using heed::Lstm;
using heed::save_rtneural;
using test_support::error_of;

const std::filesystem::path data = std::filesystem::path(__FILE__).parent_path() / "data" / "rtneural";

std::string text_of(const std::filesystem::path& path) {
  const auto bytes = heed::read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
template <class S = float>
Chain<S> read(std::string_view text) {
  return load_rtneural<S>(std::as_bytes(std::span(text.data(), text.size())), "model.json");
}
std::string error(std::string_view text) {
  return error_of([&] { read(text); });
}

std::vector<double> numbers(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<double> all;
  for (double value = 0; file >> value;) all.push_back(value);
  EXPECT_FALSE(all.empty()) << path;
  return all;
}

/// What a chain gives for whole sequences of one lane, (steps, features).
template <class S>
std::vector<S> outputs(const Chain<S>& chain, const std::vector<S>& x) {
  const Index features = chain.input_size(), steps = static_cast<Index>(x.size()) / features;
  const heed::Shape shape = chain.output_shape({steps, features});
  std::vector<S> y(static_cast<std::size_t>(shape.steps * shape.features));
  typename Chain<S>::Cache cache;
  heed::Scratch scratch;
  chain.forward(heed::Tile<const S>(x.data(), {steps, features}, 1), heed::Tile<S>(y.data(), shape, 1), cache,
                heed::Pass{scratch});
  return y;
}
template <class S>
std::vector<S> streamed(const Chain<S>& chain, const std::vector<S>& x) {
  heed::Stream stream(chain);
  const auto features = static_cast<std::size_t>(chain.input_size());
  std::vector<S> y;
  for (std::size_t t = 0; t < x.size(); t += features) {
    const auto out = stream.step(x.data() + t, static_cast<Index>(features));
    y.insert(y.end(), out.begin(), out.end());
  }
  return y;
}

/// A whole sequence and a stream give these outputs.
template <class S>
void expect_outputs(const std::filesystem::path& model, const std::vector<double>& given,
                    const std::vector<double>& expected, double tolerance) {
  const auto chain = load_rtneural<S>(model);
  EXPECT_EQ(chain.outputs, heed::OutputKind::numbers);
  const std::vector<S> x(given.begin(), given.end());
  for (const std::vector<S>& y : {outputs(chain, x), streamed(chain, x)}) {
    ASSERT_EQ(y.size(), expected.size());
    double worst = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
      worst = std::max(worst, std::abs(static_cast<double>(y[i]) - expected[i]));
    EXPECT_LT(worst, tolerance) << model;
  }
}

TEST(RtNeural, GivesTheOutputsOfTheFormulas) {
  for (const std::string name : {"lstm", "gru", "conv", "module"}) {
    const auto outs = static_cast<std::size_t>(load_rtneural(data / (name + ".json")).output_shape({1, 2}).features);
    const std::vector<double> rows = numbers(data / (name + ".txt"));
    std::vector<double> x, y;
    for (std::size_t i = 0; i < rows.size(); ++i) (i % (2 + outs) < 2 ? x : y).push_back(rows[i]);
    expect_outputs<double>(data / (name + ".json"), x, y, 1e-13);
    expect_outputs<float>(data / (name + ".json"), x, y, 1e-6);
  }
}

std::filesystem::path own_models() {
  const char* folder = std::getenv("HEED_DATA_DIR");
  return folder ? std::filesystem::path(folder) / "rtneural" : std::filesystem::path();
}

TEST(RtNeural, GivesTheOutputsOfRtNeuralsOwnModels) {
  if (!std::filesystem::exists(own_models())) GTEST_SKIP() << "HEED_DATA_DIR has no rtneural";
  for (const std::string name : {"dense", "conv", "gru", "gru_1d", "gru_torch", "lstm", "lstm_1d", "lstm_torch"}) {
    const auto path = [&](const char* end) { return own_models() / (name + end); };
    const auto x = numbers(path("_x_python.csv")), y = numbers(path("_y_python.csv"));
    expect_outputs<float>(path(".json"), x, y, 1e-6);
    expect_outputs<double>(path(".json"), x, y, 1e-6);
  }
}

TEST(RtNeural, RefusesRtNeuralsOwnModelOfWrongSizes) {
  if (!std::filesystem::exists(own_models())) GTEST_SKIP() << "HEED_DATA_DIR has no rtneural";
  const std::string path = (own_models() / "bad_lstm.json").string();
  EXPECT_EQ(error_of([&] { load_rtneural(path); }),
            path + ": layers[0] (\"lstm\"): weights[0]: weights of another shape (expected (1, 64), got (1, 80))");
}

class RtNeuralFiles : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path); }
  std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("heed_rtneural_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + ".json");
};

TEST_F(RtNeuralFiles, AreWrittenAsPythonWritesThem) {
  std::vector<std::filesystem::path> files{data / "lstm.json", data / "gru.json"};
  if (std::filesystem::exists(own_models())) {
    files.insert(files.end(), {own_models() / "lstm_1d.json", own_models() / "gru_1d.json"});
  }
  for (const auto& file : files) {
    save_rtneural(load_rtneural(file), path);
    EXPECT_EQ(text_of(path), text_of(file)) << file;
  }
}

template <class S>
Chain<S> of_all_layers() {
  using namespace heed;
  Chain<S> chain({Dense<S>({.in_features = 2, .out_features = 4, .bias = false}), Tanh<S>(),
                  Lstm<S>({.input_size = 4, .hidden_size = 3, .num_layers = 2, .dropout = 0.5}),
                  Gru<S>({.input_size = 3, .hidden_size = 4, .num_layers = 2}), Dropout<S>({.rate = 0.5}),
                  Conv1d<S>({.in_channels = 4,
                             .out_channels = 6,
                             .kernel_size = 3,
                             .dilation = 2,
                             .groups = 2,
                             .padding = ConvPadding::causal}),
                  ScaleShift<S>({.features = 6}), Prelu<S>({.num_parameters = 6}),
                  Conv1d<S>({.in_channels = 6, .out_channels = 3, .padding = ConvPadding::valid, .bias = false}),
                  Elu<S>(), Relu<S>(), LeakyRelu<S>(S(0.3)), Prelu<S>({.num_parameters = 1}), Sigmoid<S>(),
                  Dense<S>({.in_features = 3, .out_features = 3}), Softmax<S>()});
  std::uint64_t i = 0;
  for_each_parameter(
      [&](const Path&, auto& p) {
        for (S& value : p) value = static_cast<S>(Key{9}.uniform(i++, -1, 1));
      },
      chain);
  return chain;
}

template <class S>
void expect_back(const std::filesystem::path& path) {
  const Chain<S> chain = of_all_layers<S>();
  save_rtneural(chain, path);
  const auto back = load_rtneural<S>(path);
  std::vector<S> x(40);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<S>(heed::Key{4}.uniform(i, -2, 2));
  EXPECT_EQ(outputs(back, x), outputs(chain, x));
  EXPECT_EQ(streamed(back, x), streamed(chain, x));
  const std::string first = text_of(path);
  save_rtneural(back, path);
  EXPECT_EQ(text_of(path), first);
}

TEST_F(RtNeuralFiles, GiveTheSameBitsWhenReadBack) {
  expect_back<float>(path);
  expect_back<double>(path);
}

TEST_F(RtNeuralFiles, AreWrittenFromASequentialToo) {
  const heed::Sequential model(
      Lstm<float>({.input_size = 1, .hidden_size = 4}),
      heed::Sequential(Dense<float>({.in_features = 4, .out_features = 1}), heed::Tanh<float>()));
  save_rtneural(model, path);
  const auto chain = load_rtneural(path);
  EXPECT_EQ(chain.options.layers, (std::vector<std::string>{"lstm hidden_size=4 input_size=1",
                                                            "dense in_features=4 out_features=1", "tanh"}));
  EXPECT_EQ(chain.layers[1].as<Dense<float>>()->weight(0, 3),
            std::get<0>(std::get<1>(model.layers).layers).weight(0, 3));
}

TEST_F(RtNeuralFiles, KeepNumbersThatALayerStartsFrom) {
  Chain<float> chain({Dense<float>({.in_features = 2, .out_features = 3})});
  const Dense<float> fresh({.in_features = 2, .out_features = 3});  // a chain would draw others
  *chain.layers[0].as<Dense<float>>() = fresh;
  save_rtneural(chain, path);
  EXPECT_EQ(load_rtneural(path).layers[0].as<Dense<float>>()->weight(2, 1), fresh.weight(2, 1));
}

TEST_F(RtNeuralFiles, BecomeModelsOfHeed) {
  const auto chain = load_rtneural(data / "gru.json");
  heed::save(chain, path);
  const auto loaded = heed::load<Chain<float>>(path);
  EXPECT_EQ(loaded.outputs, heed::OutputKind::numbers);
  const std::vector<float> x(20, 0.5f);
  EXPECT_EQ(outputs(loaded, x), outputs(chain, x));
}

TEST_F(RtNeuralFiles, AreNotWrittenOfLayersThatRtNeuralHasNot) {
  const auto error = [&](heed::AnyLayer<float> layer) {
    return error_of([&] {
      save_rtneural(Chain<float>({Dense<float>({.in_features = 2, .out_features = 4}), std::move(layer)}), path);
    });
  };
  const std::string where = path.string() + ": layer 1: ";
  EXPECT_EQ(error(Lstm<float>({.input_size = 4, .hidden_size = 2, .bidirectional = true})),
            where + "lstm: RTNeural has no backward direction (expected bidirectional off, got on)");
  EXPECT_EQ(error(Gru<float>({.input_size = 4, .hidden_size = 2, .reset_after = false})),
            where + "gru: RTNeural's reset gates act behind the product (expected reset_after on, got off)");
  EXPECT_EQ(error(heed::Conv1d<float>({.in_channels = 4, .out_channels = 2, .kernel_size = 3})),
            where + "conv1d: RTNeural's convolutions are causal (expected padding causal and stride 1)");
  EXPECT_EQ(error(heed::Elu<float>(2.0f)), where + "elu: RTNeural's elu has no alpha (expected alpha 1, got 2.000000)");
  for (const heed::AnyLayer<float>& layer :
       {heed::AnyLayer<float>(heed::Rnn<float>({.input_size = 4, .hidden_size = 2})),
        heed::AnyLayer<float>(heed::LayerNorm<float>({.features = 4})), heed::AnyLayer<float>(heed::MeanPool<float>()),
        heed::AnyLayer<float>(heed::Gelu<float>())}) {
    EXPECT_EQ(error(layer), where + std::string(layer.kind()) +
                                ": RTNeural has no such layer (expected dense, conv1d, lstm, gru, prelu, scale_shift, "
                                "tanh, relu, sigmoid, softmax or elu)");
  }
  heed::ScaleShift<float> bad({.features = 4});
  bad.weight(2) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(error(bad),
            path.string() + ": layers[1].weights[0]: a number is not finite: the file is not written (got nan)");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(RtNeural, ReadsKeysInAnyOrderAndPassesOverWhatTheUserAdded) {
  const auto chain = read(R"({"author": {"name": ["x", {"y": null}]}, "samplerate": 48000, "layers": [
    {"weights": [[[2, 3]], [0.5, -1e-1]], "shape": [null, 2], "type": "dense", "name": "first"},
    {"type": "activation", "activation": "relu", "shape": [2]}], "tags": ["a", true], "in_shape": [1]})");
  EXPECT_EQ(outputs(chain, {1, -1}), (std::vector<float>{2.5f, 2.9f, 0, 0}));
}

TEST(RtNeural, NamesThePlaceOfTextThatIsNotAModel) {
  const auto expect = [](std::string_view text, std::string_view message) { EXPECT_EQ(error(text), message) << text; };
  expect("", "model.json: byte 0: the file is no valid JSON (got \"\")");
  expect("[]", "model.json: byte 0: the file is no valid JSON (got \"[\")");
  expect("{", "model.json: byte 1: the file is no valid JSON (got \"{\")");
  expect("{}",
         "model.json: neither a model of RTNeural nor weights of PyTorch (expected in_shape and layers, or named "
         "tensors)");
  expect(R"({"layers": []})", "model.json: byte 14: missing key (expected in_shape)");
  expect(R"({"in_shape": [1]})", "model.json: byte 17: missing key (expected layers)");
  expect(R"({"in_shape": [1], "layers": []})", "model.json: a file without layers (expected at least one, got none)");
  expect(R"({"in_shape": [1], "in_shape": [1]})", "model.json: in_shape at byte 28: duplicate key");
  expect(R"({"in_shape": [], "layers": []})",
         "model.json: in_shape at byte 15: no number of features (expected a positive size at the end)");
  expect(R"({"in_shape": [1, null], "layers": []})",
         "model.json: in_shape at byte 22: no number of features (expected a positive size at the end)");
  expect(R"({"in_shape": [1, 2, 3, 4], "layers": []})",
         "model.json: in_shape at byte 24: too many axes (expected at most 3)");
  expect(R"({"in_shape": [1.5], "layers": []})",
         "model.json: in_shape at byte 17: no size (expected a whole number of 1 to 2^28)");
  expect(R"({"in_shape": [1], "layers": 3})",
         "model.json: layers at byte 29: a value of another kind (expected an array of layers)");
  expect(R"({"in_shape": [1], "layers": [3]})",
         "model.json: layers[0] at byte 30: a value of another kind (expected an object)");
}

std::string one_layer(const std::string& members) { return R"({"in_shape": [2], "layers": [{)" + members + "}]}"; }

TEST(RtNeural, NamesTheLayerAtFault) {
  const auto expect = [](const std::string& members, std::string_view message) {
    EXPECT_EQ(error(one_layer(members)), "model.json: " + std::string(message)) << members;
  };
  const std::string dense = R"("type": "dense", "shape": [3], )";
  expect(
      R"("type": "attention", "shape": [3], "weights": [])",
      "layers[0] (\"attention\"): an unknown layer (expected dense, time-distributed-dense, conv1d, lstm, gru, prelu, "
      "batchnorm or activation, got \"attention\")");
  expect(R"("type": "dense", "weights": [])", "layers[0] at byte 61: missing key (expected shape)");
  expect(dense + R"("size": 3)",
         "layers[0].size at byte 68: unknown key (expected type, activation, shape, weights, kernel_size, dilation, "
         "groups or epsilon)");
  expect(dense + R"("weights": [])", "layers[0] (\"dense\"): wrong number of weights (expected 1 or 2, got 0)");
  expect(dense + R"("weights": [[[1, 2], [3, 4]], [0, 0, 0]])",
         "layers[0] (\"dense\"): weights[0]: weights of another shape (expected (2, 3), got (2, 2))");
  expect(dense + R"("weights": [[[1, 2, 3], [3, 4]], [0, 0, 0]])",
         "layers[0].weights[0] at byte 91: arrays of different lengths (expected 3, got 2)");
  expect(dense + R"("weights": [[[1, 2, [3]]]])",
         "layers[0].weights[0] at byte 82: an array among numbers (expected a number)");
  expect(dense + R"("weights": [[[1, 2], 3]])",
         "layers[0].weights[0] at byte 83: a number among arrays (expected an array)");
  expect(dense + R"("weights": [[[[[[1]]]]]])", "layers[0].weights[0] at byte 78: too many axes (expected at most 4)");
  expect(dense + R"("weights": [[["1"]]])",
         "layers[0].weights[0] at byte 78: a value of another kind (expected a number)");
  expect(dense + R"("weights": [[[1e999]]])",
         "layers[0].weights[0] at byte 80: a number is not finite (expected at most 1.8e308, got \"1e999\")");
  expect(dense + R"("weights": [[[NaN]]])", "byte 75: the file is no valid JSON (got \"\"weights\": [[[N\")");
  expect(dense + R"("weights": [[[1, 2, 3], [4, 5, 1e200]]])",
         "layers[0] (\"dense\"): weights[0]: a number is out of range (expected a finite float, got 1e+200)");
  expect(dense + R"("activation": "swish", "weights": [[[1, 2, 3], [4, 5, 6]]])",
         "layers[0] (\"dense\"): an unknown activation (expected tanh, relu, sigmoid, softmax or elu, got \"swish\")");
  expect(dense + R"("strides": [2])", "layers[0].strides at byte 75: not supported (expected 1, got 2)");
  expect(dense + R"("padding": "same")", "layers[0].padding at byte 78: not supported (expected causal, got \"same\")");
  expect(R"("type": "lstm", "activation": "relu", "shape": [3], "weights": [])",
         "layers[0] (\"lstm\"): an activation of another kind (expected tanh, got \"relu\")");
  expect(R"("type": "gru", "shape": [1], "weights": [[[1,2,3],[1,2,3]], [[1,2,3]], [1,2,3]])",
         "layers[0] (\"gru\"): weights[2]: weights of another shape (expected (2, 3), got (3))");
  expect(R"("type": "conv1d", "shape": [3], "weights": [])",
         "layers[0] (\"conv1d\"): missing key (expected kernel_size)");
  expect(R"("type": "conv1d", "kernel_size": [3], "groups": 2, "shape": [3], "weights": [])",
         "layers[0] (\"conv1d\"): groups must divide the features (expected a divisor of 2 and of 3, got 2)");
  expect(R"("type": "prelu", "shape": [3], "weights": [[[1]]])",
         "layers[0] (\"prelu\"): the layer keeps the features (expected 2, got 3)");
  expect(R"("type": "prelu", "shape": [2], "weights": [[[1, 2, 3]]])",
         "layers[0] (\"prelu\"): weights[0]: weights of another shape (expected (1, 2), got (1, 3))");
  expect(R"("type": "prelu", "shape": [2], "activation": "tanh", "weights": [[[1]]])",
         "layers[0] (\"prelu\"): an activation in a layer that has none (expected \"\", got \"tanh\")");
  expect(R"("type": "batchnorm", "shape": [2], "weights": [[1, 1], [1, 1]])",
         "layers[0] (\"batchnorm\"): missing key (expected epsilon)");
  expect(R"("type": "batchnorm", "epsilon": 0.1, "shape": [2], "weights": [[1, 1], [1, -1]])",
         "layers[0] (\"batchnorm\"): a variance out of range (expected above 0 with epsilon, got -0.900000)");
}

TEST(RtNeural, NamesTheTensorOfAModuleAtFault) {
  const auto expect = [](std::string_view text, std::string_view message) {
    EXPECT_EQ(error(text), "model.json: " + std::string(message)) << text;
  };
  const std::string one = R"({"a.weight": [[1, 2]], "a.bias": [0], )";
  expect(
      one + R"("b.weight": [[1]]})",
      "\"a.\": a file of weights alone does not say what stands behind a dense layer (expected LSTMs or GRUs, then at "
      "most one dense layer)");
  expect(R"({"c.weight": [[[1, 2]]], "c.bias": [0]})",
         "\"c.\": an unknown layer (expected LSTMs or GRUs, then at most one dense layer)");
  expect(R"({"r.weight_hh_l0": [[1], [2], [3], [4]]})", "r.weight_ih_l0: missing (expected a matrix, got nothing)");
  expect(R"({"r.weight_ih_l0": [[1]], "r.weight_hh_l0": [[1]]})",
         "r.weight_hh_l0: neither an LSTM nor a GRU (expected 4 or 3 gates, got (1, 1))");
  expect(R"({"r.weight_ih_l0": [[1], [1]], "r.weight_hh_l0": [[1], [1], [1], [1]]})",
         "r.weight_ih_l0: weights of another shape (expected (4, 1), got (2, 1))");
  expect(R"({"r.weight_ih_l0": [[1], [1], [1], [1]], "r.weight_hh_l0": [[1], [1], [1], [1]], "r.weight_hr_l0": [[1]]})",
         "r.: tensors that the layer has not (expected 2, got 3)");
  expect(R"({"a.weight": [[1, 2]], "epoch": 3})", "epoch at byte 33: a value of another kind (expected an array)");
  expect(R"({"r.weight_ih_l0": [[1], [1], [1], [1]], "r.weight_hh_l0": [[1], [1], [1], [1]], "d.weight": [[1, 2]]})",
         "layer 1: Dense: wrong number of features (expected 2, got 1)");
}

TEST(RtNeural, BoundsDepthAndMemoryByTheFile) {
  const std::string deep = R"({"x": )" + std::string(100000, '[');
  EXPECT_EQ(error(deep), "model.json: x at byte 71: values nest too deep (expected at most 64 deep)");
  EXPECT_EQ(
      error(one_layer(R"("type": "dense", "shape": [268435456], "weights": [[[1], [2]]])")),
      "model.json: layers[0] (\"dense\"): weights[0]: weights of another shape (expected (2, 268435456), got (2, 1))");
  std::string many = R"({"in_shape": [2], "layers": [)";
  for (int i = 0; i < 1025; ++i) many += R"({"type": "activation", "activation": "relu", "shape": [2]},)";
  EXPECT_EQ(error(many).substr(0, 23), "model.json: layers[1023");
  EXPECT_NE(error(many).find("too many layers (expected at most 1024)"), std::string::npos) << error(many);
}

std::string tensor(const std::string& name, Index rows, Index columns) {
  std::string row = "[0";
  for (Index c = 1; c < columns; ++c) row += ",0";
  std::string text = '"' + name + "\":[" + row + ']';
  for (Index r = 1; r < rows; ++r) text += ',' + row + ']';
  return text + ']';
}

TEST(RtNeural, ChecksEveryTensorOfAModuleBeforeItTakesMemory) {
  const auto expect = [](const std::string& tensors, std::string_view message) {
    const Index before = heed::allocated_bytes();
    EXPECT_EQ(error('{' + tensors + '}'), "model.json: " + std::string(message));
    EXPECT_EQ(heed::allocated_bytes(), before) << message;
  };
  const std::string first = tensor("r.weight_ih_l0", 400, 1) + ',' + tensor("r.weight_hh_l0", 400, 100);
  std::string many = first;
  for (int k = 1; k < 2000; ++k) many += ",\"r.weight_hh_l" + std::to_string(k) + "\":[0]";
  expect(many, "r.weight_ih_l1: missing (expected (400, 100), got nothing)");
  expect(first + ',' + tensor("r.weight_ih_l1", 400, 100) + R"(,"r.weight_hh_l1":[0])",
         "r.weight_hh_l1: weights of another shape (expected (400, 100), got (1))");
  expect(tensor("r.weight_ih_l0", 1, 100000) + ',' + tensor("r.weight_hh_l0", 400, 100),
         "r.weight_ih_l0: weights of another shape (expected (400, 100000), got (1, 100000))");
  expect(first + R"(,"r.weight_hh_l0_reverse":[0])",
         "r.weight_ih_l0_reverse: missing (expected (400, 1), got nothing)");
  expect(first + R"(,"r.bias_ih_l0":[0])", "r.bias_ih_l0: weights of another shape (expected (400), got (1))");
  expect(first + R"(,"r.bias_ih_l1":[0])", "r.: tensors that the layer has not (expected 2, got 3)");
}

TEST(RtNeural, NamesTheFileInErrorsOfItsLayers) {
  EXPECT_EQ(error(R"({"fc.weight":[[]]})"), "model.json: fc.weight: not a matrix (expected a matrix, got (1, 0))");
  EXPECT_EQ(error(R"({"r.weight_ih_l0":[[]],"r.weight_hh_l0":[[1],[1],[1]]})"),
            "model.json: r.weight_ih_l0: not a matrix (expected a matrix, got (1, 0))");
  const heed::AllocationBudget none(8, "a test");
  EXPECT_EQ(error(R"({"fc.weight":[[1,2,3]]})").substr(0, 12), "model.json: ");
}

std::string convolution(Index kernel, Index dilation, Index channels) {
  const std::string features = std::to_string(channels);
  return R"({"in_shape":[)" + features + R"(],"layers":[{"type":"conv1d","shape":[1],"kernel_size":)" +
         std::to_string(kernel) + R"(,"dilation":)" + std::to_string(dilation) + R"(,"weights":[)" +
         [&] {
           std::string tap = "[[0]", all;
           for (Index c = 1; c < channels; ++c) tap += ",[0]";
           for (Index k = 0; k < kernel; ++k) all += (k ? "," : "") + tap + ']';
           return '[' + all + ']';
         }() +
         "]}]}";
}

TEST(RtNeural, BoundsTheStepsThatAStreamOfAConvolutionKeeps) {
  constexpr Index most = Index(1) << 24;
  EXPECT_EQ(error(convolution(2, most, 1)), "no error");
  EXPECT_EQ(error(convolution(1, 1 << 28, 1)), "no error") << "it keeps no step";
  EXPECT_EQ(
      error(convolution(2, most + 1, 1)),
      "model.json: layers[0] (\"conv1d\"): a stream would have to keep too many steps, (kernel_size - 1) dilation "
      "(expected at most 16777216, got 16777217)");
  EXPECT_EQ(
      error(convolution(3, 1 << 28, 4)),
      "model.json: layers[0] (\"conv1d\"): a stream would have to keep too many steps, (kernel_size - 1) dilation "
      "(expected at most 4194304, got 536870912)");
}

TEST_F(RtNeuralFiles, AreNotWrittenOfConvolutionsThatKeepTooManySteps) {
  using heed::Conv1d;
  const Chain<float> chain({Conv1d<float>({.in_channels = 1,
                                           .out_channels = 1,
                                           .kernel_size = 2,
                                           .dilation = 1 << 25,
                                           .padding = heed::ConvPadding::causal})});
  EXPECT_EQ(error_of([&] { save_rtneural(chain, path); }),
            path.string() +
                ": layer 0: conv1d: a stream would have to keep too many steps, (kernel_size - 1) dilation "
                "(expected at most 16777216, got 33554432)");
}

TEST_F(RtNeuralFiles, MayBeginWithLayersOfAnyNumberOfFeatures) {
  const auto prelu = read(R"({"in_shape":[2],"layers":[{"type":"prelu","shape":[2],"weights":[[[0.5,0.25]]]},
    {"type":"dense","shape":[1],"weights":[[[1],[2]],[0]]}]})");
  EXPECT_EQ(outputs(prelu, {-2, -4, 1, 1}), (std::vector<float>{-3, 3}));
  save_rtneural(prelu, path);
  EXPECT_EQ(outputs(load_rtneural(path), {-2, -4, 1, 1}), (std::vector<float>{-3, 3}));

  const auto only = read(R"({"in_shape":[1],"layers":[{"type":"activation","activation":"relu","shape":[1]}]})");
  heed::Stream stream(only, {.features = 1});
  EXPECT_EQ(stream.step(std::vector<float>{-1})[0], 0);
  std::filesystem::remove(path);
  EXPECT_EQ(
      error_of([&] { save_rtneural(only, path); }),
      path.string() + ": Chain: the layers accept any number of features (expected a layer with a number of its own)");
  save_rtneural(only, path, {.features = 1});
  EXPECT_EQ(load_rtneural(path).options.layers, only.options.layers);
  save_rtneural(heed::Sequential(heed::Tanh<float>()), path, {.features = 2});
  EXPECT_NE(text_of(path).find("\"tanh\""), std::string::npos);
  EXPECT_EQ(error_of([&] { save_rtneural(prelu, path, {.features = 3}); }),
            path.string() + ": layer 0: Prelu: wrong number of features (expected 2, got 3)");
  EXPECT_EQ(error_of([&] { save_rtneural(only, path, {.features = -1}); }),
            path.string() + ": features out of range (expected at least 0, got -1)");
}

TEST(RtNeural, RefusesEveryFileThatEndsTooEarly) {
  const std::string text = text_of(data / "conv.json");
  for (std::size_t n = 0; n < text.size(); n += 97) {
    EXPECT_NE(error(text.substr(0, n)), "no error") << n;
  }
  EXPECT_NE(error(text + "x"), "no error");
}

}  // namespace rtneural_test
