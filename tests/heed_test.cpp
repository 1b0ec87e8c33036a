#include "heed/heed.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace heed_test {

TEST(Heed, TrainsAndPredictsWithTheUmbrellaHeaderAlone) {
  // two classes: the sign of the only feature
  constexpr heed::Index n = 32, steps = 3;
  std::vector<float> x(n * steps);
  std::vector<std::int32_t> labels(n);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] = static_cast<std::int32_t>(i % 2);
    for (std::size_t t = 0; t < steps; ++t) x[i * steps + t] = labels[i] ? 1.0F : -1.0F;
  }
  heed::SequenceClassifier<float> model({.features = 1, .classes = 2, .hidden = 8, .dense = 4});
  const auto history =
      heed::fit(model, heed::view(x, {n, steps, 1}), labels, {.epochs = 60, .learning_rate = 0.05, .threads = 1});
  EXPECT_EQ(history.epochs.back().accuracy, 1);
  heed::Predictor predictor(model);
  EXPECT_EQ(predictor(heed::view(x.data(), {steps, 1})).label, 0);
  EXPECT_EQ(predictor(heed::view(x.data() + steps, {steps, 1})).label, 1);
}

TEST(Heed, ShowsTheVersion) { EXPECT_GE(HEED_VERSION_MAJOR * 100 + HEED_VERSION_MINOR, 1); }

}  // namespace heed_test
