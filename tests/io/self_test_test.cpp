// The self-test of model files: damage that leaves a file well-formed is found, and nothing else is.

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/sanitized.hpp"
#include "heed/compose/chain.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/core/buffer.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/layers/conv1d.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/embedding.hpp"
#include "heed/layers/flatten_steps.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/max_pool1d.hpp"
#include "heed/layers/multi_head_attention.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/scale_shift.hpp"
#include "heed/models/attention_q_network.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/models/graph_attention_network.hpp"
#include "heed/models/image_captioner.hpp"
#include "heed/models/language_model.hpp"
#include "heed/models/multimodal_classifier.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/seq2seq.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/series_ensemble.hpp"
#include "heed/models/tagger.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/models/transformer_classifier.hpp"
#include "heed/models/vision_transformer.hpp"

namespace self_test_test {

using heed::Index;
using heed::Metadata;
using test_support::error_of;
using Bytes = std::vector<std::byte>;
using Classifier = heed::SequenceClassifier<float>;

const heed::WeightsOptions unchecked{.self_test = false};

Metadata metadata_of_file(const Bytes& bytes) { return heed::SafetensorsFile(std::span(bytes)).metadata(); }

/// The bytes with other metadata.
template <class M>
Bytes with_metadata(const M& model, const Metadata& metadata) {
  return heed::detail::serialize_parameters<typename M::Scalar>(heed::detail::named_parameters(model), metadata);
}

/// A place in a file where a weight other than 0 has a bit of its exponent: without it, the weight is 2^16 times larger
/// or smaller.
using Place = std::size_t;

std::vector<Place> some_weights(const Bytes& bytes) {
  const heed::SafetensorsFile file{std::span(bytes)};
  const auto data = static_cast<std::size_t>(file.data().data() - bytes.data());
  std::vector<Place> places;
  for (const heed::TensorInfo& tensor : file.tensors()) {
    const std::vector<float> values = file.read<float>(tensor.name);
    for (std::size_t i = 0; i < values.size(); i += values.size() / 8 + 1) {
      if (values[i] != 0) places.push_back(data + tensor.begin + 4 * i + 3);
    }
  }
  return places;
}

/// A file of the model has a test, which passes and finds most damage. What nothing depends on, as weights of a unit
/// that is off, and what others make up for, as a bias before a softmax, is not found.
template <class M>
void expect_tested(const M& model, double least = 0.6) {
  const std::string name(M::architecture);
  Bytes bytes = heed::serialize(model);
  ASSERT_TRUE(metadata_of_file(bytes).contains("self_test.output")) << name;
  EXPECT_EQ(heed::serialize(model), bytes) << name;
  EXPECT_EQ(heed::serialize(heed::load<M>(std::span(bytes))), bytes) << name;
  const std::vector<Place> places = some_weights(bytes);
  double found = 0;
  for (const Place place : places) {
    bytes[place] ^= std::byte{0x08};
    const std::string error = error_of([&] { heed::load<M>(std::span(bytes)); });
    EXPECT_EQ(error_of([&] { heed::load<M>(std::span(bytes), {}, unchecked); }), "no error") << name;
    bytes[place] ^= std::byte{0x08};
    if (error == "no error") continue;
    EXPECT_EQ(error.find("memory: self-test, output "), 0u) << name << ": " << error;
    ++found;
  }
  EXPECT_GE(found / static_cast<double>(places.size()), least) << name;
}

TEST(SelfTest, OfClassifiersOfNumbers) {
  expect_tested(Classifier({.features = 5, .classes = 3, .hidden = 8, .seed = 1}));
  expect_tested(Classifier({.features = 2,
                            .classes = 3,
                            .hidden = 6,
                            .attention = heed::Attention::multihead,
                            .heads = 2,
                            .cell = heed::CellKind::gru,
                            .layers = 2,
                            .bidirectional = true,
                            .seed = 2}));
  expect_tested(heed::TransformerClassifier<float>(
      {.features = 3,
       .classes = 2,
       .transformer = {.d_model = 8, .num_heads = 2, .num_layers = 1, .dim_feedforward = 8}}));
  expect_tested(heed::AttentionQNetwork<float>({.features = 4, .actions = 2, .hidden = 8, .num_heads = 2, .steps = 2}));
}

TEST(SelfTest, OfModelsOfText) {
  expect_tested(heed::TextClassifier<float>({.tokens = 6, .embedding = 4, .classifier = {.classes = 2}}), 0.4);
  expect_tested(heed::LanguageModel<float>(
      {.tokens = 9, .transformer = {.d_model = 8, .num_heads = 2, .num_layers = 1, .dim_feedforward = 8}}));
  expect_tested(heed::Tagger<float>({.tokens = {9, 5}, .embedding = {4, 3}, .classes = 3, .hidden = 4}));
  expect_tested(heed::Seq2Seq<float>({.source_tokens = 8, .target_tokens = 9, .embedding = 4, .hidden = 6}));
}

TEST(SelfTest, OfModelsOfImages) {
  expect_tested(heed::VisionTransformer<float>(
      {.image = {1, 8, 8},
       .patch_size = 4,
       .classes = 3,
       .transformer = {.d_model = 8, .num_heads = 2, .num_layers = 1, .dim_feedforward = 8}}));
  expect_tested(heed::MultimodalClassifier<float>({.image = {1, 8, 8},
                                                   .max_words = 4,
                                                   .tokens = 8,
                                                   .classes = 3,
                                                   .channels = 4,
                                                   .embedding = 6,
                                                   .hidden = 8,
                                                   .heads = 2}),
                0.7);
  expect_tested(heed::ImageCaptioner<float>({.image = {1, 8, 8},
                                             .tokens = 8,
                                             .max_tokens = 4,
                                             .channels = 4,
                                             .features = 6,
                                             .embedding = 4,
                                             .hidden = 8}),
                0.6);
}

TEST(SelfTest, OfModelsOfGraphs) {
  expect_tested(heed::GraphAttentionNetwork<float>({.features = 5, .classes = 3, .hidden = 4, .heads = 2}));
}

TEST(SelfTest, OfSeveralModelsAsOne) {
  const heed::SequenceClassifierOptions options{.features = 2, .classes = 3, .hidden = 6, .seed = 1};
  expect_tested(heed::Ensemble<Classifier>(2, options));
  heed::RocketClassifier<float> rocket({.features = 2, .classes = 3, .steps = 20, .num_features = 84});
  heed::Tensor<float, 3> x({4, 20, 2});
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i * 7 % 31 - 15) / 8;
  rocket.fit_biases(x.view());
  expect_tested(rocket, 0.3);
  expect_tested(heed::SeriesEnsemble<float>({Classifier(options)}, {rocket}), 0.15);
}

TEST(SelfTest, OfChainsOfLayers) {
  const heed::Sequential numbers(heed::Lstm<float>({.input_size = 2, .hidden_size = 3}),
                                 heed::Dense<float>({.in_features = 3, .out_features = 2}));
  EXPECT_TRUE(metadata_of_file(heed::serialize(numbers)).contains("self_test.output"));
  const heed::Sequential tokens(heed::Embedding<float>({.num_embeddings = 9, .embedding_dim = 3}),
                                heed::Dense<float>({.in_features = 3, .out_features = 2}));
  EXPECT_TRUE(metadata_of_file(heed::serialize(tokens)).contains("self_test.output"));
}

TEST(SelfTest, OfChainsThatAreComposedAtRunTime) {
  using Model = heed::Chain<float>;
  expect_tested(Model({heed::Lstm<float>({.input_size = 2, .hidden_size = 3}),
                       heed::Dense<float>({.in_features = 3, .out_features = 2})}));
  const Model any(std::vector<heed::AnyLayer<float>>{heed::Relu<float>()});  // takes any number of features
  const Bytes bytes = heed::serialize(any);
  EXPECT_FALSE(metadata_of_file(bytes).contains("self_test.output"));
  EXPECT_EQ(heed::serialize(heed::load<Model>(std::span(bytes))), bytes);
}

// A file of a few bytes may ask for so much padding that what reads all steps for each step would take hours.
TEST(SelfTest, NotOfAChainWhoseAttentionWouldTakeLong) {
  using Model = heed::Chain<float>;
  const auto tested = [](Index pad, int layers) {
    std::vector<heed::AnyLayer<float>> all{heed::Conv1d<float>(
        {.in_channels = 16, .out_channels = 16, .kernel_size = 1, .padding = heed::ConvPadding::number, .pad = pad})};
    for (int i = 0; i < layers; ++i) {
      all.emplace_back(heed::DotAttention<float>({.query_size = 16, .memory_size = 16, .project = false}));
    }
    const Model model(std::move(all));
    const Bytes bytes = heed::serialize(model);
    EXPECT_EQ(heed::serialize(heed::load<Model>(std::span(bytes))), bytes);
    return metadata_of_file(bytes).contains("self_test.output");
  };
  EXPECT_TRUE(tested(16, 1));
  EXPECT_FALSE(tested(1900, 20)) << "4.6e9";
}

TEST(SelfTest, FilesWithoutOneLoad) {
  const Classifier model({.features = 5, .classes = 3, .hidden = 8});
  const Bytes old = with_metadata(model, heed::detail::file_metadata(model, {}));
  EXPECT_EQ(heed::serialize(heed::load<Classifier>(std::span(old))), heed::serialize(model));
}

TEST(SelfTest, TheOneOfAnotherModelIsReplaced) {
  const Classifier one({.features = 5, .classes = 3, .hidden = 8, .seed = 1});
  const Classifier other({.features = 5, .classes = 3, .hidden = 8, .seed = 2});
  Metadata of_other = metadata_of_file(heed::serialize(other));
  std::erase_if(of_other, [](const auto& e) { return !e.first.starts_with("self_test."); });
  ASSERT_EQ(of_other.size(), 4u);
  EXPECT_EQ(heed::serialize(one, of_other), heed::serialize(one));
}

TEST(SelfTest, InputsAreInTheUnitsOfTheData) {  // 1e6 deviations off, no weight would matter
  Classifier model({.features = 2, .classes = 3, .hidden = 8, .seed = 1});
  model.standardize = heed::Standardize<float>({1e6, -3e-5}, {0.5, 1e-7});
  expect_tested(model);
}

TEST(SelfTest, EitherPrecisionReadsTheOther) {
  const heed::SequenceClassifierOptions options{.features = 5, .classes = 3, .hidden = 8, .seed = 1};
  const Bytes single = heed::serialize(Classifier(options));
  const Bytes exact = heed::serialize(heed::SequenceClassifier<double>(options));
  EXPECT_EQ(error_of([&] { heed::load<heed::SequenceClassifier<double>>(std::span(single)); }), "no error");
  EXPECT_EQ(error_of([&] { heed::load<Classifier>(std::span(exact)); }), "no error");
}

/// Weights that rounding on another processor could not tell from these.
TEST(SelfTest, RoundingIsNoDamage) {
  for (const Index layers : {1, 3}) {
    Classifier model({.features = 5, .classes = 3, .hidden = 32, .layers = layers, .seed = 1});
    const Metadata metadata = metadata_of_file(heed::serialize(model));
    int sign = 1;
    heed::for_each_parameter(
        [&](const heed::Path&, auto& array) {
          for (float& w : array) w *= 1 + 0x1p-20f * static_cast<float>(sign = -sign);
        },
        model);
    const Bytes rounded = with_metadata(model, metadata);
    EXPECT_EQ(error_of([&] { heed::load<Classifier>(std::span(rounded)); }), "no error");
  }
}

TEST(SelfTest, TextIsShort) {
  const Metadata metadata = metadata_of_file(heed::serialize(Classifier({.features = 5, .classes = 11, .seed = 1})));
  std::size_t size = 0;
  for (const auto& [key, value] : metadata) size += key.starts_with("self_test.") ? key.size() + value.size() : 0;
  EXPECT_LT(size, 2000u);
}

TEST(SelfTest, ModelsWithoutAFiniteOutputHaveNone) {
  Classifier model({.features = 5, .classes = 3, .hidden = 8});
  model.fc2.weight.fill(3e38f);
  const Bytes bytes = heed::serialize(model);
  EXPECT_FALSE(metadata_of_file(bytes).contains("self_test.output"));
  EXPECT_FALSE(metadata_of_file(bytes).contains("self_test.steps"));
}

TEST(SelfTest, WrongValuesAreRefused) {
  const Classifier model({.features = 5, .classes = 3, .hidden = 8});
  const heed::TextClassifier<float> text({.tokens = 6, .embedding = 4, .classifier = {.classes = 2}});
  const auto error = [&](const auto& of, const std::string& key, const std::string& value) {
    using M = std::remove_cvref_t<decltype(of)>;
    Metadata metadata = metadata_of_file(heed::serialize(of));
    metadata["self_test." + key] = value;
    const Bytes bytes = with_metadata(of, metadata);
    return error_of([&] { heed::load<M>(std::span(bytes)); });
  };
  const auto same = [](const std::string& token) {  // 4 sequences of 8
    std::string all = token;
    for (int i = 1; i < 32; ++i) all += " " + token;
    return all;
  };
  EXPECT_EQ(
      error(model, "steps", "0"),
      "memory: metadata \"self_test.steps\": wrong value; {.self_test = false} or --no-self-test skips this check "
      "(expected 1 to 256, got 0)");
  EXPECT_NE(error(model, "steps", "9000000000000000000").find("wrong value"), std::string::npos);
  EXPECT_NE(error(model, "input", "").find("self_test.input\": wrong value"), std::string::npos);
  EXPECT_NE(error(model, "input", "1e38 2e38").find("self_test.input\": wrong value"), std::string::npos);
  EXPECT_NE(error(model, "input", "nan").find("self_test.input"), std::string::npos);
  EXPECT_NE(error(model, "tolerance", "-1").find("self_test.tolerance\": wrong value"), std::string::npos);
  EXPECT_NE(error(model, "output", "1 2").find("an output of another size"), std::string::npos);
  EXPECT_NE(error(text, "input", "1 1 1").find("self_test.input\": wrong value"), std::string::npos);
  EXPECT_NE(error(text, "input", same("0.5")).find("self_test.input\": wrong value"), std::string::npos);
  EXPECT_NE(error(text, "input", same("6")).find("token"), std::string::npos);
  EXPECT_NE(error(text, "input", same("-1")).find("token"), std::string::npos);
}

using Chain = heed::Chain<float>;

/// The error of a load of the model with these entries of its self-test, and the numbers that the load allocated.
std::string error_with(const Chain& model, const Metadata& entries, Index& allocated) {
  Metadata metadata = metadata_of_file(heed::serialize(model));
  for (const auto& [key, value] : entries) metadata["self_test." + key] = value;
  const Bytes bytes = with_metadata(model, metadata);
  const Index before = heed::allocated_bytes();
  const std::string error = error_of([&] { heed::load<Chain>(std::span(bytes)); });
  allocated = heed::allocated_bytes() - before;
  return error;
}

void expect_refused(const Chain& model, const Metadata& entries) {
  Index allocated = 0;
  const std::string error = error_with(model, entries, allocated);
  EXPECT_EQ(error.find("memory: "), 0u) << error;
  EXPECT_NE(error.find("{.self_test = false} or --no-self-test skips this check"), std::string::npos) << error;
  EXPECT_LT(allocated, Index(1) << 21) << error;
}

TEST(SelfTest, HostileFilesCostLittle) {
  const Chain wide({heed::Dense<float>({.in_features = 1, .out_features = 2000})});
  const Chain attention({heed::Dense<float>({.in_features = 1, .out_features = 8}),
                         heed::MultiHeadAttention<float>({.embed_dim = 8, .num_heads = 2}), heed::LastPool<float>()});
  expect_refused(wide, {{"steps", "262144"}});
  expect_refused(attention, {{"steps", "32768"}});
  expect_refused(attention, {{"steps", "256"}, {"input", "1"}});
  std::string many = "1";
  for (int i = 1; i < 1000000; ++i) many += " 1";
  expect_refused(attention, {{"input", many}});
  expect_refused(attention, {{"output", many}});
  expect_refused(attention, {{"output", ""}});
  expect_refused(wide, {{"output", "1 2 3"}});
}

TEST(SelfTest, OutputsNearZeroAreNoDamage) {
  for (const double size : {1e-30, 1e-44, 1e-60, 1e-300, 1e-320, 0.0}) {
    heed::ScaleShift<double> small({.features = 2});
    small.weight.fill(size);
    small.bias.fill(0);
    const heed::Chain<double> model({heed::Dense<double>({.in_features = 2, .out_features = 2}), small});
    const Bytes bytes = heed::serialize(model);
    EXPECT_EQ(error_of([&] { heed::load<heed::Chain<double>>(std::span(bytes)); }), "no error") << size;
    EXPECT_EQ(error_of([&] { heed::load<Chain>(std::span(bytes)); }), "no error") << size;
  }
}

TEST(SelfTest, OfChainsThatTakeOneNumberOfSteps) {
  using heed::Conv1d, heed::Dense, heed::FlattenSteps, heed::MaxPool1d;
  expect_tested(Chain({FlattenSteps<float>({.steps = 100}), Dense<float>({.in_features = 200, .out_features = 2})}));
  expect_tested(Chain({Dense<float>({.in_features = 1, .out_features = 2}), FlattenSteps<float>({.steps = 37}),
                       Dense<float>({.in_features = 74, .out_features = 2})}));
  expect_tested(Chain({Conv1d<float>({.in_channels = 2, .out_channels = 3, .kernel_size = 5}),
                       MaxPool1d<float>({.kernel_size = 2}), FlattenSteps<float>({.steps = 48}),
                       Dense<float>({.in_features = 144, .out_features = 2})}),
                0.3);
  expect_tested(Chain({Conv1d<float>({.in_channels = 1, .out_channels = 3, .kernel_size = 300})}),
                0.3);  // 8 steps meet few taps
}

TEST(SelfTest, WithoutMemoryForASecondModelThereIsNone) {
#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 16000
  if (test_support::sanitized) GTEST_SKIP() << "libc++ before 16 loses the memory of a vector whose copy fails";
#endif
  const Chain model({heed::Dense<float>({.in_features = 500, .out_features = 500})});
  Bytes bytes;
  {
    const heed::AllocationBudget budget(1000, "this test");
    bytes = heed::serialize(model);
  }
  EXPECT_FALSE(metadata_of_file(bytes).contains("self_test.output"));
  EXPECT_EQ(error_of([&] { heed::load<Chain>(std::span(bytes)); }), "no error");
}

TEST(SelfTest, LargeUnitsInEitherPrecision) {  // float has steps of 128 there
  Classifier model({.features = 1, .classes = 3, .hidden = 8, .seed = 1});
  model.standardize = heed::Standardize<float>({1.7e9}, {33});
  const Bytes bytes = heed::serialize(model);
  EXPECT_TRUE(metadata_of_file(bytes).contains("self_test.output"));
  EXPECT_EQ(error_of([&] { heed::load<Classifier>(std::span(bytes)); }), "no error");
  EXPECT_EQ(error_of([&] { heed::load<heed::SequenceClassifier<double>>(std::span(bytes)); }), "no error");
}

}  // namespace self_test_test
