#include "heed/models/seq2seq_options.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/error_of.hpp"
#include "../support/seq2seq_case.hpp"
#include "heed/models/seq2seq.hpp"
#include "heed/options/metadata.hpp"

namespace seq2seq_options_test {

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
    Options read = Seq2Seq<float>::options_from(tensors);
    set_fields(read, hints);
    EXPECT_EQ(read, o) << to_text(o.score);
  }
  EXPECT_EQ(error_of([] { Seq2Seq<float>::options_from(std::vector<heed::TensorShape>{}); }).substr(0, 70),
            "no metadata: the tensors do not determine a sequence to sequence model");
}

TEST(Seq2SeqOptions, AreTheSameAfterMetadata) {
  for (const Options& o : test_support::some_seq2seq_options())
    EXPECT_EQ(heed::from_metadata<Options>(heed::to_metadata(o)), o);
}

TEST(Seq2SeqOptions, RefuseWhatIsWrong) {
  const auto bad = [](const char* key, const char* value) {
    heed::Metadata m = heed::to_metadata(small);
    m[key] = value;
    return error_of([&] { heed::from_metadata<Options>(m); });
  };
  EXPECT_EQ(bad("bridge", "rope"), "metadata \"bridge\": wrong value (expected one of dense, sum, got \"rope\")");
  EXPECT_EQ(bad("score", "none"),
            "metadata \"score\": wrong value (expected one of additive, dot, scaled_dot, general, got \"none\")");
  Options o = small;
  o.hidden = 0;
  EXPECT_EQ(error_of([&] { heed::check(o, "Seq2Seq"); }), "Seq2Seq: hidden out of range (expected 1 to 65536, got 0)");
  o = small;
  o.target_tokens = -1;
  EXPECT_EQ(error_of([&] { heed::check(o, "Seq2Seq"); }),
            "Seq2Seq: target_tokens out of range (expected 1 to 16777216, got -1)");
}

}  // namespace seq2seq_options_test
