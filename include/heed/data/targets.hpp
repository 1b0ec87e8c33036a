#pragma once

/// @file
/// Numeric targets in place of labels.

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ABI {

/// How readers of text treat missing values, and what is in the place of labels.
struct ReadOptions {
  Missing missing = Missing::error;
  bool targets = false;      ///< it is a number, the target
  bool needs_labels = true;  ///< whether each sequence must have one; otherwise, if one lacks it, all have none
  bool fits_float = false;   ///< numbers read in double must also fit a float

  /// The size of the numbers that the values must fit, when read as S.
  template <class S>
  std::size_t bytes() const {
    return fits_float ? sizeof(float) : sizeof(S);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

// The decimals of the numbers below stand behind `decimal`.

/// Whether a field is a finite number.
HEED_FUNCTION bool is_target(std::string_view field, char decimal = '.');

/// The field as text; it may be in quotes. Throws, and names its place, if it is not a finite number that fits a number
/// of `bytes` bytes.
HEED_FUNCTION std::string read_target(const TextReader& reader, std::string_view field, std::size_t bytes,
                                      char decimal = '.');

/// The label in a field or, with `targets`, the target. Empty if it is none and need not be one; otherwise throws, and names
/// the place.
HEED_FUNCTION std::string read_answer(const TextReader& reader, std::string_view field, std::size_t bytes,
                                      const ReadOptions& options, char decimal = '.');

/// Parses numbers, `columns` per sequence, into (n, columns). Throws if one is not a finite number or does not fit S,
/// and names its sequence.
template <class S>
Tensor<S, 2> targets_of(std::span<const std::string> texts, const std::string& where, Index columns = 1,
                        char decimal = '.') {
  const DefaultFloatingMode mode;
  require(columns > 0 && static_cast<Index>(texts.size()) % columns == 0, [&] {
    return Fault{"wrong number of targets", where, text_of(columns) + " for each sequence", text_of(texts.size())};
  });
  Tensor<S, 2> targets({static_cast<Index>(texts.size()) / columns, columns});
  for (std::size_t i = 0; i < texts.size(); ++i) {
    double value = 0;
    const std::errc error = parse_number(texts[i], value, decimal);
    const auto narrow = static_cast<S>(value);
    require(error == std::errc() && std::isfinite(value) && std::isfinite(narrow), [&] {
      return Fault{"not a target",
                   where + ", sequence " + text_of(static_cast<Index>(i) / columns) + " (counted from 0)",
                   "a finite number", in_quotes(texts[i])};
    });
    targets.data()[i] = narrow;
  }
  return targets;
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_FUNCTION bool is_target(std::string_view field, char decimal) {
  double value = 0;
  return parse_number(field, value, decimal) == std::errc() && std::isfinite(value);
}

HEED_FUNCTION std::string read_answer(const TextReader& reader, std::string_view field, std::size_t bytes,
                                      const ReadOptions& options, char decimal) {
  if (!options.needs_labels) {
    const std::string text = unquote(field);
    if (options.targets ? !is_target(text, decimal) : !is_label(text)) return {};
  }
  return options.targets ? read_target(reader, field, bytes, decimal) : read_label(reader, field);
}

HEED_FUNCTION std::string read_target(const TextReader& reader, std::string_view field, std::size_t bytes,
                                      char decimal) {
  std::string text = unquote(field);
  double value = 0;
  const bool number = parse_number(text, value, decimal) == std::errc() && std::isfinite(value);
  if (!number || !TextReader::fits(value, bytes)) {
    reader.fail(field, "not a target", number ? what_fits(bytes) : "a finite number",
                text.empty() ? "nothing" : in_quotes(text));
  }
  return text;
}

}  // namespace heed::inline HEED_ISA

#endif
