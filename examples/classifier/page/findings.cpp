#include "findings.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "../confusion.hpp"
#include "heed/core/error.hpp"

namespace classifier::page {

using heed::Index;

Index ClassFindings::answer(Index i) const {
  const auto row = probabilities[i];
  return std::max_element(row.begin(), row.end()) - row.begin();
}

ClassFindings class_findings(std::vector<std::string> names, heed::Tensor<float, 2> logits,
                             std::vector<std::int32_t> truth) {
  heed::require(std::ssize(names) <= most_classes_compared, [&] {
    return heed::Fault{"too many classes for a report", "", "at most " + std::to_string(most_classes_compared),
                       std::to_string(names.size())};
  });
  ClassFindings f{std::move(names), std::move(logits), std::move(truth)};
  for (Index i = 0; i < f.probabilities.extent(0); ++i) {  // softmax, in double
    const auto row = f.probabilities[i];
    const auto top = static_cast<double>(*std::max_element(row.begin(), row.end()));
    double sum = 0;
    for (const float z : row) sum += std::exp(static_cast<double>(z) - top);
    const double own = static_cast<double>(f.probabilities(i, f.truth_of(i)));
    f.loss += (top + std::log(sum) - own) / static_cast<double>(f.truth.size());
    for (float& z : row) z = static_cast<float>(std::exp(static_cast<double>(z) - top) / sum);
  }
  f.confusion = heed::confusion_matrix(f.probabilities.view(), f.truth);
  f.reports = heed::class_reports(f.confusion);
  f.calibration = heed::calibration(f.probabilities.view(), f.truth);
  return f;
}

Index ModelBranch::parameters() const {
  Index sum = 0;
  for (const ModelPart& part : parts) sum += part.parameters;
  return sum;
}

std::vector<Index> evenly(Index count, Index most) {
  std::vector<Index> rows;
  const Index n = std::min(count, most);
  for (Index k = 0; k < n; ++k) rows.push_back(k * count / n);
  return rows;
}

std::string grouped(Index count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string all_are(const Cases& cases) {
  return cases.count == 1 ? "The only " + cases.one + " is" : "All " + counted_of(cases.count, cases) + " are";
}

std::string counted_of(Index count, const Cases& cases) {
  return grouped(count) + ' ' + (count == 1 ? cases.one : cases.many);
}

}  // namespace classifier::page
