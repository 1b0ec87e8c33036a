#include "heed/infer/predictor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/random.hpp"
#include "../support/task.hpp"
#include "heed/models/seq2seq.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/train/evaluate.hpp"

namespace predictor_test {

using heed::Attention;
using heed::Index;
using heed::Output;
using heed::Predictor;
using heed::Tensor;
using test_support::error_of;
using test_support::largest_difference;
using test_support::Task;
template <class S>
using Classifier = heed::SequenceClassifier<S>;

constexpr Attention attentions[] = {Attention::pool, Attention::multihead, Attention::additive, Attention::none};
template <class S>
inline constexpr double one_lane_equals_many = sizeof(S) == 4 ? 1e-6 : 1e-12;

template <class S>
Classifier<S> make(Attention attention) {
  return Classifier<S>({.features = 3, .classes = 4, .hidden = 8, .dense = 6, .attention = attention});
}

template <class S>
void check_batch_and_single(Attention attention, Index n, bool ragged) {
  const Classifier<S> model = make<S>(attention);
  const Task<S> task(n, {5, 3}, 4, ragged);
  Predictor predictor(model);
  Tensor<S, 2> logits({n, 4}), probabilities({n, 4}), evaluated({n, 4});
  predictor(task.x, logits.view(), task.lengths, Output::logits);
  predictor(task.x, probabilities.view(), task.lengths);

  heed::ThreadPool pool(1);
  heed::Evaluator<Classifier<S>>(model, task.view(), pool)(model, evaluated.view());
  EXPECT_LE(largest_difference(logits, evaluated), one_lane_equals_many<S>);

  const Tensor<S, 2> at_once = heed::predict(model, task.x.view(), task.lengths);
  EXPECT_EQ(largest_difference(at_once, probabilities), 0);

  for (Index i = 0; i < n; ++i) {
    double total = 0, sum = 0;
    for (Index c = 0; c < 4; ++c) total += std::exp(static_cast<double>(logits(i, c)));
    for (Index c = 0; c < 4; ++c) {
      sum += static_cast<double>(probabilities(i, c));
      EXPECT_NEAR(probabilities(i, c), std::exp(static_cast<double>(logits(i, c))) / total, one_lane_equals_many<S>);
    }
    EXPECT_NEAR(sum, 1, one_lane_equals_many<S>);

    const Index steps = ragged ? task.lengths[static_cast<std::size_t>(i)] : 5;
    const heed::TensorView<const S, 2> one(task.x[i].data(), {steps, 3});
    std::vector<S> out(4);
    predictor(one, out, Output::logits);
    EXPECT_LE(largest_difference(out, logits[i]), one_lane_equals_many<S>);
    predictor(one, out);
    EXPECT_LE(largest_difference(out, probabilities[i]), one_lane_equals_many<S>);
    const heed::Prediction<S> p = predictor(one);
    EXPECT_EQ(largest_difference(p.probabilities, out), 0);
    EXPECT_EQ(p.label, std::max_element(out.begin(), out.end()) - out.begin());
    const heed::Prediction<S> from_pointer = predictor(one.data(), steps, 3);
    EXPECT_EQ(largest_difference(from_pointer.probabilities, out), 0);
  }
}

TEST(Predictor, OneSequenceABatchAndAnEvaluationAgree) {
  for (const Attention attention : attentions) {
    for (const bool ragged : {false, true}) {
      check_batch_and_single<double>(attention, 70, ragged);
      check_batch_and_single<float>(attention, 70, ragged);
    }
  }
}

TEST(Predictor, TakesBatchesOfAnySize) {
  for (const Index n : {1, 2, 16, 17, 63, 64, 65, 130}) check_batch_and_single<double>(Attention::pool, n, true);
}

TEST(Predictor, OfNothingIsNothing) {
  const auto model = make<float>(Attention::pool);
  Predictor predictor(model);
  const Tensor<float, 3> none({0, 5, 3});
  Tensor<float, 2> nothing({0, 4});
  EXPECT_NO_THROW(predictor(none, nothing));
  EXPECT_EQ(heed::predict(model, none.view()).size(), 0);
}

TEST(Predictor, GivesTheFirstOfEqualClasses) {
  auto model = make<float>(Attention::none);
  heed::set_zero(model);
  Predictor predictor(model);
  const Tensor<float, 2> one({5, 3});
  EXPECT_EQ(predictor(one).label, 0);
  EXPECT_EQ(predictor(one).probabilities[3], 0.25F);
}

TEST(Predictor, ReadsWhatStandsPastAnEndNeither) {
  const auto model = make<float>(Attention::multihead);
  Task<float> task(20, {5, 3}, 4, true);
  const auto before = heed::predict(model, task.x.view(), task.lengths);
  for (Index i = 0; i < 20; ++i) {
    for (Index t = task.lengths[static_cast<std::size_t>(i)]; t < 5; ++t) task.x(i, t, 1) = NAN;
  }
  EXPECT_EQ(largest_difference(heed::predict(model, task.x.view(), task.lengths), before), 0);
}

TEST(Predictor, RejectsWhatDoesNotFit) {
  const auto model = make<float>(Attention::pool);
  Predictor predictor(model);
  const Task<float> task(6, {5, 3}, 4);
  Tensor<float, 2> out({6, 4});
  const Tensor<float, 2> two({5, 2});
  EXPECT_NE(error_of([&] { predictor(two); }).find("features (expected 3, got 2)"), std::string::npos);
  EXPECT_NE(error_of([&] { predictor(heed::view(static_cast<const float*>(nullptr), {0, 3})); }).find("empty sequence"),
            std::string::npos);
  EXPECT_NE(error_of([&] { predictor(static_cast<const float*>(nullptr), 5, 3); }).find("null"), std::string::npos);
  std::vector<float> three(3);
  EXPECT_EQ(error_of([&] { predictor(task.x[0], three); }),
            "Predictor, out: wrong number of classes (expected 4, got 3)");
  Tensor<float, 2> narrow({6, 3}), short_out({5, 4});
  const Tensor<float, 3> wide({6, 5, 4});
  EXPECT_EQ(error_of([&] { predictor(task.x, narrow); }),
            "Predictor, out: wrong number of classes (expected 4, got 3)");
  EXPECT_EQ(error_of([&] { predictor(task.x, short_out); }),
            "Predictor, out: wrong number of rows (expected 6, got 5)");
  EXPECT_NE(error_of([&] { predictor(wide, out.view()); }).find("features (expected 3, got 4)"), std::string::npos);
  const Tensor<float, 3> stepless({6, 0, 3});
  EXPECT_NE(error_of([&] { predictor(stepless, out.view()); }).find("empty sequences"), std::string::npos);
  const std::vector<std::int32_t> few{1, 2}, long_one{1, 2, 3, 4, 5, 6}, negative{1, 2, 3, 4, 5, -1};
  EXPECT_EQ(error_of([&] { predictor(task.x, out.view(), few); }),
            "Predictor: wrong number of lengths (expected 6, got 2)");
  EXPECT_NE(error_of([&] { predictor(task.x, out.view(), long_one); }).find("sequence 5"), std::string::npos);
  EXPECT_NE(error_of([&] { predictor(task.x, out.view(), negative); }).find("length out of range"), std::string::npos);
  EXPECT_NO_THROW(predictor(task.x, out.view()));  // and is as good as before
}

TEST(Predictor, KeepsNoTemporaryModel) {
  static_assert(std::is_constructible_v<Predictor<Classifier<float>>, const Classifier<float>&>);
  static_assert(!std::is_constructible_v<Predictor<Classifier<float>>, Classifier<float>>);
}

TEST(Predictor, GivesAttentionWeights) {
  const Task<double> task(70, {5, 3}, 4, true);
  for (const Attention attention : {Attention::pool, Attention::additive, Attention::multihead}) {
    const auto model = make<double>(attention);
    Predictor predictor(model);
    const Index rows = attention == Attention::multihead ? 2 * 5 : 1, keys = 5;
    const Tensor<double, 3> a = predictor.attention_weights(task.x, task.lengths);
    if (attention == Attention::multihead) {
      EXPECT_EQ(a.extents(), (heed::Extents<3>{70, 10, 5}));
    } else {
      EXPECT_EQ(a.extents(), (heed::Extents<3>{70, 5, 1}));
    }
    for (Index i = 0; i < 70; ++i) {
      const Index length = task.lengths[static_cast<std::size_t>(i)];
      for (Index r = 0; r < rows; ++r) {
        const double* row = a[i].data() + r * keys;
        EXPECT_NEAR(std::accumulate(row, row + keys, 0.0), r % 5 < length ? 1 : 0, 1e-12);
        for (Index k = length; k < keys; ++k) EXPECT_EQ(row[k], 0);
        for (Index k = 0; k < keys; ++k) EXPECT_GE(row[k], 0);
      }
    }
    // asking changes nothing
    Tensor<double, 2> first({70, 4}), second({70, 4});
    predictor(task.x, first.view(), task.lengths);
    predictor.attention_weights(task.x, task.lengths);
    predictor(task.x, second.view(), task.lengths);
    EXPECT_EQ(largest_difference(first, second), 0);
  }
}

TEST(Predictor, GivesTheAttentionWeightsOfTilesOfAnySize) {
  heed::Seq2Seq<double> model(
      {.source_tokens = 5, .target_tokens = 5, .embedding = 3, .hidden = 4, .layers = 1, .dropout = 0});
  Tensor<std::int32_t, 3> x({70, 6, 2});  // only the last, in a tile of its own, is longer than two and three tokens
  for (Index i = 0; i < 70; ++i) {
    for (Index t = 0; t < (i == 69 ? 5 : 2); ++t) x(i, t, 0) = 1 + static_cast<std::int32_t>((i + t) % 4);
    for (Index t = 0; t < (i == 69 ? 6 : 3); ++t) x(i, t, 1) = 1 + static_cast<std::int32_t>((i * t) % 4);
  }
  Predictor predictor(model);
  const Tensor<double, 3> a = predictor.attention_weights(x.view());
  EXPECT_EQ(a.extents(), (heed::Extents<3>{70, 6, 5}));
  for (Index i = 0; i < 70; ++i) {
    const Tensor<double, 3> alone =
        predictor.attention_weights(heed::view(x[i].data(), {Index(1), Index(6), Index(2)}));
    for (Index t = 0; t < alone.extent(1); ++t) {
      for (Index k = 0; k < 5; ++k) {
        EXPECT_NEAR(a(i, t, k), k < alone.extent(2) ? alone(0, t, k) : 0, 1e-12) << i << ", " << t << ", " << k;
      }
    }
  }
}

TEST(Predictor, GivesTheAttentionWeightsOfLongSequences) {
  const Task<double> task(64, {100, 3}, 4);
  const auto model = make<double>(Attention::multihead);
  Predictor predictor(model), asked(model);
  const Tensor<double, 3> a = asked.attention_weights(task.x);
  ASSERT_EQ(a.extents(), (heed::Extents<3>{64, 200, 100}));
  for (Index r = 0; r < 200; ++r) {
    const double* row = a[63].data() + r * 100;
    EXPECT_NEAR(std::accumulate(row, row + 100, 0.0), 1, 1e-12);
  }
  Tensor<double, 2> first({64, 4}), second({64, 4});
  predictor(task.x, first.view());
  asked(task.x, second.view());
  EXPECT_EQ(largest_difference(first, second), 0);
}

TEST(Predictor, OfAModelWithoutAttentionHasNoWeights) {
  const auto model = make<double>(Attention::none);
  Predictor predictor(model);
  const Task<double> task(3, {5, 3}, 4);
  EXPECT_NE(error_of([&] { predictor.attention_weights(task.x); }).find("no attention"), std::string::npos);
}

TEST(Predictor, SharesItsModelWithOtherThreads) {
  const auto model = make<float>(Attention::pool);
  const Task<float> task(130, {5, 3}, 4);
  const auto expected = heed::predict(model, task.x.view());
  std::vector<Tensor<float, 2>> got(3, Tensor<float, 2>({130, 4}));
  std::vector<std::thread> threads;
  for (auto& out : got) {
    threads.emplace_back([&] {
      Predictor predictor(model);
      for (int i = 0; i < 5; ++i) predictor(task.x, out.view());
    });
  }
  for (auto& t : threads) t.join();
  for (const auto& out : got) EXPECT_EQ(largest_difference(out, expected), 0);
}

// Gates saturate: an infinite number would give confident probabilities.
TEST(Predictor, RefusesInfiniteNumbersThatSaturate) {
  heed::SequenceClassifier<float> model({.features = 2, .classes = 3});
  heed::Predictor predictor(model);
  for (const float bad : {HUGE_VALF, -HUGE_VALF, std::nanf("")}) {
    std::vector<float> x(2 * 5 * 2, 0.5F), out(6);
    x[13] = bad;
    EXPECT_NE(test_support::error_of([&] {
                predictor(heed::view(x.data() + 10, {5, 2}));
              }).find("Predictor, sequence 0, step 1, feature 1"),
              std::string::npos);
    EXPECT_THROW(predictor(heed::view(x.data(), {2, 5, 2}), heed::view(out.data(), {2, 3})), heed::Error);
    const std::vector<std::int32_t> lengths{5, 1};  // it stands past the end
    predictor(heed::view(x.data(), {2, 5, 2}), heed::view(out.data(), {2, 3}), lengths);
    EXPECT_TRUE(std::isfinite(out[5]));
  }
}

}  // namespace predictor_test
