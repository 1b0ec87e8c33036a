#include "heed/models/attention_q_network.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/loss_curve.hpp"
#include "../support/reference.hpp"
#include "../support/stream_case.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/losses/taken_action.hpp"
#include "heed/testing/check_layer.hpp"
#include "heed/train/fit.hpp"

namespace attention_q_network_test {

using heed::AttentionQNetwork;
using heed::Index;
using heed::PositionKind;
using test_support::error_of;
using test_support::Reference;
using Options = heed::AttentionQNetworkOptions;

Options small(PositionKind positions) {
  return {.features = 3, .actions = 4, .hidden = 8, .num_heads = 4, .positions = positions, .steps = 5};
}

constexpr PositionKind kinds[] = {PositionKind::none, PositionKind::sinusoidal, PositionKind::learned};

template <class S>
AttentionQNetwork<S> random_model(const Options& o) {
  AttentionQNetwork<S> model(o);
  heed::Key key{3};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.5); }, model);
  for (auto* bias : {&std::get<0>(model.state_encoder.layers).bias, &std::get<0>(model.q_value.layers).bias}) {
    for (Index i = 0; i < bias->size(); ++i) (*bias)(i) = i % 3 == 1 ? S(-4) : S(4);  // off the kinks of ReLU
  }
  return model;
}

TEST(AttentionQNetwork, FulfilsTheLayerContract) {
  for (const PositionKind kind : kinds) {
    const auto report = heed::testing::check_layer(
        [&]<class S>() { return random_model<S>(small(kind)); }, {5, 3},
        {.zero_when_empty = false, .initialize = false, .allocations = test_support::allocations});
    EXPECT_TRUE(report.ok()) << heed::to_text(kind) << '\n' << report.text();
  }
}

TEST(AttentionQNetwork, FollowsPyTorchFor20Steps) {
  for (const PositionKind kind : kinds) {
    SCOPED_TRACE(heed::to_text(kind));
    const Reference file("attention_q_network/" + std::string(heed::to_text(kind)));
    AttentionQNetwork<double> model(small(kind));
    test_support::set_weights(model, file.arrays("weight."));
    const auto x = file.values("input.x"), losses = file.values("output.loss");
    const auto actions = file.values("input.actions"), values = file.values("input.values");
    const auto lengths = file.integers("input.lengths");
    heed::Tensor<double, 2> targets({20, 2}), q({20, 4});
    for (Index i = 0; i < 20; ++i) {
      targets(i, 0) = actions[static_cast<std::size_t>(i)];
      targets(i, 1) = values[static_cast<std::size_t>(i)];
    }
    const heed::TargetSequences<double> data{heed::view(x.data(), {20, 5, 3}), targets.view(), lengths};
    heed::Predictor predictor(model);
    predictor(data.x, q.view(), lengths, heed::Output::logits);
    EXPECT_TRUE(test_support::equals(std::vector<double>(q.begin(), q.end()), file.values("output.q")));
    const auto history = heed::fit(model, data, heed::TakenAction<double>(),
                                   {.epochs = 20, .learning_rate = file.number("learning_rate"), .threads = 2});
    test_support::expect_losses(history, losses);
    EXPECT_LT(losses.back(), 0.9 * losses.front());
  }
}

TEST(AttentionQNetwork, HasTheNamesOfAPyTorchModule) {
  const std::string rest =
      "attention.in_proj_weight attention.in_proj_bias attention.out_proj.weight attention.out_proj.bias "
      "q_value.0.weight q_value.0.bias q_value.2.weight q_value.2.bias ";
  const std::string encoder = "state_encoder.0.weight state_encoder.0.bias ";
  const auto names = [](PositionKind kind) {
    return test_support::parameter_names(AttentionQNetwork<float>(small(kind)));
  };
  EXPECT_EQ(names(PositionKind::none), encoder + rest);
  EXPECT_EQ(names(PositionKind::learned), encoder + "positions.weight " + rest);
}

TEST(AttentionQNetwork, FromAFileItIsWhatItWas) {
  for (const PositionKind kind : kinds) {
    const Options o = small(kind);
    const auto model = random_model<float>(o);
    const auto bytes = heed::serialize(model);
    const auto again = heed::load<AttentionQNetwork<float>>(std::span<const std::byte>(bytes));
    EXPECT_EQ(again.options, o);
    EXPECT_EQ(heed::serialize(again), bytes);
  }
}

TEST(AttentionQNetwork, StreamsAllObservationsSoFar) {
  for (const PositionKind kind : kinds) {
    test_support::expect_streams(random_model<double>(small(kind)), {5, 3}, true);
  }
}

TEST(AttentionQNetwork, SeesTheOrderOfObservationsByPositionsAlone) {
  heed::Tensor<double, 3> x({2, 5, 3});
  for (Index t = 0; t < 5; ++t) {
    for (Index f = 0; f < 3; ++f) {
      x(0, t, f) = std::sin(static_cast<double>(5 * t + f));
      x(1, t < 4 ? 3 - t : 4, f) = x(0, t, f);  // those before the last backwards
    }
  }
  for (const PositionKind kind : kinds) {
    const auto model = random_model<double>(small(kind));
    heed::Tensor<double, 2> q({2, 4});
    heed::Predictor predictor(model);
    predictor(x.view(), q.view(), {}, heed::Output::logits);
    for (Index a = 0; a < 4; ++a) EXPECT_EQ(std::abs(q(0, a) - q(1, a)) < 1e-12, kind == PositionKind::none);
  }
}

TEST(AttentionQNetwork, ShowsWhatTheLastObservationAttendsTo) {
  const auto model = random_model<double>(small(PositionKind::learned));
  const heed::Tensor<double, 3> x({2, 5, 3}, std::vector<double>(30, 0.3));
  heed::Predictor predictor(model);
  const auto a = predictor.attention_weights(x.view());
  EXPECT_EQ(a.extents(), (heed::Extents<3>{2, 4, 5}));
  for (Index head = 0; head < 4; ++head) {
    double sum = 0;
    for (Index t = 0; t < 5; ++t) sum += a(1, head, t);
    EXPECT_NEAR(sum, 1, 1e-12);
  }
}

TEST(AttentionQNetwork, RejectsWhatDoesNotFit) {
  const auto error = [](auto change) {
    Options o = small(PositionKind::learned);
    change(o);
    return error_of([&] { AttentionQNetwork<float> model(o); });
  };
  for (const Index absurd : {Index(0), Index(-1), (Index(1) << 24) + 1, Index(1) << 62}) {
    for (const auto member :
         {&Options::features, &Options::actions, &Options::hidden, &Options::num_heads, &Options::steps}) {
      const auto change = [&](Options& o) {
        o.positions = PositionKind::none;
        o.*member = absurd;
      };
      EXPECT_NE(error(change).find("out of range"), std::string::npos);
    }
  }
  EXPECT_EQ(error([](Options& o) { o.steps = 0; }),
            "AttentionQNetwork: steps out of range (expected 1 to 16777216, got 0)");
  EXPECT_NE(error([](Options& o) { o.num_heads = 3; }), "no error");
  EXPECT_NE(error([](Options& o) { o.positions = PositionKind::relative; }).find("one of none, sinusoidal, learned"),
            std::string::npos);
  const AttentionQNetwork<float> model(small(PositionKind::learned));
  EXPECT_NE(error_of([&] { model.output_shape({5, 2}); }).find("wrong number of features"), std::string::npos);
  EXPECT_NE(error_of([&] { model.output_shape({6, 3}); }).find("more steps than positions"), std::string::npos);
}

}  // namespace attention_q_network_test
