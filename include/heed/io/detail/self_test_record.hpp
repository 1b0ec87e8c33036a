#pragma once

// What a self-test says, and how it stands in the metadata of a file: an inner part of self_test.hpp.

#include <cstddef>
#include <functional>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// What one step of a model's input holds.
struct InputKind {
  Index features = 0;                        // 0: the model does not say
  bool tokens = false;                       // whether its type is that of tokens
  std::vector<Index> counts = {};            // of the tokens of each feature, 0 for a number; empty: all are numbers
  std::vector<double> mean = {}, unit = {};  // of each feature's numbers; empty: 0 and 1
  Index steps = 0;                           // that the model asks for, 0: it does not
  std::function<double(Shape)> work = {};    // of the attention of a run; empty: no more than the input lets expect
};

inline constexpr Index most_test_numbers = Index(1) << 18, most_test_numbers_stored = Index(1) << 14;
inline constexpr Index most_test_steps = 256, most_test_steps_asked = 2048;  // of any model; of one that asks for them
inline constexpr double most_test_work = 0x1p31;  // of attention: padding before it could make it take hours
inline constexpr Index most_test_outputs = Index(1) << 20;
inline constexpr Index test_room = Index(1) << 25;   // numbers that a run may allocate when a file is loaded
inline constexpr Index test_numbers_repeated = 997;  // prime, so that no two rows are equal

inline constexpr std::size_t most_test_sums = 16;  // of a sequence

/// What the metadata of a file say.
struct StoredTest {
  Index steps = 0;             // of each sequence
  std::vector<double> input;   // one sequence after the other, step by step; less than one is repeated to its end
  std::vector<double> output;  // of each sequence: number k is the sum of the model's numbers k, k + 16, k + 32 ...
  double tolerance = 0;
};

bool has_self_test(const Metadata& metadata);
void erase_self_test(Metadata& metadata);
/// Sets all but the input. Throws if an output is not finite or beyond 2^100. The tolerance is the distance of the second
/// output, which slightly different weights give: many times what rounding makes on other processors.
void set_self_test(Metadata& metadata, const StoredTest& test, const std::vector<double>& nudged);
/// Throws if the numbers cannot be those of a test.
StoredTest read_self_test(const Metadata& metadata, const InputKind& kind);
/// Throws if the model's output for the test's input has a size that the test does not say, or that is too large.
void check_test_size(const StoredTest& test, Shape input, Shape output);
/// Throws if the attention of a run would take long: steps^2 features.
void check_test_work(double work);
/// Rethrows the error that is being handled: it says that the self-test failed, and how to do without.
[[noreturn]] void rethrow_from_self_test();
/// Throws if the output is another one.
void compare_self_test(const StoredTest& test, const std::vector<double>& output);
/// Number `feature` of a step of a sequence: numbers of all sizes around 0, 1, -1 or both, in deviations; or tokens that
/// are not padding.
double test_number(const InputKind& kind, Index sequence, Index step, Index feature);

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "heed/core/error.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

inline constexpr std::string_view without_self_test = "{.self_test = false} or --no-self-test skips this check";

HEED_COLD HEED_FUNCTION bool has_self_test(const Metadata& metadata) { return metadata.contains("self_test.output"); }

HEED_COLD HEED_FUNCTION void erase_self_test(Metadata& metadata) {
  std::erase_if(metadata, [](const auto& entry) { return entry.first.starts_with("self_test."); });
}

HEED_COLD HEED_FUNCTION double test_number(const InputKind& kind, Index sequence, Index step, Index feature) {
  constexpr Index waves = 31;
  const Index wave = (5 * step * (step + 3) + 7 * feature + 11 * sequence) % waves;
  const auto f = static_cast<std::size_t>(feature);
  const Index count = kind.counts.empty() ? 0 : kind.counts[f];
  const Index apart = std::max<Index>(count / (4 * waves), 1);  // for tokens from all of a large vocabulary
  if (count > 0) return static_cast<double>(count == 1 ? 0 : 1 + (wave + waves * sequence) * apart % (count - 1));
  const double centre = sequence == 0 ? 0 : sequence == 1 ? 1 : sequence == 2 || feature % 2 == 1 ? -1 : 1;
  const double number = centre + static_cast<double>(wave - waves / 2) / 8;
  return kind.mean.empty() ? number : kind.mean[f] + kind.unit[f] * number;
}

HEED_COLD HEED_FUNCTION void set_self_test(Metadata& metadata, const StoredTest& test,
                                           const std::vector<double>& nudged) {
  double largest = 0, distance = 0;
  for (std::size_t k = 0; k < test.output.size(); ++k) {
    largest = std::max(largest, std::abs(test.output[k]));
    distance = std::max(distance, std::abs(test.output[k] - nudged[k]));
  }
  // at least what rounding to float and numbers that are flushed to 0 make, also through several layers
  distance = std::max({distance, 0x1p-15 * largest, 0x1p-101});
  constexpr double most = 0x1p100;  // float holds them
  const auto small = [](double y) { return std::abs(y) < most; };
  require(std::all_of(test.output.begin(), test.output.end(), small) && small(distance),
          [] { return Fault{"the output is too large, or no number", "self-test"}; });
  std::vector<float> rounded;  // to 20 bits of the largest: a short text, and the same for most ways to round
  const double grain = std::ldexp(1.0, std::ilogb(std::max(largest, 0x1p-126)) - 19);
  for (const double y : test.output) rounded.push_back(static_cast<float>(std::nearbyint(y / grain) * grain));
  set(metadata, "self_test.steps", test.steps);
  set(metadata, "self_test.output", rounded);
  set(metadata, "self_test.tolerance", std::ldexp(1.0, std::ilogb(distance) + 1));
}

HEED_COLD HEED_FUNCTION StoredTest read_self_test(const Metadata& metadata, const InputKind& kind) {
  const auto check = [](bool ok, const char* key, const std::string& expected, const std::string& got) {
    require(ok, [&] { return Fault{"wrong value", "metadata " + quote(key), expected, got}; });
  };
  constexpr std::size_t most_text = std::size_t(32) * most_test_numbers_stored;
  for (const char* const key : {"self_test.input", "self_test.output"}) {
    const std::size_t size = get_text(metadata, key).size();
    check(size <= most_text, key, "at most " + text_of(most_text) + " bytes", text_of(size));
  }
  const StoredTest test{.steps = get_index(metadata, "self_test.steps"),
                        .input = get_doubles(metadata, "self_test.input"),
                        .output = get_doubles(metadata, "self_test.output"),
                        .tolerance = get_double(metadata, "self_test.tolerance")};
  const Index most = std::min(std::max(most_test_steps, kind.steps), most_test_numbers / kind.features);
  check(test.steps >= 1 && test.steps <= most, "self_test.steps", "1 to " + text_of(most), text_of(test.steps));
  const Index one = test.steps * kind.features, count = static_cast<Index>(test.input.size());
  const Index repeated = std::min(one, test_numbers_repeated);
  const bool whole = count % one == 0 && count >= one && count <= 4 * one && count <= most_test_numbers_stored;
  check(whole || count == repeated, "self_test.input",
        "numbers of 1 to 4 sequences of " + text_of(one) + ", or " + text_of(repeated) + " that are repeated",
        text_of(count));
  check(!test.output.empty(), "self_test.output", "numbers", "none");
  check(test.tolerance >= 0, "self_test.tolerance", "at least 0", text_of(test.tolerance));
  for (const double x : test.input) {
    const bool fits = kind.tokens ? x == std::floor(x) && std::abs(x) < 0x1p31 : std::abs(x) < 0x1p127;
    check(fits, "self_test.input", kind.tokens ? "tokens" : "numbers below 1.7e38", text_of(x));
  }
  return test;
}

HEED_COLD HEED_FUNCTION void check_test_work(double work) {
  require(work <= most_test_work, [&] {
    return Fault{"attention over too many steps", "self-test", "steps^2 features of at most " + text_of(most_test_work),
                 text_of(work)};
  });
}

HEED_COLD HEED_FUNCTION void check_test_size(const StoredTest& test, Shape input, Shape output) {
  require(output.steps >= 1 && output.features >= 1 && output.features <= most_test_outputs / output.steps, [&] {
    return Fault{"an output that is empty or too large", "self-test", "1 to " + text_of(most_test_outputs) + " numbers",
                 text_of(output.steps) + " steps of " + text_of(output.features)};
  });
  if (test.output.empty()) return;  // it is being written
  const std::size_t one = static_cast<std::size_t>(input.steps * input.features);
  const std::size_t sequences = (test.input.size() + one - 1) / one;
  const std::size_t sums = std::min(static_cast<std::size_t>(output.steps * output.features), most_test_sums);
  require(test.output.size() == sums * sequences, [&] {
    return Fault{"an output of another size", "self-test", text_of(test.output.size()), text_of(sums * sequences)};
  });
}

HEED_COLD HEED_FUNCTION void rethrow_from_self_test() {
  try {
    throw;
  } catch (const Error& error) {
    Fault fault = error.fault();
    if (fault.what == abi_detail::no_room) throw;
    if (fault.what.find(without_self_test) == std::string::npos) {
      fault.what += "; " + std::string(without_self_test);
    }
    if (fault.where.find("self-test") == std::string::npos && fault.where.find("self_test.") == std::string::npos) {
      fault.where = fault.where.empty() ? "self-test" : "self-test: " + fault.where;
    }
    throw Error(std::move(fault));
  }
}

HEED_COLD HEED_FUNCTION void compare_self_test(const StoredTest& test, const std::vector<double>& output) {
  require(test.output.size() == output.size(), [&] {
    return Fault{"an output of another size", "self-test", text_of(test.output.size()), text_of(output.size())};
  });
  for (std::size_t k = 0; k < output.size(); ++k) {
    require(std::abs(output[k] - test.output[k]) <= test.tolerance, [&] {
      return Fault{
          "the model does not give the output that it gave when it was saved: the file is damaged, or its weights "
          "were changed; " +
              std::string(without_self_test),
          "self-test, output " + text_of(k) + " (counted from 0)",
          text_of(test.output[k]) + ", at most " + text_of(test.tolerance) + " off", text_of(output[k])};
    });
  }
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
