#pragma once

/// @file
/// The classes of a classifier, with the user's names.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ABI {

/// Whether a text can be a label: any word or integer. Not an empty text, and not a number that has a fraction, is not
/// finite or does not fit 64 bits. A label is its text: "7" and "007" differ.
HEED_FUNCTION bool is_label(std::string_view text);

namespace abi_detail {
/// Looks up labels among the names of classes, as `LabelMap::find` does. The names must outlive it.
class LabelFinder {
 public:
  explicit LabelFinder(const std::vector<std::string>& names);
  std::optional<std::int32_t> operator()(std::string_view label) const;

 private:
  std::unordered_map<std::string_view, std::int32_t> exact_ = {}, plain_ = {};
};
}  // namespace abi_detail

/// The names of the classes: class i is called `names[i]`.
struct LabelMap {
  std::vector<std::string> names = {};

  /// The classes that occur in `labels`: in numerical order if all are numbers, otherwise sorted by bytes. Each
  /// different text is a class. Throws if there are none, or if one is not a label.
  static LabelMap from(std::span<const std::string> labels, const std::string& where);

  /// The classes "0" to "classes - 1".
  static LabelMap fixed(Index classes);

  Index size() const { return static_cast<Index>(names.size()); }

  /// The class with the name `label`. If there is none: the only class that is the same integer, because some programs
  /// write the integer 3 as 3.0 or +3 (both must be written without leading zeros and exponents). Empty if the label is
  /// unknown.
  std::optional<std::int32_t> find(std::string_view label) const;

  /// The class of `label`. Throws if it is unknown.
  std::int32_t index(std::string_view label) const;

  /// The class of each label. Throws at the first unknown label, and names its sequence.
  std::vector<std::int32_t> encode(std::span<const std::string> labels, const std::string& where) const;

 private:
  static std::string place(const std::string& where, std::size_t i);
  Fault unknown(std::string_view label, std::string where) const;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The label in a field of a text file, without quotes. Throws, and names its place, if it is not a label.
HEED_FUNCTION std::string read_label(const TextReader& reader, std::string_view field);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <utility>

#include "heed/data/detail/number_key.hpp"

namespace heed::inline HEED_ABI {

HEED_SHARED_FUNCTION bool is_label(std::string_view text) {
  if (text.empty()) return false;
  std::int64_t integer = 0;
  if (parse_number(text, integer) == std::errc()) return true;
  double number = 0;
  const std::errc error = parse_number(text, number);
  if (error == std::errc::invalid_argument) return true;
  constexpr double exact = 9007199254740992;  // 2^53: below it every integer is a double
  return error == std::errc() && std::abs(number) < exact && number == std::trunc(number);
}

namespace abi_detail {

/// The integer in a label that is written as 3, +3 or 3.0; otherwise the label.
HEED_SHARED_FUNCTION std::string_view plain_label(std::string_view label) {
  std::string_view plain = label;
  if (plain.size() > 1 && plain[0] == '+') plain.remove_prefix(1);
  const std::size_t point = plain.find('.');
  if (point != std::string_view::npos && plain.find_first_not_of('0', point + 1) == std::string_view::npos)
    plain = plain.substr(0, point);
  const std::string_view digits = plain.starts_with('-') ? plain.substr(1) : plain;
  const bool number = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  const bool zeros = digits.starts_with('0') && digits.size() > 1;
  if (!number || zeros) return label;
  return digits == "0" ? digits : plain;
}

HEED_SHARED_FUNCTION LabelFinder::LabelFinder(const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto index = static_cast<std::int32_t>(i);
    exact_.emplace(names[i], index);
    const auto [same, fresh] = plain_.emplace(plain_label(names[i]), index);
    if (!fresh) same->second = -1;  // not unique
  }
}

HEED_SHARED_FUNCTION std::optional<std::int32_t> LabelFinder::operator()(std::string_view label) const {
  if (const auto found = exact_.find(label); found != exact_.end()) return found->second;
  const auto found = plain_.find(plain_label(label));
  if (found == plain_.end() || found->second < 0) return {};
  return found->second;
}

}  // namespace abi_detail

HEED_SHARED_FUNCTION LabelMap LabelMap::from(std::span<const std::string> labels, const std::string& where) {
  require(!labels.empty(), [&] { return Fault{"no labels", where, "at least one"}; });
  LabelMap map;
  map.names.assign(labels.begin(), labels.end());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    require(is_label(labels[i]), [&] {
      return Fault{"not a label", place(where, i), "an integer of 64 bits or a word", in_quotes(labels[i])};
    });
  }
  std::sort(map.names.begin(), map.names.end());
  map.names.erase(std::unique(map.names.begin(), map.names.end()), map.names.end());
  std::vector<std::pair<abi_detail::NumberKey, std::string>> numbers;
  for (const std::string& name : map.names) {
    const auto number = abi_detail::number_key(name);
    if (!number) return map;
    numbers.emplace_back(*number, name);
  }
  std::sort(numbers.begin(), numbers.end());
  std::transform(numbers.begin(), numbers.end(), map.names.begin(), [](auto& n) { return std::move(n.second); });
  return map;
}

HEED_SHARED_FUNCTION LabelMap LabelMap::fixed(Index classes) {
  constexpr Index most = 1'000'000;
  require(classes >= 1 && classes <= most, [&] {
    return Fault{"number of classes out of range", "labels", "1 to " + std::to_string(most), std::to_string(classes)};
  });
  LabelMap map;
  for (Index i = 0; i < classes; ++i) map.names.push_back(std::to_string(i));
  return map;
}

HEED_SHARED_FUNCTION std::optional<std::int32_t> LabelMap::find(std::string_view label) const {
  return abi_detail::LabelFinder(names)(label);
}

HEED_SHARED_FUNCTION std::int32_t LabelMap::index(std::string_view label) const {
  const std::optional<std::int32_t> found = find(label);
  require(found.has_value(), [&] { return unknown(label, "labels"); });
  return *found;
}

HEED_SHARED_FUNCTION std::vector<std::int32_t> LabelMap::encode(std::span<const std::string> labels,
                                                                const std::string& where) const {
  const abi_detail::LabelFinder find(names);
  std::vector<std::int32_t> result;
  result.reserve(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    require(is_label(labels[i]), [&] {
      return Fault{"not a label", place(where, i), "an integer of 64 bits or a word", in_quotes(labels[i])};
    });
    const std::optional<std::int32_t> found = find(labels[i]);
    require(found.has_value(), [&] { return unknown(labels[i], place(where, i)); });
    result.push_back(*found);
  }
  return result;
}

HEED_SHARED_FUNCTION std::string LabelMap::place(const std::string& where, std::size_t i) {
  return where + ", sequence " + std::to_string(i) + " (counted from 0)";
}

HEED_SHARED_FUNCTION Fault LabelMap::unknown(std::string_view label, std::string where) const {
  constexpr std::size_t shown = 10;
  std::string known;
  for (std::size_t i = 0; i < std::min(names.size(), shown); ++i) known += (i ? ", " : "") + names[i];
  if (names.size() > shown) known += ", ... (" + std::to_string(names.size()) + " in all)";
  return {"unknown label", std::move(where), "one of " + known, in_quotes(label)};
}

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

HEED_FUNCTION std::string read_label(const TextReader& reader, std::string_view field) {
  std::string text = unquote(field);
  if (!is_label(text))
    reader.fail(field, "not a label", "an integer of 64 bits or a word", text.empty() ? "nothing" : in_quotes(text));
  return text;
}

}  // namespace heed::inline HEED_ISA

#endif
