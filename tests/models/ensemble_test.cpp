#include "heed/models/ensemble.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/models/transformer_classifier.hpp"

namespace ensemble_test {

using heed::Ensemble;
using heed::Index;
using heed::OutputKind;
using test_support::error_of;
using test_support::Task;
using Small = test_support::SmallModel<double>;
using Classifier = heed::SequenceClassifier<float>;

Classifier classifier(std::uint64_t seed, Index classes = 3) {
  return Classifier({.features = 2, .classes = classes, .seed = seed});
}

/// The mean of what the members predict.
template <class M>
heed::Tensor<typename M::Scalar, 2> mean_of(const Ensemble<M>& ensemble, heed::TensorView<const typename M::Input, 3> x,
                                            std::span<const std::int32_t> lengths = {}) {
  using S = typename M::Scalar;
  std::vector<heed::Tensor<S, 2>> all;
  for (const M& member : ensemble.members) all.push_back(heed::predict(member, x, lengths));
  heed::Tensor<S, 2> mean = all.front();
  for (Index i = 0; i < mean.size(); ++i) {
    double sum = 0;
    for (const auto& one : all) sum += static_cast<double>(one.data()[i]);
    mean.data()[i] = static_cast<S>(sum / static_cast<double>(all.size()));
  }
  return mean;
}

template <class M>
void expect_mean(const Ensemble<M>& ensemble, heed::TensorView<const typename M::Input, 3> x,
                 std::span<const std::int32_t> lengths, double tolerance) {
  const auto got = heed::predict(ensemble, x, lengths), expected = mean_of(ensemble, x, lengths);
  ASSERT_EQ(got.size(), expected.size());
  for (Index i = 0; i < got.size(); ++i) EXPECT_NEAR(got.data()[i], expected.data()[i], tolerance);
}

TEST(Ensemble, GivesTheMeanOfItsMembersProbabilities) {
  const Task<float> task(19, {5, 2}, 3, true);
  expect_mean(Ensemble<Classifier>({classifier(1), classifier(2), classifier(3)}), task.x, task.lengths, 1e-6);
}

TEST(Ensemble, OfFlagsOrNumbersGivesTheirMean) {
  const Task<float> task(5, {5, 2}, 3);
  for (const OutputKind kind : {OutputKind::flags, OutputKind::numbers}) {
    std::vector<Classifier> members{classifier(1), classifier(2)};
    for (Classifier& m : members) m.outputs = kind;
    const Ensemble<Classifier> ensemble(members);
    EXPECT_EQ(ensemble.outputs, kind);
    expect_mean(ensemble, task.x, {}, 1e-6);
  }
}

TEST(Ensemble, AveragesProbabilitiesThatAreNoFloats) {
  std::vector<Classifier> members{classifier(1, 2), classifier(2, 2)};
  for (Classifier& m : members) {
    m.fc2.weight.fill(0);
    m.fc2.bias.fill(0);
  }
  members[0].fc2.bias(0) = members[1].fc2.bias(0) = 300;  // e^-300 is 0
  const Task<float> task(3, {5, 2}, 2);
  for (const OutputKind kind : {OutputKind::classes, OutputKind::flags}) {
    for (Classifier& m : members) m.outputs = kind;
    const Ensemble<Classifier> ensemble(members);
    heed::Tensor<float, 2> logits({3, 2});
    heed::Predictor predictor(ensemble);
    predictor(task.x, logits, {}, heed::Output::logits);
    EXPECT_FLOAT_EQ(logits(0, 0) - logits(0, 1), 300);
  }
}

TEST(Ensemble, OfOneIsItsMember) {
  const Task<float> task(5, {5, 2}, 3);
  const Ensemble<Classifier> ensemble({classifier(4)});
  heed::Tensor<float, 2> one({5, 3}), other({5, 3});
  heed::Predictor a(ensemble.members[0]);
  heed::Predictor b(ensemble);
  a(task.x, one, {}, heed::Output::logits);
  b(task.x, other, {}, heed::Output::logits);
  for (Index i = 0; i < one.size(); ++i) EXPECT_EQ(one.data()[i], other.data()[i]);
}

TEST(Ensemble, AttendsAsItsMembersDoInTheMean) {
  const Task<float> task(3, {5, 2}, 3, true);
  const Ensemble<Classifier> ensemble({classifier(1), classifier(2)});
  heed::Predictor all(ensemble);
  heed::Predictor a(ensemble.members[0]);
  heed::Predictor b(ensemble.members[1]);
  const auto weights = all.attention_weights(task.x, task.lengths);
  const auto first = a.attention_weights(task.x, task.lengths), second = b.attention_weights(task.x, task.lengths);
  ASSERT_EQ(weights.size(), first.size());
  for (Index i = 0; i < weights.size(); ++i) {
    EXPECT_NEAR(weights.data()[i], (first.data()[i] + second.data()[i]) / 2, 1e-6F);
  }
}

TEST(Ensemble, AllocatesNothingWarm) {
  const Task<float> task(1, {5, 2}, 3);
  const Ensemble<Classifier> ensemble({classifier(1), classifier(2)});
  heed::Predictor predictor(ensemble);
  predictor(task.x[0]);
  const long before = test_support::allocations();
  predictor(task.x[0]);
  EXPECT_EQ(test_support::allocations(), before);
}

template <class M>
void expect_comes_back(const Ensemble<M>& ensemble) {
  const auto bytes = heed::serialize(ensemble);
  const auto again = heed::load<Ensemble<M>>(std::span<const std::byte>(bytes));
  EXPECT_EQ(again.size(), ensemble.size());
  EXPECT_EQ(again.outputs, ensemble.outputs);
  EXPECT_EQ(test_support::flat(again), test_support::flat(ensemble));
  EXPECT_EQ(heed::serialize(again), bytes);
  // one is no model of the members' type, and these are no ensemble
  EXPECT_NE(error_of([&] { heed::load<M>(std::span<const std::byte>(bytes)); }).find("Ensemble of"), std::string::npos);
  const auto one = heed::serialize(ensemble.members[0]);
  EXPECT_NE(error_of([&] { heed::load<Ensemble<M>>(std::span<const std::byte>(one)); }), "no error");
}

TEST(Ensemble, SaysHowManyFeaturesAStepHas) {
  const Ensemble<Classifier> ensemble({classifier(1), classifier(2)});
  EXPECT_EQ(ensemble.input_size(), 2);
  heed::Predictor predictor(ensemble, {.max_steps = 4});
  const heed::Tensor<float, 2> x({3, 2});
  EXPECT_EQ(predictor.try_outputs(x).status, heed::InferenceStatus::ok);
  EXPECT_NE(error_of([] { Ensemble<Classifier>().input_size(); }).find("number of members out of range"),
            std::string::npos);
}

TEST(Ensemble, IsOneFile) {
  std::vector<Classifier> members{classifier(1), classifier(2)};
  for (Classifier& m : members) {
    m.labels = {"a", "b", "c"};
    m.outputs = OutputKind::flags;
  }
  const Ensemble<Classifier> ensemble(members);
  expect_comes_back(ensemble);
  const auto bytes = heed::serialize(ensemble);
  const auto again = heed::load<Ensemble<Classifier>>(std::span<const std::byte>(bytes));
  EXPECT_EQ(again.members[1].labels, members[1].labels);
  EXPECT_EQ(again.members[1].outputs, OutputKind::flags);

  const heed::TextClassifierOptions text{.tokens = 7, .embedding = 4, .classifier = {.classes = 2}, .seed = 5};
  expect_comes_back(Ensemble<heed::TextClassifier<float>>(3, text));
  const heed::TransformerClassifierOptions transformer{.features = 2, .classes = 2, .seed = 5};
  expect_comes_back(Ensemble<heed::TransformerClassifier<float>>(2, transformer));
}

TEST(Ensemble, OfModelsWithoutDescribedOptions) {
  const Task<double> task(9, {5, 2}, 3);
  std::vector<Small> members(2, Small({.features = 2, .classes = 3}));
  members[1].initialize({8});
  Ensemble<Small> ensemble(members);
  expect_mean(ensemble, task.x, {}, 1e-14);
  const auto bytes = heed::serialize(ensemble);
  Ensemble<Small> other(std::vector<Small>(2, members[0]));
  heed::load_weights(other, heed::SafetensorsFile(std::span<const std::byte>(bytes)));
  EXPECT_EQ(test_support::flat(other), test_support::flat(ensemble));
}

TEST(Ensemble, MembersHaveSeedsOfTheirOwn) {
  const Ensemble<Classifier> ensemble(2, heed::SequenceClassifierOptions{.features = 2, .classes = 3, .seed = 7});
  EXPECT_EQ(test_support::flat(ensemble.members[0]), test_support::flat(classifier(7)));
  EXPECT_EQ(test_support::flat(ensemble.members[1]), test_support::flat(classifier(8)));
}

// the seed decides which channels a kernel reads, so it is in the file
TEST(Ensemble, MembersShareASeedThatTheirFileHas) {
  using Rocket = heed::RocketClassifier<float>;
  const heed::RocketClassifierOptions options{.features = 3, .classes = 2, .steps = 12, .num_features = 84, .seed = 5};
  const Ensemble<Rocket> counted(2, options);
  EXPECT_EQ(counted.members[1].options.seed, 5U);

  Rocket first(options), second(options);
  second.head.bias(0) = 7;
  const Ensemble<Rocket> ensemble(std::vector<Rocket>{first, second});
  const auto bytes = heed::serialize(ensemble);
  const auto loaded = heed::load<Ensemble<Rocket>>(std::span<const std::byte>(bytes));
  ASSERT_EQ(loaded.size(), 2);
  for (const Rocket& member : loaded.members) {
    EXPECT_EQ(member.options.seed, 5U);
    EXPECT_EQ(member.rocket.options.seed, 5U);
  }
  EXPECT_EQ(loaded.members[1].head.bias(0), 7);
}

TEST(Ensemble, RefusesWhatIsNone) {
  const heed::SequenceClassifierOptions options{.features = 2, .classes = 3};
  EXPECT_NE(error_of([] { Ensemble<Classifier>(std::vector<Classifier>()); }).find("got 0"), std::string::npos);
  EXPECT_NE(error_of([&] { Ensemble<Classifier>(-1, options); }).find("got -1"), std::string::npos);
  EXPECT_NE(error_of([] { Ensemble<Classifier>().output_shape({5, 2}); }).find("members"), std::string::npos);
  const std::string differ = error_of([] { Ensemble<Classifier>({classifier(1, 3), classifier(2, 4)}); });
  EXPECT_NE(differ.find("classes 3"), std::string::npos) << differ;
  EXPECT_NE(differ.find("classes 4"), std::string::npos) << differ;
  std::vector<Classifier> named{classifier(1), classifier(2)};
  named[1].labels = {"a", "b", "c"};
  EXPECT_NE(error_of([&] { Ensemble<Classifier>{named}; }).find("labels"), std::string::npos);
  named[1] = classifier(2);
  named[1].outputs = OutputKind::numbers;
  EXPECT_NE(error_of([&] { Ensemble<Classifier>{named}; }).find("numbers"), std::string::npos);
}

}  // namespace ensemble_test
