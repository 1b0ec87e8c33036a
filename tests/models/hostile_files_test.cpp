// A file of a kilobyte may say any sizes. No model takes much more memory than the file holds, whatever it says.

#include <gtest/gtest.h>

#include <string>

#include "../support/error_of.hpp"
#include "heed/core/buffer.hpp"
#include "heed/io/safetensors_load.hpp"
#include "heed/models/attention_q_network.hpp"
#include "heed/models/graph_attention_network.hpp"
#include "heed/models/image_captioner.hpp"
#include "heed/models/language_model.hpp"
#include "heed/models/multimodal_classifier.hpp"
#include "heed/models/seq2seq.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/tagger.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/models/transformer_classifier.hpp"
#include "heed/models/vision_transformer.hpp"
#include "heed/options/model_metadata.hpp"

namespace hostile_files_test {

using heed::FieldKind;
using heed::Index;
using heed::Metadata;
using test_support::error_of;

constexpr Index beside = Index(1) << 24;  // what a model of any file may take

/// The error of a file without a tensor that says these options, and what was allocated until it came.
template <class M>
std::string error_of_file(const Metadata& says, Index& bytes) {
  const std::string header = heed::write_safetensors_header(says, {});
  const auto* const data = reinterpret_cast<const std::byte*>(header.data());
  const Index before = heed::allocated_bytes();
  const std::string error = error_of([&] { heed::load<M>(std::span(data, header.size())); });
  bytes = heed::allocated_bytes() - before;
  return error;
}

template <class M>
void expect_bounded(const typename M::Options& options) {
  const M model(options);
  Metadata own = metadata_of(model);
  own.insert({{"format", "heed"}, {"format_version", "1"}, {"architecture", std::string(M::architecture)}});
  Metadata all = own;
  typename M::Options copy = options;
  for (const heed::FieldRecord& field : heed::fields_of(copy).records) {
    if (field.kind != FieldKind::index && field.kind != FieldKind::indices) continue;
    if (!own.contains(field.name)) continue;
    const std::string largest = std::to_string(static_cast<Index>(field.range.most));
    Metadata one = own;
    all[field.name] = one[field.name] = field.kind == FieldKind::index ? largest : largest + "\n" + largest + "\n";
    Index bytes = 0;
    EXPECT_NE(error_of_file<M>(one, bytes), "no error") << M::architecture << ' ' << field.name;
    EXPECT_LE(bytes, beside) << M::architecture << ' ' << field.name;
  }
  Index bytes = 0;
  EXPECT_NE(error_of_file<M>(all, bytes), "no error") << M::architecture;
  EXPECT_LE(bytes, beside) << M::architecture;

  // a file that is right is far from the limit
  const Index before = heed::allocated_bytes();
  const M again(options);
  EXPECT_LE(heed::allocated_bytes() - before, 3 * parameter_count(again) * static_cast<Index>(sizeof(float)))
      << M::architecture;
}

TEST(HostileFiles, OfSequenceClassifiers) {
  for (const auto attention :
       {heed::Attention::pool, heed::Attention::multihead, heed::Attention::additive, heed::Attention::none}) {
    expect_bounded<heed::SequenceClassifier<float>>(
        {.features = 5, .classes = 3, .attention = attention, .layers = 2, .bidirectional = true});
  }
}

TEST(HostileFiles, OfTextClassifiers) {
  expect_bounded<heed::TextClassifier<float>>({.tokens = 50, .classifier = {.classes = 3}});
}

TEST(HostileFiles, OfTaggers) {
  for (const auto attention : {heed::Attention::pool, heed::Attention::multihead, heed::Attention::none}) {
    expect_bounded<heed::Tagger<float>>(
        {.tokens = {50, 20}, .embedding = {8, 4}, .classes = 3, .attention = attention});
  }
}

TEST(HostileFiles, OfSeq2Seq) {
  for (const auto score : {heed::ScoreKind::additive, heed::ScoreKind::dot, heed::ScoreKind::general}) {
    expect_bounded<heed::Seq2Seq<float>>({.source_tokens = 40,
                                          .target_tokens = 30,
                                          .embedding = 8,
                                          .hidden = 16,
                                          .bidirectional = true,
                                          .score = score});
  }
}

TEST(HostileFiles, OfImageCaptioners) {
  expect_bounded<heed::ImageCaptioner<float>>({.image = {1, 8, 8}, .tokens = 40, .max_tokens = 5});
}

TEST(HostileFiles, OfTransformers) {
  for (const auto positions :
       {heed::PositionKind::sinusoidal, heed::PositionKind::learned, heed::PositionKind::relative}) {
    const heed::TransformerOptions t{.positions = positions, .max_steps = 9};
    expect_bounded<heed::LanguageModel<float>>({.tokens = 40, .transformer = t});
    expect_bounded<heed::TransformerClassifier<float>>({.features = 5, .classes = 3, .transformer = t});
    for (const bool shifted : {false, true}) {
      expect_bounded<heed::VisionTransformer<float>>(
          {.image = {1, 8, 8}, .patch_size = 2, .classes = 3, .transformer = t, .shifted_patches = shifted});
    }
  }
}

TEST(HostileFiles, OfMultimodalClassifiers) {
  expect_bounded<heed::MultimodalClassifier<float>>({.image = {1, 8, 8}, .max_words = 5, .tokens = 40, .classes = 3});
}

TEST(HostileFiles, OfAttentionQNetworks) {
  expect_bounded<heed::AttentionQNetwork<float>>(
      {.features = 5, .actions = 3, .positions = heed::PositionKind::learned});
}

TEST(HostileFiles, OfGraphAttentionNetworks) {
  expect_bounded<heed::GraphAttentionNetwork<float>>({.features = 50, .classes = 3});
}

/// Of a file without options names and shapes say them; tensors without numbers may have any.
TEST(HostileFiles, OfGraphAttentionNetworksWithoutOptions) {
  constexpr Index large = Index(1) << 28;
  const auto expect_error = [](std::vector<heed::TensorInfo> tensors, const Metadata& hints) {
    for (auto& t : tensors) t.dtype = heed::DataType::f32;
    const std::string header = heed::write_safetensors_header({}, tensors);
    const auto* const data = reinterpret_cast<const std::byte*>(header.data());
    const Index before = heed::allocated_bytes();
    EXPECT_NE(error_of([&] { heed::load<heed::GraphAttentionNetwork<float>>(std::span(data, header.size()), hints); }),
              "no error");
    EXPECT_LE(heed::allocated_bytes() - before, beside);
  };
  for (const Index size : {large, Index(1) << 40, Index(1) << 62}) {
    const heed::TensorInfo weight{.name = "hidden.weight", .extents = {0, size}};
    expect_error(
        {weight, {.name = "hidden.source", .extents = {size, 0}}, {.name = "output.source", .extents = {0, size}}}, {});
    expect_error(
        {weight, {.name = "hidden.source", .extents = {0, size}}, {.name = "output.source", .extents = {0, 3}}},
        {{"heads", "268435456"}, {"hidden", "268435456"}});
  }
}

}  // namespace hostile_files_test
