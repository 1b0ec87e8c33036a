#pragma once

/// @file
/// How far probabilities of classes can be believed: whether of the answers given with 80 % four in five are right.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/metrics/classification.hpp"

namespace heed::inline HEED_ABI {

/// The rows whose confidence falls into one bin. A bin without rows has zeros.
struct CalibrationBin {
  std::int64_t count = 0;
  double confidence = 0;  ///< the mean of the largest probabilities
  double accuracy = 0;    ///< the share whose class is their label
};

struct Calibration {
  std::vector<CalibrationBin> bins;  ///< bin b of B has confidences above b / B, up to (b + 1) / B; the first has 0 too
  double ece = 0;                    ///< sum over bins of count / n |accuracy - confidence|
  double mce = 0;                    ///< the largest |accuracy - confidence| of a bin
  double brier = 0;                  ///< mean over rows of sum over classes of (probability - [class is label])^2
  double confidence = 0;             ///< the mean over all rows
  double accuracy = 0;               ///< the same
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
/// The bins of a row each: its confidence, and whether its class is its label.
Calibration binned_calibration(std::span<const double> confidence, const std::vector<bool>& right, Index bins);
}  // namespace detail

/// The calibration of probabilities (n, classes): the expected and the maximum calibration error over bins of equal
/// width (Guo et al. 2017, who take 15), and the Brier score (Brier 1950), from 0 to 2. Of two classes that is twice
/// scikit-learn's `brier_score_loss`. Throws where counts differ, a label is out of range, a number is no probability,
/// the probabilities of a row do not add up to 1 (within 1 %), or there are fewer than 1 or more than 10,000 bins.
template <class S>
Calibration calibration(TensorView<S, 2> probabilities, std::span<const std::int32_t> labels, Index bins = 15) {
  const DefaultFloatingMode mode;
  detail::check_scores(probabilities, labels, "calibration");
  std::vector<double> confidence;
  std::vector<bool> right;
  double brier = 0;
  for (Index i = 0; i < probabilities.extent(0); ++i) {
    const Index label = labels[static_cast<std::size_t>(i)];
    double sum = 0;
    Index top = 0;
    for (Index c = 0; c < probabilities.extent(1); ++c) {
      const auto p = static_cast<double>(probabilities(i, c));
      require(p >= 0 && p <= 1.01, [&] {
        return Fault{"not a probability", "calibration, row " + text_of(i) + " (counted from 0)", "0 to 1", text_of(p)};
      });
      if (probabilities(i, c) > probabilities(i, top)) top = c;
      const double error = p - (c == label ? 1 : 0);
      brier += error * error;
      sum += p;
    }
    require(std::abs(sum - 1) < 0.01, [&] {
      return Fault{"the probabilities of a row do not add up to 1",
                   "calibration, row " + text_of(i) + " (counted from 0)", "1", text_of(sum)};
    });
    confidence.push_back(std::min(static_cast<double>(probabilities(i, top)), 1.0));
    right.push_back(top == label);
  }
  Calibration result = detail::binned_calibration(confidence, right, bins);
  result.brier = brier / static_cast<double>(labels.size());
  return result;
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA::detail {

HEED_COLD HEED_FUNCTION Calibration binned_calibration(std::span<const double> confidence,
                                                       const std::vector<bool>& right, Index bins) {
  const DefaultFloatingMode mode;
  require(bins >= 1 && bins <= 10'000,
          [&] { return Fault{"number of bins out of range", "calibration", "1 to 10000", text_of(bins)}; });
  Calibration result;
  result.bins.resize(static_cast<std::size_t>(bins));
  for (std::size_t i = 0; i < confidence.size(); ++i) {
    const double place = std::ceil(confidence[i] * static_cast<double>(bins)) - 1;
    CalibrationBin& bin = result.bins[static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(bins - 1)))];
    ++bin.count;
    bin.confidence += confidence[i];
    bin.accuracy += right[i] ? 1 : 0;
  }
  const auto n = static_cast<double>(confidence.size());
  for (CalibrationBin& bin : result.bins) {
    if (bin.count == 0) continue;
    const auto count = static_cast<double>(bin.count);
    result.confidence += bin.confidence;
    result.accuracy += bin.accuracy;
    bin.confidence /= count;
    bin.accuracy /= count;
    const double gap = std::abs(bin.accuracy - bin.confidence);
    result.ece += count / n * gap;
    result.mce = std::max(result.mce, gap);
  }
  result.confidence /= n;
  result.accuracy /= n;
  return result;
}

}  // namespace heed::inline HEED_ISA::detail

#endif
