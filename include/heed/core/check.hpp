#pragma once

/// @file
/// Checks of sequences at the points where they enter.

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
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

/// The place of the first token that is not in 0 .. `vocabulary` - 1; the number of tokens if all are.
inline Index first_unknown_token(std::span<const std::int32_t> tokens, Index vocabulary) noexcept {
  std::size_t i = 0;
  while (i < tokens.size() && tokens[i] >= 0 && tokens[i] < vocabulary) ++i;
  return static_cast<Index>(i);
}

/// Throws at the first token in the valid steps of `x` (n, steps) that is not in 0 .. `vocabulary` - 1. The error names
/// sequence and step. Values past a sequence's end are ignored. `first` is the number of the first sequence.
HEED_FUNCTION void check_tokens(TensorView<const std::int32_t, 2> x, std::span<const std::int32_t> lengths,
                                Index vocabulary, const std::string& where, Index first = 0);

/// A model that checks its input by itself, as models of tokens do: `check_input(TensorView<const Input, 3> x,
/// std::span<const std::int32_t> lengths, const std::string& where)` throws.
template <class M>
concept ChecksInput = requires(const M& model, TensorView<const typename M::Input, 3> x, const std::string& where) {
  model.check_input(x, {}, where);
};

/// A model that says without throwing what its `check_input` refuses: `first_unknown(x)` is the place of the first
/// refused number of a sequence (steps, features), a tile of one lane without lengths; x.size() if it refuses none.
template <class M>
concept FindsUnknown = requires(const M& model, Tile<const typename M::Input> x) {
  { model.first_unknown(x) } noexcept -> std::same_as<Index>;
};

/// A model whose input can be checked in a real-time thread.
template <class M>
concept ChecksInRealTime = FindsUnknown<M> || !ChecksInput<M>;

/// The place of the first number that a model refuses, as `FindsUnknown` has it.
template <class M>
Index first_unknown(const M& model, Tile<const typename M::Input> x) noexcept {
  if constexpr (FindsUnknown<M>) {
    return model.first_unknown(x);
  } else if constexpr (ChecksInput<M>) {
    try {
      model.check_input({x.data, {1, x.steps, x.features}}, {}, {});
    } catch (...) {  // of any type: whoever may throw asks `check_input` again
      return 0;
    }
  }
  return x.size();
}

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
    const Index t = first_unknown_token({x.data() + i * steps, static_cast<std::size_t>(length)}, vocabulary);
    require(t == length, [&] {
      return Fault{"token out of range",
                   where + ", sequence " + text_of(first + i) + ", step " + text_of(t) + " (counted from 0)",
                   "0 to " + text_of(vocabulary - 1), text_of(x(i, t))};
    });
  }
}

}  // namespace heed::inline HEED_ISA

#endif
