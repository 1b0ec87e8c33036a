#pragma once

// Arguments of any kind for public functions: sequences, lengths, masks, labels, options of training.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "choices.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/train/fit_options.hpp"

namespace fuzz {

/// Ends the fuzzer: the input is a finding.
inline void expect(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

/// Whether f() throws a heed::Error. Any other exception ends the fuzzer.
template <class F>
bool fails(F&& f) {
  try {
    f();
    return false;
  } catch (const heed::Error& error) {
    expect(!std::string_view(error.what()).empty(), "an error without words");
    return true;
  }
}

/// Numbers or tokens. A token is now and then in no vocabulary.
template <class X>
X element(Choices& c) {
  if constexpr (std::floating_point<X>) {
    return c.number<X>();
  } else {
    return c.one_in(64) ? static_cast<X>(c.size()) : static_cast<X>(c.below(4));
  }
}

/// Sequences in memory, with lengths and a mask that may not fit.
template <class X>
struct Sequences {
  heed::Extents<3> extents{};
  std::vector<X> numbers;
  std::vector<std::int32_t> lengths;
  std::vector<std::uint8_t> steps;

  /// Extents are small, or so that there is no number at all.
  Sequences(Choices& c, Index features) {
    extents = {c.one_in(32) ? 70 : static_cast<Index>(c.below(5)), static_cast<Index>(c.below(10)),
               c.one_in(32) ? c.size() : features};
    if (c.one_in(64)) {
      for (Index& n : extents) n = c.size();
      extents[c.below(3)] = 0;
    }
    const bool small = extents[0] < 100 && extents[1] < 100 && extents[2] < 100;
    if (!small && extents[0] != 0 && extents[1] != 0 && extents[2] != 0) extents = {1, 3, features};
    const Index size = extents[0] < 0 || extents[1] < 0 || extents[2] < 0 ? 0 : heed::element_count(extents);
    for (Index i = 0; i < size; ++i) numbers.push_back(c.one_in(2) ? X(1) : element<X>(c));
    const std::size_t n = static_cast<std::size_t>(std::clamp<Index>(extents[0], 0, 100));
    const std::size_t length = static_cast<std::size_t>(std::clamp<Index>(extents[1], 0, 100));
    if (c.flag()) {
      for (std::size_t i = 0; i < n + (c.one_in(32) ? 1 : 0); ++i) {
        const Index any = c.one_in(64) ? c.size() : static_cast<Index>(c.below(length + 1));
        lengths.push_back(static_cast<std::int32_t>(any));
      }
    }
    if (c.one_in(4)) {
      steps.resize(n * length + (c.one_in(32) ? 1 : 0));
      for (std::uint8_t& step : steps) step = c.one_in(4) ? 0 : 1;
    }
  }
  heed::TensorView<const X, 3> x() const { return {numbers.empty() ? &none : numbers.data(), extents}; }
  heed::StepMask mask() const {
    const std::span<const std::uint8_t> all(steps);
    return steps.empty() ? heed::StepMask() : heed::StepMask(all).in_rows(extents[0]);
  }
  static constexpr X none{};
};

/// Labels, or numbers (n, k), that need not fit.
inline std::vector<std::int32_t> labels(Choices& c, Index count) {
  std::vector<std::int32_t> all;
  const Index n = std::clamp<Index>(c.one_in(32) ? count + 1 : count, 0, 1000);
  for (Index i = 0; i < n; ++i)
    all.push_back(c.one_in(64) ? static_cast<std::int32_t>(c.size()) : static_cast<int>(c.below(2)));
  return all;
}

inline heed::Schedule schedule(Choices& c) {
  switch (c.below(8)) {
    case 0:
      return options<heed::StepSchedule>(c);
    case 1:
      return options<heed::CosineSchedule>(c);
    case 2:
      return options<heed::OneCycleSchedule>(c);
    case 3:
      return options<heed::PlateauSchedule>(c);
    case 4:
      return heed::CustomSchedule{[n = c.number()](Index) { return n; }};
    default:
      return {};
  }
}

/// A run of at most two epochs.
inline heed::FitOptions fit_options(Choices& c) {
  heed::FitOptions o;
  for (const heed::FieldRecord& field : heed::fields_of(o).records) {
    if (c.one_in(8)) choose(field, c);
  }
  o.epochs = std::min(o.epochs, 2);
  o.threads = c.one_in(8) ? static_cast<int>(c.size()) : 1;
  if (o.threads > 2) o.threads = c.flag() ? 2 : std::max(o.threads, heed::most_threads + 1);
  if (o.tile_width != 0 && !c.one_in(16)) o.tile_width = 16 * static_cast<Index>(c.below(4));
  o.schedule = schedule(c);
  return o;
}

}  // namespace fuzz
