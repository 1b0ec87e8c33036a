// The `try_` functions of predictors and streams: to the same bits as those that throw, refusing what they refuse, and
// without an allocation from the first call on.

#include <gtest/gtest.h>

#include <cfenv>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/stream_case.hpp"
#include "../support/token_model.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/stream.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/flatten_steps.hpp"
#include "heed/layers/multi_head_attention.hpp"
#include "heed/layers/positions.hpp"
#include "heed/layers/query_pool.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/models/multimodal_classifier.hpp"
#include "heed/models/tagger.hpp"
#include "heed/models/text_classifier.hpp"

namespace real_time_test {

using heed::Attention;
using heed::Index;
using heed::Predictor;
using heed::Stream;
using test_support::error_of;
using test_support::stream_input;
using Classifier = heed::SequenceClassifier<float>;
using Text = heed::TextClassifier<float>;
using Status = heed::InferenceStatus;

constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
const Classifier model({.features = 3, .classes = 4, .hidden = 8, .attention = Attention::additive});
const Text text({.tokens = 6, .embedding = 4, .classifier = {.classes = 3, .hidden = 5}});
const heed::Sequential regression(heed::MeanPool<float>(), heed::Dense<float>({3, 1}));

std::vector<float> copy(std::span<const float> x) { return {x.begin(), x.end()}; }

TEST(TryFunctions, CannotThrow) {
  using P = Predictor<Classifier>;
  using T = Stream<Classifier>;
  const float* x = nullptr;
  static_assert(noexcept(std::declval<P&>().try_predict(x, 1, 1)) && noexcept(std::declval<P&>().try_outputs(x, 1, 1)));
  static_assert(noexcept(std::declval<P&>().try_predict(heed::TensorView<const float, 2>())));
  static_assert(noexcept(std::declval<P&>().try_outputs(heed::TensorView<const float, 2>())));
  static_assert(noexcept(std::declval<T&>().try_step(x, 1)) && noexcept(std::declval<T&>().try_prediction()));
  static_assert(noexcept(std::declval<T&>().try_outputs()) && noexcept(std::declval<T&>().reset()));
  static_assert(noexcept(std::declval<T&>().try_restore(std::declval<const T::State&>())));
  static_assert(noexcept(std::declval<Stream<Text>&>().try_step(1)));
}

TEST(TryStep, GivesTheBitsOfStep) {
  const auto expect_equal = [](const auto& m, heed::Shape shape) {
    using X = typename std::remove_cvref_t<decltype(m)>::Input;
    const auto x = stream_input<X>(shape);
    Stream a(m, {.max_steps = shape.steps}), b(m, {.max_steps = shape.steps});
    for (Index t = 0; t < shape.steps; ++t) {
      const auto got = b.try_step(x.data() + t * shape.features, shape.features);
      ASSERT_TRUE(got);
      EXPECT_EQ(copy(a.step(x.data() + t * shape.features, shape.features)), copy(got.value));
      const auto p = a.prediction();
      const auto q = b.try_prediction();
      ASSERT_TRUE(q);
      EXPECT_EQ(p.label, q.value.label);
      EXPECT_EQ(copy(p.probabilities), copy(q.value.probabilities));
      EXPECT_EQ(copy(a.outputs()), copy(b.try_outputs().value));
    }
    const auto middle = a.state();
    b.reset();
    EXPECT_EQ(b.try_restore(middle), Status::ok);
    EXPECT_EQ(b.state(), middle);
  };
  expect_equal(model, {9, 3});
  expect_equal(text, {9, 1});
}

// The call is refused with this status; the throwing one with the same words; the stream stays where it was.
template <class S, class Try, class Throw>
void expect_refused(S& stream, Status status, Try&& call, Throw&& throwing) {
  const auto before = stream.state();
  const auto outputs = copy(stream.try_outputs().value);
  const long allocations = test_support::allocations();
  EXPECT_EQ(call(), status) << to_text(status);
  EXPECT_EQ(test_support::allocations(), allocations) << to_text(status);
  EXPECT_NE(error_of(throwing).find(to_text(status)), std::string::npos)
      << to_text(status) << ": " << error_of(throwing);
  EXPECT_EQ(stream.state(), before);
  EXPECT_EQ(copy(stream.try_outputs().value), outputs);
}

TEST(TryStep, RefusesWhatStepRefusesInItsOrder) {
  Stream stream(model, {.max_steps = 2});
  const auto expect_refuses = [&](std::vector<float> x, Status status) {
    expect_refused(stream, status, [&] { return stream.try_step(x).status; }, [&] { stream.step(x); });
  };
  expect_refused(
      stream, Status::nothing_to_predict, [&] { return stream.try_prediction().status; }, [&] { stream.prediction(); });
  expect_refused(
      stream, Status::nothing_to_predict, [&] { return stream.try_outputs().status; }, [&] { stream.outputs(); });
  ASSERT_TRUE(stream.try_step(std::vector<float>(3)));
  expect_refuses({1, 2}, Status::wrong_features);
  expect_refuses({}, Status::wrong_features);
  for (const float odd : {nan, infinity, -infinity}) expect_refuses({1, 2, odd}, Status::not_finite);
  ASSERT_TRUE(stream.try_step(std::vector<float>(3)));
  expect_refuses({1, 2, 3}, Status::too_many_steps);
  expect_refuses({1, 2, nan}, Status::too_many_steps);
  expect_refuses({1, nan}, Status::wrong_features);

  Stream words(text);
  ASSERT_TRUE(words.try_step(5));
  for (const std::int32_t token : {-1, 6}) {
    expect_refused(
        words, Status::unknown_token, [&] { return words.try_step(token).status; }, [&] { words.step(token); });
  }
}

TEST(TryStep, EndsWithTheModelsPositions) {
  const heed::Sequential places(heed::LearnedPositions<float>({.max_steps = 5, .features = 3}),
                                heed::Dense<float>({3, 2}));
  Stream stream(places, {.features = 3});
  const std::vector<float> x(3, 1);
  for (int t = 0; t < 5; ++t) ASSERT_TRUE(stream.try_step(x));
  const auto state = stream.state();
  EXPECT_EQ(stream.try_step(x).status, Status::too_many_steps);
  EXPECT_NE(error_of([&] { stream.step(x); }).find("LearnedPositions"), std::string::npos);
  EXPECT_EQ(stream.state(), state);
}

TEST(TryPrediction, RefusesFaultyWeightsAndNumbers) {
  Stream numbers(regression, {.features = 3});
  ASSERT_TRUE(numbers.try_step(std::vector<float>(3)));
  expect_refused(
      numbers, Status::no_classes, [&] { return numbers.try_prediction().status; }, [&] { numbers.prediction(); });
  EXPECT_TRUE(numbers.try_outputs());

  auto faulty = model;
  faulty.fc2.bias.data()[0] = nan;
  Stream stream(faulty, {.max_steps = 2});
  ASSERT_TRUE(stream.try_step(std::vector<float>(3)));
  EXPECT_EQ(stream.try_prediction().status, Status::not_finite_logits);
  EXPECT_EQ(stream.try_outputs().status, Status::not_finite_logits);
  EXPECT_EQ(error_of([&] { stream.outputs(); }), "Stream: the logits are not finite");
}

TEST(TryRestore, RefusesWhatRestoreRefuses) {
  Stream stream(model, {.max_steps = 3});
  ASSERT_TRUE(stream.try_step(std::vector<float>(3, 1)));
  const auto expect_refuses = [&](const auto& change, Status status) {
    auto state = stream.state();
    change(state);
    expect_refused(stream, status, [&] { return stream.try_restore(state); }, [&] { stream.restore(state); });
  };
  expect_refuses([](auto& s) { s.numbers.pop_back(); }, Status::wrong_state);
  expect_refuses([](auto& s) { s.steps = 4; }, Status::wrong_steps);
  expect_refuses([](auto& s) { s.steps = -1; }, Status::wrong_steps);
  expect_refuses([](auto& s) { s.numbers[0] = nan; }, Status::not_finite);
}

TEST(TryPredict, GivesTheBitsOfAPrediction) {
  const auto x = stream_input<float>({9, 3});
  Predictor a(model), b(model, {.max_steps = 9});
  for (Index steps = 1; steps <= 9; ++steps) {
    const auto p = a(x.data(), steps, 3);
    const auto q = b.try_predict(x.data(), steps, 3);
    ASSERT_TRUE(q);
    EXPECT_EQ(p.label, q.value.label);
    EXPECT_EQ(copy(p.probabilities), copy(q.value.probabilities));
    const auto view = heed::view(x.data(), {steps, 3});
    EXPECT_EQ(copy(a.outputs(view)), copy(b.try_outputs(view).value));
    EXPECT_TRUE(b.try_predict(view));
  }
}

template <class Model>
void expect_refuses(const Model& m, heed::PredictorOptions options, std::vector<typename Model::Input> x,
                    heed::Shape shape, Status status) {
  Predictor predictor(m, options), throwing(m);
  const long before = test_support::allocations();
  EXPECT_EQ(predictor.try_predict(x.data(), shape.steps, shape.features).status, status) << to_text(status);
  EXPECT_EQ(test_support::allocations(), before) << to_text(status);
  if (status == Status::too_many_steps || status == Status::wrong_steps) return;  // of the room
  const std::string error = error_of([&] { throwing(x.data(), shape.steps, shape.features); });
  EXPECT_NE(error.find(to_text(status)), std::string::npos) << error;
}

TEST(TryPredict, RefusesWhatAPredictionRefusesInItsOrder) {
  const heed::PredictorOptions room{.max_steps = 4};
  expect_refuses(model, {}, {1, 2, 3}, {1, 3}, Status::too_many_steps);
  expect_refuses(model, room, std::vector<float>(15), {5, 3}, Status::too_many_steps);
  expect_refuses(model, room, {1, nan}, {1, 2}, Status::wrong_features);
  expect_refuses(model, room, {1}, {0, 3}, Status::no_steps);
  for (const float odd : {nan, infinity, -infinity})
    expect_refuses(model, room, {1, 2, odd}, {1, 3}, Status::not_finite);
  for (const std::int32_t token : {-1, 6}) expect_refuses(text, room, {1, token}, {2, 1}, Status::unknown_token);
  expect_refuses(regression, {.max_steps = 4, .features = 3}, {1, 2, nan}, {1, 3}, Status::not_finite);
  expect_refuses(regression, {.max_steps = 4, .features = 3}, {1, 2, 3}, {1, 3}, Status::no_classes);
  expect_refuses(model, {.max_steps = 4, .min_steps = 2}, {1, 2, 3}, {1, 3}, Status::wrong_steps);
  const heed::Sequential flat(heed::FlattenSteps<float>({.steps = 4}), heed::Dense<float>({12, 2}));
  expect_refuses(flat, {.max_steps = 4, .features = 3}, std::vector<float>(9), {3, 3}, Status::wrong_steps);
  Predictor whole(flat, {.max_steps = 4, .features = 3});
  EXPECT_TRUE(whole.try_predict(std::vector<float>(12).data(), 4, 3));
  auto faulty = model;
  faulty.fc2.bias.data()[0] = nan;
  expect_refuses(faulty, room, {1, 2, 3}, {1, 3}, Status::not_finite_logits);
}

TEST(TryPredict, ChecksTheTokensOfEveryModel) {
  const heed::Ensemble<Text> ensemble(2, text.options);
  expect_refuses(ensemble, {.max_steps = 4}, {1, 6}, {2, 1}, Status::unknown_token);
  const heed::Tagger<float> tagger(
      {.tokens = {4, 9}, .embedding = {5, 3}, .classes = 3, .hidden = 8, .output = heed::TaggerOutput::sequence});
  expect_refuses(tagger, {.max_steps = 4}, {3, 8, 4, 0}, {2, 2}, Status::unknown_token);
  Predictor tags(tagger, {.max_steps = 4});
  const std::int32_t good[] = {3, 8, 0, 0};
  EXPECT_TRUE(tags.try_predict(good, 2, 2));
  const heed::MultimodalClassifier<float> mixed(
      {.image = {.channels = 1, .height = 4, .width = 4}, .max_words = 2, .tokens = 5, .classes = 3});
  std::vector<float> x(18);
  for (const float word : {5.F, -1.F, 0.5F, nan}) {
    x[17] = word;
    expect_refuses(mixed, {.max_steps = 1}, x, {1, 18}, Status::unknown_token);
  }
}

template <class M>
constexpr bool tries = requires(Predictor<M>& p, const typename M::Input* x) { p.try_predict(x, 1, 1); };

TEST(TryPredict, IsOnlyForModelsThatCheckWithoutThrowing) {
  using Model = test_support::TokenModel<float>;
  static_assert(heed::ChecksInput<Model> && !heed::ChecksInRealTime<Model>);
  static_assert(tries<Text> && !tries<Model>);
  const Model tokens({.words = 5, .features = 3, .classes = 2});
  Predictor predictor(tokens);
  const std::int32_t good[] = {4, 0}, bad[] = {4, 5};
  EXPECT_EQ(predictor(good, 2, 1).probabilities.size(), 2U);
  EXPECT_EQ(error_of([&] { predictor(bad, 2, 1); }),
            "Predictor, sequence 0, step 1 (counted from 0): token out of range (expected 0 to 4, got 5)");
}

TEST(PredictorOptions, AreChecked) {
  const auto error = [&](heed::PredictorOptions o) { return error_of([&] { Predictor(model, o); }); };
  EXPECT_NE(error({.max_steps = -1}).find("min_steps and max_steps"), std::string::npos);
  EXPECT_NE(error({.max_steps = 3, .min_steps = 4}).find("got 4 and 3"), std::string::npos);
  EXPECT_NE(error({.max_steps = 3, .min_steps = 0}).find("got 0 and 3"), std::string::npos);
  EXPECT_NE(error({.max_steps = 3, .features = 2}).find("wrong number of features"), std::string::npos);
  EXPECT_NE(error_of([&] { Predictor(regression, {.max_steps = 3}); }).find("how many features"), std::string::npos);
}

#if defined(__GLIBC__) && defined(__SSE2__)
TEST(TryFunctions, RefuseNanWhereTheCallerTrapsIt) {
  Stream stream(model, {.max_steps = 4});
  Predictor predictor(model, {.max_steps = 4});
  const std::vector<float> x{1, nan, 3};
  auto state = stream.state();
  state.numbers[0] = nan;
  std::fenv_t before;
  std::fegetenv(&before);
  std::feclearexcept(FE_ALL_EXCEPT);
  feenableexcept(FE_INVALID);
  const Status statuses[] = {stream.try_step(x).status, stream.try_restore(state),
                             predictor.try_predict(x.data(), 1, 3).status};
  const std::string error = error_of([&] { stream.step(x); });
  const int traps = fegetexcept();
  std::fesetenv(&before);
  for (const Status status : statuses) EXPECT_EQ(status, Status::not_finite);
  EXPECT_NE(error.find("value is not finite"), std::string::npos);
  EXPECT_EQ(traps, FE_INVALID);
}
#endif

/// Allocations of all calls from the first one on, with each number of steps, the shortest first.
template <class Model>
long allocations_of(Predictor<Model>& predictor, heed::Shape shape, Index min_steps) {
  const auto x = stream_input<typename Model::Input>(shape);
  const long before = test_support::allocations();
  for (Index steps = min_steps; steps <= shape.steps; ++steps) {
    EXPECT_TRUE(predictor.try_outputs(x.data(), steps, shape.features));
  }
  return test_support::allocations() - before;
}

TEST(TryPredict, AllocatesNothingFromTheFirstCallOn) {
  for (const Attention attention : {Attention::pool, Attention::multihead, Attention::additive, Attention::meanmax}) {
    const Classifier m(
        {.features = 3, .classes = 4, .hidden = 8, .attention = attention, .layers = 2, .bidirectional = true});
    Predictor predictor(m, {.max_steps = 40});
    Predictor other(predictor);  // a copy is as good
    EXPECT_EQ(allocations_of(predictor, {40, 3}, 1), 0) << to_text(attention);
    EXPECT_EQ(allocations_of(other, {40, 3}, 1), 0) << to_text(attention);
  }
  Predictor words(text, {.max_steps = 40});
  EXPECT_EQ(allocations_of(words, {40, 1}, 1), 0);
}

// from some 512 steps on the pool works in chunks, from 362 on attention works in blocks: with less memory
TEST(TryPredict, AllocatesNothingWhereFewerStepsTakeMore) {
  const heed::Sequential pool(
      heed::QueryPool<heed::AdditiveAttention<float>>({.query_size = 3, .memory_size = 512, .attention_size = 4}));
  Predictor first(pool, {.max_steps = 560, .min_steps = 490, .features = 512});
  EXPECT_EQ(allocations_of(first, {560, 512}, 490), 0);
  const heed::Sequential relative(
      heed::MultiHeadAttention<float>({.embed_dim = 4, .num_heads = 1, .relative_positions = 200}),
      heed::MeanPool<float>());
  Predictor second(relative, {.max_steps = 400, .min_steps = 340, .features = 4});
  EXPECT_EQ(allocations_of(second, {400, 4}, 340), 0);
}

TEST(TryStep, AllocatesNothingFromTheFirstCallOn) {
  Stream stream(model, {.max_steps = 20});
  const auto x = stream_input<float>({20, 3});
  const auto state = stream.state();
  const long before = test_support::allocations();
  for (Index t = 0; t < 20; ++t) {
    EXPECT_TRUE(stream.try_step(x.data() + t * 3, 3));
    EXPECT_TRUE(stream.try_prediction());
    EXPECT_TRUE(stream.try_outputs());
  }
  stream.reset();
  EXPECT_EQ(stream.try_restore(state), Status::ok);
  EXPECT_TRUE(stream.try_step(x.data(), 3));
  EXPECT_EQ(test_support::allocations(), before);
}

// Weights are kept by a run of their own, so that later predictions need no more memory than before.
TEST(TryPredict, AllocatesNothingAfterAttentionWeights) {
  const Classifier heads({.features = 3,
                          .classes = 4,
                          .hidden = 8,
                          .attention = Attention::multihead,
                          .heads = 2,
                          .pooling = heed::Pooling::last});
  Predictor predictor(heads, {.max_steps = 30});
  const std::vector<float> x = stream_input<float>({30, 3});
  predictor.attention_weights(heed::TensorView<const float, 3>(x.data(), {1, 2, 3}));
  const long allocations = test_support::allocations();
  EXPECT_TRUE(predictor.try_predict(x.data(), 30, 3));
  EXPECT_EQ(test_support::allocations(), allocations);
}

// A model of tokens that refuses 0, the padding of others, with an exception of its own.
struct FromOne : Text {
  using Text::Text;
  void check_input(heed::TensorView<const std::int32_t, 3> x, std::span<const std::int32_t>, const std::string&) const {
    if (first_unknown(heed::Tile<const std::int32_t>(x.data(), {x.extent(1), x.extent(2)}, 1)) < x.size()) {
      throw std::invalid_argument("no token");
    }
  }
  Index first_unknown(heed::Tile<const std::int32_t> x) const noexcept {
    Index i = 0;
    while (i < x.size() && x.data[i] > 0 && x.data[i] < 6) ++i;
    return i;
  }
};

TEST(TryPredict, IsWarmWhereAModelRefusesZeros) {
  const FromOne from_one(text.options);
  Predictor<FromOne> predictor(from_one, {.max_steps = 7});
  const std::vector<std::int32_t> x = {1, 2, 3, 4, 5, 1, 2};
  const long allocations = test_support::allocations();
  EXPECT_TRUE(predictor.try_predict(x.data(), 7, 1));
  EXPECT_EQ(test_support::allocations(), allocations);
}

TEST(TryFunctions, LeaveAModelsOwnExceptionsToTheOthers) {
  const FromOne from_one(text.options);
  Predictor<FromOne> predictor(from_one, {.max_steps = 7});
  Stream<FromOne> stream(from_one, {.max_steps = 7});
  const std::int32_t padding[2] = {1, 0};
  EXPECT_EQ(predictor.try_predict(padding, 2, 1).status, Status::unknown_token);
  EXPECT_THROW(predictor(padding, 2, 1), std::invalid_argument);
  EXPECT_EQ(stream.try_step(&padding[1], 1).status, Status::unknown_token);
  EXPECT_THROW(stream.step(&padding[1], 1), std::invalid_argument);
}

TEST(TryPredict, OfAPredictorThatWasMovedFromIsRefused) {
  Predictor predictor(model, {.max_steps = 4});
  Predictor taken = std::move(predictor);
  const std::vector<float> x = stream_input<float>({4, 3});
  EXPECT_TRUE(taken.try_predict(x.data(), 4, 3));
  EXPECT_FALSE(predictor.try_predict(x.data(), 4, 3));  // NOLINT
}

}  // namespace real_time_test
