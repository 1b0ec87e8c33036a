#include "heed/metrics/classification.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "heed/core/rng.hpp"

namespace classification_test {

using heed::Index;
using heed::Tensor;
using Labels = std::vector<std::int32_t>;

// the classes of the rows: 0 0 1 2 1 2
const Tensor<double, 2> scores({6, 3}, {5, 1, 2,  //
                                        3, 3, 1,  //
                                        0, 2, 1,  //
                                        1, 2, 7,  //
                                        0, 9, 8,  //
                                        1, 0, 4});
const Labels labels{0, 1, 1, 2, 2, 2};

TEST(Metrics, AccuracyTakesTheFirstOfEqualScores) {
  EXPECT_DOUBLE_EQ(heed::accuracy(scores.view(), labels), 4.0 / 6);
  EXPECT_DOUBLE_EQ(heed::top_k_accuracy(scores.view(), labels, 1), 4.0 / 6);
  EXPECT_DOUBLE_EQ(heed::top_k_accuracy(scores.view(), labels, 2), 1);
  EXPECT_DOUBLE_EQ(heed::top_k_accuracy(scores.view(), Labels{1, 2, 0, 0, 0, 1}, 2), 0);
  EXPECT_DOUBLE_EQ(heed::top_k_accuracy(scores.view(), Labels{1, 2, 0, 0, 0, 1}, 3), 1);
}

TEST(Metrics, RefuseScoresThatAreNoNumbers) {
  Tensor<double, 2> some = scores;
  some(4, 1) = std::nan("");
  const auto error = [](auto&& f) { return test_support::error_of(f); };
  const std::string text = ", row 4, class 1 (counted from 0): not a score (expected a number, got NaN)";
  EXPECT_EQ(error([&] { heed::accuracy(some.view(), labels); }), "top_k_accuracy" + text);
  EXPECT_EQ(error([&] { heed::confusion_matrix(some.view(), labels); }), "confusion_matrix" + text);
  some(4, 1) = std::numeric_limits<double>::infinity();
  EXPECT_DOUBLE_EQ(heed::accuracy(some.view(), labels), 4.0 / 6);
}

TEST(Metrics, ConfusionMatrixHasARowALabel) {
  const Tensor<std::int64_t, 2> expected({3, 3}, {1, 0, 0,  //
                                                  1, 1, 0,  //
                                                  0, 1, 2});
  const auto counts = heed::confusion_matrix(scores.view(), labels);
  EXPECT_TRUE(std::equal(counts.begin(), counts.end(), expected.begin()));
}

TEST(Metrics, PrecisionRecallAndF1AreThoseOfScikitLearn) {
  const auto reports = heed::class_reports(heed::confusion_matrix(scores.view(), labels));
  // by hand: hits 1 1 2, predicted 2 2 2, labelled 1 2 3
  const double precision[] = {0.5, 0.5, 1}, recall[] = {1, 0.5, 2.0 / 3}, f1[] = {2.0 / 3, 0.5, 0.8};
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_DOUBLE_EQ(reports[c].precision, precision[c]);
    EXPECT_DOUBLE_EQ(reports[c].recall, recall[c]);
    EXPECT_DOUBLE_EQ(reports[c].f1, f1[c]);
    EXPECT_EQ(reports[c].support, static_cast<std::int64_t>(c) + 1);
  }
  EXPECT_DOUBLE_EQ(heed::macro_f1(heed::confusion_matrix(scores.view(), labels)), (2.0 / 3 + 0.5 + 0.8) / 3);
}

TEST(Metrics, ClassesWithoutRowsDoNotCountAndGiveZeros) {
  const Tensor<std::int64_t, 2> confusion({3, 3}, {2, 0, 0,  //
                                                   1, 0, 0,  //
                                                   0, 0, 0});
  const auto reports = heed::class_reports(confusion);
  EXPECT_EQ(reports[1].precision, 0);
  EXPECT_EQ(reports[2].f1, 0);
  EXPECT_DOUBLE_EQ(heed::macro_f1(confusion), 0.8 / 2);
}

TEST(Metrics, ReportsAreOfAConfusionMatrixAlone) {
  using Counts = Tensor<std::int64_t, 2>;
  using test_support::error_of;
  EXPECT_EQ(error_of([] { heed::class_reports(Counts({2, 1})); }),
            "class_reports: a confusion matrix that is not square (expected (classes, classes), got (2, 1))");
  EXPECT_EQ(error_of([] { heed::macro_f1(Counts({0, 3})); }),
            "class_reports: a confusion matrix that is not square (expected (classes, classes), got (0, 3))");
  EXPECT_EQ(error_of([] { heed::class_reports(Counts({1, 1}, {-1})); }),
            "class_reports: counts out of range (expected at least 0, and less than 2^62 in all, got -1)");
  const std::int64_t large = std::int64_t(1) << 61;
  EXPECT_EQ(error_of([&] { heed::macro_f1(Counts({2, 2}, {0, large, large, 0})); }),
            "class_reports: counts out of range (expected at least 0, and less than 2^62 in all, got " +
                std::to_string(large) + ")");
  EXPECT_EQ(heed::class_reports(Counts({0, 0})).size(), 0U);
}

// how often a positive is above a negative, pair by pair
double by_pairs(const std::vector<double>& s, const Labels& positive) {
  double above = 0, pairs = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    for (std::size_t j = 0; j < s.size(); ++j) {
      if (!positive[i] || positive[j]) continue;
      above += s[i] > s[j] ? 1 : s[i] == s[j] ? 0.5 : 0;
      ++pairs;
    }
  }
  return above / pairs;
}

TEST(Metrics, AurocCountsPairsAndHalfOfTies) {
  const std::vector<double> s{0.1, 0.4, 0.35, 0.8};
  EXPECT_DOUBLE_EQ(heed::auroc<double>(s, Labels{0, 0, 1, 1}), 0.75);  // scikit-learn's own example
  EXPECT_DOUBLE_EQ(heed::auroc<double>(std::vector<double>{1, 1, 1}, Labels{0, 1, 1}), 0.5);
  EXPECT_TRUE(std::isnan(heed::auroc<double>(s, Labels{1, 1, 1, 1})));
  const heed::Key key{3};
  for (std::uint64_t n = 2; n < 40; ++n) {
    std::vector<double> some;
    Labels positive{0, 1};
    for (std::uint64_t i = 0; i < n; ++i) {
      some.push_back(static_cast<double>(key.child(n).below(i, 6)));  // many ties
      if (i >= 2) positive.push_back(static_cast<std::int32_t>(key.child(n).below(100 + i, 2)));
    }
    EXPECT_NEAR(heed::auroc<double>(some, positive), by_pairs(some, positive), 1e-12);
  }
}

TEST(Metrics, AurocOfClassesIsTheMeanOfOneAgainstTheRest) {
  double sum = 0;
  for (Index c = 0; c < 3; ++c) {
    std::vector<double> column;
    Labels positive;
    for (Index i = 0; i < 6; ++i) {
      column.push_back(scores(i, c));
      positive.push_back(labels[static_cast<std::size_t>(i)] == c);
    }
    sum += by_pairs(column, positive);
  }
  EXPECT_DOUBLE_EQ(heed::auroc(scores.view(), labels), sum / 3);
  const Tensor<double, 2> two({4, 2}, {0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8});
  EXPECT_DOUBLE_EQ(heed::auroc(two.view(), Labels{0, 0, 1, 1}), 0.75);
}

TEST(Metrics, PerplexityIsTheExponentialOfTheMeanCrossEntropy) {
  const Tensor<double, 2> equal({2, 4});
  EXPECT_DOUBLE_EQ(heed::perplexity(equal.view(), Labels{0, 3}), 4);
  const Tensor<float, 2> logits({2, 2}, {1, 0, 1000, 0});
  EXPECT_NEAR(heed::perplexity(logits.view(), Labels{1, 0}), std::exp(std::log(1 + std::exp(1.0)) / 2), 1e-9);
  EXPECT_DOUBLE_EQ(heed::perplexity(std::log(7.0)), 7);
}

TEST(Metrics, RejectWhatDoesNotFit) {
  using test_support::error_of;
  EXPECT_NE(error_of([] { heed::accuracy(scores.view(), Labels{1}); }).find("differ in number"), std::string::npos);
  EXPECT_NE(error_of([] { heed::accuracy(scores.view(), Labels{0, 1, 1, 3, 2, 2}); }).find("label 3"),
            std::string::npos);
  const Tensor<float, 2> none({0, 3});
  EXPECT_NE(error_of([&] { heed::accuracy(none.view(), Labels{}); }).find("at least one"), std::string::npos);
  EXPECT_NE(error_of([] { heed::top_k_accuracy(scores.view(), labels, 0); }).find("k out of range"), std::string::npos);
  EXPECT_NE(error_of([] { heed::auroc<double>(std::vector<double>{NAN}, Labels{1}); }).find("NaN"), std::string::npos);
}

}  // namespace classification_test
