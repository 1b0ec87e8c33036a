#pragma once

/// @file
/// The weights of layers: small arrays that own their memory, column-major and aligned.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/buffer.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

namespace abi_detail {
/// Which slices of an array may be nonzero: all of them, or those of a list.
class TouchedSlices {
 public:
  TouchedSlices() = default;
  TouchedSlices(Index slices, Index length)
      : length_(length), list_(static_cast<std::size_t>(slices)), is_touched_(static_cast<std::size_t>(slices)) {}

  explicit operator bool() const { return length_ > 0; }
  bool all() const { return all_; }
  Index length() const { return length_; }
  bool touched(Index slice) const { return all_ || is_touched_[static_cast<std::size_t>(slice)] != 0; }
  std::span<const std::int32_t> list() const { return std::span(list_).first(static_cast<std::size_t>(count_)); }

  void touch(Index slice) {
    std::uint8_t& touched = is_touched_[static_cast<std::size_t>(slice)];
    if (touched || all_) return;
    touched = 1;
    list_[static_cast<std::size_t>(count_++)] = static_cast<std::int32_t>(slice);
  }
  void touch_all() { all_ = true; }
  void clear() {
    for (const std::int32_t slice : list()) is_touched_[static_cast<std::size_t>(slice)] = 0;
    count_ = 0;
    all_ = false;
  }

 private:
  Index length_ = 0;
  bool all_ = false;
  Index count_ = 0;
  std::vector<std::int32_t> list_;  // has room for all slices, so that it never grows; the first `count_` are touched
  std::vector<std::uint8_t> is_touched_;
};
}  // namespace abi_detail

/// What parameters of any rank have in common, and what walks over a model see: numbers, and the lengths of the axes.
///
/// A gradient that touches few of its rows (see `Table`) remembers which. `fill(0)` and `for_each_touched` then visit
/// only these rows. Asking for all numbers through the mutable `data()` touches all rows. After the next `fill(0)`, ask
/// again before writing.
template <class S>
class ParameterArray {
 public:
  using Scalar = S;
  static constexpr std::size_t most_axes = 4;

  /// Outermost first.
  std::span<const Index> extents() const { return {extents_.data(), rank_}; }
  /// Whether the numbers are in the order of files, the last index fastest. If not, the first index is fastest.
  bool row_major() const { return rank_ == 1 || bool(touched_); }
  Index size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// For a gradient: whether it is wanted. Layers may skip a gradient that is not wanted; training takes it as zero.
  bool wanted() const { return wanted_; }
  void want(bool yes) { wanted_ = yes; }

  /// The numbers; column-major for most parameters, see `Parameter`. Files, `SafetensorsFile::read` and PyTorch are
  /// row-major.
  S* data() {
    if (touched_) touched_.touch_all();
    return data_.get();
  }
  const S* data() const { return data_.get(); }
  S* begin() { return data(); }
  S* end() { return data() + size_; }
  const S* begin() const { return data(); }
  const S* end() const { return data() + size_; }

  void fill(S value) {
    if (value != S(0)) {
      std::fill_n(data(), size_, value);
      return;
    }
    for_each_touched([&](Index first, Index count) { std::fill_n(data_.get() + first, count, value); });
    touched_.clear();
  }

  /// Calls f(first, count) for runs of numbers; all numbers outside of the runs are zero.
  template <class F>
  void for_each_touched(F&& f) const {
    if (!touched_ || touched_.all()) return f(Index(0), size_);
    for (const std::int32_t slice : touched_.list()) f(slice * touched_.length(), touched_.length());
  }
  /// The same for a table, row by row in ascending order. It visits all rows if the touched ones are not known.
  template <class F>
  void for_each_touched_in_order(F&& f) const {
    if (!touched_) return f(Index(0), size_);
    for (Index slice = 0; slice < extents_[0]; ++slice) {
      if (touched_.touched(slice)) f(slice * touched_.length(), touched_.length());
    }
  }
  /// A pointer to number `first`; `count` numbers from there on will be written. Mirrors what `for_each_touched` gives
  /// for an array of the same kind.
  S* touch(Index first, Index count) {
    if (touched_ && count > 0) count == size_ ? touched_.touch_all() : touched_.touch(first / touched_.length());
    return data_.get() + first;
  }

  // Many places create, copy and destroy models. These functions are called, not inlined there.
  HEED_COLD ParameterArray(const ParameterArray& other)
      : extents_(other.extents_),
        rank_(other.rank_),
        size_(other.size_),
        wanted_(other.wanted_),
        data_(room_for(other.size_, other.extents())),
        touched_(other.touched_) {
    std::copy(other.begin(), other.end(), data_.get());
  }
  HEED_COLD ParameterArray(ParameterArray&& other) noexcept : rank_(other.rank_) { swap(other); }
  HEED_COLD ParameterArray& operator=(const ParameterArray& other) {
    if (this == &other) return *this;
    if (size_ != other.size_) return *this = ParameterArray(other);
    extents_ = other.extents_;
    touched_ = other.touched_;
    wanted_ = other.wanted_;
    std::copy(other.begin(), other.end(), data_.get());  // no allocation: training takes snapshots of a model
    return *this;
  }
  HEED_COLD ParameterArray& operator=(ParameterArray&& other) noexcept {
    swap(other);
    return *this;
  }
  HEED_COLD ~ParameterArray() {}

 protected:
  explicit ParameterArray(std::size_t rank) : rank_(rank) {}
  HEED_COLD explicit ParameterArray(std::span<const Index> extents)
      : rank_(extents.size()), size_(element_count(extents)), data_(room_for(size_, extents)) {
    std::copy(extents.begin(), extents.end(), extents_.begin());
    std::fill_n(data_.get(), size_, S(0));
  }

  Index extent(std::size_t axis) const { return extents_[axis]; }
  // for arrays that do not track touched slices
  S* numbers() { return data_.get(); }
  void remember_touched_rows() { touched_ = {extents_[0], size_ / extents_[0]}; }

 private:
  static AlignedArray<S> room_for(Index count, std::span<const Index> extents) {
    try {
      return allocate_aligned<S>(count);
    } catch (const Error& error) {
      if (error.fault().what == abi_detail::no_room) abi_detail::throw_no_room("parameter", extents);
      throw;
    }
  }
  void swap(ParameterArray& other) noexcept {
    std::swap(extents_, other.extents_);
    std::swap(size_, other.size_);
    std::swap(wanted_, other.wanted_);
    std::swap(data_, other.data_);
    std::swap(touched_, other.touched_);
  }

  std::array<Index, most_axes> extents_{};
  std::size_t rank_;
  Index size_ = 0;
  bool wanted_ = true;
  AlignedArray<S> data_;
  abi_detail::TouchedSlices touched_;
};

/// A trainable array with PyTorch's shape, **first index fastest** (column-major). For a weight (out x in) the outputs
/// are contiguous, because one-lane products load them as vectors. In files the last index is fastest; `io/`
/// transposes. Zero at the start. An array without elements is a part that an option switched off; `visit` skips it.
template <class S, int Rank>
class Parameter : public ParameterArray<S> {
  using Base = ParameterArray<S>;
  static constexpr auto axes = static_cast<std::size_t>(Rank);
  static_assert(Rank > 0 && axes <= Base::most_axes);

 public:
  static constexpr int rank = Rank;

  Parameter() : Base(axes) {}
  template <std::integral... N>
    requires(sizeof...(N) == axes)
  explicit Parameter(N... extents) : Parameter(Extents<Rank>{static_cast<Index>(extents)...}) {}
  explicit Parameter(const Extents<Rank>& extents) : Base(std::span<const Index>(extents)) {}

  Extents<Rank> extents() const {
    Extents<Rank> result{};
    const std::span<const Index> all = Base::extents();
    std::copy(all.begin(), all.end(), result.begin());
    return result;
  }
  Index rows() const { return Base::extent(0); }
  Index cols() const
    requires(Rank == 2)
  {
    return Base::extent(1);
  }

  /// One element, without a bounds check. For a weight: `weight(output, input)`.
  template <std::integral... I>
    requires(sizeof...(I) == axes)
  S& operator()(I... i) {
    return Base::data()[offset(i...)];
  }
  template <std::integral... I>
    requires(sizeof...(I) == axes)
  const S& operator()(I... i) const {
    return Base::data()[offset(i...)];
  }
  /// The first element of a column. For a weight, `weight.column(k)` is what input k contributes to each output.
  const S* column(Index k) const
    requires(Rank == 2)
  {
    return Base::data() + k * rows();
  }
  S* column(Index k)
    requires(Rank == 2)
  {
    return Base::numbers() + k * rows();
  }

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

/// A table of vectors (rows x width). Each row is contiguous: the table is row-major, unlike other parameters. A
/// gradient touches few of its rows. Zero at the start.
template <class S>
class Table : public ParameterArray<S> {
  using Base = ParameterArray<S>;

 public:
  Table() : Base(2) {}
  /// Throws if there are more rows than an int32 token can name.
  Table(Index rows, Index width) : Base(std::span<const Index>(Extents<2>{rows, width})) {
    require(rows <= std::numeric_limits<std::int32_t>::max(),
            [&] { return Fault{"too many rows", "Table", "at most 2^31 - 1", std::to_string(rows)}; });
    if (!Base::empty()) Base::remember_touched_rows();
  }

  Index rows() const { return Base::extent(0); }
  Index width() const { return Base::extent(1); }

  const S* row(Index i) const { return Base::data() + i * width(); }
  /// A row for writing.
  S* row(Index i) { return Base::touch(i * width(), width()); }
};

}  // namespace heed::inline HEED_ABI

HEED_COMPILED_TYPE(class heed::ParameterArray)
