#include "heed/convert/pytorch.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "heed/compose/repeat.hpp"
#include "heed/files/file.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/transformer_encoder_block.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/transformer_classifier.hpp"
#include "pickles.hpp"

// The files are written by tests/reference/write_torch_files.py: by PyTorch 1.13 in torch1, by 2.6 in torch2.

namespace pytorch_test {

using heed::DataType;
using heed::Index;
using heed::PyTorchFile;
using heed::SafetensorsFile;
using heed::TensorFile;
using heed::TensorInfo;
using test_support::error_of;

const std::filesystem::path data = std::filesystem::path(__FILE__).parent_path() / "data";

std::vector<std::byte> bytes_of(const TensorFile& file, const TensorInfo& tensor) {
  return heed::detail::in_row_major_order(file.data().subspan(tensor.begin, tensor.end - tensor.begin), tensor);
}

/// Each tensor of `expected` stands there with its type, its shape and its bytes.
void expect_has(const TensorFile& file, const TensorFile& expected, const std::string& prefix = "") {
  for (const TensorInfo& wanted : expected.tensors()) {
    const TensorInfo* const tensor = file.find(prefix + wanted.name);
    ASSERT_TRUE(tensor) << file.name() << ' ' << wanted.name;
    EXPECT_EQ(tensor->dtype, wanted.dtype) << wanted.name;
    EXPECT_EQ(tensor->extents, wanted.extents) << wanted.name;
    EXPECT_EQ(bytes_of(file, *tensor), bytes_of(expected, wanted)) << file.name() << ' ' << wanted.name;
  }
}

void expect_same(const TensorFile& file, const TensorFile& expected) {
  EXPECT_EQ(file.tensors().size(), expected.tensors().size()) << file.name();
  expect_has(file, expected);
}

class PyTorch : public testing::TestWithParam<const char*> {
 protected:
  std::filesystem::path path(const std::string& name) const { return data / GetParam() / (name + ".pt"); }
  PyTorchFile file(const std::string& name) const { return PyTorchFile(path(name)); }
  static SafetensorsFile expected(const std::string& name) { return SafetensorsFile(data / (name + ".safetensors")); }
};

TEST_P(PyTorch, StateDictsAreThoseOfSafetensorsBitByBit) {
  for (const char* const name : {"named", "attention", "encoder"}) expect_same(file(name), expected(name));
}

TEST_P(PyTorch, EveryProtocolAndFormIsRead) {
  for (const char* const name : {"protocol3", "protocol4", "protocol5", "legacy", "parameters"}) {
    expect_same(file(name), expected("named"));
  }
}

TEST_P(PyTorch, TypesAndViewsAreRight) {
  const PyTorchFile read = file("tensors");
  const SafetensorsFile wanted = expected("tensors");
  for (const TensorInfo& tensor : read.tensors()) {
    const TensorInfo* const w = wanted.find(tensor.name);
    ASSERT_TRUE(w) << tensor.name;
    EXPECT_EQ(tensor.dtype, w->dtype) << tensor.name;
    EXPECT_EQ(tensor.extents, w->extents) << tensor.name;
    EXPECT_EQ(bytes_of(read, tensor), bytes_of(wanted, *w)) << tensor.name;
  }
  EXPECT_GE(read.tensors().size(), 19U);
  EXPECT_EQ(read.read<float>("column"), (std::vector<float>{1, 5, 9}));
  EXPECT_EQ(read.read<double>("f16"), read.read<double>("f32"));
  EXPECT_TRUE(read.same_bytes(*read.find("tied"), *read.find("tied")));
  EXPECT_NE(error_of([&] { read.read<float>("i64"); }).find("no floating-point numbers"), std::string::npos);
}

TEST_P(PyTorch, TensorsOfCheckpointsAreNamedByTheWayToThem) {
  const PyTorchFile read = file("checkpoint");
  expect_has(read, expected("named"), "model_state_dict.");
  expect_same(read.renamed({.prefix = "model_state_dict"}), expected("named"));
  ASSERT_TRUE(read.find("optimizer.state.0.exp_avg"));
  EXPECT_EQ(read.find("optimizer.state.0.exp_avg")->extents, (std::vector<Index>{12, 2}));
}

TEST_P(PyTorch, LayersOfAnyNamesAreLoaded) {
  heed::Lstm<float> lstm({.input_size = 2, .hidden_size = 3});
  heed::Dense<float> dense({.in_features = 3, .out_features = 2});
  heed::load_weights(lstm, file("checkpoint"), {.prefix = "model_state_dict.rnn"});
  heed::load_weights(dense, file("checkpoint"), {.prefix = "model_state_dict.head"});
  heed::Lstm<float> same = lstm;
  heed::load_weights(same, expected("named"), {.prefix = "rnn"});
  EXPECT_EQ(heed::serialize(lstm), heed::serialize(same));
  EXPECT_EQ(dense.bias(1), expected("named").read<float>("head.bias")[1]);
}

TEST_P(PyTorch, AStackOfTransformerLayersIsLoaded) {
  using Encoder = heed::Repeat<heed::TransformerEncoderBlock<float>>;
  Encoder encoder(1, {.d_model = 4, .num_heads = 2, .dim_feedforward = 6});
  Encoder same = encoder;
  heed::load_weights(encoder, file("encoder"));
  heed::load_weights(same, expected("encoder"));
  EXPECT_EQ(heed::serialize(encoder), heed::serialize(same));
  EXPECT_EQ(encoder.layers[0].norm2.bias(3), expected("encoder").read<float>("layers.0.norm2.bias")[3]);
}

TEST_P(PyTorch, AModelIsMadeOfItsTensors) {
  using Model = heed::SequenceClassifier<float>;
  const Model model = heed::load<Model>(file("attention"));
  EXPECT_EQ(heed::serialize(model), heed::serialize(heed::load<Model>(expected("attention"))));
  EXPECT_EQ(model.options.hidden, 4);
}

TEST_P(PyTorch, WhatIsNoStateDictIsRefusedByName) {
  const auto refusal = [&](const char* name) { return error_of([&] { file(name); }); };
  const std::string module = refusal("module");
  EXPECT_NE(module.find("module.pt: data.pkl, byte "), std::string::npos) << module;
  EXPECT_NE(module.find("torch.nn.modules.linear.Linear"), std::string::npos) << module;
  EXPECT_NE(module.find("state_dict()"), std::string::npos) << module;
  EXPECT_NE(refusal("script").find("TorchScript"), std::string::npos) << refusal("script");
  EXPECT_NE(refusal("tensor").find("a tensor without a name"), std::string::npos) << refusal("tensor");
}

TEST_P(PyTorch, CompressedArchivesNeedAComponent) {
  const std::string text = error_of([&] { file("compressed"); });
  for (const char* const part : {"compressed.pt", "libzip", "component zip"}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

TEST_P(PyTorch, EitherKindOfFileIsToldByItsBytes) {
  expect_same(heed::read_weights(path("named")), expected("named"));
  expect_same(heed::read_weights(path("legacy")), expected("named"));
  expect_same(heed::read_weights(data / "named.safetensors"), expected("named"));
}

TEST_P(PyTorch, BytesMayBeInMemory) {
  std::vector<std::byte> bytes = heed::read_file(path("named"));
  const PyTorchFile looked{std::span<const std::byte>(bytes)};
  EXPECT_EQ(looked.name(), "memory");
  expect_same(looked, expected("named"));
  PyTorchFile first(std::move(bytes), "given");
  const PyTorchFile kept = std::move(first);
  EXPECT_EQ(kept.name(), "given");
  expect_same(kept, expected("named"));
}

TEST_P(PyTorch, APathWillDo) {
  heed::Lstm<float> lstm({.input_size = 2, .hidden_size = 3}), same = lstm, third = lstm;
  heed::load_weights(lstm, path("checkpoint"), {.prefix = "model_state_dict.rnn"});
  heed::load_weights(same, (data / "named.safetensors").string(), {.prefix = "rnn"});
  third = heed::load(third, path("legacy").c_str(), {.prefix = "rnn"});
  EXPECT_EQ(heed::serialize(lstm), heed::serialize(same));
  EXPECT_EQ(heed::serialize(lstm), heed::serialize(third));
  using Model = heed::SequenceClassifier<float>;
  EXPECT_EQ(heed::serialize(heed::load<Model>(path("attention"))),
            heed::serialize(heed::load<Model>(data / "attention.safetensors")));
}

TEST_P(PyTorch, ANameThatSaysAnotherFormatIsNoMatter) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("heed_names_" + std::string(GetParam()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(path("named"), folder / "a.safetensors");
  std::filesystem::copy_file(data / "named.safetensors", folder / "a.pt");
  expect_same(heed::read_weights(folder / "a.safetensors"), expected("named"));
  expect_same(heed::read_weights(folder / "a.pt"), expected("named"));
  expect_same(heed::read_weights(heed::read_file(path("named")), "named.pt"), expected("named"));
}

INSTANTIATE_TEST_SUITE_P(Versions, PyTorch, testing::Values("torch1", "torch2"),
                         [](const auto& version) { return std::string(version.param); });

/// tests/reference/write_torch_models.py writes what follows.
PyTorchFile written(const std::string& name) { return PyTorchFile(data / "models" / (name + ".pt")); }

/// What a model gives for the inputs of the fixtures: (sequences, outputs).
template <class M>
void expect_gives(const M& model, const std::string& name) {
  const SafetensorsFile given(data / "models" / "given.safetensors");
  const std::vector<float> x = given.read<float>("x"), y = given.read<float>(name);
  const std::vector<Index> shape = given.find("x")->extents;
  heed::Predictor<M> predictor(model);
  std::vector<float> out(y.size());
  predictor(heed::TensorView<const float, 3>(x.data(), {shape[0], shape[1], shape[2]}),
            heed::TensorView<float, 2>(out.data(), {shape[0], static_cast<Index>(y.size()) / shape[0]}), {},
            heed::Output::logits);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(out[i], y[i], 1e-6) << name << ' ' << i;
}

std::string model_path(const std::string& name) { return (data / "models" / (name + ".pt")).string(); }

TEST(PyTorchModels, ARecurrentLayerAndALinearUnderAnyNames) {
  using Model = heed::SequenceClassifier<float>;
  const auto read = [](const std::string& name, const std::string& cell) {
    return heed::load<Model>(model_path(name), {}, {.rename = {{"encoder", cell}, {"classifier", "fc"}}});
  };
  expect_gives(read("lstm", "lstm"), "lstm");
  expect_gives(read("gru", "gru"), "gru");
  expect_gives(read("rnn", "rnn"), "rnn");
  const std::string error = error_of([] { heed::load<Model>(model_path("lstm")); });
  EXPECT_NE(error.find("renaming \"encoder\" to \"lstm\" and \"classifier\" to \"fc\" would fit"), std::string::npos)
      << error;
}

TEST(PyTorchModels, ATransformerEncoderBetweenLinears) {
  heed::TransformerClassifier<float> model({.features = 3,
                                            .classes = 2,
                                            .transformer = {.d_model = 4,
                                                            .num_heads = 2,
                                                            .num_layers = 2,
                                                            .dim_feedforward = 6,
                                                            .norm = heed::NormPlacement::post,
                                                            .positions = heed::PositionKind::none}});
  heed::load_weights(model, model_path("encoder_model"), {.rename = {{"embed", "input"}, {"out", "output"}}});
  expect_gives(model, "encoder_model");
}

TEST(PyTorchModels, ALstmWithAnAttentionPool) {
  expect_gives(heed::load<heed::SequenceClassifier<float>>(model_path("attention_model")), "attention_model");
}

TEST(PyTorchFiles, CheckpointsMayHoldWhatIsNoTensor) {
  for (const char* const name : {"things", "lightning", "python2"}) {
    const PyTorchFile file = written(name);
    const char* const prefix = std::string(name) == "python2" ? "" : "state_dict";
    expect_same(file.renamed({.prefix = prefix}), SafetensorsFile(data / "named.safetensors"));
  }
}

TEST(PyTorchFiles, NumbersOfBigEndianMachinesAreTurned) {
  expect_same(PyTorchFile(data / "torch2" / "big.pt"), SafetensorsFile(data / "named.safetensors"));
}

TEST(PyTorchFiles, BothPartsOfComplexNumbersOfBigEndianMachinesAreTurned) {
  using namespace pickles;
  test_support::ZipWriter zip;
  zip.add("a/data.pkl", pickle(dict("c", tensor(storage("0", 2, "ComplexFloatStorage"), 0, "K\x02", "K\x01"))));
  zip.add("a/byteorder", "big");
  zip.add("a/data/0", "0123456789abcdef");
  const PyTorchFile file(zip.bytes());
  const std::vector<std::byte> bytes = bytes_of(file, *file.find("c"));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), "32107654ba98fedc");
}

// Tensor.imag of a conjugated tensor: its storage has the numbers with the other sign.
TEST(PyTorchFiles, NumbersThatAreYetToBeNegatedAreRefused) {
  using namespace pickles;
  const auto with = [](const std::string& metadata) {
    const auto bytes = archive(pickle(dict("w", tensor(storage("0", 4), 0, "K\x04", "K\x01", metadata))));
    return error_of([&] { PyTorchFile(std::span<const std::byte>(bytes), "f.pt"); });
  };
  EXPECT_EQ(with("}"), "no error");
  EXPECT_EQ(with("N"), "no error");
  EXPECT_EQ(with(dict("neg", "\x89")), "no error");
  EXPECT_EQ(with(dict("other", "\x88")), "no error");
  EXPECT_NE(with(dict("neg", "\x88")).find("resolve_neg()"), std::string::npos) << with(dict("neg", "\x88"));
  EXPECT_NE(with(dict("conj", "\x88")).find("resolve_conj()"), std::string::npos) << with(dict("conj", "\x88"));
}

TEST(PyTorchFiles, ChecksumsMayBeLeftOut) {
  expect_same(PyTorchFile(data / "torch2" / "no_checksum.pt"), SafetensorsFile(data / "named.safetensors"));
}

TEST(PyTorchFiles, OtherFilesAreNamed) {
  const auto refusal = [&](const std::filesystem::path& path) { return error_of([&] { PyTorchFile{path}; }); };
  EXPECT_NE(refusal(data / "named.safetensors").find("no file of PyTorch"), std::string::npos);
  EXPECT_NE(refusal(data / "absent.pt").find("absent.pt"), std::string::npos);
  const std::string text = error_of([&] { SafetensorsFile{data / "torch2" / "named.pt"}; });
  EXPECT_NE(text.find("PyTorchFile"), std::string::npos) << text;
}

}  // namespace pytorch_test
