#pragma once

/// @file
/// The weights of layers: small owning arrays, column-major and aligned.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>

#include "heed/core/buffer.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// What parameters of any rank have in common, and what walks over a model see of them: some numbers, and the lengths
/// of the axes.
template <class S>
class ParameterArray {
 public:
  using Scalar = S;
  static constexpr std::size_t most_axes = 4;

  /// Outermost first.
  std::span<const Index> extents() const { return {extents_.data(), rank_}; }
  Index size() const { return size_; }
  bool empty() const { return size_ == 0; }

  S* data() { return data_.get(); }
  const S* data() const { return data_.get(); }
  S* begin() { return data(); }
  S* end() { return data() + size_; }
  const S* begin() const { return data(); }
  const S* end() const { return data() + size_; }

  void fill(S value) { std::fill(begin(), end(), value); }

 protected:
  explicit ParameterArray(std::size_t rank) : rank_(rank) {}
  explicit ParameterArray(std::span<const Index> extents)
      : rank_(extents.size()), size_(element_count(extents)), data_(allocate_aligned<S>(size_)) {
    std::copy(extents.begin(), extents.end(), extents_.begin());
    fill(S(0));
  }
  ParameterArray(const ParameterArray& other)
      : extents_(other.extents_), rank_(other.rank_), size_(other.size_), data_(allocate_aligned<S>(other.size_)) {
    std::copy(other.begin(), other.end(), begin());
  }
  ParameterArray(ParameterArray&& other) noexcept : rank_(other.rank_) { swap(other); }
  ParameterArray& operator=(const ParameterArray& other) {
    if (this == &other) return *this;
    if (size_ != other.size_) return *this = ParameterArray(other);
    extents_ = other.extents_;
    std::copy(other.begin(), other.end(), begin());  // no allocation: snapshots of a model are taken in training
    return *this;
  }
  ParameterArray& operator=(ParameterArray&& other) noexcept {
    swap(other);
    return *this;
  }
  ~ParameterArray() = default;

  Index extent(std::size_t axis) const { return extents_[axis]; }

 private:
  void swap(ParameterArray& other) noexcept {
    std::swap(extents_, other.extents_);
    std::swap(size_, other.size_);
    std::swap(data_, other.data_);
  }

  std::array<Index, most_axes> extents_{};
  std::size_t rank_;
  Index size_ = 0;
  AlignedArray<S> data_;
};

/// A trainable array with PyTorch's shape, **first index fastest** (column-major): for a weight (out x in) the outputs
/// are contiguous, which is what one-lane products load as vectors. Files hold the last index fastest; `io/`
/// transposes. Zero at the start. An array with no elements is a part that an option switched off: `visit` skips it.
template <class S, int Rank>
class Parameter : public ParameterArray<S> {
  using Base = ParameterArray<S>;
  static constexpr auto axes = static_cast<std::size_t>(Rank);
  static_assert(Rank > 0 && axes <= Base::most_axes);

 public:
  static constexpr int rank = Rank;

  Parameter() : Base(axes) {}
  template <std::integral... N>
  requires(sizeof...(N) == axes) explicit Parameter(N... extents)
      : Parameter(Extents<Rank>{static_cast<Index>(extents)...}) {}
  explicit Parameter(const Extents<Rank>& extents) : Base(std::span<const Index>(extents)) {}

  Extents<Rank> extents() const {
    Extents<Rank> result;
    std::ranges::copy(Base::extents(), result.begin());
    return result;
  }
  Index rows() const { return Base::extent(0); }
  Index cols() const requires(Rank == 2) { return Base::extent(1); }

  /// One element; not checked. Of a weight: `weight(output, input)`.
  template <std::integral... I>
  requires(sizeof...(I) == axes) S& operator()(I... i) { return Base::data()[offset(i...)]; }
  template <std::integral... I>
  requires(sizeof...(I) == axes) const S& operator()(I... i) const { return Base::data()[offset(i...)]; }
  /// The first element of a column: `weight.column(k)` is what input k gives to every output.
  const S* column(Index k) const requires(Rank == 2) { return Base::data() + k * rows(); }
  S* column(Index k) requires(Rank == 2) { return Base::data() + k * rows(); }

 private:
  template <class... I>
  Index offset(I... i) const {
    Index result = 0, stride = 1;
    std::size_t axis = 0;
    ((result += static_cast<Index>(i) * stride, stride *= Base::extent(axis++)), ...);
    return result;
  }
};

/// A weight (out x in).
template <class S>
using Matrix = Parameter<S, 2>;
/// A bias (out).
template <class S>
using Vector = Parameter<S, 1>;

}  // namespace heed::inline HEED_ISA
