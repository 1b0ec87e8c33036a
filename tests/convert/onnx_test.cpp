#include "heed/convert/onnx.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "heed/core/concepts.hpp"
#include "heed/files/file.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/seq2seq.hpp"
#include "onnx_fixtures.hpp"
#include "onnx_reader.hpp"

// onnx_runtime.py compares what onnxruntime computes; here is what stands in the files.

namespace onnx_test {

using heed::Index;
using test_support::error_of;
using Texts = std::vector<std::string>;

const std::filesystem::path data = std::filesystem::path(__FILE__).parent_path() / "data" / "onnx";

OnnxFile file_at(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = heed::read_file(path);
  return OnnxFile({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

template <class M>
OnnxFile file_of(const M& model, const heed::OnnxOptions& options = {}) {
  return OnnxFile(heed::to_onnx(model, options));
}

std::vector<float> floats(const std::string& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

heed::SequenceClassifier<float> small(const heed::SequenceClassifierOptions& o = {
                                          .features = 2, .classes = 3, .hidden = 4}) {
  return heed::SequenceClassifier<float>(o);
}

TEST(Onnx, WritesTheGraphsThatOnnxruntimeHasRun) {
  const heed::OnnxOptions ragged{.lengths = true};
  EXPECT_EQ(file_of(fixture_classifier()).graph, file_at(data / "fixture_classifier.onnx").graph);
  EXPECT_EQ(file_of(fixture_classifier(), ragged).graph, file_at(data / "fixture_classifier_lengths.onnx").graph);
  EXPECT_EQ(file_of(fixture_transformer(), ragged).graph, file_at(data / "fixture_transformer_lengths.onnx").graph);
}

TEST(Onnx, SaysItsVersionsAndInputsAndOutputs) {
  const OnnxFile file = file_of(small(), {.lengths = true});
  EXPECT_EQ(file.ir_version, 8);
  EXPECT_EQ(file.opset, 17);
  EXPECT_EQ(file.producer, "heed");
  ASSERT_EQ(file.inputs.size(), 2U);
  EXPECT_EQ(file.inputs[0].name, "sequences");
  EXPECT_EQ(file.inputs[0].extents, (Texts{"batch", "steps", "2"}));
  EXPECT_EQ(file.inputs[0].type, 1);
  EXPECT_EQ(file.inputs[1].name, "lengths");
  EXPECT_EQ(file.inputs[1].extents, (Texts{"batch"}));
  EXPECT_EQ(file.inputs[1].type, 6);
  ASSERT_EQ(file.outputs.size(), 2U);
  EXPECT_EQ(file.outputs[0].name, "probabilities");
  EXPECT_EQ(file.outputs[1].name, "logits");
  EXPECT_EQ(file.outputs[0].extents, (Texts{"batch", "3"}));
  EXPECT_EQ(file_of(small()).inputs.size(), 1U);
}

TEST(Onnx, AnswersAsTheLossSays) {
  auto model = small();
  EXPECT_EQ(file_of(model).count("Softmax"), 2U);  // attention, probabilities
  model.outputs = heed::OutputKind::flags;
  EXPECT_EQ(file_of(model).count("Softmax"), 1U);
  EXPECT_EQ(file_of(model).count("Sigmoid"), 1U);
  model.outputs = heed::OutputKind::numbers;
  ASSERT_EQ(file_of(model).outputs.size(), 1U);
  EXPECT_EQ(file_of(model).outputs[0].name, "numbers");
}

TEST(Onnx, ReadsTokensAndAnswersAtEachStep) {
  const heed::Tagger<float> tagger({.tokens = {9, 8}, .embedding = {2, 3}, .classes = 4, .hidden = 3});
  const OnnxFile file = file_of(tagger);
  EXPECT_EQ(file.inputs[0].name, "tokens");
  EXPECT_EQ(file.inputs[0].type, 6);
  EXPECT_EQ(file.inputs[0].extents, (Texts{"batch", "steps", "2"}));
  EXPECT_EQ(file.outputs[0].extents, (Texts{"batch", "steps", "4"}));
}

TEST(Onnx, HoldsLabelsVocabularyOptionsAndTheVersion) {
  const OnnxFile file = file_of(fixture_classifier(), {.metadata = {{"steps", "12"}}});
  EXPECT_EQ(file.metadata.at("labels"), "walks\nsits\n");
  EXPECT_EQ(file.metadata.at("architecture"), "SequenceClassifier");
  EXPECT_EQ(file.metadata.at("cell"), "gru");
  EXPECT_EQ(file.metadata.at("steps"), "12");
  EXPECT_EQ(file.metadata.at("heed_version").substr(0, 2), "0.");
  EXPECT_EQ(floats(file.weights.at("standardize.mean")), (std::vector<float>{0.5f, -1, 2}));
  heed::TextClassifier<float> text({.tokens = 4, .embedding = 2, .classifier = {.classes = 2, .hidden = 2}});
  text.words = {"good", "b\"ad"};
  EXPECT_EQ(file_of(text).metadata.at("words"), "good\nb\"ad\n");
}

TEST(Onnx, HasTheGatesInItsOwnOrder) {
  auto model = small({.features = 1, .classes = 2, .hidden = 1});
  for (Index gate = 0; gate < 4; ++gate) model.recurrent.weights[0].ih(gate, 0) = static_cast<float>(gate);  // i f g o
  EXPECT_EQ(floats(file_of(model).weights.at("lstm.W")), (std::vector<float>{0, 3, 1, 2}));                  // i o f g
  model = small({.features = 1, .classes = 2, .hidden = 1, .cell = heed::CellKind::gru});
  for (Index gate = 0; gate < 3; ++gate) model.recurrent.weights[0].ih(gate, 0) = static_cast<float>(gate);  // r z n
  EXPECT_EQ(floats(file_of(model).weights.at("gru.W")), (std::vector<float>{1, 0, 2}));                      // z r n
}

TEST(Onnx, WritesDoublesAsTheirFloatCopy) {
  const heed::SequenceClassifierOptions o{.features = 2, .classes = 3, .hidden = 4};
  const heed::SequenceClassifier<double> exact(o);
  heed::SequenceClassifier<float> copy(o);
  std::vector<const heed::ParameterArray<double>*> from;
  heed::for_each_parameter([&](const auto&, const auto& parameter) { from.push_back(&parameter); }, exact);
  std::size_t i = 0;
  heed::for_each_parameter(
      [&](const auto&, auto& parameter) {
        std::transform(from[i]->begin(), from[i]->end(), parameter.begin(), [](double v) { return float(v); });
        ++i;
      },
      copy);
  EXPECT_EQ(file_of(exact).graph, file_of(copy).graph);
}

TEST(Onnx, SubtractsAShiftInDouble) {
  const OnnxFile file = file_of(small(), {.shift = {1e9, -1e9}});
  EXPECT_EQ(file.inputs[0].type, 11);
  EXPECT_EQ(file.nodes[0].op, "Sub");
  EXPECT_EQ(error_of([] { heed::to_onnx(small(), {.shift = {1}}); }),
            "save_onnx, shift: wrong number of values (expected 2, got 1)");
}

/// A layer of a user's own without an export, and one with it.
template <bool exported>
struct Halve : heed::detail::Activation<float> {
  using typename heed::detail::Activation<float>::Cache;
  void forward(heed::Tile<const float> x, heed::Tile<float> y, Cache&, const heed::Pass&) const {
    for (Index i = 0; i < x.size(); ++i) y.data[i] = x.data[i] / 2;
  }
  void backward(heed::Tile<const float>, heed::Tile<const float>, heed::Tile<const float>, heed::Into<float>, Cache&,
                Halve&, const heed::Pass&) const {}
};
heed::OnnxSequence export_onnx(heed::OnnxGraph& graph, const Halve<true>&, const heed::OnnxSequence& x) {
  return x.with(graph.times({x.value, graph.number(0.5)}));
}

TEST(Onnx, TakesTheExportOfAUsersLayer) {
  const heed::Sequential model(heed::Dense<float>({3, 2}), Halve<true>(), heed::MeanPool<float>());
  EXPECT_EQ(file_of(model).count("Mul"), 1U);
}

TEST(Onnx, ATiedTableInsideOfAnotherModelIsFoundByItsPath) {
  using Model = heed::LanguageModel<float>;
  const Model model({.tokens = 20, .tied = true, .transformer = {.d_model = 8, .num_heads = 2}});
  const OnnxFile file = file_of(heed::Ensemble<Model>({model, model}));
  std::set<std::string> known = {""};
  for (const auto& input : file.inputs) known.insert(input.name);
  for (const auto& [name, bytes] : file.weights) known.insert(name);
  for (const OnnxFile::Node& node : file.nodes) {
    for (const std::string& input : node.inputs) EXPECT_TRUE(known.contains(input)) << node.name << " reads " << input;
    known.insert(node.outputs.begin(), node.outputs.end());
  }
}

TEST(Onnx, RefusesALayerByItsName) {
  const std::string reason = " cannot be exported to ONNX: there is no function export_onnx for it";
  const heed::Sequential own{heed::Dense<float>({3, 2}), Halve<false>(), heed::MeanPool<float>()};
  EXPECT_EQ(error_of([&] { heed::to_onnx(own); }), "save_onnx, 1: Halve" + reason);
  const heed::Sequential deep{heed::Residual<Halve<false>>(), heed::Relu<float>()};
  EXPECT_EQ(error_of([&] { heed::to_onnx(deep); }), "save_onnx, 0.layer: Halve" + reason);
}

TEST(Onnx, RefusesRandomConvolutions) {
  const heed::RocketClassifier<float> model({.features = 1, .classes = 2, .steps = 20, .num_features = 84});
  EXPECT_EQ(error_of([&] { heed::to_onnx(model); }),
            "save_onnx, rocket: Rocket cannot be exported to ONNX: the rounding of another runtime would change which "
            "values exceed a bias");
}

TEST(Onnx, RefusesModelsThatDecode) {
  const heed::Seq2Seq<float> model({.source_tokens = 5, .target_tokens = 5});
  EXPECT_EQ(error_of([&] { heed::to_onnx(model); }),
            "save_onnx: Seq2Seq cannot be exported to ONNX: there is no function export_onnx for it");
}

TEST(Onnx, RefusesLengthsOfImages) {
  const heed::VisionTransformer<float> model({.image = {.channels = 1, .height = 4, .width = 4},
                                              .patch_size = 2,
                                              .classes = 2,
                                              .transformer = {.d_model = 4, .num_heads = 1}});
  EXPECT_EQ(error_of([&] { heed::to_onnx(model, {.lengths = true}); }),
            "save_onnx, patch_embedding: PatchEmbedding cannot be exported to ONNX: an image is one step and has no "
            "length, so lengths must be off");
}

TEST(Onnx, LeavesAnOldFileWhereNoneCanBeWritten) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "heed_onnx";
  std::filesystem::create_directories(folder);
  const std::filesystem::path path = folder / "model.onnx";
  heed::save_onnx(small(), path);
  const std::vector<std::byte> before = heed::read_file(path);
  const heed::Sequential own{heed::Dense<float>({3, 2}), Halve<false>()};
  EXPECT_THROW(heed::save_onnx(own, path), heed::Error);
  EXPECT_EQ(heed::read_file(path), before);
  EXPECT_THROW(heed::save_onnx(small(), folder / "nowhere" / "model.onnx"), heed::Error);
  std::filesystem::remove_all(folder);
}

TEST(Onnx, EqualModelsGiveEqualBytes) {
  EXPECT_EQ(heed::to_onnx(small(), {.lengths = true}), heed::to_onnx(small(), {.lengths = true}));
}

}  // namespace onnx_test
