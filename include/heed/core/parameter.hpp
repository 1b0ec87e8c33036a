#pragma once

/// @file
/// The weights of layers: small owning arrays, column-major and aligned.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>

#include "heed/core/buffer.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// A trainable array with PyTorch's shape, **first index fastest** (column-major): for a weight (out x in) the outputs
/// are contiguous, which is what one-lane products load as vectors. Files hold the last index fastest; `io/`
/// transposes. Zero at the start. An array with no elements is a part that an option switched off: `visit` skips it.
template <class S, int Rank>
class Parameter {
 public:
  using Scalar = S;
  static constexpr int rank = Rank;

  Parameter() = default;
  template <std::integral... N>
  requires(sizeof...(N) == static_cast<std::size_t>(Rank)) explicit Parameter(N... extents)
      : Parameter(Extents<Rank>{static_cast<Index>(extents)...}) {}
  explicit Parameter(Extents<Rank> extents)
      : extents_(extents), size_(element_count(extents)), data_(allocate_aligned<S>(size_)) {
    fill(S(0));
  }
  Parameter(const Parameter& other)
      : extents_(other.extents_), size_(other.size_), data_(allocate_aligned<S>(other.size_)) {
    std::copy(other.begin(), other.end(), begin());
  }
  Parameter(Parameter&& other) noexcept { swap(other); }
  Parameter& operator=(const Parameter& other) {
    if (this == &other) return *this;
    if (size_ != other.size_) return *this = Parameter(other);
    extents_ = other.extents_;
    std::copy(other.begin(), other.end(), begin());  // no allocation: snapshots of a model are taken in training
    return *this;
  }
  Parameter& operator=(Parameter&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Parameter() = default;

  const Extents<Rank>& extents() const { return extents_; }
  Index size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Index rows() const { return extents_[0]; }
  Index cols() const requires(Rank == 2) { return extents_[1]; }

  S* data() { return data_.get(); }
  const S* data() const { return data_.get(); }
  S* begin() { return data(); }
  S* end() { return data() + size_; }
  const S* begin() const { return data(); }
  const S* end() const { return data() + size_; }

  /// One element; not checked. Of a weight: `weight(output, input)`.
  template <std::integral... I>
  requires(sizeof...(I) == static_cast<std::size_t>(Rank)) S& operator()(I... i) { return data()[offset(i...)]; }
  template <std::integral... I>
  requires(sizeof...(I) == static_cast<std::size_t>(Rank)) const S& operator()(I... i) const {
    return data()[offset(i...)];
  }
  /// The first element of a column: `weight.column(k)` is what input k gives to every output.
  const S* column(Index k) const requires(Rank == 2) { return data() + k * extents_[0]; }
  S* column(Index k) requires(Rank == 2) { return data() + k * extents_[0]; }

  void fill(S value) { std::fill(begin(), end(), value); }

 private:
  template <class... I>
  Index offset(I... i) const {
    Index result = 0, stride = 1;
    std::size_t axis = 0;
    ((result += static_cast<Index>(i) * stride, stride *= extents_[axis++]), ...);
    return result;
  }
  void swap(Parameter& other) noexcept {
    std::swap(extents_, other.extents_);
    std::swap(size_, other.size_);
    std::swap(data_, other.data_);
  }

  Extents<Rank> extents_{};
  Index size_ = 0;
  AlignedArray<S> data_;
};

/// A weight (out x in).
template <class S>
using Matrix = Parameter<S, 2>;
/// A bias (out).
template <class S>
using Vector = Parameter<S, 1>;

}  // namespace heed::inline HEED_ISA
