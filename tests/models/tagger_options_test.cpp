#include "heed/models/tagger_options.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"

namespace {

using heed::Attention;
using heed::TaggerOptions;
using heed::TaggerOutput;
using heed::TensorShape;
using test_support::error_of;

const TaggerOptions small{.tokens = {6, 123456}, .embedding = {3, 2}, .classes = 4, .hidden = 2};

TEST(TaggerOptions, StandInMetadata) {
  TaggerOptions o = small;
  EXPECT_EQ(heed::tagger_options_from(to_metadata(o)), o);
  EXPECT_EQ(to_metadata(o).at("tokens"), "6\n123456\n");
  o.output = TaggerOutput::sequence;
  EXPECT_EQ(heed::tagger_options_from(to_metadata(o)), o);
  o = small;
  o.attention = Attention::multihead;
  o.heads = 4;
  o.layers = 3;
  o.dropout = 0.1;
  EXPECT_EQ(heed::tagger_options_from(to_metadata(o)), o);
}

TEST(TaggerOptions, OfMetadataMustFitEachOther) {
  const auto error = [](const char* key, const char* value) {
    heed::Metadata m = to_metadata(small);
    m[key] = value;
    return error_of([&] { heed::tagger_options_from(m); });
  };
  EXPECT_EQ(error("embedding", "3\n"), "metadata: tokens and embedding differ in number (expected 2, got 1)");
  EXPECT_EQ(error("tokens", "6\n1e5\n"), "metadata \"tokens\": wrong value (expected whole numbers, got \"1e5\")");
  EXPECT_EQ(error("output", "words"), "output: unknown choice (expected one of tokens, sequence, got \"words\")");
  EXPECT_EQ(error("attention", "additive"),
            "Tagger: option out of range (expected attention pool, multihead or none, got additive)");
  heed::Metadata m = to_metadata(small);
  m.erase("hidden");
  EXPECT_EQ(error_of([&] { heed::tagger_options_from(m); }), "metadata \"hidden\": missing");
}

TEST(TaggerOptions, ForOneLabelASequenceAttentionIsAPool) {
  for (const Attention attention : {Attention::pool, Attention::multihead, Attention::additive, Attention::none}) {
    TaggerOptions o = small;
    o.attention = attention;
    EXPECT_EQ(error_of([&] { check(o); }) == "no error", attention != Attention::additive);
    o.output = TaggerOutput::sequence;
    EXPECT_EQ(error_of([&] { check(o); }) == "no error", attention == Attention::pool);
  }
}

TEST(TaggerOptions, TheClassifierSeesStatesAndWhatAttentionGives) {
  TaggerOptions o = small;
  EXPECT_EQ(o.classifier_inputs(), 8);
  o.attention = Attention::none;
  EXPECT_EQ(o.classifier_inputs(), 4);
  o.attention = Attention::pool;
  o.output = TaggerOutput::sequence;
  EXPECT_EQ(o.classifier_inputs(), 4);
}

TEST(TaggerOptions, FollowFromTensors) {
  std::vector<TensorShape> tensors{{"embed.weight", {6, 3}},
                                   {"bilstm.weight_ih_l0", {8, 3}},
                                   {"bilstm.weight_hh_l0", {8, 2}},
                                   {"attention.weight", {1, 4}},
                                   {"classifier.weight", {4, 4}}};
  TaggerOptions o{.tokens = {6}, .embedding = {3}, .classes = 4, .hidden = 2, .output = TaggerOutput::sequence};
  EXPECT_EQ(heed::tagger_options_from(tensors, {}), o) << "a module of one table";
  tensors.back().extents = {4, 8};
  o.output = TaggerOutput::tokens;
  EXPECT_EQ(heed::tagger_options_from(tensors, {}), o);
  tensors[2].extents = {8};
  EXPECT_EQ(error_of([&] { heed::tagger_options_from(tensors, {}); }),
            "no metadata: the tensors do not determine a tagger (expected a tensor bilstm.weight_hh_l0 of rank 2, got "
            "rank 1)");
}

TEST(TaggerOptions, CountParameters) {
  EXPECT_EQ(parameter_count(TaggerOptions{.tokens = {6}, .embedding = {3}, .classes = 4, .hidden = 2}),
            6 * 3 + 2 * 8 * (3 + 2 + 2) + (4 + 1) + 4 * (8 + 1));
  TaggerOptions o = small;
  o.tokens[1] = (heed::Index(1) << 28) + 1;
  EXPECT_NE(error_of([&] { parameter_count(o); }), "no error");
}

TEST(TaggerOptions, RefuseSizesWhoseProductsAreNoNumbers) {
  constexpr heed::Index most = heed::Index(1) << 28;
  TaggerOptions o{.tokens = {6}, .embedding = {3}, .classes = 4, .hidden = most, .layers = most};
  EXPECT_EQ(error_of([&] { parameter_count(o); }), "Tagger: size out of range (expected 1 to 2^20, got 268435456)");
  o.hidden = 2;
  EXPECT_EQ(error_of([&] { parameter_count(o); }), "Tagger: size out of range (expected 1 to 2^16, got 268435456)");
  o = {.tokens = {most}, .embedding = {1 << 20}, .classes = most, .hidden = 1 << 20, .layers = 1 << 16};
  EXPECT_GT(parameter_count(o), 0);
}

}  // namespace
