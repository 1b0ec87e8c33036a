#pragma once

/// @file
/// Name and shape of a tensor in a file, before its numbers are read. Models infer their options from these.

#include <span>
#include <string>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// The name of a tensor and the lengths of its axes, outermost first: {"lstm.weight_ih_l0", {128, 5}}.
struct TensorShape {
  std::string name;
  std::vector<Index> extents;
  friend bool operator==(const TensorShape&, const TensorShape&) = default;
};

/// Replaces a prefix of tensor names: {"rnn", "lstm"} turns "rnn.weight_ih_l0" into "lstm.weight_ih_l0".
struct Rename {
  std::string from, to;
  friend bool operator==(const Rename&, const Rename&) = default;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
/// A common prefix such as "_orig_mod." of all names; empty if there is none.
HEED_FUNCTION std::string wrapper_of(std::span<const TensorShape> tensors);
}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <cstddef>
#include <string_view>
#include <unordered_map>

namespace heed::inline HEED_ISA {

namespace detail {
/// Finds tensors by their names. The tensors must outlive it.
class TensorShapes {
 public:
  explicit TensorShapes(std::span<const TensorShape> tensors) {
    for (const TensorShape& t : tensors) places_.emplace(t.name, &t);
  }
  /// Null if there is none.
  const TensorShape* find(std::string_view name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<std::string_view, const TensorShape*> places_;
};
}  // namespace detail

HEED_FUNCTION std::string detail::wrapper_of(std::span<const TensorShape> tensors) {
  if (tensors.empty()) return {};
  std::string_view common = tensors[0].name;
  for (const TensorShape& t : tensors) {
    while (!t.name.starts_with(common)) common.remove_suffix(1);
  }
  const std::size_t dot = common.rfind('.');
  return dot == std::string_view::npos ? std::string() : std::string(common.substr(0, dot + 1));
}

}  // namespace heed::inline HEED_ISA

#endif
