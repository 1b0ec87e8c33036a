#pragma once

/// @file
/// Views of sequences with different lengths or missing steps.

#include <cstdint>
#include <type_traits>
#include <utility>

#include "heed/core/borrowed.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// Sequences (n, steps, features) with their lengths and a mask of present steps. `fit`, `evaluate` and `Predictor`
/// take it in place of a plain view. Make one with `heed::view`.
template <class X>
struct SequencesView {
  BorrowedView<const X, 3> x;
  BorrowedSpan<std::int32_t> lengths = {};  ///< valid steps of each; empty: all full
  StepMask mask = {};                       ///< (n, steps), which of them are present; empty: all

  const X* data() const { return x.data(); }
  const Extents<3>& extents() const { return x.extents(); }
  Index size() const { return x.size(); }
  Index count() const { return x.extent(0); }
};

namespace abi_detail {
template <class T>
struct ElementOfSequences {};
template <class X>
struct ElementOfSequences<Tensor<X, 3>> {
  using type = X;
};
template <class X>
struct ElementOfSequences<TensorView<X, 3>> {
  using type = std::remove_const_t<X>;
};
template <class T>
concept SequencesInMemory = requires { typename ElementOfSequences<std::remove_cvref_t<T>>::type; };
}  // namespace abi_detail

/// From a tensor or a view (n, steps, features). Here and below, the mask is (n, steps), or a range of its numbers, row
/// by row. Temporaries do not compile.
///
///     heed::fit(model, heed::view(x, lengths, mask), labels);
///     predictor.outputs(heed::view(x, {}, mask));   // full lengths, some steps missing
template <abi_detail::SequencesInMemory T>
auto view(T&& sequences, BorrowedSpan<std::int32_t> lengths, StepMask mask = {}) {
  abi_detail::refuse_temporary<T>();
  using X = typename abi_detail::ElementOfSequences<std::remove_cvref_t<T>>::type;
  const TensorView<const X, 3> x(sequences);
  return SequencesView<X>{x, lengths, mask.in_rows(x.extent(0))};
}

/// From a range or a pointer: `heed::view(x, {n, 10, 5}, lengths, mask)`.
template <class Range>
auto view(Range&& values, const Extent (&extents)[3], BorrowedSpan<std::int32_t> lengths, StepMask mask = {}) {
  return view(view(std::forward<Range>(values), extents), lengths, mask);
}

}  // namespace heed::inline HEED_ABI
