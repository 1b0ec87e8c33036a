#include "heed/models/seq2seq.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/testing/check_layer.hpp"

namespace {

using heed::Bridge;
using heed::Index;
using heed::ScoreKind;
using heed::Seq2Seq;
using test_support::error_of;
using Options = heed::Seq2SeqOptions;

constexpr Options small{.source_tokens = 6,
                        .target_tokens = 7,
                        .embedding = 3,
                        .hidden = 4,
                        .layers = 1,
                        .score = ScoreKind::additive,
                        .dropout = 0};

template <class S>
Seq2Seq<S> random_model(const Options& options) {
  Seq2Seq<S> model(options);
  heed::Key key{7};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.6); }, model);
  // token 0 occurs inside of sequences here, and its gradient is looked at
  model.encoder.embedding.padding_idx = model.decoder.embedding.padding_idx = -1;
  return model;
}

void expect_contract(const Options& o, bool training = false) {
  const auto report = heed::testing::check_layer(
      [&]<class S>() { return random_model<S>(o); }, {4, 2},
      {.training = training, .initialize = false, .tokens = 6, .allocations = test_support::allocations});
  EXPECT_TRUE(report.ok()) << to_text(o.score) << (o.bidirectional ? ", both directions" : "") << '\n' << report.text();
}

TEST(Seq2Seq, FulfilsTheLayerContractWithEveryScore) {
  for (const ScoreKind score : {ScoreKind::additive, ScoreKind::dot, ScoreKind::scaled_dot, ScoreKind::general}) {
    Options o = small;
    o.score = score;
    expect_contract(o);
    o.bidirectional = true;
    expect_contract(o);
  }
}

TEST(Seq2Seq, FulfilsTheLayerContractWithLayersDropoutAndASum) {
  Options o = small;
  o.layers = 2;
  o.dropout = 0.4;
  expect_contract(o, true);
  o.bidirectional = true;
  o.bridge = Bridge::sum;
  o.score = ScoreKind::scaled_dot;
  expect_contract(o, true);
  o.bridge = Bridge::dense;
  expect_contract(o);
}

}  // namespace
