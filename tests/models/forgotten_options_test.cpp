// A field that a user forgot: the model says so, none of its layers.

#include <gtest/gtest.h>

#include <string>

#include "../support/error_of.hpp"
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

namespace forgotten_options_test {

using test_support::error_of;

// "SequenceClassifier: classes out of range"
template <class M>
void expect_own_error(const typename M::Options& options, const std::string& field) {
  const std::string error = error_of([&] { M{options}; });
  const std::string expected = std::string(M::architecture) + ": " + field + " out of range";
  EXPECT_EQ(error.substr(0, expected.size()), expected);
}

TEST(ForgottenOptions, AreNamedByTheModel) {
  expect_own_error<heed::SequenceClassifier<float>>({.features = 5}, "classes");
  expect_own_error<heed::SequenceClassifier<float>>({.classes = 5}, "features");
  expect_own_error<heed::TransformerClassifier<float>>({.features = 5}, "classes");
  expect_own_error<heed::TextClassifier<float>>({.tokens = 9}, "classes");
  expect_own_error<heed::TextClassifier<float>>({.classifier = {.classes = 2}}, "tokens");
  expect_own_error<heed::Tagger<float>>({.tokens = {4}, .embedding = {3}}, "classes");
  expect_own_error<heed::LanguageModel<float>>({}, "tokens");
  expect_own_error<heed::Seq2Seq<float>>({}, "source_tokens");
  expect_own_error<heed::VisionTransformer<float>>({}, "height");
  expect_own_error<heed::MultimodalClassifier<float>>({}, "image.height");
  expect_own_error<heed::ImageCaptioner<float>>({}, "height");
  expect_own_error<heed::GraphAttentionNetwork<float>>({.features = 3}, "classes");
  expect_own_error<heed::AttentionQNetwork<float>>({.features = 3}, "actions");
}

}  // namespace forgotten_options_test
