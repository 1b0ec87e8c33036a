#include "heed/models/sequence_classifier.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "../support/classifier_case.hpp"
#include "../support/keras.hpp"
#include "../support/numbers.hpp"
#include "../support/random.hpp"
#include "../support/task.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/testing/check_layer.hpp"

namespace sequence_classifier_test {

using heed::Attention;
using heed::Index;
using heed::Pooling;
using heed::SequenceClassifier;
using test_support::equals;
using test_support::error_of;
using test_support::Numbers;
using test_support::Reference;
using test_support::Values;
using Options = heed::SequenceClassifierOptions;

constexpr Options small{.features = 3, .classes = 4, .hidden = 4, .dense = 5};

Options with(Attention attention, Pooling pooling = Pooling::last) {
  Options o = small;
  o.attention = attention;
  o.pooling = pooling;
  return o;
}

/// Every architecture, random weights everywhere; the biases before the ReLU keep it off its kink, on both sides.
template <class S>
SequenceClassifier<S> random_classifier(const Options& options, bool standardized) {
  SequenceClassifier<S> model(options);
  heed::Key key{7};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.5); }, model);
  for (Index i = 0; i < model.fc1.bias.size(); ++i) model.fc1.bias(i) = i % 3 == 1 ? S(-2) : S(2);
  if (standardized) model.standardize = heed::Standardize<S>({0.5, -0.25, 0}, {2, 0.5, 1.25});
  return model;
}

class ClassifierContract : public testing::TestWithParam<std::tuple<Options, bool>> {};

TEST_P(ClassifierContract, Holds) {
  const auto& [options, standardized] = GetParam();
  const auto report = heed::testing::check_layer(
      [options = options, standardized = standardized]<class S>() {
        return random_classifier<S>(options, standardized);
      },
      {4, 3}, {.zero_when_empty = false, .initialize = false});
  EXPECT_TRUE(report.ok()) << report.text();
}

Options deep(heed::CellKind cell, Attention attention) {
  Options o = with(attention);
  o.cell = cell;
  o.layers = 2;
  o.bidirectional = true;
  o.dropout = 0.3;
  return o;
}

TEST(SequenceClassifier, FulfilsTheContractWithEveryCellInLayersAndBothDirections) {
  using heed::CellKind;
  for (const auto& options : {deep(CellKind::lstm, Attention::pool), deep(CellKind::gru, Attention::multihead),
                              deep(CellKind::rnn, Attention::additive), deep(CellKind::gru, Attention::none)}) {
    for (const bool training : {false, true}) {
      const auto report =
          heed::testing::check_layer([&]<class S>() { return random_classifier<S>(options, true); }, {4, 3},
                                     {.zero_when_empty = false, .training = training, .initialize = false});
      EXPECT_TRUE(report.ok()) << to_text(options.cell) << report.text();
    }
  }
}

TEST(SequenceClassifier, MayEndInASingleDenseLayer) {
  for (const Attention attention : {Attention::pool, Attention::none}) {
    Options o = with(attention);
    o.dense = 0;
    o.dropout = 0.3;
    for (const bool training : {false, true}) {
      const auto report =
          heed::testing::check_layer([&]<class S>() { return random_classifier<S>(o, true); }, {4, 3},
                                     {.zero_when_empty = false, .training = training, .initialize = false});
      EXPECT_TRUE(report.ok()) << report.text();
    }
    const SequenceClassifier<float> model(o);
    EXPECT_TRUE(test_support::parameter_names(model).ends_with(" fc.weight fc.bias "));
    EXPECT_EQ(heed::from_metadata<SequenceClassifier<float>::Options>(metadata_of(model)), o);
  }
}

TEST(SequenceClassifier, NamesItsRecurrentPartAfterItsCell) {
  EXPECT_TRUE(
      test_support::parameter_names(SequenceClassifier<float>(deep(heed::CellKind::gru, Attention::none)))
          .starts_with("gru.weight_ih_l0 gru.weight_hh_l0 gru.bias_ih_l0 gru.bias_hh_l0 gru.weight_ih_l0_reverse"));
  EXPECT_TRUE(test_support::parameter_names(SequenceClassifier<float>(deep(heed::CellKind::rnn, Attention::none)))
                  .starts_with("rnn.weight_ih_l0 "));
}

INSTANTIATE_TEST_SUITE_P(SequenceClassifier, ClassifierContract,
                         testing::Combine(testing::Values(with(Attention::pool),
                                                          with(Attention::multihead, Pooling::last),
                                                          with(Attention::multihead, Pooling::mean),
                                                          with(Attention::additive), with(Attention::none)),
                                          testing::Bool()),
                         [](const auto& instance) {
                           const Options& o = std::get<0>(instance.param);
                           return std::string(to_text(o.attention)) +
                                  (o.attention == Attention::multihead ? "_" + std::string(to_text(o.pooling)) : "") +
                                  (std::get<1>(instance.param) ? "_standardized" : "");
                         });

TEST(SequenceClassifier, EqualsPyTorch) {
  int files = 0;
  for (const auto& name : test_support::reference_names("classifier")) {
    if (name.ends_with("_default")) continue;
    SCOPED_TRACE(name);
    ++files;
    const Reference file(name);
    const auto model = with_weights(test_support::classifier_of<double>(file), file);
    for (const Index width : {7, 1}) {
      SCOPED_TRACE("lanes: " + std::to_string(width));
      expect_reference(run_classifier(file, model, width), file, file.arrays("dweight."));
    }
  }
  EXPECT_EQ(files, 11);
}

TEST(SequenceClassifier, InFloatEqualsPyTorchsDoubleLogits) {
  const double equal_in_float = 2e-6;  // absolute
  for (const std::string kind : {"pool", "multihead", "additive", "none"}) {
    SCOPED_TRACE(kind);
    const Reference file("classifier/" + kind + "_default");
    const Index n = file.extent("input.x", 0);
    auto model = with_weights(test_support::classifier_of<float>(file), file);
    auto in_double = with_weights(test_support::classifier_of<double>(file), file);
    for (const Pooling pooling : {Pooling::last, Pooling::mean}) {
      if (pooling == Pooling::mean && kind != "multihead") continue;
      model.pool.multihead.pooling = in_double.pool.multihead.pooling = pooling;
      const Values expected = file.values(pooling == Pooling::mean ? "output.logits_mean" : "output.logits");
      for (const Index width : {n, Index(1)}) {
        EXPECT_TRUE(equals(logits_of(file, in_double, width), expected));
        const Values logits = logits_of(file, model, width);
        ASSERT_EQ(logits.size(), expected.size());
        for (std::size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], expected[i], equal_in_float);
      }
    }
  }
}

TEST(SequenceClassifier, EqualsKeras) {
  for (const auto& name : test_support::reference_names("keras", "classifier")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    SequenceClassifier<double> model(
        {.features = 5,
         .classes = 10,
         .hidden = file.index("hidden"),
         .dense = file.index("dense"),
         .attention = heed::from_text<heed::Attention>(file.text("attention"), "attention"),
         .heads = file.index("heads"),
         .pooling = Pooling::mean});
    set_weights(model, test_support::keras_classifier(file.arrays("weight."), false));
    const auto gradients = test_support::keras_classifier(file.arrays("dweight."), true);
    for (const Index width : {7, 1}) expect_reference(run_classifier(file, model, width), file, gradients);
  }
}

TEST(SequenceClassifier, HasTheNamesOfTheSeedsModules) {
  const std::string lstm = "lstm.weight_ih_l0 lstm.weight_hh_l0 lstm.bias_ih_l0 lstm.bias_hh_l0 ";
  const std::string dense = "fc1.weight fc1.bias fc2.weight fc2.bias ";
  const auto names = [](Attention a) { return test_support::parameter_names(SequenceClassifier<float>(with(a))); };
  EXPECT_EQ(names(Attention::pool), lstm + "attention.attention.weight attention.attention.bias " + dense);
  EXPECT_EQ(names(Attention::multihead),
            lstm +
                "attention.in_proj_weight attention.in_proj_bias attention.out_proj.weight "
                "attention.out_proj.bias " +
                dense);
  EXPECT_EQ(names(Attention::additive), lstm + "attention.attn.weight attention.attn.bias attention.v " + dense);
  EXPECT_EQ(names(Attention::none), lstm + dense);
}

TEST(SequenceClassifier, HasTheSeedsDefaults) {
  const SequenceClassifier<float> model({.features = 5, .classes = 10});
  EXPECT_EQ(model.options, (Options{5, 10, 32, 16, Attention::pool, 2, Pooling::last}));
  EXPECT_EQ(parameter_count(model), 4 * 32 * (5 + 32 + 2) + 33 + 16 * 33 + 10 * 17);
}

TEST(SequenceClassifier, InitializesEveryLayerFromAKeyOfItsOwn) {
  for (const Attention a : {Attention::pool, Attention::multihead, Attention::additive, Attention::none}) {
    SequenceClassifier<double> model(with(a));
    const SequenceClassifier<double> before = model;
    model.initialize(heed::Key{8});
    heed::for_each_parameter(
        [&](const heed::Path& path, const auto& now, const auto& then) {
          bool zero = true;  // as biases of multi-head attention are
          for (const double v : now) zero = zero && v == 0;
          EXPECT_EQ(test_support::row_major(now) == test_support::row_major(then), zero) << path.text();
        },
        model, before);
    EXPECT_NE(model.fc1.weight(0, 0) / std::sqrt(4.0), model.fc2.weight(0, 0) / std::sqrt(5.0));
  }
}

/// Attention weights of five sequences of up to four steps.
std::vector<double> weights_of(const SequenceClassifier<double>& model, const std::vector<std::int32_t>& lengths,
                               heed::Shape expected) {
  const Numbers x({4, 3}, 5, 1);
  Numbers z({1, 4}, 5, 2);
  SequenceClassifier<double>::Cache cache;
  heed::Scratch scratch;
  model.forward(x.view(lengths), z.tile(), cache, heed::Pass{scratch});
  const Values before = z.values;
  model.keep_attention_weights(cache);
  model.forward(x.view(lengths), z.tile(), cache, heed::Pass{scratch});
  EXPECT_EQ(z.values, before) << "asking changes nothing";
  const auto a = model.attention_weights(cache);
  EXPECT_EQ(a.shape(), expected);
  const std::vector<double> weights(a.data, a.data + a.size());
  model.forward(x.view(lengths), z.tile(), cache, heed::Pass{scratch});
  EXPECT_EQ(z.values, before) << "asking changes nothing";
  return weights;
}

TEST(SequenceClassifier, AskingForAttentionWeightsChangesNoGradient) {
  using Model = SequenceClassifier<double>;
  using Run = heed::testing::LayerRun<Model>;
  for (const Index lanes : {1, 5}) {
    const Model model(with(Attention::multihead));
    Run asked(model, {4, 3}, lanes, heed::testing::ragged_lengths(lanes, 4)), plain = asked;
    model.keep_attention_weights(asked.cache);
    for (Run* run : {&asked, &plain}) {
      run->randomize(heed::Key{6});
      run->forward();
      run->backward();
    }
    EXPECT_EQ(asked.y, plain.y);
    EXPECT_LE(test_support::largest_difference(asked.dx, plain.dx), 1e-15);
    EXPECT_LE(test_support::largest_difference(test_support::flat(asked.gradient), test_support::flat(plain.gradient)),
              1e-15);
    EXPECT_EQ(error_of([&] { model.attention_weights(plain.cache); }),
              "SequenceClassifier: keep_attention_weights must be called before the forward pass");
  }
}

TEST(SequenceClassifier, AttentionWeightsAreDistributionsOverTheValidSteps) {
  const std::vector<std::int32_t> lengths{4, 0, 1, 3, 2};
  for (const Attention a : {Attention::pool, Attention::additive}) {
    const auto weights = weights_of(SequenceClassifier<double>(with(a)), lengths, {4, 1});
    for (std::size_t l = 0; l < 5; ++l) {
      double sum = 0;
      for (std::size_t t = 0; t < 4; ++t) {
        EXPECT_EQ(weights[t * 5 + l] > 0, static_cast<int>(t) < lengths[l]);
        sum += weights[t * 5 + l];
      }
      EXPECT_NEAR(sum, lengths[l] ? 1 : 0, 1e-15);
    }
  }
  const auto weights = weights_of(SequenceClassifier<double>(with(Attention::multihead)), lengths, {8, 4});
  for (std::size_t l = 0; l < 5; ++l) {
    for (std::size_t row = 0; row < 8; ++row) {  // two heads of four queries
      double sum = 0;
      for (std::size_t k = 0; k < 4; ++k) {
        const bool valid = static_cast<int>(k) < lengths[l] && static_cast<int>(row % 4) < lengths[l];
        EXPECT_EQ(weights[(row * 4 + k) * 5 + l] > 0, valid);
        sum += weights[(row * 4 + k) * 5 + l];
      }
      EXPECT_NEAR(sum, static_cast<int>(row % 4) < lengths[l] ? 1 : 0, 1e-15);
    }
  }
  SequenceClassifier<double>::Cache cache;
  EXPECT_EQ(error_of([&] { SequenceClassifier<double>(with(Attention::none)).attention_weights(cache); }),
            "SequenceClassifier: the model has no attention");
}

TEST(SequenceClassifier, OfNothingButEmptySequencesGivesTheDenseLayersOfZero) {
  for (const Attention a : {Attention::pool, Attention::multihead, Attention::additive, Attention::none}) {
    for (const Pooling pooling : {Pooling::last, Pooling::mean}) {
      const auto model = random_classifier<double>(with(a, pooling), true);
      Values expected(4);
      for (Index c = 0; c < 4; ++c) {
        double sum = model.fc2.bias(c);
        for (Index i = 0; i < 5; ++i) sum += model.fc2.weight(c, i) * std::max(0.0, model.fc1.bias(i));
        expected[static_cast<std::size_t>(c)] = sum;
      }
      for (const Index steps : {0, 2}) {
        const std::vector<std::int32_t> none{0, 0};
        const Numbers x({steps, 3}, 2, 1), dz({1, 4}, 2, 2);
        Numbers z = dz, dx = x;
        SequenceClassifier<double>::Cache cache;
        SequenceClassifier<double> gradient = model;
        set_zero(gradient);
        heed::Scratch scratch;
        model.forward(x.view(none), z.tile(), cache, heed::Pass{scratch});
        model.backward(x.view(none), z.view(), dz.view(), into(dx.tile()), cache, gradient, heed::Pass{scratch});
        Values logits;
        test_support::append_lanes(z.values, 2, logits);
        Values twice = expected;
        twice.insert(twice.end(), expected.begin(), expected.end());
        EXPECT_TRUE(equals(logits, twice));
        EXPECT_EQ(dx.values, Values(dx.values.size(), 0.0));
        EXPECT_EQ(test_support::numbers(gradient.recurrent),
                  Values(test_support::numbers(gradient.recurrent).size(), 0.0));
      }
    }
  }
}

TEST(SequenceClassifier, MetadataKeepArchitectureLabelsAndStandardisation) {
  for (const auto& options :
       {with(Attention::pool), with(Attention::multihead, Pooling::mean), with(Attention::multihead, Pooling::last),
        with(Attention::additive), with(Attention::none)}) {
    auto model = random_classifier<float>(options, true);
    model.standardize.mean(1) = 0.1f;
    model.labels = {"up", "down", "left and right", ""};
    SequenceClassifier<float> back(heed::from_metadata<SequenceClassifier<float>::Options>(metadata_of(model)));
    restore_extras(back, metadata_of(model));
    EXPECT_EQ(back.options, options);
    EXPECT_EQ(back.labels, model.labels);
    EXPECT_EQ(test_support::row_major(back.standardize.mean), test_support::row_major(model.standardize.mean));
    EXPECT_EQ(test_support::row_major(back.standardize.deviation),
              test_support::row_major(model.standardize.deviation));
    EXPECT_EQ(metadata_of(back), metadata_of(model));
  }
  SequenceClassifier<float> plain(with(Attention::pool));
  plain.labels = {"a", "b", "c", "d"};
  restore_extras(plain, metadata_of(SequenceClassifier<float>(with(Attention::pool))));
  EXPECT_TRUE(plain.labels.empty());
  EXPECT_FALSE(plain.standardize.active());
}

TEST(SequenceClassifier, RejectsSizesThatDoNotFit) {
  const SequenceClassifier<float> model(with(Attention::pool));
  EXPECT_EQ(model.output_shape({7, 3}), (heed::Shape{1, 4}));
  EXPECT_EQ(error_of([&] { model.output_shape({7, 4}); }),
            "SequenceClassifier: wrong number of features (expected 3, got 4)");
  Options odd = with(Attention::multihead);
  odd.heads = 3;
  EXPECT_EQ(
      error_of([&] { SequenceClassifier<float>{odd}; }),
      "SequenceClassifier: MultiHeadAttention: the number of heads must divide the number of features (got 3 heads "
      "for 4 features)");
  odd.attention = Attention::pool;  // has no heads
  EXPECT_EQ(error_of([&] { SequenceClassifier<float>{odd}; }), "no error");
  for (Index Options::*size : {&Options::features, &Options::classes, &Options::hidden, &Options::dense}) {
    Options o = with(Attention::pool);
    o.*size = -1;  // no dense layer is 0
    EXPECT_NE(error_of([&] { SequenceClassifier<float>{o}; }).find(" out of range"), std::string::npos);
  }
}

}  // namespace sequence_classifier_test
