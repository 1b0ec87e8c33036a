#include "heed/layers/any_positions.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"
#include "../support/stream_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace any_positions_test {

using heed::AnyPositions;
using heed::PositionKind;

template <class S>
AnyPositions<S> make(PositionKind kind) {
  AnyPositions<S> layer({kind, 6, 3});
  layer.initialize(heed::Key{3});
  return layer;
}

TEST(AnyPositions, FulfilsTheLayerContract) {
  for (const PositionKind kind : {PositionKind::none, PositionKind::sinusoidal, PositionKind::learned,
                                  PositionKind::relative, PositionKind::tape}) {
    const auto report = heed::testing::check_layer([&]<class S>() { return make<S>(kind); }, {5, 3});
    EXPECT_TRUE(report.ok()) << static_cast<int>(kind) << report.text();
  }
}

TEST(AnyPositions, Streams) {
  for (const PositionKind kind : {PositionKind::none, PositionKind::sinusoidal, PositionKind::learned,
                                  PositionKind::relative, PositionKind::tape}) {
    test_support::expect_streams(make<double>(kind), {5, 3}, true);
    test_support::expect_streams(make<double>(kind), {5, 3}, kind == PositionKind::learned);
  }
}

TEST(AnyPositions, AddsWhatItsKindSays) {
  const std::vector<double> x(6, 1.0);
  std::vector<double> y(6), z(6);
  heed::Scratch scratch;
  const heed::Tile<const double> in(x.data(), {2, 3}, 1);
  AnyPositions<double>::Cache cache;
  heed::SinusoidalPositions<double>::Cache sinusoidal;
  const auto run = [&](PositionKind kind) {
    make<double>(kind).forward(in, heed::Tile<double>(y.data(), {2, 3}, 1), cache, heed::Pass{scratch});
    return y;
  };
  EXPECT_EQ(run(PositionKind::none), x);
  EXPECT_EQ(run(PositionKind::relative), x);
  heed::SinusoidalPositions<double>().forward(in, heed::Tile<double>(z.data(), {2, 3}, 1), sinusoidal,
                                              heed::Pass{scratch});
  EXPECT_EQ(run(PositionKind::sinusoidal), z);
  heed::SinusoidalPositions<double>({.length = 6})
      .forward(in, heed::Tile<double>(z.data(), {2, 3}, 1), sinusoidal, heed::Pass{scratch});
  EXPECT_EQ(run(PositionKind::tape), z);
  const auto learned = make<double>(PositionKind::learned);
  run(PositionKind::learned);
  for (int t = 0; t < 2; ++t) {
    for (int f = 0; f < 3; ++f) EXPECT_EQ(y[static_cast<std::size_t>(3 * t + f)], 1 + learned.table.weight.row(t)[f]);
  }
}

TEST(AnyPositions, OfTapeNeedALength) {
  EXPECT_EQ(test_support::error_of([] { AnyPositions<float>({PositionKind::tape, 0, 3}); }),
            "AnyPositions: tape positions are scaled for a length (expected max_steps of at least 1, got 0)");
  EXPECT_EQ(make<float>(PositionKind::tape).output_shape({7, 3}).steps, 7) << "longer ones are none the worse";
}

TEST(AnyPositions, RefusesMoreStepsThanItHasLearnt) {
  EXPECT_NE(test_support::error_of([] { make<float>(PositionKind::learned).output_shape({7, 3}); }), "no error");
  EXPECT_EQ(make<float>(PositionKind::sinusoidal).output_shape({7, 3}).steps, 7);
  EXPECT_NE(test_support::error_of([] { AnyPositions<float>({PositionKind::learned, 0, 3}); }), "no error");
}

}  // namespace any_positions_test
