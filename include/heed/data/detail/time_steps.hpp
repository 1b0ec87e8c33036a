#pragma once

// How far the rows of sequences are apart in time.

#include <algorithm>

#include "heed/data/time_key.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Of all sequences, the one whose steps differ most counts: the ratio of its most to its least is the largest.
class TimeSteps {
 public:
  /// From here on, steps are those of another sequence.
  void begin_sequence() { own_ = {}; }
  /// A step from a to b. Both have the same kind; a comes before b.
  void add(const TimeKey& a, const TimeKey& b) {
    const double step = time_between(a, b);
    own_.least = own_.most > 0 ? std::min(own_.least, step) : step;
    own_.most = std::max(own_.most, step);
    if (chosen_.most == 0 || own_.ratio() > chosen_.ratio()) chosen_ = own_;
  }

  /// 0 without steps, or if times are words.
  double least() const { return chosen_.least; }
  double most() const { return chosen_.most; }

 private:
  struct Range {
    double least = 0, most = 0;
    double ratio() const { return most / least; }
  };
  Range own_ = {}, chosen_ = {};
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
