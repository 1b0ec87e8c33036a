#include "heed/models/transformer_encoder.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "../support/error_of.hpp"
#include "../support/stream_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace transformer_encoder_test {

using heed::NormPlacement;
using heed::PositionKind;
using heed::TransformerEncoder;
using test_support::error_of;
using Options = heed::TransformerOptions;

constexpr Options small{.d_model = 6,
                        .num_heads = 2,
                        .num_layers = 2,
                        .dim_feedforward = 5,
                        .dropout = 0,
                        .activation = heed::FeedForwardActivation::gelu,
                        .max_steps = 8,
                        .distance = 2};

template <class S>
TransformerEncoder<S> random_encoder(const Options& o, bool causal) {
  TransformerEncoder<S> encoder(o, causal);
  heed::Key key{7};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.5); }, encoder);
  return encoder;
}

TEST(TransformerEncoder, FulfilsTheLayerContract) {
  for (const bool causal : {false, true}) {
    for (const PositionKind positions : {PositionKind::sinusoidal, PositionKind::learned, PositionKind::relative}) {
      Options o = small;
      o.positions = positions;
      const auto report = heed::testing::check_layer([&]<class S>() { return random_encoder<S>(o, causal); }, {5, 6},
                                                     {.initialize = false});
      EXPECT_TRUE(report.ok()) << causal << ' ' << to_text(positions) << '\n' << report.text();
    }
  }
}

TEST(TransformerEncoder, StreamsWhereItIsCausal) {
  test_support::expect_streams(random_encoder<double>(small, true), {5, 6}, true);
  const auto looks_ahead = random_encoder<double>(small, false);
  EXPECT_NE(error_of([&] { heed::Stream(looks_ahead, {.max_steps = 4, .features = 6}); }), "no error");
}

TEST(TransformerEncoder, StartsWithSmallPositions) {
  Options o{.d_model = 64, .positions = PositionKind::learned, .max_steps = 200};
  TransformerEncoder<double> encoder(o);
  encoder.initialize(heed::Key{3});
  double square = 0;
  for (const double v : std::as_const(encoder.positions.table.weight)) square += v * v;
  EXPECT_NEAR(std::sqrt(square / (64 * 200)), 0.02, 0.001);
}

TEST(TransformerEncoder, OptionsComeBackFromAFile) {
  for (const PositionKind positions :
       {PositionKind::none, PositionKind::sinusoidal, PositionKind::learned, PositionKind::relative}) {
    for (const NormPlacement norm : {NormPlacement::none, NormPlacement::pre, NormPlacement::post}) {
      Options o = small;
      o.positions = positions;
      o.norm = norm;
      o.dropout = 0.15;
      if (positions != PositionKind::learned) o.max_steps = 0;
      if (positions != PositionKind::relative) o.distance = 16;
      EXPECT_EQ(heed::from_metadata<Options>(to_metadata(o)), o);
    }
  }
}

TEST(TransformerEncoder, RefusesOptionsOfAFileThatMakeNoSense) {
  heed::Metadata m = to_metadata(small);
  const auto error = [&](const char* key, const char* value) {
    heed::Metadata changed = m;
    changed[key] = value;
    return error_of([&] { heed::from_metadata<Options>(changed); });
  };
  EXPECT_EQ(error("norm", "last"), "metadata \"norm\": wrong value (expected one of none, pre, post, got \"last\")");
  EXPECT_NE(error("activation", "elu"), "no error");
  EXPECT_NE(error("positions", "far"), "no error");
  EXPECT_NE(error("d_model", "many"), "no error");
  EXPECT_EQ(error("num_layers", "0"), "metadata \"num_layers\": out of range (expected 1 to 65536, got 0)");
  EXPECT_NE(error("num_heads", "-1"), "no error");
  for (const char* key : {"d_model", "num_heads", "num_layers", "dim_feedforward"}) {
    for (const char* absurd : {"268435456", "4611686018427387904", "-4611686018427387904"}) {
      EXPECT_NE(error(key, absurd).find("\"" + std::string(key) + "\": out of range"), std::string::npos);
    }
  }
  Options o = small;
  o.positions = heed::PositionKind::relative;
  o.distance = (1 << 20) + 1;
  EXPECT_EQ(error_of([&] { TransformerEncoder<float> model(o); }),
            "TransformerEncoder: distance out of range (expected 1 to 1048576, got 1048577)");
  o.positions = heed::PositionKind::learned;
  o.max_steps = heed::Index(1) << 40;
  EXPECT_NE(error_of([&] { TransformerEncoder<float> model(o); }).find("max_steps out of range"), std::string::npos);
  m.erase("dropout");
  EXPECT_NE(error_of([&] { heed::from_metadata<Options>(m); }), "no error");
}

}  // namespace transformer_encoder_test
