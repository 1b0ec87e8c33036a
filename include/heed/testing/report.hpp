#pragma once

/// @file
/// The tolerances of `check_layer`, and its result.

#include <cstdint>
#include <string>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/testing/detail/errors.hpp"

namespace heed::inline HEED_ISA::testing {

/// Options of `check_layer`.
struct CheckOptions {
  Index lanes = 19;             ///< odd on purpose: covers packets, halves and single lanes
  bool ragged = true;           ///< also checks lengths shortest .. steps
  bool any_steps = true;        ///< it takes other numbers of steps: a ragged sequence is compared with one cut there
  Index shortest = 0;           ///< more if the first steps are not optional, as in `QueryAndMemory`
  bool zero_when_empty = true;  ///< a pooling layer gives 0 for a sequence without steps
  bool training = false;        ///< whether random layers draw
  bool initialize = true;       ///< random weights instead of the layer's own
  double weight_bound = 0.6;    ///< of these weights
  double input_bound = 1;       ///< of the inputs
  std::int32_t tokens = 5;      ///< of a layer of tokens: inputs are 0 to this - 1
  Index token_features = 0;     ///< the last features of a step that are such tokens, as whole numbers
  double gradient = 1e-7;       ///< largest error of a gradient against differences, in norm
  double equal = 1e-12;         ///< largest difference of what must be equal in double
  double in_float = 2e-5;       ///< largest difference between float and double
  std::uint64_t seed = 1;
  long (*allocations)() = nullptr;  ///< counts the program's allocations; if set, a warm pass must not allocate
};

/// The clauses that did not hold; empty if all did.
class Report {
 public:
  bool ok() const { return faults_.empty(); }
  std::string text() const {
    std::string all;
    for (const std::string& f : faults_) all += f + '\n';
    return all;
  }
  /// `guess`: a possible cause.
  void expect(double error, double limit, const std::string& what, const std::string& guess = {}) {
    ++checks_;
    if (error <= limit) return;
    const std::string figure =
        error < 1e250 ? "relative error " + detail::short_text(error) : "a number that is not finite";
    faults_.push_back(what + ": " + figure + ", limit " + detail::short_text(limit) +
                      (guess.empty() ? "" : ": " + guess));
  }
  /// Adds a fault if it does not hold.
  void expect(bool holds, const std::string& what) {
    ++checks_;
    if (!holds) faults_.push_back(what);
  }
  int checks() const { return checks_; }

 private:
  std::vector<std::string> faults_;
  int checks_ = 0;
};

}  // namespace heed::inline HEED_ISA::testing
