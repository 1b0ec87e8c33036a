#pragma once

/// @file
/// Options of a convolution over time.

#include <array>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/time_window.hpp"
#include "heed/core/types.hpp"
#include "heed/options/field.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ABI {

/// Where zeros stand in for missing steps; r = (kernel_size - 1) dilation.
///
/// | padding  | zeros before, behind   | steps of the output          |                                            |
/// |----------|------------------------|------------------------------|--------------------------------------------|
/// | `same`   | r / 2, the rest of r   | as many as of the input      | padding="same" of PyTorch and Keras        |
/// | `causal` | r, none                | one for each `stride` steps  | padding="causal" of Keras                  |
/// | `valid`  | none                   | (n - r - 1) / stride + 1     | padding="valid" of both, 0 of PyTorch      |
/// | `number` | `pad`, `pad`           | (n + 2 pad - r - 1) / stride + 1 | padding=pad of PyTorch                 |
enum class ConvPadding { same, causal, valid, number };
constexpr std::array<std::string_view, 4> names_of(ConvPadding) { return {"same", "causal", "valid", "number"}; }

/// Options of `Conv1d`.
struct Conv1dOptions {
  Index in_channels = 0, out_channels = 0;
  Index kernel_size = 1, stride = 1, dilation = 1, groups = 1;
  ConvPadding padding = ConvPadding::same;
  Index pad = 0;  ///< of `ConvPadding::number`, on each side
  bool bias = true;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "in_channels"}, o.in_channels...);
    f({.name = "out_channels"}, o.out_channels...);
    f({.name = "kernel_size"}, o.kernel_size...);
    f({.name = "stride", .optional = true}, o.stride...);
    f({.name = "dilation", .optional = true}, o.dilation...);
    f({.name = "groups", .optional = true}, o.groups...);
    f({.name = "padding", .optional = true}, o.padding...);
    f({.name = "pad", .range = Range::from(0), .optional = true}, o.pad...);
    f({.name = "bias", .optional = true}, o.bias...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
/// Sets the window's padding. Throws if a number is out of range, if `same` has a stride, or if `pad` is set and the
/// padding is not `number`.
void set_padding(TimeWindow& window, ConvPadding padding, Index pad, const char* where);

/// The padding that gives this window. Throws if none does.
struct PaddingOfWindow {
  ConvPadding padding = ConvPadding::valid;
  Index pad = 0;
};
PaddingOfWindow padding_of(const TimeWindow& window, const char* where);
}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <string>

#include "heed/core/error.hpp"

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION void detail::set_padding(TimeWindow& window, ConvPadding padding, Index pad,
                                                 const char* where) {
  check_window(window, where);
  check_choice(padding, "padding", where);
  require(padding == ConvPadding::number || pad == 0, [&] {
    return Fault{"pad is of padding number alone", where, "0 for padding " + std::string(to_text(padding)),
                 text_of(pad)};
  });
  require(padding != ConvPadding::same || window.stride == 1, [&] {
    return Fault{"padding same needs stride 1", where, "stride 1, or padding causal, valid or number",
                 "stride " + text_of(window.stride)};
  });
  window.left = window.right = pad;
  if (padding == ConvPadding::same) window.left = window.reach() / 2;
  if (padding == ConvPadding::same) window.right = window.reach() - window.left;
  if (padding == ConvPadding::causal) window.left = window.reach();
  check_window(window, where);
}

HEED_COLD HEED_FUNCTION detail::PaddingOfWindow detail::padding_of(const TimeWindow& window, const char* where) {
  const Index reach = window.reach(), left = window.left, right = window.right;
  if (left == 0 && right == 0) return {ConvPadding::valid, 0};
  if (left == reach && right == 0) return {ConvPadding::causal, 0};
  if (window.stride == 1 && left == reach / 2 && right == reach - left) return {ConvPadding::same, 0};
  require(left == right, [&] {
    return Fault{"no option gives this padding", where, "as many zeros behind as before",
                 text_of(left) + " before and " + text_of(right) + " behind"};
  });
  return {ConvPadding::number, left};
}

}  // namespace heed::inline HEED_ISA

#endif
