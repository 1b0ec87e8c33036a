#pragma once

/// @file
/// Checks of sequences at the points where they enter.

#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// The shape of a classifier's output: one step with one logit per class. Throws if `model` gives another shape for x.
template <class Model>
Shape logits_shape(const Model& model, Shape x, const std::string& where) {
  const Shape output = model.output_shape(x);
  require(output.steps == 1, [&] {
    return Fault{"the model does not give one step of logits for a sequence", where,
                 "(1, classes): is a pooling missing?", to_text(Extents<2>{output.steps, output.features})};
  });
  return output;
}

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// Throws unless `lengths` is empty (all full) or holds one length of 0 to `steps` for each of `count` sequences.
HEED_FUNCTION void check_lengths(std::span<const std::int32_t> lengths, Index count, Index steps,
                                 const std::string& where);

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Throws at the first NaN or infinity in the valid steps of `x` (n, steps, features). The error names sequence, step
/// and feature. Values past a sequence's end are ignored. `first` is the number of the first sequence.
template <class S>
void check_finite(TensorView<const S, 3> x, std::span<const std::int32_t> lengths, const std::string& where,
                  Index first = 0) {
  const auto [count, steps, features] = x.extents();
  check_lengths(lengths, count, steps, where);
  for (Index i = 0; i < count; ++i) {
    const Index length = lengths.empty() ? steps : lengths[static_cast<std::size_t>(i)];
    const S* sequence = x.data() + i * steps * features;
    for (Index k = 0; k < length * features; ++k) {
      if (std::isfinite(sequence[k])) [[likely]]
        continue;
      throw Error({"value is not finite",
                   where + ", sequence " + text_of(first + i) + ", step " + text_of(k / features) + ", feature " +
                       text_of(k % features) + " (counted from 0)",
                   "a finite number",
                   std::isnan(sequence[k]) ? "NaN"
                   : sequence[k] > 0       ? "infinity"
                                           : "-infinity"});
    }
  }
}

/// Throws at the first token in the valid steps of `x` (n, steps) that is not in 0 .. `vocabulary` - 1. The error names
/// sequence and step. Values past a sequence's end are ignored. `first` is the number of the first sequence.
HEED_FUNCTION void check_tokens(TensorView<const std::int32_t, 2> x, std::span<const std::int32_t> lengths,
                                Index vocabulary, const std::string& where, Index first = 0);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ABI {

HEED_SHARED_FUNCTION void check_lengths(std::span<const std::int32_t> lengths, Index count, Index steps,
                                        const std::string& where) {
  if (lengths.empty()) return;
  require(static_cast<Index>(lengths.size()) == count,
          [&] { return Fault{"wrong number of lengths", where, text_of(count), text_of(lengths.size())}; });
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    require(lengths[i] >= 0 && lengths[i] <= steps, [&] {
      return Fault{"length out of range", where + ", sequence " + text_of(i) + " (counted from 0)",
                   "0 to " + text_of(steps), text_of(lengths[i])};
    });
  }
}

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

HEED_FUNCTION void check_tokens(TensorView<const std::int32_t, 2> x, std::span<const std::int32_t> lengths,
                                Index vocabulary, const std::string& where, Index first) {
  const auto [count, steps] = x.extents();
  check_lengths(lengths, count, steps, where);
  for (Index i = 0; i < count; ++i) {
    const Index length = lengths.empty() ? steps : lengths[static_cast<std::size_t>(i)];
    for (Index t = 0; t < length; ++t) {
      const std::int32_t token = x(i, t);
      require(token >= 0 && token < vocabulary, [&] {
        return Fault{"token out of range",
                     where + ", sequence " + text_of(first + i) + ", step " + text_of(t) + " (counted from 0)",
                     "0 to " + text_of(vocabulary - 1), text_of(token)};
      });
    }
  }
}

}  // namespace heed::inline HEED_ISA

#endif
