#include "heed/models/tagger.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "../data/support.hpp"
#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/testing/check_layer.hpp"

namespace tagger_test {

using heed::Attention;
using heed::Index;
using heed::Tagger;
using heed::TaggerOptions;
using heed::TaggerOutput;
using test_support::error_of;
using test_support::parameter_names;

const TaggerOptions small{.tokens = {6, 5}, .embedding = {3, 2}, .classes = 4, .hidden = 2};

TaggerOptions with(Attention attention, TaggerOutput output = TaggerOutput::tokens, double dropout = 0) {
  TaggerOptions o = small;
  o.attention = attention;
  o.output = output;
  o.dropout = dropout;
  return o;
}
std::vector<TaggerOptions> all_kinds() {
  return {with(Attention::pool, TaggerOutput::sequence), with(Attention::pool), with(Attention::multihead),
          with(Attention::none)};
}

template <class S>
Tagger<S> random_model(const TaggerOptions& options) {
  Tagger<S> model(options);
  heed::Key key{7};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.5); }, model);
  for (auto& table : model.embed.tables) table.padding_idx = -1;  // token 0 occurs here, and its gradient is looked at
  return model;
}

TEST(Tagger, FulfilsTheLayerContractOfTokens) {
  for (TaggerOptions o : all_kinds()) {
    for (const double dropout : {0.0, 0.3}) {
      o.dropout = dropout;
      o.layers = dropout > 0 ? 2 : 1;
      const auto report =
          heed::testing::check_layer([&]<class S>() { return random_model<S>(o); }, {4, 2}, {.initialize = false});
      EXPECT_TRUE(report.ok()) << to_text(o.output) << ", " << to_text(o.attention) << "\n" << report.text();
    }
  }
}

TEST(Tagger, FulfilsItWhenItDrops) {
  for (TaggerOptions o : all_kinds()) {
    o.dropout = 0.3;
    const auto report = heed::testing::check_layer([&]<class S>() { return random_model<S>(o); }, {4, 2},
                                                   {.training = true, .initialize = false});
    EXPECT_TRUE(report.ok()) << to_text(o.output) << ", " << to_text(o.attention) << "\n" << report.text();
  }
}

TEST(Tagger, HasTheNamesOfAPyTorchModule) {
  const std::string lstm =
      "bilstm.weight_ih_l0 bilstm.weight_hh_l0 bilstm.bias_ih_l0 bilstm.bias_hh_l0 bilstm.weight_ih_l0_reverse "
      "bilstm.weight_hh_l0_reverse bilstm.bias_ih_l0_reverse bilstm.bias_hh_l0_reverse ";
  const std::string end = "classifier.weight classifier.bias ", pool = "attention.weight attention.bias ";
  TaggerOptions one = with(Attention::pool, TaggerOutput::sequence);
  one.tokens = {6};
  one.embedding = {3};
  EXPECT_EQ(parameter_names(Tagger<float>(one)), "embed.weight " + lstm + pool + end);
  const std::string two = "embed.0.weight embed.1.weight ";
  EXPECT_EQ(parameter_names(Tagger<float>(small)), two + lstm + pool + end);
  EXPECT_EQ(parameter_names(Tagger<float>(with(Attention::none))), two + lstm + end);
  EXPECT_EQ(parameter_names(Tagger<float>(with(Attention::multihead))),
            two + lstm +
                "attention.in_proj_weight attention.in_proj_bias attention.out_proj.weight attention.out_proj.bias " +
                end);
}

TEST(Tagger, CountsItsParameters) {
  for (TaggerOptions o : all_kinds()) {
    for (o.layers = 1; o.layers < 4; ++o.layers) {
    }
  }
}

TEST(Tagger, StartsWithSmallVectorsAndPaddingAtZero) {
  const Tagger<double> model({.tokens = {400, 7}, .embedding = {50, 2}, .classes = 2});
  double square = 0;
  for (const double v : model.embed.tables[0].weight) square += v * v;
  EXPECT_NEAR(std::sqrt(square / (399 * 50)), 0.1, 0.003);
  for (Index i = 0; i < 50; ++i) EXPECT_EQ(model.embed.tables[0].weight.row(0)[i], 0);
}

TEST(Tagger, MetadataHasEverythingBack) {
  for (TaggerOptions o : all_kinds()) {
    o.layers = 2;
    o.dropout = 0.25;
    Tagger<float> model(o);
    model.labels = {"O", "B-x", "I-x", "B-y"};
    model.features = {{"word", {"how", "are", "you", "?"}}, {"shape", {"a", "A", "?"}}};
    const auto metadata = metadata_of(model);
    EXPECT_EQ(heed::from_metadata<Tagger<float>::Options>(metadata), o);
    Tagger<float> again(o);
    restore_extras(again, metadata);
    EXPECT_EQ(again.labels, model.labels);
    EXPECT_EQ(again.features, model.features);
  }
}

TEST(Tagger, IsSavedWithItsVocabulariesAndLabels) {
  const data_test::Folder folder;
  const auto path = folder / "tagger.safetensors";
  for (const TaggerOptions& o : all_kinds()) {
    Tagger<float> model = random_model<float>(o);
    model.labels = {"O", "B-x", "I-x", "B-y"};
    model.features = {{"word", {"how", "are", "you", "\xC3\xA9t\xC3\xA9"}}, {"shape", {"a", "A", "?"}}};
    heed::save(model, path);
    const auto again = heed::load<Tagger<float>>(path);
    EXPECT_EQ(again.options, o);
    EXPECT_EQ(again.labels, model.labels);
    EXPECT_EQ(again.features, model.features);
    EXPECT_EQ(test_support::numbers(again), test_support::numbers(model));
  }
}

TEST(Tagger, OptionsFollowFromTheTensors) {
  for (TaggerOptions o : all_kinds()) {
    o.layers = 2;
    if (o.attention == Attention::none) o.tokens = {9}, o.embedding = {2};
    std::vector<heed::TensorShape> tensors;
    const Tagger<float> model(o);
    for_each_parameter(
        [&](const heed::Path& path, const auto& p) {
          tensors.push_back({path.text(), {p.extents().begin(), p.extents().end()}});
        },
        model);
    EXPECT_EQ(Tagger<float>::options_from(tensors), o);
    tensors.erase(tensors.begin());
    EXPECT_EQ(
        error_of([&] { Tagger<float>::options_from(tensors); }),
        "no metadata: the tensors do not determine a tagger (expected a tensor embed.weight of rank 2, got none)");
  }
}

TEST(Tagger, RefusesWhatDoesNotFit) {
  EXPECT_EQ(error_of([] { Tagger<float>(with(Attention::additive)); }),
            "Tagger: attention out of range (expected one of pool, multihead, none, got additive)");
  EXPECT_EQ(error_of([] { Tagger<float>(with(Attention::multihead, TaggerOutput::sequence)); }),
            "Tagger: option out of range (expected attention pool for a label a sequence, got multihead)");
  TaggerOptions o = small;
  o.tokens = {6};
  EXPECT_NE(error_of([&] { Tagger<float>{o}; }), "no error");
  o = small;
  o.hidden = 0;
  EXPECT_NE(error_of([&] { Tagger<float>{o}; }), "no error");
  EXPECT_EQ(error_of([&] { Tagger<float>{o}; }), "Tagger: hidden out of range (expected 1 to 1048576, got 0)");
  o = small;
  o.dropout = 1;
  EXPECT_NE(error_of([&] { Tagger<float>{o}; }), "no error");
  o = with(Attention::multihead);
  o.heads = 3;
  EXPECT_NE(error_of([&] { Tagger<float>{o}; }), "no error");

  Tagger<float> model(small);
  EXPECT_EQ(error_of([&] { model.output_shape({4, 1}); }),
            "Tagger: JoinedEmbedding: wrong number of features (expected 2, got 1)");
  model.labels = {"x"};
  EXPECT_EQ(error_of([&] { metadata_of(model); }), "Tagger: wrong number of labels (expected 4, got 1)");
  model.labels = {};
  model.features = {{"word", {}}};
  EXPECT_EQ(error_of([&] { metadata_of(model); }), "Tagger: wrong number of features (expected 2, got 1)");
  model.features = {{"word", {"a", "b", "c", "d"}}, {"shape", {"a"}}};
  EXPECT_EQ(error_of([&] { metadata_of(model); }), "Tagger, feature shape: wrong number of texts (expected 3, got 1)");
  heed::Metadata m = metadata_of(Tagger<float>(small));
  m["output"] = "words";
  EXPECT_EQ(error_of([&] { heed::from_metadata<Tagger<float>::Options>(m); }),
            "metadata \"output\": wrong value (expected one of tokens, sequence, got \"words\")");
  m = metadata_of(Tagger<float>(small));
  m["tokens"] = "6\nx\n";
  EXPECT_EQ(error_of([&] { heed::from_metadata<Tagger<float>::Options>(m); }),
            "metadata \"tokens\": wrong value (expected whole numbers, got \"x\")");
}

TEST(Tagger, AttentionWeightsAreAViewOfTheLastPass) {
  const std::vector<std::int32_t> tokens{1, 2, 3, 4, 5, 1};  // (3 steps, 2 features, 1 lane)
  for (const TaggerOptions& o : all_kinds()) {
    const Tagger<double> model = random_model<double>(o);
    Tagger<double>::Cache cache;
    heed::Scratch scratch;
    std::vector<double> y(12), kept(12);
    const heed::Tile<double> logits(y.data(), model.output_shape({3, 2}), 1), again(kept.data(), logits.shape(), 1);
    model.forward({tokens.data(), {3, 2}, 1}, logits, cache, {scratch});
    if (o.attention != Attention::pool) {
      EXPECT_NE(error_of([&] { model.attention_weights(cache); }), "no error");
    }
    model.keep_attention_weights(cache);
    model.forward({tokens.data(), {3, 2}, 1}, again, cache, {scratch});
    EXPECT_EQ(y, kept);
    if (o.attention == Attention::none) continue;
    const auto a = model.attention_weights(cache);
    EXPECT_EQ(a.size(), o.attention == Attention::pool ? 3 : 2 * 3 * 3);
    double sum = 0;
    for (Index i = 0; i < a.size(); ++i) sum += a.data[i];
    EXPECT_NEAR(sum, o.attention == Attention::pool ? 1 : 6, 1e-12);
  }
}

}  // namespace tagger_test
