#pragma once

/// @file
/// Named tensors of a file, whatever its format.

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/detail/byte_order.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/io/weight_names.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// The place of a tensor, for messages.
std::string place(const std::string& file, const TensorInfo& tensor);

/// "(1, 2)": the indices of the i-th element in row-major order.
std::string index_text(const std::vector<Index>& extents, std::size_t i);

/// Throws, with the problems listed below `what`, if there are any.
void refuse_problems(std::string_view what, const std::string& file, const std::vector<std::string>& problems,
                     std::size_t most);

/// Copies the elements of a tensor in row-major order. `bytes` begin at its first element.
std::vector<std::byte> in_row_major_order(std::span<const std::byte> bytes, const TensorInfo& tensor);

/// Converts elements of type `T` by f(element, position).
template <class S, class T, class F>
std::vector<S> converted(std::span<const std::byte> bytes, F&& f) {
  std::vector<S> values(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = f(load_number<T>(bytes.data() + i * sizeof(T)), i);
  }
  return values;
}

/// The elements of a tensor from its bytes; `file` is the name in messages.
template <std::floating_point S>
std::vector<S> read_elements(std::span<const std::byte> bytes, const TensorInfo& tensor, const std::string& file) {
  const auto from_double = [&](double value, std::size_t i) {
    // halfway between the largest float and the next power of two; rounding to nearest gives infinity from here
    constexpr double too_large = 0x1.ffffffp+127;
    require(!std::is_same_v<S, float> || !std::isfinite(value) || std::abs(value) < too_large, [&] {
      return Fault{"too large for float", place(file, tensor) + " at " + index_text(tensor.extents, i),
                   "at most 3.40282e38", text_of(value)};
    });
    return static_cast<S>(value);
  };
  if (tensor.dtype == DataType::f64) return converted<S, double>(bytes, from_double);
  if (tensor.dtype == DataType::f32) {
    return converted<S, float>(bytes, [](float value, std::size_t) { return static_cast<S>(value); });
  }
  if (tensor.dtype == DataType::f16) {
    return converted<S, std::uint16_t>(bytes,
                                       [](std::uint16_t b, std::size_t) { return static_cast<S>(float_from_f16(b)); });
  }
  if (tensor.dtype == DataType::bf16) {
    return converted<S, std::uint16_t>(bytes,
                                       [](std::uint16_t b, std::size_t) { return static_cast<S>(float_from_bf16(b)); });
  }
  abi_detail::throw_error(
      {"no floating-point numbers", place(file, tensor), "F64, F32, F16 or BF16", name_of(tensor.dtype)});
}

}  // namespace detail

/// Named tensors with their shapes and bytes: everything that `load` and `load_weights` need from a file. Two formats:
/// `SafetensorsFile`, and `PyTorchFile` in heed/convert/pytorch.hpp for what `torch.save` writes.
class TensorFile {
 public:
  /// For readers of formats, which have checked that the tensors lie inside of `data` and have different names. `name`
  /// is used in messages. `data` may be a view of `bytes`, which this object keeps; otherwise it must outlive it.
  TensorFile(std::string name, Metadata metadata, std::vector<TensorInfo> tensors, std::span<const std::byte> data,
             std::vector<std::byte>&& bytes = {});
  TensorFile(TensorFile&&) = default;
  TensorFile& operator=(TensorFile&&) = default;

  /// The path, or "memory".
  const std::string& name() const { return name_; }
  /// The entries of `__metadata__` in a safetensors file; empty for other formats.
  const Metadata& metadata() const& { return metadata_; }
  Metadata metadata() && { return std::move(metadata_); }
  /// The tensors: those of safetensors in the order of their data, others in the order of the file.
  std::span<const TensorInfo> tensors() const { return tensors_; }

  /// The bytes that hold the tensors. No tensor is larger.
  std::span<const std::byte> data() const { return data_; }

  /// The tensor with this name, or null.
  const TensorInfo* find(std::string_view name) const;

  /// A view of this file with renamed tensors (see `renamed`). This file must outlive it. Throws as `renamed`.
  TensorFile renamed(const WeightsOptions& options) const;

  /// Whether both tensors have the same bytes.
  bool same_bytes(const TensorInfo& a, const TensorInfo& b) const;

  /// The elements of a tensor in row-major order: for a weight (out x in), all inputs of output 0 come first. **A
  /// parameter's `data()` is column-major** (see `Parameter`). Copy by index, `weight(o, i) = values[o * in + i]`, or
  /// use `load_weights`.
  ///
  /// F16, BF16 and F32 are widened exactly, including NaN and infinities. F64 is rounded to nearest for float. Throws
  /// if there is no such tensor, if it has another type, or if a finite F64 is too large for float.
  template <std::floating_point S>
  std::vector<S> read(std::string_view name) const try {
    const DefaultFloatingMode mode;
    const TensorInfo& tensor = get(name);
    const std::span<const std::byte> bytes = data_.subspan(tensor.begin, tensor.end - tensor.begin);
    if (tensor.strides.empty()) return detail::read_elements<S>(bytes, tensor, name_);
    return detail::read_elements<S>(detail::in_row_major_order(bytes, tensor), tensor, name_);
  } catch (...) {
    detail::rethrow_as_error(name_);
  }

 private:
  const TensorInfo& get(std::string_view name) const;

  std::string name_;
  Metadata metadata_;
  std::vector<TensorInfo> tensors_;
  std::span<const std::byte> data_;
  std::vector<std::byte> bytes_;        // empty where the caller keeps them
  std::vector<std::uint32_t> by_name_;  // positions in tensors_
};

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::detail::read_elements)

#if HEED_BODIES

#include <algorithm>

#include "heed/core/tensor.hpp"

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION std::string detail::place(const std::string& file, const TensorInfo& tensor) {
  return file + ": tensor " + quote(tensor.name);
}

HEED_COLD HEED_FUNCTION void detail::refuse_problems(std::string_view what, const std::string& file,
                                                     const std::vector<std::string>& problems, std::size_t most) {
  require(problems.empty(), [&] {
    Fault fault{what, file};
    for (std::size_t i = 0; i < std::min(problems.size(), most); ++i) fault.what += "\n  " + problems[i];
    if (problems.size() > most) fault.what += "\n  and " + text_of(problems.size() - most) + " more";
    return fault;
  });
}

HEED_COLD HEED_FUNCTION std::string detail::index_text(const std::vector<Index>& extents, std::size_t i) {
  std::vector<Index> index(extents.size());
  for (std::size_t axis = extents.size(); axis-- > 0;) {
    const auto n = static_cast<std::size_t>(extents[axis]);
    index[axis] = static_cast<Index>(i % n);
    i /= n;
  }
  return to_text(index);
}

HEED_COLD HEED_FUNCTION std::vector<std::byte> detail::in_row_major_order(std::span<const std::byte> bytes,
                                                                          const TensorInfo& tensor) {
  if (tensor.strides.empty()) return {bytes.begin(), bytes.end()};
  std::vector<std::byte> result(*byte_count(tensor.extents, tensor.dtype));
  const std::size_t size = size_of(tensor.dtype);
  std::vector<Index> index(tensor.extents.size());
  Index at = 0;  // of the element, from the first
  for (std::size_t to = 0; to < result.size(); to += size) {
    std::memcpy(result.data() + to, bytes.data() + static_cast<std::size_t>(at) * size, size);
    for (std::size_t axis = index.size(); axis-- > 0;) {
      at += tensor.strides[axis];
      if (++index[axis] < tensor.extents[axis]) break;
      at -= tensor.strides[axis] * tensor.extents[axis];
      index[axis] = 0;
    }
  }
  return result;
}

HEED_COLD HEED_FUNCTION TensorFile::TensorFile(std::string name, Metadata metadata, std::vector<TensorInfo> tensors,
                                               std::span<const std::byte> data, std::vector<std::byte>&& bytes) try
    : name_(std::move(name)),
      metadata_(std::move(metadata)),
      tensors_(std::move(tensors)),
      data_(data),
      bytes_(std::move(bytes)),
      by_name_(
          detail::places_in_order(tensors_, [](const TensorInfo& a, const TensorInfo& b) { return a.name < b.name; })) {
} catch (...) {
  detail::rethrow_as_error("a file of tensors");
}

HEED_COLD HEED_FUNCTION TensorFile TensorFile::renamed(const WeightsOptions& options) const try {
  return {name_, metadata_, heed::renamed(tensors(), options, name_), data_};
} catch (...) {
  detail::rethrow_as_error(name_);
}

HEED_COLD HEED_FUNCTION bool TensorFile::same_bytes(const TensorInfo& a, const TensorInfo& b) const {
  if (a.dtype != b.dtype || a.extents != b.extents) return false;
  if (a.begin == b.begin && a.strides == b.strides) return true;
  const auto bytes = [&](const TensorInfo& t) { return data_.subspan(t.begin, t.end - t.begin); };
  if (a.strides.empty() && b.strides.empty()) return std::equal(bytes(a).begin(), bytes(a).end(), bytes(b).begin());
  return detail::in_row_major_order(bytes(a), a) == detail::in_row_major_order(bytes(b), b);
}

HEED_COLD HEED_FUNCTION const TensorInfo* TensorFile::find(std::string_view name) const {
  const auto found =
      std::lower_bound(by_name_.begin(), by_name_.end(), name,
                       [&](std::uint32_t i, std::string_view wanted) { return tensors_[i].name < wanted; });
  if (found == by_name_.end() || tensors_[*found].name != name) return nullptr;
  return &tensors_[*found];
}

HEED_COLD HEED_FUNCTION const TensorInfo& TensorFile::get(std::string_view name) const {
  const TensorInfo* tensor = find(name);
  require(tensor, [&] { return Fault{"no such tensor", name_ + ": tensor " + detail::quote(name)}; });
  return *tensor;
}

}  // namespace heed::inline HEED_ISA

#endif
