#pragma once

/// @file
/// The classes of a classifier in the user's own words.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/text.hpp"

namespace heed::inline HEED_ISA {

/// The one way to write a label: "3" for the integer that "03", "+3", "3.0" and "3e0" are, and any word as it is.
/// Nothing for what is no label: an empty text, a number that is not whole, not finite or does not fit 64 bits.
HEED_FUNCTION std::optional<std::string> canonical_label(std::string_view text);

/// The canonical label that a field of a text file is. Throws, naming its place, where it is none.
HEED_FUNCTION std::string read_label(const TextReader& reader, std::string_view field);

/// The names of the classes: class i is called `names[i]`.
struct LabelMap {
  std::vector<std::string> names = {};

  /// The classes that occur in `labels`: in numerical order if all are integers, otherwise in the order of their bytes.
  /// Throws where there are none, or one is no label.
  static LabelMap from(std::span<const std::string> labels, const std::string& where);

  /// The classes "0" to "classes - 1".
  static LabelMap fixed(Index classes);

  Index size() const { return static_cast<Index>(names.size()); }

  /// The class that `label` names. Throws for one that is unknown.
  std::int32_t index(std::string_view label) const;

  /// The class of each label. Throws at the first that is unknown, naming its sequence.
  std::vector<std::int32_t> encode(std::span<const std::string> labels, const std::string& where) const;

 private:
  static std::string place(const std::string& where, std::size_t i);
  static std::string canonical(std::string_view label, const std::string& where, std::size_t i);
  Fault unknown(std::string_view label, std::string where) const;
};

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace heed::inline HEED_ISA {

HEED_FUNCTION std::optional<std::string> canonical_label(std::string_view text) {
  if (text.empty()) return {};
  std::int64_t integer = 0;
  if (parse_number(text, integer) == std::errc()) return std::to_string(integer);
  double number = 0;
  const std::errc error = parse_number(text, number);
  if (error == std::errc::invalid_argument) return std::string(text);
  constexpr double exact = 9007199254740992;  // 2^53: below it every integer is a double
  if (error != std::errc() || !(std::abs(number) < exact) || number != std::trunc(number)) return {};
  return std::to_string(static_cast<std::int64_t>(number));
}

HEED_FUNCTION std::string read_label(const TextReader& reader, std::string_view field) {
  const std::string text = unquote(field);
  std::optional<std::string> label = canonical_label(text);
  if (!label)
    reader.fail(field, "not a label", "an integer of 64 bits or a word", text.empty() ? "nothing" : in_quotes(text));
  return *std::move(label);
}

HEED_FUNCTION LabelMap LabelMap::from(std::span<const std::string> labels, const std::string& where) {
  require(!labels.empty(), [&] { return Fault{"no labels", where, "at least one"}; });
  LabelMap map;
  for (std::size_t i = 0; i < labels.size(); ++i) map.names.push_back(canonical(labels[i], where, i));
  const auto unique = [](auto& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
  };
  unique(map.names);
  std::vector<std::int64_t> integers(map.names.size());
  for (std::size_t i = 0; i < integers.size(); ++i)
    if (parse_number(map.names[i], integers[i]) != std::errc()) return map;
  unique(integers);
  std::transform(integers.begin(), integers.end(), map.names.begin(), [](auto n) { return std::to_string(n); });
  return map;
}

HEED_FUNCTION LabelMap LabelMap::fixed(Index classes) {
  constexpr Index most = 1'000'000;
  require(classes >= 1 && classes <= most, [&] {
    return Fault{"number of classes out of range", "labels", "1 to " + std::to_string(most), std::to_string(classes)};
  });
  LabelMap map;
  for (Index i = 0; i < classes; ++i) map.names.push_back(std::to_string(i));
  return map;
}

HEED_FUNCTION std::int32_t LabelMap::index(std::string_view label) const {
  const std::optional<std::string> name = canonical_label(label);
  const auto found = name ? std::find(names.begin(), names.end(), *name) : names.end();
  require(found != names.end(), [&] { return unknown(label, "labels"); });
  return static_cast<std::int32_t>(found - names.begin());
}

HEED_FUNCTION std::vector<std::int32_t> LabelMap::encode(std::span<const std::string> labels,
                                                         const std::string& where) const {
  std::unordered_map<std::string_view, std::int32_t> classes;
  for (const std::string& name : names) classes.emplace(name, static_cast<std::int32_t>(classes.size()));
  std::vector<std::int32_t> result;
  result.reserve(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto found = classes.find(canonical(labels[i], where, i));
    require(found != classes.end(), [&] { return unknown(labels[i], place(where, i)); });
    result.push_back(found->second);
  }
  return result;
}

HEED_FUNCTION std::string LabelMap::place(const std::string& where, std::size_t i) {
  return where + ", sequence " + std::to_string(i) + " (counted from 0)";
}

HEED_FUNCTION std::string LabelMap::canonical(std::string_view label, const std::string& where, std::size_t i) {
  std::optional<std::string> name = canonical_label(label);
  require(name.has_value(), [&] {
    return Fault{"not a label", place(where, i), "an integer of 64 bits or a word", in_quotes(label)};
  });
  return *std::move(name);
}

HEED_FUNCTION Fault LabelMap::unknown(std::string_view label, std::string where) const {
  constexpr std::size_t shown = 10;
  std::string known;
  for (std::size_t i = 0; i < std::min(names.size(), shown); ++i) known += (i ? ", " : "") + names[i];
  if (names.size() > shown) known += ", ... (" + std::to_string(names.size()) + " in all)";
  return {"unknown label", std::move(where), "one of " + known, in_quotes(label)};
}

}  // namespace heed::inline HEED_ISA

#endif
