#include "heed/layers/multi_head_attention.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <utility>
#include <vector>

#include "../support/attention_case.hpp"
#include "../support/attention_forms.hpp"
#include "../support/keras.hpp"
#include "../support/layer_case.hpp"
#include "../support/stream_case.hpp"
#include "../support/task.hpp"

namespace multi_head_attention_test {

using heed::Index;
using heed::MultiHeadAttention;
using heed::RelativeBias;
using test_support::equals;
using test_support::error_of;
using test_support::OwnedMask;
using test_support::OwnedScores;
using test_support::Reference;

template <heed::Index heads>
struct MakeHeads {
  template <class S>
  auto operator()() const {
    return MultiHeadAttention<S>({.embed_dim = 6, .num_heads = heads});
  }
};

TEST(MultiHeadAttention, FulfilsTheLayerContractToItself) {
  for (const auto& report :
       {heed::testing::check_layer(MakeHeads<2>(), {4, 6}), heed::testing::check_layer(MakeHeads<3>(), {3, 6})}) {
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(MultiHeadAttention, FulfilsTheLayerContractWithAMemory) {
  const auto report = test_support::check_cross(MakeHeads<2>(), 2, {3, 6});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(MultiHeadAttention, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("multihead")) {
    const Reference file(name);
    const MultiHeadAttention<double> layer({.embed_dim = 6, .num_heads = file.index("heads")});
    if (file.has("input.x")) {
      test_support::expect_equals_reference(name, layer);
    } else {
      test_support::expect_equals_cross(name, layer);
    }
  }
}

RelativeBias bias_of(const Reference& file) {
  const bool erpe = file.options().contains("erpe");
  return erpe ? RelativeBias::erpe : file.options().contains("alibi") ? RelativeBias::alibi : RelativeBias::none;
}

// Causal, masked, with three inputs of their own sizes, with relative positions and biases, with scores.
TEST(MultiHeadAttention, EqualsPyTorchWithItsOptions) {
  for (const auto& name : test_support::reference_names("multihead_options")) {
    const Reference file(name);
    const MultiHeadAttention<double> layer({.embed_dim = 6,
                                            .num_heads = file.index("heads"),
                                            .kdim = file.index("kdim"),
                                            .vdim = file.index("vdim"),
                                            .causal = file.flag("causal"),
                                            .relative_positions = file.index("relative"),
                                            .locality = file.options().contains("locality"),
                                            .relative_bias = bias_of(file),
                                            .bias_distance = file.options().contains("erpe") ? file.index("erpe") : 0});
    if (file.text("form") == "three") {
      using Three = test_support::ThreeInputs<MultiHeadAttention<double>>;
      test_support::expect_equals_reference(name, Three{layer, {6, file.index("kdim"), file.index("vdim")}});
    } else if (file.text("form") == "self") {
      test_support::expect_equals_reference(name, masked(layer, OwnedMask::of(file), OwnedScores::of(file)));
    } else {
      test_support::expect_equals_cross(name, masked(layer, OwnedMask::of(file), OwnedScores::of(file)));
    }
  }
}

auto make_with(MultiHeadAttention<double>::Options o) {
  return [o]<class S>() {
    return MultiHeadAttention<S>({o.embed_dim, o.num_heads, o.kdim, o.vdim, o.dropout, o.causal, o.relative_positions,
                                  o.locality, o.relative_bias, o.bias_distance});
  };
}

TEST(MultiHeadAttention, FulfilsTheLayerContractWithItsOptions) {
  for (const MultiHeadAttention<double>::Options& o :
       {MultiHeadAttention<double>::Options{.embed_dim = 6, .num_heads = 2, .causal = true},
        {.embed_dim = 6, .num_heads = 2, .dropout = 0.4},
        {.embed_dim = 6, .num_heads = 2, .relative_positions = 1},
        {.embed_dim = 6, .num_heads = 3, .dropout = 0.3, .causal = true, .relative_positions = 3},
        {.embed_dim = 6, .num_heads = 2, .dropout = 0.3, .locality = true},
        {.embed_dim = 6, .num_heads = 3, .causal = true, .relative_positions = 2, .locality = true},
        {.embed_dim = 6, .num_heads = 2, .relative_bias = RelativeBias::erpe, .bias_distance = 2},
        {.embed_dim = 6,
         .num_heads = 3,
         .dropout = 0.3,
         .causal = true,
         .relative_positions = 1,
         .relative_bias = RelativeBias::erpe,
         .bias_distance = 9},
        {.embed_dim = 6, .num_heads = 2, .dropout = 0.3, .relative_bias = RelativeBias::alibi}}) {
    const auto report = heed::testing::check_layer(make_with(o), {5, 6}, {.training = true});
    EXPECT_TRUE(report.ok()) << "dropout " << o.dropout << ", causal " << o.causal << ", locality " << o.locality
                             << '\n'
                             << report.text();
  }
}
TEST(MultiHeadAttention, FulfilsTheLayerContractWithAMask) {
  const int mask[] = {1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0};  // the second query may attend to nothing
  const auto report = heed::testing::check_layer(
      [&]<class S>() { return masked(MultiHeadAttention<S>({.embed_dim = 6, .num_heads = 2}), OwnedMask(4, 4, mask)); },
      {4, 6});
  EXPECT_TRUE(report.ok()) << report.text();
}
// A mask and scores for each of the sequences, or scores for each head, some of them -infinity.
TEST(MultiHeadAttention, FulfilsTheLayerContractWithMasksAndScoresOfEachSequence) {
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<int> mask;
  OwnedScores scores{{}, 4, 4, 2, 19};
  for (std::uint64_t i = 0; i < 19 * 32; ++i) {
    const auto draw = heed::Key{7}.bits(i);
    if (i % 2 == 0) mask.push_back(draw % 4 != 0);
    scores.values.push_back(draw % 7 == 0 ? -infinity : static_cast<double>(draw % 100) / 64);
  }
  OwnedScores of_heads{{scores.values.begin(), scores.values.begin() + 32}, 4, 4, 2};
  for (const auto& given : {std::pair(OwnedMask(4, 4, mask, 19), OwnedScores()), std::pair(OwnedMask(), scores),
                            std::pair(OwnedMask(4, 4, mask, 19), of_heads)}) {
    const OwnedMask& masks = given.first;
    const OwnedScores& added = given.second;
    const RelativeBias bias = added.values.empty() ? RelativeBias::none : RelativeBias::erpe;
    const auto report = heed::testing::check_layer(
        [&]<class S>() {
          return masked(MultiHeadAttention<S>({.embed_dim = 6,
                                               .num_heads = 2,
                                               .dropout = 0.3,
                                               .relative_bias = bias,
                                               .bias_distance = bias == RelativeBias::erpe ? 2 : 0}),
                        masks, added);
        },
        {4, 6}, {.training = true});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}
TEST(MultiHeadAttention, FulfilsTheLayerContractWithThreeInputs) {
  const auto report = heed::testing::check_layer(
      []<class S>() {
        using Layer = MultiHeadAttention<S>;
        return test_support::ThreeInputs<Layer>{Layer({.embed_dim = 4, .num_heads = 2, .kdim = 3, .vdim = 2}),
                                                {4, 3, 2}};
      },
      {4, 9});
  EXPECT_TRUE(report.ok()) << report.text();
}

// The weights that are returned are 0 or those without dropout times 1 / (1 - rate), and give the output.
TEST(MultiHeadAttention, DropsWeights) {
  const double rate = 0.3;
  const MultiHeadAttention<double> layer({.embed_dim = 4, .num_heads = 2, .dropout = rate});
  using Run = heed::testing::LayerRun<MultiHeadAttention<double>>;
  Run whole(layer, {20, 4}, 32), dropped = whole;
  whole.randomize(heed::Key{1});
  dropped.randomize(heed::Key{1});
  dropped.training = true;
  whole.forward();
  dropped.forward();
  const auto a = layer.weights(whole.cache), d = layer.weights(dropped.cache);
  double zeros = 0;
  for (Index i = 0; i < a.size(); ++i) {
    if (d.data[i] == 0) {
      ++zeros;
    } else {
      EXPECT_DOUBLE_EQ(d.data[i], a.data[i] / (1 - rate));
    }
  }
  EXPECT_NEAR(zeros / static_cast<double>(a.size()), rate, 0.015);  // 25,600 draws: five deviations
  EXPECT_NE(whole.y, dropped.y);

  Run other = dropped;
  other.key = heed::Key{18};
  other.forward();
  EXPECT_NE(other.y, dropped.y) << "another key";
  for (Index h = 0; h < 2; ++h) {  // heads, queries and rows draw for themselves
    EXPECT_FALSE(std::equal(d.at(0), d.at(1), d.at(20)));
  }
}

// A sequence is dropped alike in any lane, in a tile of any width, and however long its neighbours are.
TEST(MultiHeadAttention, DropsTheSameWeightsOfASequenceAnywhere) {
  const MultiHeadAttention<double> layer({.embed_dim = 4, .num_heads = 2, .dropout = 0.5});
  using Run = heed::testing::LayerRun<MultiHeadAttention<double>>;
  Run run(layer, {6, 4}, 5, {6, 3, 0, 4, 6});
  run.randomize(heed::Key{1});
  run.training = true;
  run.first_row = 40;
  run.forward();
  const auto all = layer.weights(run.cache);
  for (Index l = 0; l < 5; ++l) {
    const Index length = run.lengths[static_cast<std::size_t>(l)];
    Run alone = heed::testing::detail::part<MultiHeadAttention<double>>(run, layer, l, 1, length);
    alone.lengths.clear();
    alone.forward();
    const auto a = layer.weights(alone.cache);
    for (Index h = 0; h < 2; ++h) {
      for (Index i = 0; i < length; ++i) {
        for (Index j = 0; j < length; ++j) EXPECT_NEAR(a.at(h * length + i, j)[0], all.at(h * 6 + i, j)[l], 1e-15) << l;
      }
    }
  }
}

TEST(MultiHeadAttention, EqualsKeras) {
  for (const auto& name : test_support::reference_names("keras", "multihead")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    MultiHeadAttention<double> layer({.embed_dim = 8, .num_heads = file.index("num_heads")});
    set_weights(layer, test_support::keras_multihead(file.arrays("weight.")));
    const auto gradients = test_support::keras_multihead(file.arrays("dweight."));
    if (file.has("input.x")) {
      for (const heed::Index width : {4, 1}) {
        const auto result = test_support::run_layer(file, layer, width);
        EXPECT_TRUE(equals(result.y, file.values("output.y")));
        EXPECT_TRUE(equals(result.dx, file.values("dinput.x")));
        EXPECT_TRUE(equals(result.attention, file.values("output.attention")));
        expect_parameters(result.gradient, gradients);
      }
    } else {
      test_support::expect_equals_cross(file, layer, gradients);
    }
  }
}

TEST(MultiHeadAttention, WeightsAreDistributionsOverTheValidKeys) {
  MultiHeadAttention<double> layer({.embed_dim = 6, .num_heads = 3});
  layer.in_proj_bias.fill(0.3);
  layer.out_proj.bias.fill(0.7);  // which is not seen where there is no memory
  test_support::expect_sound_weights(layer, 6, 3);
}

TEST(MultiHeadAttention, KeepsTheWeightsOfLongSequencesWhereToldSo) {
  using Layer = MultiHeadAttention<float>;
  using Run = heed::testing::LayerRun<Layer>;
  for (const auto& layer :
       {Layer({.embed_dim = 4, .num_heads = 2}), Layer({.embed_dim = 4, .num_heads = 2, .causal = true}),
        Layer({.embed_dim = 4, .num_heads = 2, .dropout = 0.2, .causal = true, .relative_positions = 5}),
        Layer({.embed_dim = 4, .num_heads = 2, .relative_bias = RelativeBias::alibi}),
        Layer({.embed_dim = 4, .num_heads = 2, .relative_bias = RelativeBias::erpe, .bias_distance = 7}),
        Layer({.embed_dim = 4,
               .num_heads = 2,
               .dropout = 0.2,
               .causal = true,
               .relative_bias = RelativeBias::erpe,
               .bias_distance = 200})}) {
    Run told(layer, {96, 4}, 64, heed::testing::ragged_lengths(64, 96, 1)), untold = told;
    Layer::keep_weights(told.cache);
    for (Run* run : {&told, &untold}) {
      run->training = true;
      run->randomize(heed::Key{3});
      run->forward();
      run->backward();
    }
    EXPECT_EQ(told.y, untold.y);
    EXPECT_EQ(told.dx, untold.dx);
    EXPECT_EQ(test_support::flat(told.gradient), test_support::flat(untold.gradient));
    EXPECT_EQ(Layer::weights(told.cache).shape(), (heed::Shape{2 * 96, 96}));
    EXPECT_EQ(error_of([&] { Layer::weights(untold.cache); }),
              "attention weights: attention weights of long sequences are kept only where they are asked for before "
              "the forward pass (expected keep_weights, got no call of it)");
  }
}

TEST(MultiHeadAttention, AMemoryWithoutStepsGivesZeros) {
  MultiHeadAttention<double> layer({.embed_dim = 4, .num_heads = 2});
  layer.out_proj.bias.fill(0.7);
  for (const heed::Index lanes : {1, 3}) {
    const test_support::Numbers q({2, 4}, lanes, 1), m({0, 4}, lanes, 2);
    test_support::Numbers y({2, 4}, lanes, 3), dq = q;
    MultiHeadAttention<double>::Cache cache;
    heed::Scratch scratch;
    layer.forward(q.view(), m.view(), y.tile(), cache, heed::Pass{scratch});
    EXPECT_EQ(y.values, test_support::Values(y.values.size(), 0.0));
    MultiHeadAttention<double> gradient = layer;
    set_zero(gradient);
    layer.backward(q.view(), m.view(), y.view(), q.view(), into(dq.tile()), {}, cache, gradient, heed::Pass{scratch});
    EXPECT_EQ(dq.values, test_support::Values(dq.values.size(), 0.0));
    EXPECT_EQ(test_support::numbers(gradient), test_support::Values(test_support::numbers(gradient).size(), 0.0));
  }
}

// Masked to the last key, or empty: zeros and zero gradients, whatever the options.
TEST(MultiHeadAttention, WhoMeetsNoKeyGivesZeros) {
  using Layer = MultiHeadAttention<double>;
  for (const Layer::Options& o :
       {Layer::Options{.embed_dim = 4, .num_heads = 2},
        {.embed_dim = 4, .num_heads = 2, .kdim = 4, .causal = true},
        {.embed_dim = 4, .num_heads = 2, .dropout = 0.5, .causal = true, .relative_positions = 2},
        {.embed_dim = 4, .num_heads = 2, .relative_bias = RelativeBias::erpe, .bias_distance = 2}}) {
    Layer layer(o);
    layer.relative_bias.fill(0.4);
    layer.in_proj_bias.fill(0.3);
    layer.out_proj.bias.fill(0.7);
    for (const Index lanes : {1, 3}) {
      for (const bool masked : {false, true}) {
        const OwnedMask mask(3, 3, std::vector<int>(9));
        const std::vector<std::int32_t> empty(static_cast<std::size_t>(lanes), 0);
        const test_support::Numbers x({3, 4}, lanes, 1), m({3, 4}, lanes, 2);
        const auto memory = masked ? m.view() : m.view(empty);
        test_support::Numbers y(x.shape, lanes, 3), dx = x, dm = m;
        Layer::Cache cache;
        heed::Scratch scratch;
        const heed::Pass pass{scratch, true, heed::Key{4}};
        Layer gradient = layer;
        set_zero(gradient);
        layer.forward(x.view(), memory, y.tile(), cache, pass, masked ? mask.view() : heed::AttentionMask());
        layer.backward(x.view(), memory, y.view(), x.view(), into(dx.tile()), into(dm.tile()), cache, gradient, pass);
        for (const auto& all : {y.values, dx.values, dm.values, test_support::numbers(gradient)}) {
          EXPECT_EQ(all, test_support::Values(all.size(), 0.0));
        }
      }
    }
  }
}

TEST(MultiHeadAttention, WithLocalityNobodyMeetsItself) {
  MultiHeadAttention<double> layer({.embed_dim = 4, .num_heads = 2, .locality = true});
  layer.out_proj.bias.fill(0.7);
  heed::testing::LayerRun<MultiHeadAttention<double>> run(layer, {3, 4}, 3, {3, 1, 2});
  run.randomize(heed::Key{1});
  run.forward();
  const auto a = layer.weights(run.cache);
  for (Index row = 0; row < 6; ++row) {
    for (Index lane = 0; lane < 3; ++lane) EXPECT_EQ(a.at(row, row % 3)[lane], 0);
  }
  for (Index f = 0; f < 4; ++f) EXPECT_EQ(run.y[static_cast<std::size_t>(f * 3 + 1)], 0) << "a step alone";
  EXPECT_EQ(a.at(0, 1)[2], 1) << "the only other one";
}

TEST(MultiHeadAttention, HasPyTorchsNames) {
  EXPECT_EQ(test_support::parameter_names(MultiHeadAttention<float>({4, 2})),
            "in_proj_weight in_proj_bias out_proj.weight out_proj.bias ");
  EXPECT_EQ(test_support::parameter_names(
                MultiHeadAttention<float>({.embed_dim = 4, .num_heads = 2, .vdim = 3, .relative_positions = 2})),
            "q_proj_weight k_proj_weight v_proj_weight in_proj_bias out_proj.weight out_proj.bias relative_keys "
            "relative_values ");
  EXPECT_EQ(test_support::parameter_names(MultiHeadAttention<float>({.embed_dim = 4, .locality = true})),
            "in_proj_weight in_proj_bias out_proj.weight out_proj.bias temperature ");
  EXPECT_EQ(test_support::parameter_names(
                MultiHeadAttention<float>({.embed_dim = 4, .relative_bias = RelativeBias::erpe, .bias_distance = 3})),
            "in_proj_weight in_proj_bias out_proj.weight out_proj.bias relative_bias ");
  EXPECT_EQ(test_support::parameter_names(MultiHeadAttention<float>({.embed_dim = 4, .kdim = 4, .vdim = 4})),
            "in_proj_weight in_proj_bias out_proj.weight out_proj.bias ");
}

TEST(MultiHeadAttention, StartsAsPyTorchDoes) {
  MultiHeadAttention<double> layer({.embed_dim = 24, .num_heads = 2});
  layer.initialize(heed::Key{2});
  const double packed = std::sqrt(6.0 / (4 * 24)), linear = 1 / std::sqrt(24.0);
  const auto expect_within = [](const auto& values, double bound) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    EXPECT_GE(*low, -bound);
    EXPECT_LT(*low, -0.98 * bound);
    EXPECT_LE(*high, bound);
    EXPECT_GT(*high, 0.98 * bound);
  };
  expect_within(layer.in_proj_weight, packed);
  expect_within(layer.out_proj.weight, linear);
  MultiHeadAttention<double> sizes({.embed_dim = 24, .num_heads = 2, .kdim = 40, .vdim = 16, .relative_positions = 20});
  sizes.initialize(heed::Key{2});
  expect_within(sizes.q_proj_weight, std::sqrt(6.0 / (24 + 24)));
  expect_within(sizes.k_proj_weight, std::sqrt(6.0 / (24 + 40)));
  expect_within(sizes.v_proj_weight, std::sqrt(6.0 / (24 + 16)));
  expect_within(sizes.relative_keys, std::sqrt(6.0 / (41 + 12)));
  expect_within(sizes.relative_values, std::sqrt(6.0 / (41 + 12)));
  EXPECT_NE(sizes.relative_keys(0, 0), sizes.relative_values(0, 0));
  const MultiHeadAttention<double> local({.embed_dim = 24, .num_heads = 6, .locality = true});
  for (const double t : local.temperature) EXPECT_EQ(t, 0.5);
  for (const double b : layer.in_proj_bias) EXPECT_EQ(b, 0);
  for (const double b : layer.out_proj.bias) EXPECT_EQ(b, 0);
}

TEST(MultiHeadAttention, RejectsSizesThatDoNotFit) {
  const MultiHeadAttention<float> layer({.embed_dim = 6, .num_heads = 2});
  EXPECT_EQ(layer.output_shape({5, 6}, {4, 6}), (heed::Shape{5, 6}));
  EXPECT_EQ(error_of([&] { layer.output_shape({5, 5}); }),
            "MultiHeadAttention: wrong number of features (expected 6, got 5 and 5)");
  EXPECT_EQ(error_of([&] { layer.output_shape({5, 6}, {4, 7}); }),
            "MultiHeadAttention: wrong number of features (expected 6, got 6 and 7)");
  EXPECT_EQ(error_of([&] { MultiHeadAttention<float>({.embed_dim = 6, .num_heads = 4}); }),
            "MultiHeadAttention: the number of heads must divide the number of features (got 4 heads for 6 features)");
  for (const heed::Index heads : {0, -2}) {
    EXPECT_EQ(
        error_of([&] { MultiHeadAttention<float>({.embed_dim = 6, .num_heads = heads}); }),
        "MultiHeadAttention: num_heads must be positive (expected at least 1, got " + std::to_string(heads) + ")");
  }
  EXPECT_NE(error_of([] { MultiHeadAttention<float>({.embed_dim = 0, .num_heads = 1}); }), "no error");
  const MultiHeadAttention<float> sizes({.embed_dim = 6, .num_heads = 2, .kdim = 3, .vdim = 5});
  EXPECT_EQ(sizes.output_shape({5, 6}, {4, 3}, {4, 5}), (heed::Shape{5, 6}));
  EXPECT_EQ(error_of([&] { sizes.output_shape({5, 6}, {4, 3}, {4, 6}); }),
            "MultiHeadAttention: wrong number of features (expected (6, 3, 5), got (6, 3, 6))");
  EXPECT_EQ(error_of([&] { sizes.output_shape({5, 6}, {4, 3}); }),
            "MultiHeadAttention: wrong number of features (expected (6, 3, 5), got (6, 3, 3))");
  EXPECT_EQ(error_of([&] { sizes.output_shape({5, 6}, {4, 3}, {3, 5}); }),
            "MultiHeadAttention: as many values as keys are needed (expected 4, got 3)");
}

TEST(MultiHeadAttention, RejectsOptionsOutOfRange) {
  const auto error = [](MultiHeadAttention<float>::Options o) {
    o.embed_dim = 6;
    return error_of([&] { MultiHeadAttention<float>{o}; });
  };
  EXPECT_EQ(error({.kdim = -1}), "MultiHeadAttention: option out of range (expected kdim of at least 0, got -1)");
  EXPECT_EQ(error({.vdim = -2}), "MultiHeadAttention: option out of range (expected vdim of at least 0, got -2)");
  EXPECT_EQ(error({.relative_positions = -1}),
            "MultiHeadAttention: option out of range (expected relative_positions of at least 0, got -1)");
  EXPECT_EQ(error({.relative_bias = RelativeBias::erpe}),
            "MultiHeadAttention: option out of range (expected bias_distance of at least 1 with erpe, got 0)");
  EXPECT_EQ(error({.relative_bias = RelativeBias::alibi, .bias_distance = 4}),
            "MultiHeadAttention: option out of range (expected no bias_distance without erpe, got 4)");
  EXPECT_EQ(error({.bias_distance = -1}),
            "MultiHeadAttention: option out of range (expected bias_distance of at least 0, got -1)");
  for (const double rate : {-0.1, 1.0, std::nan("")}) {
    EXPECT_NE(error({.dropout = rate}).find("dropout in [0, 1)"), std::string::npos);
  }
}

TEST(MultiHeadAttention, RejectsAMaskOfAnotherSize) {
  const MultiHeadAttention<double> layer({.embed_dim = 4, .num_heads = 2});
  const test_support::Numbers q({2, 4}, 3, 1), m({3, 4}, 3, 2);
  test_support::Numbers y({2, 4}, 3, 3);
  MultiHeadAttention<double>::Cache cache;
  heed::Scratch scratch;
  const int values[] = {1, 1, 1, 1, 1, 1};
  const OwnedMask mask(3, 2, values);
  EXPECT_EQ(error_of([&] { layer.forward(q.view(), m.view(), y.tile(), cache, heed::Pass{scratch}, mask.view()); }),
            "MultiHeadAttention: the mask does not fit queries and keys (expected (2, 3), got (3, 2))");
  const std::vector<int> many(12, 1);
  const OwnedMask two(2, 3, many, 2);
  EXPECT_EQ(error_of([&] { layer.forward(q.view(), m.view(), y.tile(), cache, heed::Pass{scratch}, two.view()); }),
            "MultiHeadAttention: the mask does not fit queries and keys (expected (3, 2, 3), got (2, 2, 3))");
  const std::vector<double> numbers(18);
  const auto scores = [&](heed::AttentionScores<double> given) {
    return error_of([&] { layer.forward(q.view(), m.view(), y.tile(), cache, heed::Pass{scratch}, {}, given); });
  };
  EXPECT_EQ(scores({numbers.data(), 2, 2}),
            "MultiHeadAttention: the scores do not fit queries and keys (expected (2, 3), got (2, 2))");
  EXPECT_EQ(scores({numbers.data(), 2, 3, 3}),
            "MultiHeadAttention: the scores do not fit queries and keys (expected (2, 2, 3), got (3, 2, 3))");
  EXPECT_EQ(scores({numbers.data(), 2, 3, 0, 3}), "no error");
}

// Paper's: eight heads from 1/2 to 1/256; twelve take every other one of sixteen besides.
TEST(MultiHeadAttention, HasAlibisSlopes) {
  for (heed::Index h = 0; h < 8; ++h) EXPECT_EQ(heed::alibi_slope(h, 8), std::exp2(-1.0 - static_cast<double>(h)));
  EXPECT_EQ(heed::alibi_slope(7, 12), 1.0 / 256);
  EXPECT_EQ(heed::alibi_slope(8, 12), std::exp2(-0.5));
  EXPECT_EQ(heed::alibi_slope(9, 12), std::exp2(-1.5));
  EXPECT_EQ(heed::alibi_slope(0, 1), 1.0 / 256);
}

TEST(MultiHeadAttention, StreamsWhereItIsCausal) {
  using heed::MultiHeadAttention;
  test_support::expect_streams(MultiHeadAttention<double>({.embed_dim = 4, .num_heads = 2, .causal = true}), {7, 4},
                               true);
  test_support::expect_streams(
      MultiHeadAttention<double>(
          {.embed_dim = 4, .num_heads = 2, .dropout = 0.5, .causal = true, .relative_positions = 2}),
      {7, 4}, true);
  test_support::expect_streams(
      MultiHeadAttention<double>({.embed_dim = 4, .num_heads = 2, .causal = true, .locality = true}), {7, 4}, true);
  test_support::expect_streams(
      MultiHeadAttention<double>(
          {.embed_dim = 4, .num_heads = 2, .causal = true, .relative_bias = RelativeBias::alibi}),
      {7, 4}, true);
  MultiHeadAttention<double> erpe(
      {.embed_dim = 4, .num_heads = 2, .causal = true, .relative_bias = RelativeBias::erpe, .bias_distance = 3});
  heed::initialize_uniform(erpe.relative_bias, heed::Key{5}, 0.7);
  test_support::expect_streams(erpe, {7, 4}, true);
}

}  // namespace multi_head_attention_test
