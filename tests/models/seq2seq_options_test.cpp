#include "heed/models/seq2seq_options.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/error_of.hpp"
#include "../support/seq2seq_case.hpp"
#include "heed/models/seq2seq.hpp"

namespace {

using heed::Bridge;
using heed::Index;
using heed::ScoreKind;
using heed::Seq2Seq;
using test_support::error_of;
using Options = heed::Seq2SeqOptions;

constexpr Options small = test_support::small_seq2seq;

TEST(Seq2SeqOptions, FollowFromTheTensors) {
  for (const Options& o : test_support::some_seq2seq_options()) {
    std::vector<heed::TensorShape> tensors;
    const Seq2Seq<float> model(o);
    for_each_parameter(
        [&](const heed::Path& path, const auto& p) {
          tensors.push_back({path.text(), {p.extents().begin(), p.extents().end()}});
        },
        model);
    heed::Metadata hints;
    heed::set(hints, "dropout", 0.25);
    if (o.score == ScoreKind::scaled_dot) heed::set(hints, "score", "scaled_dot");
    EXPECT_EQ(Seq2Seq<float>::options_from(tensors, hints), o) << to_text(o.score);
  }
  EXPECT_EQ(error_of([] { Seq2Seq<float>::options_from(std::vector<heed::TensorShape>{}, {}); }).substr(0, 70),
            "no metadata: the tensors do not determine a sequence to sequence model");
}

TEST(Seq2SeqOptions, AreTheSameAfterMetadata) {
  for (const Options& o : test_support::some_seq2seq_options())
    EXPECT_EQ(heed::seq2seq_options(heed::to_metadata(o)), o);
}

TEST(Seq2SeqOptions, CountTheParametersOfTheModel) {
  for (const Options& o : test_support::some_seq2seq_options()) {
    EXPECT_EQ(heed::parameter_count(o), heed::parameter_count(Seq2Seq<float>(o))) << to_text(o.score);
  }
}

TEST(Seq2SeqOptions, RefuseWhatIsWrong) {
  const auto bad = [](const char* key, const char* value) {
    heed::Metadata m = heed::to_metadata(small);
    m[key] = value;
    return error_of([&] { heed::seq2seq_options(m); });
  };
  EXPECT_EQ(bad("bridge", "rope"), "metadata \"bridge\": wrong value (expected sum or dense, got \"rope\")");
  EXPECT_EQ(bad("score", "none"),
            "AnyAttention: unknown score (expected additive, dot, scaled_dot or general, got none)");
  Options o = small;
  o.hidden = 0;
  EXPECT_EQ(error_of([&] { heed::parameter_count(o); }), "Seq2Seq: size out of range (expected 1 to 2^16, got 0)");
  o = small;
  o.target_tokens = -1;
  EXPECT_EQ(error_of([&] { heed::parameter_count(o); }), "Seq2Seq: tokens out of range (expected 1 to 2^24, got -1)");
}

}  // namespace
