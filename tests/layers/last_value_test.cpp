#include "heed/layers/last_value.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../support/reference.hpp"
#include "heed/testing/check_layer.hpp"

namespace last_value_test {

using heed::Index;
using heed::LastValue;
using test_support::error_of;

TEST(LastValue, FulfilsTheLayerContract) {
  for (const std::vector<Index>& features : {std::vector<Index>{1}, {2, 0, 2}, {0, 1, 2}}) {
    const auto report = heed::testing::check_layer([&]<class S>() { return LastValue<S>(features); }, {4, 3});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(LastValue, SubtractsTheLastValidStepOfWhatIsForecast) {
  heed::testing::LayerRun<LastValue<double>> run(LastValue<double>({2, 0, 2}), {3, 3}, 2, {3, 2});
  run.randomize(heed::Key{1});
  run.forward();
  for (Index l = 0; l < 2; ++l) {
    const auto at = [&](Index t, Index f) { return static_cast<std::size_t>((t * 3 + f) * 2 + l); };
    for (Index t = 0; t < 3 - l; ++t) {
      for (Index f = 0; f < 3; ++f) EXPECT_EQ(run.y[at(t, f)], run.x[at(t, f)] - (f == 1 ? 0 : run.x[at(2 - l, f)]));
    }
  }
}

TEST(LastValue, IsOffWithoutFeatures) {
  EXPECT_FALSE(LastValue<float>().active());
  EXPECT_FALSE(LastValue<float>(std::vector<Index>()).active());
  EXPECT_TRUE(LastValue<float>({0}).active());
  LastValue<float>().check(1, 5);
}

TEST(LastValue, IsNotTrained) { EXPECT_EQ(test_support::parameter_names(LastValue<float>({0})), ""); }

TEST(LastValue, IsKeptAsText) {
  heed::Metadata metadata;
  LastValue<float>().write(metadata, "last");
  EXPECT_TRUE(metadata.empty());
  LastValue<float>({2, 0, 2}).write(metadata, "last");
  EXPECT_EQ(metadata["last"], "2 0 2");
  LastValue<float> again;
  again.read(metadata, "last", 3);
  EXPECT_EQ(again.features_of_outputs(), (std::vector<Index>{2, 0, 2}));
  again.read({}, "last", 3);
  EXPECT_FALSE(again.active());
  EXPECT_EQ(error_of([&] { again.read(metadata, "last", 2); }),
            "metadata, last: wrong number of values (expected 2, got 3)");
  for (const std::string wrong : {"2 0.5 1", "-1 0 0", "1e18 0 0", "1 2 nan"}) {
    metadata["last"] = wrong;
    EXPECT_NE(error_of([&] { again.read(metadata, "last", 3); }), "") << wrong;
  }
}

TEST(LastValue, RejectsWhatDoesNotFit) {
  EXPECT_EQ(error_of([] { LastValue<float>({0, -1}); }), "LastValue: not a feature (expected numbers from 0, got -1)");
  const LastValue<float> layer({2, 0});
  EXPECT_EQ(error_of([&] { layer.output_shape({7, 2}); }), "LastValue: no such feature (expected 0 to 1, got 2)");
  EXPECT_EQ(error_of([&] { layer.check(3, 1); }), "LastValue: wrong number of outputs (expected 1, got 2)");
  layer.check(3, 2);
}

}  // namespace last_value_test
