#include "heed/models/series_ensemble.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit_rocket.hpp"

namespace series_ensemble_test {

using heed::Index;
using heed::OutputKind;
using test_support::error_of;
using test_support::Task;
using Network = heed::SequenceClassifier<float>;
using Rocket = heed::RocketClassifier<float>;
using Together = heed::SeriesEnsemble<float>;

constexpr Index steps = 12, features = 2, classes = 3, count = 19;

Task<float> task(bool ragged = true) { return Task<float>(count, {steps, features}, classes, ragged); }

Network narrow() {
  return Network({.features = features,
                  .classes = classes,
                  .dense = 0,
                  .attention = heed::Attention::mean,
                  .cell = heed::CellKind::none,
                  .kernels = {3, 2},
                  .channels = {4},
                  .seed = 1});
}
Network lstm() { return Network({.features = features, .classes = classes, .hidden = 4, .seed = 2}); }
Rocket rocket() {
  Rocket model({.features = features,
                .classes = classes,
                .steps = steps,
                .num_features = 168,
                .statistics = heed::RocketStatistics::all,
                .groups = 2,
                .seed = 3});
  const Task<float> data = task();
  heed::fit_rocket(model, heed::LabelledSequences<float>{data.x, data.labels, data.lengths});
  return model;
}
// what all members say of themselves
template <class M>
M said(M model) {
  model.labels = {"a", "b", "c"};
  model.standardize = heed::Standardize<float>({0.5, -1}, {2, 0.25});
  return model;
}
Together all() { return {{said(narrow()), said(lstm())}, {said(rocket())}}; }

template <class M>
void add(heed::Tensor<float, 2>& sum, const M& model, const Task<float>& data) {
  const auto one = heed::predict(model, data.x, data.lengths);
  for (Index i = 0; i < sum.size(); ++i) sum.data()[i] += one.data()[i] / 3;
}

void expect_mean(OutputKind kind) {
  Network a = said(narrow()), b = said(lstm());
  Rocket c = said(rocket());
  for (OutputKind* own : {&a.outputs, &b.outputs, &c.outputs}) *own = kind;
  const Task<float> data = task();
  heed::Tensor<float, 2> expected({count, classes});
  add(expected, a, data);
  add(expected, b, data);
  add(expected, c, data);
  const Together together({a, b}, {c});
  EXPECT_EQ(together.outputs, kind);
  const auto got = heed::predict(together, data.x, data.lengths);
  ASSERT_EQ(got.size(), expected.size());
  for (Index i = 0; i < got.size(); ++i) EXPECT_NEAR(got.data()[i], expected.data()[i], 2e-6);
}

TEST(SeriesEnsemble, GivesTheMeanOfItsMembersProbabilities) { expect_mean(OutputKind::classes); }
TEST(SeriesEnsemble, OfFlagsGivesTheirMean) { expect_mean(OutputKind::flags); }
TEST(SeriesEnsemble, OfNumbersGivesTheirMean) { expect_mean(OutputKind::numbers); }

TEST(SeriesEnsemble, OfOneIsItsMember) {
  const Task<float> data = task();
  const auto expected = heed::predict(said(rocket()), data.x, data.lengths);
  const auto got = heed::predict(Together({}, {said(rocket())}), data.x, data.lengths);
  for (Index i = 0; i < got.size(); ++i) EXPECT_EQ(got.data()[i], expected.data()[i]);
}

TEST(SeriesEnsemble, IsOneFile) {
  const Together together = all();
  EXPECT_EQ(together.labels, (std::vector<std::string>{"a", "b", "c"}));
  const auto bytes = heed::serialize(together);
  const auto again = heed::load<Together>(std::span<const std::byte>(bytes));
  EXPECT_EQ(again.networks.size(), 2U);
  EXPECT_EQ(again.rockets.size(), 1U);
  EXPECT_EQ(again.labels, together.labels);
  EXPECT_EQ(again.networks[0].options.kernels, together.networks[0].options.kernels);
  EXPECT_EQ(again.networks[1].options.cell, heed::CellKind::lstm);
  EXPECT_EQ(test_support::flat(again), test_support::flat(together));
  EXPECT_EQ(heed::serialize(again), bytes);
  const Task<float> data = task();
  const auto before = heed::predict(together, data.x, data.lengths), after = heed::predict(again, data.x, data.lengths);
  for (Index i = 0; i < before.size(); ++i) EXPECT_EQ(before.data()[i], after.data()[i]);
  // it is no file of one of its members
  EXPECT_NE(error_of([&] { heed::load<Network>(std::span<const std::byte>(bytes)); }).find("SeriesEnsemble"),
            std::string::npos);
}

TEST(SeriesEnsemble, IsEvaluated) {
  const Task<float> data = task();
  const heed::Evaluation result =
      heed::evaluate(all(), heed::LabelledSequences<float>{data.x, data.labels, data.lengths});
  EXPECT_GT(result.loss, 0);
  EXPECT_GE(result.accuracy, 0);
  EXPECT_LE(result.accuracy, 1);
}

TEST(SeriesEnsemble, AllocatesNothingWarm) {
  const Task<float> data = task(false);
  const Together together = all();
  heed::Predictor predictor(together);
  predictor(data.x[0]);
  const long before = test_support::allocations();
  predictor(data.x[0]);
  EXPECT_EQ(test_support::allocations(), before);
}

TEST(SeriesEnsemble, RefusesMembersThatDiffer) {
  Network other = said(lstm());
  other.labels.back() = "z";
  EXPECT_NE(error_of([&] { Together({said(narrow()), other}, {}); }).find("member 1"), std::string::npos);
  other = said(lstm());
  other.standardize = heed::Standardize<float>({0.5, -1}, {2, 0.5});
  EXPECT_NE(error_of([&] { Together({other}, {said(rocket())}); }).find("standardize"), std::string::npos);
  other = said(lstm());
  other.outputs = OutputKind::numbers;
  EXPECT_NE(error_of([&] { Together({other}, {said(rocket())}); }).find("output_kind"), std::string::npos);
  const Network wide({.features = 3, .classes = classes});
  EXPECT_NE(error_of([&] { Together({lstm(), wide}, {}); }).find("features"), std::string::npos);
  EXPECT_NE(error_of([] { Together({}, {}); }).find("got 0"), std::string::npos);
}

TEST(SeriesEnsemble, RefusesPartsThatAreNone) {
  const auto of = [](std::vector<std::string> parts) {
    return error_of([&] { Together({.features = 2, .classes = 3, .parts = std::move(parts)}); });
  };
  EXPECT_NE(of({}).find("got 0"), std::string::npos);
  EXPECT_NE(of({"Tagger; hidden 3"}).find("SequenceClassifier or RocketClassifier"), std::string::npos);
  EXPECT_NE(of({"SequenceClassifier; hidden"}).find("part 0"), std::string::npos);
  EXPECT_NE(of({"SequenceClassifier"}).find("missing"), std::string::npos);
  EXPECT_NE(of({all().options.parts[0], "RocketClassifier; steps x"}).find("steps"), std::string::npos);
}

}  // namespace series_ensemble_test
