#pragma once

// What must hold for sequences, whatever the format of their file.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/reading.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/targets.hpp"

namespace heed::fuzz {

/// The memory that sequences may take for a byte of their file. A digit and a separator become a double in a vector
/// that doubles, and then a number in an array; a label of one character becomes a std::string. All sequences are as
/// long as the longest: with half of the file in one sequence and the other half in short ones, this is a square.
inline std::size_t sequence_factor(std::size_t bytes) { return 128 + 4 * bytes; }

template <class S>
void check_sequences(const Sequences<S>& data, const ReadOptions& options) {
  const Index n = data.count(), steps = data.steps(), features = data.features();
  require_that(n > 0 && steps > 0 && features > 0, "there are sequences, steps and features");
  require_that(data.lengths.empty() || std::ssize(data.lengths) == n, "each sequence has a length");
  require_that(data.labels.empty() || std::ssize(data.labels) == n, "each sequence has a label");
  require_that(data.targets.empty() || data.targets.extent(0) == n, "each sequence has its targets");
  const auto valid = [&](const std::string& text) {  // a .ts file may have both, of the same texts
    return data.targets.empty() ? is_label(text) : is_target(text);
  };
  require_that(std::all_of(data.labels.begin(), data.labels.end(), valid), "labels are labels");
  for (const S target : data.targets) require_that(std::isfinite(target), "targets are finite");
  const bool masks = !data.mask.empty();
  require_that(!masks || (data.mask.extent(0) == n && data.mask.extent(1) == steps), "a mask marks each step");
  Index longest = data.lengths.empty() ? steps : 0;
  for (Index i = 0; i < n; ++i) {
    const Index length = data.lengths.empty() ? steps : data.lengths[static_cast<std::size_t>(i)];
    require_that(length > 0 && length <= steps, "lengths are within the steps");
    longest = std::max(longest, length);
    for (Index t = 0; t < steps; ++t) {
      const bool there = t < length && (!masks || data.mask(i, t) != 0);
      for (Index f = 0; f < features; ++f) {
        const S value = data.x(i, t, f);
        require_that(
            there ? std::isfinite(value) || (options.missing == Missing::keep && std::isnan(value)) : value == 0,
            "values are finite, and zero where there is no step");
      }
    }
  }
  require_that(longest == steps, "a sequence has all steps");
}

/// The body of a fuzzer of `parse(text, options)`. Two choices come before the text.
template <class Parse>
int fuzz_series(const std::uint8_t* data, std::size_t size, Parse&& parse) {
  Input input(data, size);
  const ReadOptions options{input.one_of<Missing>(7), input.choice(2) == 1};
  const std::string_view text = input.text();
  Sequences<float> series;
  if (!refuses(size, sequence_factor(text.size()), [&] { series = parse(text, options); })) {
    check_sequences(series, options);
  }
  return 0;
}

}  // namespace heed::fuzz
