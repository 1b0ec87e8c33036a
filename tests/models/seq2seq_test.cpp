#include "heed/models/seq2seq.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/loss_curve.hpp"
#include "../support/reference.hpp"
#include "../support/seq2seq_case.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/testing/check_layer.hpp"
#include "heed/train/fit.hpp"

namespace seq2seq_test {

using heed::Bridge;
using heed::Index;
using heed::ScoreKind;
using heed::Seq2Seq;
using test_support::error_of;
using Options = heed::Seq2SeqOptions;

constexpr Options small = test_support::small_seq2seq;

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

// ---- PyTorch

Options options_of(const test_support::Reference& file) {
  return {.source_tokens = 7,
          .target_tokens = 6,
          .embedding = file.index("embedding"),
          .hidden = file.index("hidden"),
          .layers = file.index("layers"),
          .bidirectional = file.flag("bidirectional"),
          .score = heed::from_text<heed::ScoreKind>(file.text("score"), "score"),
          .bridge = file.options().contains("bridge") && file.text("bridge") == "sum" ? Bridge::sum : Bridge::dense,
          .dropout = 0};
}

struct Batch {
  explicit Batch(const test_support::Reference& file)
      : tokens(file.integers("input.x")),
        labels(file.integers("input.labels")),
        lengths(file.integers("input.lengths")),
        n(file.extent("input.x", 0)),
        steps(file.extent("input.x", 1)) {}
  heed::LabelledSequences<std::int32_t> view() const {
    return {heed::view(tokens.data(), {n, steps, 2}), heed::view(labels.data(), {n, steps}), lengths};
  }
  std::vector<std::int32_t> tokens, labels, lengths;
  Index n, steps;
};

TEST(Seq2Seq, EqualsPyTorch) {
  const auto names = test_support::reference_names("seq2seq");
  EXPECT_EQ(names.size(), 4U);
  for (const auto& name : names) {
    SCOPED_TRACE(name);
    const test_support::Reference file(name);
    const Batch batch(file);
    const auto model = with_weights(Seq2Seq<double>(options_of(file)), file);
    const Index n = batch.n, T = batch.steps, V = 6;
    std::vector<std::int32_t> x(batch.tokens.size()), labels(batch.labels.size());
    for (Index i = 0; i < n; ++i) {
      for (Index k = 0; k < 2 * T; ++k) {
        x[static_cast<std::size_t>(k * n + i)] = batch.tokens[static_cast<std::size_t>(i * 2 * T + k)];
      }
      for (Index t = 0; t < T; ++t) {
        labels[static_cast<std::size_t>(t * n + i)] = batch.labels[static_cast<std::size_t>(i * T + t)];
      }
    }
    std::vector<double> z(static_cast<std::size_t>(n * T * V)), dz(z.size());
    Seq2Seq<double>::Cache cache;
    heed::Scratch scratch;
    const heed::Pass pass{scratch};
    const heed::Tile<const std::int32_t> tile(x.data(), {T, 2}, n, batch.lengths.data());
    const heed::Tile<double> logits(z.data(), {T, V}, n, batch.lengths.data()), dlogits(dz.data(), {T, V}, n);
    model.forward(tile, logits, cache, pass);
    double count = 0;
    for (const std::int32_t label : labels) count += label >= 0;
    const double loss = heed::CrossEntropy<double>()(logits, heed::Tile<const std::int32_t>(labels.data(), {T, 1}, n),
                                                     nullptr, 1 / count, dlogits, pass);
    EXPECT_NEAR(loss, file.value("output.loss"), 1e-13);
    const auto a = model.attention_weights(cache);
    const auto wanted = file.values("output.logits"), attention = file.values("output.attention");
    const Index told = file.extent("output.attention", 1), source = file.extent("output.attention", 2);
    for (Index i = 0; i < n; ++i) {
      for (Index t = 0; t < T; ++t) {
        if (batch.tokens[static_cast<std::size_t>((i * T + t) * 2 + 1)] == 0) continue;
        for (Index c = 0; c < V; ++c) {
          EXPECT_NEAR(logits.at(t, c)[i], wanted[static_cast<std::size_t>((i * T + t) * V + c)], 1e-12);
        }
        for (Index k = 0; k < a.features; ++k) {
          EXPECT_NEAR(a.at(t, k)[i], attention[static_cast<std::size_t>((i * told + t) * source + k)], 1e-12);
        }
      }
    }
    auto gradient = model;
    heed::set_zero(gradient);
    model.backward(tile, logits, dlogits, cache, gradient, pass);
    test_support::expect_parameters(gradient, file.arrays("dweight."));
  }
}

TEST(Seq2Seq, TrainsAsPyTorchDoes) {
  for (const auto& name : test_support::reference_names("seq2seq")) {
    SCOPED_TRACE(name);
    const test_support::Reference file(name);
    const Batch batch(file);
    auto model = with_weights(Seq2Seq<double>(options_of(file)), file);
    const auto losses = file.values("output.curve");
    ASSERT_EQ(losses.size(), 20U);
    const auto history =
        heed::fit(model, batch.view(),
                  {.epochs = 20, .learning_rate = file.number("learning_rate"), .weight_decay = 0, .threads = 1});
    test_support::expect_losses(history, losses);
    EXPECT_LT(losses.back(), 0.9 * losses.front());
  }
}

TEST(Seq2Seq, HasTheNamesOfThePyTorchModule) {
  Options o = small;
  o.bidirectional = true;
  EXPECT_EQ(test_support::parameter_names(Seq2Seq<float>(o)),
            "encoder.embedding.weight encoder.rnn.weight_ih_l0 encoder.rnn.weight_hh_l0 encoder.rnn.bias_ih_l0 "
            "encoder.rnn.bias_hh_l0 encoder.rnn.weight_ih_l0_reverse encoder.rnn.weight_hh_l0_reverse "
            "encoder.rnn.bias_ih_l0_reverse encoder.rnn.bias_hh_l0_reverse encoder.fc_hidden.weight "
            "encoder.fc_hidden.bias encoder.fc_cell.weight encoder.fc_cell.bias decoder.attention.attn.weight "
            "decoder.attention.attn.bias decoder.attention.v decoder.embedding.weight decoder.rnn.weight_ih_l0 "
            "decoder.rnn.weight_hh_l0 decoder.rnn.bias_ih_l0 decoder.rnn.bias_hh_l0 decoder.fc_out.weight "
            "decoder.fc_out.bias ");
}

// ---- sizes, files, errors

TEST(Seq2Seq, OfTheDefaultSizesRuns) {
  Seq2Seq<float> model({.source_tokens = 1000, .target_tokens = 1000});
  EXPECT_EQ(model.options.hidden, 512);
  const std::vector<std::int32_t> tokens{5, 2, 6, 7, 3, 8, 0, 9}, labels{7, 8, 9, 3};
  const auto history = heed::fit(
      model,
      heed::LabelledSequences<std::int32_t>{heed::view(tokens.data(), {1, 4, 2}), heed::view(labels.data(), {1, 4})},
      {.epochs = 3, .threads = 1, .clip_norm = 1});
  EXPECT_LT(history.epochs.back().loss, history.epochs.front().loss);
}

TEST(Seq2Seq, IsTheSameAfterAFile) {
  const auto path = std::filesystem::temp_directory_path() / "heed_seq2seq_test.safetensors";
  for (const Options& o : test_support::some_seq2seq_options()) {
    auto model = random_model<float>(o);
    model.source_words = {"<s>", "</s>", "x", "y"};
    model.target_words = {"<s>", "</s>", "a", "b", "c"};
    heed::save(model, path);
    const auto again = heed::load<Seq2Seq<float>>(path);
    EXPECT_EQ(again.options, o);
    EXPECT_EQ(again.source_words, model.source_words);
    EXPECT_EQ(again.target_words, model.target_words);
    EXPECT_EQ(test_support::numbers(again), test_support::numbers(model));
  }
  std::filesystem::remove(path);
}

TEST(Seq2Seq, RefusesWhatDoesNotFit) {
  const auto error = [](auto change) {
    Options o = small;
    change(o);
    return error_of([&] { Seq2Seq<float> model(o); });
  };
  EXPECT_EQ(error([](Options& o) { o.source_tokens = 0; }),
            "Seq2Seq: source_tokens out of range (expected 1 to 16777216, got 0)");
  EXPECT_EQ(error([](Options& o) { o.layers = 0; }), "Seq2Seq: layers out of range (expected 1 to 65536, got 0)");
  EXPECT_NE(error([](Options& o) { o.dropout = 1; }), "no error");
  const Seq2Seq<float> model(small);
  EXPECT_EQ(error_of([&] { model.output_shape({3, 1}); }),
            "Seq2Seq: source and target stand side by side (expected 2 features, got 1)");
  const std::vector<std::int32_t> tokens{1, 6, 5, 7};
  const auto check = [&](std::vector<std::int32_t> lengths) {
    return error_of([&] { model.check_input(heed::view(tokens.data(), {1, 2, 2}), lengths, "here"); });
  };
  EXPECT_EQ(check({}), "here, sequence 0, step 1 (counted from 0): target token out of range (expected 0 to 6, got 7)");
  EXPECT_EQ(check({1}), "no error");
}

}  // namespace seq2seq_test
