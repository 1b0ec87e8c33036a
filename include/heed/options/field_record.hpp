#pragma once

/// @file
/// One field of options with its value: as text, as a number, and with its check.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/options/field.hpp"
#include "heed/options/named_enum.hpp"
#include "heed/options/size_list.hpp"

namespace heed::inline HEED_ISA {

enum class FieldKind { index, integer, seed, number, flag, choice, indices, numbers, texts, factors, sizes };

/// A field of two objects, which may be the same object.
struct FieldRecord : Field {
  FieldKind kind = FieldKind::index;
  std::span<const std::string_view> names = {};  ///< of a choice
  void* value = nullptr;
  const void* other = nullptr;  ///< in the second object

  /// The name in C++.
  const char* in_code() const { return member ? member : name; }
  /// The value as text, as in files.
  std::string text() const;
  /// Sets the value. Throws if the text is not a value of the field. `where` is the name in the error.
  void set(std::string_view text, std::string_view where) const;
  /// Throws if the value is out of range.
  void check(std::string_view what, std::string_view where) const;
  /// The allowed values as text: "1 to 64", "none, pre or post".
  std::string values() const;
  /// The value as a number: the index of a choice, 1 or 0 for a flag. A list has none.
  double number() const;
  /// Whether both objects have the same value.
  bool same() const;
};

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

inline std::string number_text(double value) {
  const bool whole = std::abs(value) < 1e15 && value == std::floor(value);
  return whole ? text_of(static_cast<Index>(value)) : shortest_number(value);
}

/// The value that a record points to.
template <class T>
const T& as(const void* value) {
  return *static_cast<const T*>(value);
}
// an enum whose type is not known here
inline int choice(const void* value) {
  int i = 0;
  std::memcpy(&i, value, sizeof i);
  return i;
}

// the numbers of fields that have a range
HEED_COLD inline std::vector<double> numbers_of(const FieldRecord& r) {
  switch (r.kind) {
    case FieldKind::index:
    case FieldKind::integer:
    case FieldKind::number:
      return {r.number()};
    case FieldKind::numbers:
      return as<std::vector<double>>(r.value);
    case FieldKind::indices: {
      const auto& values = as<std::vector<Index>>(r.value);
      return {values.begin(), values.end()};
    }
    case FieldKind::sizes: {
      const auto& values = as<SizeList>(r.value);
      return {values.begin(), values.end()};
    }
    case FieldKind::factors: {
      std::vector<double> numbers;
      for (const NamedFactor& f : as<std::vector<NamedFactor>>(r.value)) numbers.push_back(f.factor);
      return numbers;
    }
    case FieldKind::seed:
    case FieldKind::flag:
    case FieldKind::choice:
    case FieldKind::texts:
      break;
  }
  return {};
}

}  // namespace detail

HEED_COLD HEED_FUNCTION std::string FieldRecord::text() const {
  Metadata one;
  switch (kind) {
    case FieldKind::index:
      return text_of(detail::as<Index>(value));
    case FieldKind::integer:
      return text_of(detail::as<int>(value));
    case FieldKind::seed:
      return std::to_string(detail::as<std::uint64_t>(value));
    case FieldKind::number:
      return detail::shortest_text(detail::as<double>(value), name);
    case FieldKind::flag:
      return detail::as<bool>(value) ? "true" : "false";
    case FieldKind::choice: {
      const int i = detail::choice(value);
      return detail::has_name(i, names) ? std::string(names[static_cast<std::size_t>(i)])
                                        : "no such value (" + text_of(i) + ')';
    }
    case FieldKind::sizes:
      return to_text(detail::as<SizeList>(value));
    case FieldKind::numbers:
      heed::set(one, name, detail::as<std::vector<double>>(value));
      break;
    case FieldKind::texts:
      heed::set(one, name, detail::as<std::vector<std::string>>(value));
      break;
    case FieldKind::indices: {
      std::vector<std::string> texts;
      for (const Index i : detail::as<std::vector<Index>>(value)) texts.push_back(text_of(i));
      heed::set(one, name, texts);
      break;
    }
    case FieldKind::factors: {
      std::vector<std::string> texts;
      for (const NamedFactor& f : detail::as<std::vector<NamedFactor>>(value)) {
        texts.push_back(f.part + '=' + detail::shortest_text(f.factor, name));
      }
      heed::set(one, name, texts);
      break;
    }
  }
  return one[name];
}

HEED_COLD HEED_FUNCTION double FieldRecord::number() const {
  switch (kind) {
    case FieldKind::index:
      return static_cast<double>(detail::as<Index>(value));
    case FieldKind::integer:
      return detail::as<int>(value);
    case FieldKind::number:
      return detail::as<double>(value);
    case FieldKind::flag:
      return detail::as<bool>(value) ? 1 : 0;
    case FieldKind::choice:
      return detail::choice(value);
    case FieldKind::seed:
    case FieldKind::indices:
    case FieldKind::numbers:
    case FieldKind::texts:
    case FieldKind::factors:
    case FieldKind::sizes:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

HEED_COLD HEED_FUNCTION std::string FieldRecord::values() const {
  if (kind == FieldKind::choice) return "one of " + detail::listed(names, except);
  if (kind == FieldKind::flag) return "\"true\" or \"false\"";
  if (kind == FieldKind::texts || kind == FieldKind::seed) return {};
  const std::string least = detail::number_text(range.least), most = detail::number_text(range.most);
  const bool finite = kind == FieldKind::number || kind == FieldKind::numbers || kind == FieldKind::factors;
  if (std::isinf(range.least)) return "a finite number";
  if (std::isinf(range.most) && range.above) return (finite ? "a finite number above " : "above ") + least;
  if (std::isinf(range.most)) return (finite ? "a finite number of at least " : "at least ") + least;
  if (range.above) return "above " + least + (range.below ? ", below " : ", at most ") + most;
  return least + (range.below ? " to below " : " to ") + most;
}

HEED_COLD HEED_FUNCTION void FieldRecord::check(std::string_view what, std::string_view where) const {
  const auto fail = [&](std::string_view got) { throw Error(Fault{what, where, values(), got}); };
  if (kind == FieldKind::choice) {
    const int i = detail::choice(value);
    if (!detail::has_name(i, names)) detail::throw_no_such(in_code(), i, names, where, except);
    if (detail::listed_in(except, text())) fail(text());
  }
  for (const double x : detail::numbers_of(*this)) {
    const bool ok =
        (range.above ? x > range.least : x >= range.least) && (range.below ? x < range.most : x <= range.most);
    if (!ok) fail(!std::isfinite(x) || std::abs(x) < 1e15 ? detail::number_text(x) : text());
  }
}

HEED_COLD HEED_FUNCTION void FieldRecord::set(std::string_view text, std::string_view where) const {
  const auto wrong = [&](std::string_view expected) {
    throw Error(Fault{"wrong value", where, expected, detail::quote(text)});
  };
  // a value that is out of range stays so
  const auto put = [&]<class T>(T given) {
    std::swap(*static_cast<T*>(value), given);
    try {
      check("out of range", where);
    } catch (...) {
      std::swap(*static_cast<T*>(value), given);
      throw;
    }
  };
  const auto parsed = [&]<class T>(T number, std::string_view expected) {
    if (!detail::parse(text, number)) wrong(expected);
    return number;
  };
  const Metadata one{{name, std::string(text)}};
  switch (kind) {
    case FieldKind::index:
      return put(parsed(Index(0), "a whole number"));
    case FieldKind::integer: {
      const Index number = parsed(Index(0), "a whole number");
      if (!std::in_range<int>(number)) wrong("a whole number");
      return put(static_cast<int>(number));
    }
    case FieldKind::seed:
      return put(parsed(std::uint64_t(0), "a whole number"));
    case FieldKind::number: {
      const double number = parsed(0.0, "a finite number");
      if (!std::isfinite(number)) wrong("a finite number");
      return put(number);
    }
    case FieldKind::flag:
      if (text != "true" && text != "false") wrong(values());
      return put(text == "true");
    case FieldKind::choice: {
      const int i = detail::choice_from(text, names, where, except);
      std::memcpy(value, &i, sizeof i);
      return;
    }
    case FieldKind::numbers:
      return put(get_doubles(one, name));
    case FieldKind::texts:
      return put(get_texts(one, name));
    case FieldKind::sizes:
      return put(sizes_from(text, where));
    case FieldKind::indices: {
      std::vector<Index> numbers;
      for (const std::string& number : get_texts(one, name)) {
        if (!detail::parse(number, numbers.emplace_back())) {
          throw Error(Fault{"wrong value", where, "whole numbers", detail::quote(number)});
        }
      }
      return put(std::move(numbers));
    }
    case FieldKind::factors: {
      std::vector<NamedFactor> factors;
      for (const std::string& entry : get_texts(one, name)) {
        const std::size_t at = entry.rfind('=');
        NamedFactor& f = factors.emplace_back();
        if (at == std::string::npos || !detail::parse(std::string_view(entry).substr(at + 1), f.factor)) {
          wrong("NAME=FACTOR");
        }
        f.part = entry.substr(0, at);
      }
      return put(std::move(factors));
    }
  }
}

HEED_COLD HEED_FUNCTION bool FieldRecord::same() const {
  FieldRecord second = *this;
  second.value = const_cast<void*>(other);
  return kind == FieldKind::number ? number() == second.number() : text() == second.text();
}

}  // namespace heed::inline HEED_ISA

#endif
