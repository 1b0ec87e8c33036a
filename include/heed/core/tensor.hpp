#pragma once

/// @file
/// Row-major arrays of any rank, like NumPy's: `Tensor` owns its numbers, `TensorView` refers to numbers owned
/// elsewhere.

#include <concepts>
#include <cstddef>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/core/borrowed.hpp"
#include "heed/core/error.hpp"
#include "heed/core/extents.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// A row-major view: a pointer and extents. It does not own the numbers; a copy is another view of the same numbers.
/// `S` may be const. A view of mutable numbers converts to a view of const numbers.
template <class S, int Rank>
class TensorView {
 public:
  TensorView() = default;
  /// A view of `element_count(extents)` numbers that start at `data`. Throws if `data` is null and the count is not 0.
  TensorView(S* data, const abi_detail::ExtentList<Rank>& extents)
      : TensorView(data, abi_detail::extents_of<Rank>(extents)) {}
  template <std::same_as<Extents<Rank>> E>
  TensorView(S* data, const E& extents) : data_(data), extents_(extents), size_(element_count(extents)) {
    require(data || !size_, [&] { return Fault{"no data", "view", to_text(extents) + " numbers", "a null pointer"}; });
  }
  template <class U>
    requires std::same_as<const U, S>
  TensorView(TensorView<U, Rank> other) : data_(other.data()), extents_(other.extents()), size_(other.size()) {}

  S* data() const { return data_; }
  const Extents<Rank>& extents() const { return extents_; }
  Index extent(int axis) const { return extents_[static_cast<std::size_t>(axis)]; }
  Index size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// The element at one index per axis, without a bounds check.
  template <std::integral... I>
    requires(sizeof...(I) == static_cast<std::size_t>(Rank))
  S& operator()(I... i) const {
    Index offset = 0;
    std::size_t axis = 0;
    ((offset = offset * extents_[axis++] + static_cast<Index>(i)), ...);
    return data_[offset];
  }

  /// The i-th entry along the first axis, without a bounds check.
  TensorView<S, Rank - 1> operator[](Index i) const
    requires(Rank > 1)
  {
    Extents<Rank - 1> inner{};
    Index stride = 1;
    for (std::size_t axis = 1; axis < extents_.size(); ++axis) stride *= inner[axis - 1] = extents_[axis];
    return {data_ + i * stride, inner};
  }

  S* begin() const { return data_; }
  S* end() const { return data_ + size_; }

 private:
  S* data_ = nullptr;
  Extents<Rank> extents_{};
  Index size_ = 0;
};

/// A row-major array that owns its numbers. Zero at the start.
template <class S, int Rank>
class Tensor {
 public:
  Tensor() = default;
  /// Throws if there is no memory. `Tensor<float, 3> x({n, 10, 5})` takes integers of any type.
  explicit Tensor(const abi_detail::ExtentList<Rank>& extents) : Tensor(abi_detail::extents_of<Rank>(extents)) {}
  template <std::same_as<Extents<Rank>> E>
  explicit Tensor(const E& extents) : extents_(extents), values_(make_vector<S>(element_count(extents), "tensor")) {}
  /// Takes over the numbers. Throws if their count does not match the extents.
  Tensor(const abi_detail::ExtentList<Rank>& extents, std::vector<S> values)
      : Tensor(abi_detail::extents_of<Rank>(extents), std::move(values)) {}
  template <std::same_as<Extents<Rank>> E>
  Tensor(const E& extents, std::vector<S> values) : extents_(extents), values_(std::move(values)) {
    const Index count = element_count(extents);
    if (count != size()) abi_detail::throw_value_count("tensor", extents, size());
  }

  S* data() { return values_.data(); }
  const S* data() const { return values_.data(); }
  const Extents<Rank>& extents() const { return extents_; }
  Index extent(int axis) const { return extents_[static_cast<std::size_t>(axis)]; }
  Index size() const { return static_cast<Index>(values_.size()); }
  bool empty() const { return values_.empty(); }

  // a view of a temporary does not compile, in whatever way it is asked for: it would dangle
  TensorView<S, Rank> view() & { return {data(), extents_}; }
  TensorView<const S, Rank> view() const& { return {data(), extents_}; }
  operator TensorView<S, Rank>() & { return {data(), extents_}; }
  operator TensorView<const S, Rank>() const& { return {data(), extents_}; }
  template <std::same_as<const S> C>
  operator TensorView<C, Rank>() const&& {
    abi_detail::refuse_temporary<Tensor>();
    return {};
  }
  template <class Self = Tensor>
  TensorView<const S, Rank> view() const&& {
    abi_detail::refuse_temporary<Self>();
    return {};
  }

  template <std::integral... I>
  S& operator()(I... i) {
    return view()(i...);
  }
  template <std::integral... I>
  const S& operator()(I... i) const {
    return view()(i...);
  }
  TensorView<S, Rank - 1> operator[](Index i) &
    requires(Rank > 1)
  {
    return view()[i];
  }
  TensorView<const S, Rank - 1> operator[](Index i) const&
    requires(Rank > 1)
  {
    return view()[i];
  }
  template <class Self = Tensor>
  TensorView<const S, Rank - 1> operator[](Index) const&&
    requires(Rank > 1)
  {
    abi_detail::refuse_temporary<Self>();
    return {};
  }

  auto begin() { return values_.begin(); }
  auto end() { return values_.end(); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  Extents<Rank> extents_{};
  std::vector<S> values_;
};

/// A view of the user's memory, without a copy: `view(pointer, {n, 10, 5})`.
template <class S, std::size_t Rank>
TensorView<S, static_cast<int>(Rank)> view(S* data, const Extent (&extents)[Rank]) {
  static_assert(std::is_arithmetic_v<S>,
                "heed: a view is of numbers in one block of memory: copy nested vectors into one");
  return {data, abi_detail::extents_of<static_cast<int>(Rank)>(extents)};
}

/// A view of a contiguous range (`std::vector`, `std::array`, `std::span`), without a copy. Throws if its size does not
/// match the extents. A temporary does not compile, unless it is itself a view, as a span is.
template <class Range, std::size_t Rank>
  requires requires(Range& r) {
    std::data(r);
    std::size(r);
  }
auto view(Range&& values, const Extent (&extents)[Rank]) {
  abi_detail::refuse_temporary<Range>();
  auto result = view(std::data(values), extents);
  const auto size = static_cast<Index>(std::size(values));
  if (result.size() != size) abi_detail::throw_value_count("view", result.extents(), size);
  return result;
}

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {
using HEED_ABI::to_text;  // other functions of this name stand here
}  // namespace heed::inline HEED_ISA

template <class S, int Rank>
inline constexpr bool std::ranges::enable_borrowed_range<heed::TensorView<S, Rank>> = true;
