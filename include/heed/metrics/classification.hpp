#pragma once

/// @file
/// The quality of classifications. Scores are (n, classes): logits or probabilities. The class of a row is the one with
/// the largest score; the lower class wins a tie. Labels are 0 to classes - 1. All functions throw if counts differ, if
/// a label is out of range, or if there is nothing to measure.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
template <class S>
void check_scores(TensorView<S, 2> scores, std::span<const std::int32_t> labels, const char* where) {
  require(scores.extent(0) == static_cast<Index>(labels.size()) && !scores.empty(), [&] {
    return Fault{"scores and labels differ in number", where,
                 std::to_string(scores.extent(0)) + " labels, at least one", std::to_string(labels.size())};
  });
  for (std::size_t i = 0; i < labels.size(); ++i) {
    require(labels[i] >= 0 && labels[i] < scores.extent(1), [&] {
      return Fault{"label out of range", std::string(where) + ", label " + std::to_string(i) + " (counted from 0)",
                   "0 to " + std::to_string(scores.extent(1) - 1), std::to_string(labels[i])};
    });
  }
}
/// Throws if a score is NaN, too.
template <class S>
void check_numbers(TensorView<S, 2> scores, std::span<const std::int32_t> labels, const std::string& where) {
  check_scores(scores, labels, where.c_str());
  const auto *const first = scores.data(), *const end = first + scores.size();
  const auto* const nan = std::find_if(first, end, [](S s) { return s != s; });
  require(nan == end, [&] {
    const Index at = nan - first, classes = scores.extent(1);
    return Fault{"not a score",
                 where + ", row " + std::to_string(at / classes) + ", class " + std::to_string(at % classes) +
                     " (counted from 0)",
                 "a number", "NaN"};
  });
}
}  // namespace detail

/// The share of rows whose label is among the k largest scores. Of equal scores, lower classes come first.
template <class S>
double top_k_accuracy(TensorView<S, 2> scores, std::span<const std::int32_t> labels, Index k) {
  const DefaultFloatingMode mode;
  detail::check_numbers(scores, labels, "top_k_accuracy");
  require(k >= 1, [&] { return Fault{"k out of range", "top_k_accuracy", "at least 1", std::to_string(k)}; });
  Index hits = 0;
  for (Index i = 0; i < scores.extent(0); ++i) {
    const Index label = labels[static_cast<std::size_t>(i)];
    const S own = scores(i, label);
    Index before = 0;
    for (Index c = 0; c < scores.extent(1); ++c) before += scores(i, c) > own || (scores(i, c) == own && c < label);
    hits += before < k;
  }
  return mode.result(static_cast<double>(hits) / static_cast<double>(labels.size()));
}

/// The accuracy: the share of rows whose class equals their label.
template <class S>
double accuracy(TensorView<S, 2> scores, std::span<const std::int32_t> labels) {
  return top_k_accuracy(scores, labels, 1);
}

/// The confusion matrix (classes, classes): element (i, j) counts the rows with label i and class j.
template <class S>
Tensor<std::int64_t, 2> confusion_matrix(TensorView<S, 2> scores, std::span<const std::int32_t> labels) {
  detail::check_numbers(scores, labels, "confusion_matrix");
  const Index classes = scores.extent(1);
  Tensor<std::int64_t, 2> counts({classes, classes});
  for (Index i = 0; i < scores.extent(0); ++i) {
    const S* row = scores.data() + i * classes;
    ++counts(labels[static_cast<std::size_t>(i)], std::max_element(row, row + classes) - row);
  }
  return counts;
}

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// The scores of one class. 0 / 0 counts as 0.
struct ClassReport {
  double precision = 0;      ///< hits / predicted
  double recall = 0;         ///< hits / rows with the label
  double f1 = 0;             ///< 2 precision recall / (precision + recall)
  std::int64_t support = 0;  ///< rows with the label
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// One report per class. Throws unless the matrix is square and has counts: numbers of at least 0, less than 2^62 in all.
HEED_FUNCTION std::vector<ClassReport> class_reports(const Tensor<std::int64_t, 2>& confusion);

/// The mean F1 over the classes that occur as a label or as a prediction. Throws as `class_reports`.
HEED_FUNCTION double macro_f1(const Tensor<std::int64_t, 2>& confusion);

/// The area under the ROC curve: the probability that a positive has a higher score than a negative; ties count half
/// (Mann and Whitney). NaN without positives or without negatives. `positive[i]` is nonzero for positives.
template <class S>
double auroc(std::span<const S> scores, std::span<const std::int32_t> positive) {
  const DefaultFloatingMode mode;
  require(scores.size() == positive.size() && !scores.empty(), [&] {
    return Fault{"scores and labels differ in number", "auroc", std::to_string(scores.size()) + " labels, at least one",
                 std::to_string(positive.size())};
  });
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  for (const S score : scores) {
    require(!std::isnan(score), [] { return Fault{"a score is NaN", "auroc", {}, {}}; });
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  double above = 0, negatives = 0, positives = 0;
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    double here[2] = {0, 0};  // negatives and positives with this score
    for (; last < order.size() && scores[order[last]] == scores[order[first]]; ++last) {
      here[positive[order[last]] != 0] += 1;
    }
    above += here[1] * (negatives + here[0] / 2);
    negatives += here[0];
    positives += here[1];
    first = last;
  }
  return mode.result(negatives > 0 && positives > 0 ? above / (negatives * positives)
                                                    : std::numeric_limits<double>::quiet_NaN());
}

/// The mean over classes of the area under the one-against-rest curve. Classes that no row or every row has are left
/// out. With two classes it is the area of the second one, by the difference of the scores.
template <class S>
double auroc(TensorView<S, 2> scores, std::span<const std::int32_t> labels) {
  const DefaultFloatingMode mode;
  detail::check_scores(scores, labels, "auroc");
  const Index n = scores.extent(0), classes = scores.extent(1);
  using V = std::remove_const_t<S>;
  std::vector<V> column(labels.size());
  std::vector<std::int32_t> positive(labels.size());
  double sum = 0;
  int measured = 0;
  for (Index c = classes == 2 ? 1 : 0; c < classes; ++c) {
    for (Index i = 0; i < n; ++i) {
      const auto at = static_cast<std::size_t>(i);
      column[at] = classes == 2 ? scores(i, 1) - scores(i, 0) : scores(i, c);
      positive[at] = labels[at] == c;
    }
    const double area = auroc(std::span<const V>(column), std::span<const std::int32_t>(positive));
    if (std::isnan(area)) continue;
    sum += area;
    ++measured;
  }
  return mode.result(measured > 0 ? sum / measured : std::numeric_limits<double>::quiet_NaN());
}

/// e^(mean of -log softmax(logits)[label]): the number of equally likely classes that would be as hard to guess.
template <class S>
double perplexity(TensorView<S, 2> logits, std::span<const std::int32_t> labels) {
  const DefaultFloatingMode mode;
  detail::check_scores(logits, labels, "perplexity");
  double sum = 0;
  for (Index i = 0; i < logits.extent(0); ++i) {
    const S* row = logits.data() + i * logits.extent(1);
    const auto top = static_cast<double>(*std::max_element(row, row + logits.extent(1)));
    double total = 0;
    for (Index c = 0; c < logits.extent(1); ++c) total += std::exp(static_cast<double>(row[c]) - top);
    sum += top + std::log(total) - static_cast<double>(row[labels[static_cast<std::size_t>(i)]]);
  }
  return mode.result(std::exp(sum / static_cast<double>(labels.size())));
}
/// The perplexity of a mean cross-entropy.
inline double perplexity(double cross_entropy) {
  const DefaultFloatingMode mode;
  return mode.result(std::exp(cross_entropy));
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

namespace detail {
HEED_COLD HEED_FUNCTION void check_confusion(const Tensor<std::int64_t, 2>& confusion) {
  require(confusion.extent(0) == confusion.extent(1), [&] {
    return Fault{"a confusion matrix that is not square", "class_reports", "(classes, classes)",
                 to_text(confusion.extents())};
  });
  constexpr std::int64_t most = std::int64_t(1) << 62;
  std::int64_t total = 0;
  for (const std::int64_t count : confusion) {
    require(count >= 0 && count < most - total, [&] {
      return Fault{"counts out of range", "class_reports", "at least 0, and less than 2^62 in all", text_of(count)};
    });
    total += count;
  }
}
}  // namespace detail

HEED_FUNCTION std::vector<ClassReport> class_reports(const Tensor<std::int64_t, 2>& confusion) {
  const DefaultFloatingMode mode;
  detail::check_confusion(confusion);
  const Index classes = confusion.extent(0);
  std::vector<ClassReport> reports;
  for (Index c = 0; c < classes; ++c) {
    std::int64_t labelled = 0, predicted = 0;
    for (Index other = 0; other < classes; ++other) {
      labelled += confusion(c, other);
      predicted += confusion(other, c);
    }
    const auto hits = static_cast<double>(confusion(c, c));
    const auto share = [&](std::int64_t of) { return of > 0 ? hits / static_cast<double>(of) : 0; };
    const double both = static_cast<double>(labelled + predicted);
    reports.push_back({share(predicted), share(labelled), both > 0 ? 2 * hits / both : 0, labelled});
  }
  return reports;
}

HEED_FUNCTION double macro_f1(const Tensor<std::int64_t, 2>& confusion) {
  const DefaultFloatingMode mode;
  const std::vector<ClassReport> reports = class_reports(confusion);
  double sum = 0;
  int present = 0;
  for (Index c = 0; c < confusion.extent(0); ++c) {
    std::int64_t seen = 0;
    for (Index other = 0; other < confusion.extent(0); ++other) seen += confusion(c, other) + confusion(other, c);
    sum += reports[static_cast<std::size_t>(c)].f1;
    present += seen > 0;
  }
  return mode.result(present > 0 ? sum / present : 0);
}

}  // namespace heed::inline HEED_ISA

#endif
