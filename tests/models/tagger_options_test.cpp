#include "heed/models/tagger_options.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"

namespace tagger_options_test {

using heed::Attention;
using heed::TaggerOptions;
using heed::TaggerOutput;
using heed::TensorShape;
using test_support::error_of;

const TaggerOptions small{.tokens = {6, 123456}, .embedding = {3, 2}, .classes = 4, .hidden = 2};

TEST(TaggerOptions, StandInMetadata) {
  TaggerOptions o = small;
  EXPECT_EQ(heed::from_metadata<TaggerOptions>(to_metadata(o)), o);
  EXPECT_EQ(to_metadata(o).at("tokens"), "6\n123456\n");
  o.output = TaggerOutput::sequence;
  EXPECT_EQ(heed::from_metadata<TaggerOptions>(to_metadata(o)), o);
  o = small;
  o.attention = Attention::multihead;
  o.heads = 4;
  o.layers = 3;
  o.dropout = 0.1;
  EXPECT_EQ(heed::from_metadata<TaggerOptions>(to_metadata(o)), o);
}

TEST(TaggerOptions, OfMetadataMustFitEachOther) {
  const auto error = [](const char* key, const char* value) {
    heed::Metadata m = to_metadata(small);
    m[key] = value;
    return error_of([&] { heed::from_metadata<TaggerOptions>(m); });
  };
  EXPECT_EQ(error("embedding", "3\n"), "Tagger: tokens and embedding differ in number (expected 2, got 1)");
  EXPECT_EQ(error("tokens", "6\n1e5\n"), "metadata \"tokens\": wrong value (expected whole numbers, got \"1e5\")");
  EXPECT_EQ(error("output", "words"),
            "metadata \"output\": wrong value (expected one of tokens, sequence, got \"words\")");
  EXPECT_EQ(error("attention", "additive"),
            "metadata \"attention\": wrong value (expected one of pool, multihead, none, got \"additive\")");
  heed::Metadata m = to_metadata(small);
  m.erase("hidden");
  EXPECT_EQ(error_of([&] { heed::from_metadata<TaggerOptions>(m); }), "metadata \"hidden\": missing");
}

TEST(TaggerOptions, ForOneLabelASequenceAttentionIsAPool) {
  for (const Attention attention : {Attention::pool, Attention::multihead, Attention::additive, Attention::none}) {
    TaggerOptions o = small;
    o.attention = attention;
    EXPECT_EQ(error_of([&] { heed::check(o, "Tagger"); }) == "no error", attention != Attention::additive);
    o.output = TaggerOutput::sequence;
    EXPECT_EQ(error_of([&] { heed::check(o, "Tagger"); }) == "no error", attention == Attention::pool);
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
  EXPECT_EQ(heed::tagger_options_from(tensors), o) << "a module of one table";
  tensors.back().extents = {4, 8};
  o.output = TaggerOutput::tokens;
  EXPECT_EQ(heed::tagger_options_from(tensors), o);
  tensors[2].extents = {8};
  EXPECT_EQ(error_of([&] { heed::tagger_options_from(tensors); }),
            "no metadata: the tensors do not determine a tagger (expected a tensor bilstm.weight_hh_l0 of rank 2, got "
            "rank 1)");
}

TEST(TaggerOptions, RefuseWhatIsOutOfRange) {
  TaggerOptions o = small;
  o.tokens[1] = (heed::Index(1) << 28) + 1;
  EXPECT_EQ(error_of([&] { heed::check(o, "Tagger"); }),
            "Tagger: tokens out of range (expected 1 to 268435456, got 268435457)");
  o = small;
  o.hidden = heed::Index(1) << 28;
  EXPECT_EQ(error_of([&] { heed::check(o, "Tagger"); }),
            "Tagger: hidden out of range (expected 1 to 1048576, got 268435456)");
  o = small;
  o.layers = heed::Index(1) << 28;
  EXPECT_EQ(error_of([&] { heed::check(o, "Tagger"); }),
            "Tagger: layers out of range (expected 1 to 65536, got 268435456)");
}

}  // namespace tagger_options_test
