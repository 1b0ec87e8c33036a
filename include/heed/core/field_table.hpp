#pragma once

/// @file
/// What is said of each field of options (`Field`), and the fields of an object as a table of plain records: what
/// `heed/core/fields.hpp` folds over.

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/named_enum.hpp"
#include "heed/core/size_list.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// Which numbers an option may be.
struct Range {
  double least = 1, most = Index(1) << 28;  ///< a size: products of two are numbers
  bool below = false, above = false;        ///< `most`, and `least`, are out of range themselves

  static constexpr double infinite = std::numeric_limits<double>::infinity();
  static constexpr Range from(double least, double most = Index(1) << 28) { return {least, most}; }
  static constexpr Range to(double most) { return {1, most}; }
  static constexpr Range at_least(double least) { return {least, infinite, true}; }
  static constexpr Range any() { return {-infinite, infinite, true}; }
  /// 0 to below 1: a rate of dropout, a decay.
  static constexpr Range share() { return {0, 1, true}; }
};

struct Field {
  const char* name = "";     ///< in files; names what is wrong
  const char* meaning = "";  ///< for --help
  Range range = {};          ///< of a number, or of each of several
  /// It counts where another field has this text, or one of "this|that", or, with `otherwise`, where it has another:
  /// elsewhere files do not say it.
  struct When {
    const char* field = nullptr;
    std::string_view is = {};
    bool otherwise = false;
  } when = {};
  /// Files say it only where it is not the default: those written before there was this field lack it.
  bool optional = false;
  std::string_view except = {};  ///< choices that are none here, parted by commas
  const char* flag = nullptr;    ///< of a command line; none: the name. Empty: it has no flag, the data says it
  /// What a file means that lacks it, where that is not the default: one written before there was this field. Files say
  /// it only where it is something else.
  const char* before = nullptr;
};

/// What is multiplied by `factor` where a name has `part` in it: {"lstm", 0.1}.
struct NamedFactor {
  std::string part;
  double factor = 1;
  friend bool operator==(const NamedFactor&, const NamedFactor&) = default;
};

enum class FieldKind { index, integer, seed, number, flag, choice, indices, numbers, texts, factors, sizes };

/// A field of two objects side by side, which may be one.
struct FieldRecord : Field {
  FieldKind kind = FieldKind::index;
  std::span<const std::string_view> names = {};  // of a choice
  void* value = nullptr;
  const void* other = nullptr;  // of the second object

  /// Its value as text, as files have it.
  std::string text() const;
  /// Sets it. Throws where the text is none of its values; `where` is what messages call it.
  void set(std::string_view text, std::string_view where) const;
  /// Throws where the value is out of range.
  void check(std::string_view what, std::string_view where) const;
  /// "1 to 64", "none, pre or post"
  std::string values() const;
  /// It as a number: of a choice its place, of a flag 1 or 0. Of a list there is none.
  double number() const;
  /// Whether both objects have the same value.
  bool same() const;
};

/// The fields of two objects of a type side by side, which may be one.
class FieldTable {
 public:
  template <class T>
  void operator()(const Field& field, T& value, T& other) {
    if constexpr (std::is_enum_v<T>) {
      static_assert(NamedEnum<T>, "an enum in options needs names: see heed/core/named_enum.hpp");
      add(field, FieldKind::choice, &value, &other, choices<T>);
    } else {
      add(field, kind_of(&value), &value, &other, {});
    }
  }

  std::vector<FieldRecord> records;

  const FieldRecord* find(std::string_view name) const;
  /// Whether a field counts, as other fields stand.
  bool counts(const FieldRecord& record) const;

 private:
  void add(const Field& field, FieldKind kind, void* value, const void* other, std::span<const std::string_view> names);

  static constexpr FieldKind kind_of(const Index*) { return FieldKind::index; }
  static constexpr FieldKind kind_of(const int*) { return FieldKind::integer; }
  static constexpr FieldKind kind_of(const std::uint64_t*) { return FieldKind::seed; }
  static constexpr FieldKind kind_of(const double*) { return FieldKind::number; }
  static constexpr FieldKind kind_of(const bool*) { return FieldKind::flag; }
  static constexpr FieldKind kind_of(const std::vector<Index>*) { return FieldKind::indices; }
  static constexpr FieldKind kind_of(const std::vector<double>*) { return FieldKind::numbers; }
  static constexpr FieldKind kind_of(const std::vector<std::string>*) { return FieldKind::texts; }
  static constexpr FieldKind kind_of(const std::vector<NamedFactor>*) { return FieldKind::factors; }
  static constexpr FieldKind kind_of(const SizeList*) { return FieldKind::sizes; }
};

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/core/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

inline std::string number_text(double value) {
  const bool whole = std::abs(value) < 1e15 && value == std::floor(value);
  return whole ? text_of(static_cast<Index>(value)) : shortest_number(value);
}

/// What a record's pointer points to.
template <class T>
const T& as(const void* value) {
  return *static_cast<const T*>(value);
}
// an enum: its type is not known here
inline std::size_t choice(const void* value) {
  int i = 0;
  std::memcpy(&i, value, sizeof i);
  return static_cast<std::size_t>(i);
}

// those that have a range
inline std::vector<double> numbers_of(const FieldRecord& r) {
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
    default:
      return {};
  }
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
    case FieldKind::choice:
      return std::string(names[detail::choice(value)]);
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
      return static_cast<double>(detail::choice(value));
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

HEED_COLD HEED_FUNCTION std::string FieldRecord::values() const {
  switch (kind) {
    case FieldKind::choice:
      return "one of " + detail::listed(names, except);
    case FieldKind::flag:
      return "\"true\" or \"false\"";
    case FieldKind::texts:
    case FieldKind::seed:
      return {};
    default:
      break;
  }
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
  if (kind == FieldKind::choice && detail::listed_in(except, names[detail::choice(value)])) {
    fail(names[detail::choice(value)]);
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
  // what is out of range stays out
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

HEED_COLD HEED_FUNCTION void FieldTable::add(const Field& field, FieldKind kind, void* value, const void* other,
                                             std::span<const std::string_view> names) {
  FieldRecord& record = records.emplace_back();
  static_cast<Field&>(record) = field;
  record.kind = kind;
  record.names = names;
  record.value = value;
  record.other = other;
}

HEED_COLD HEED_FUNCTION const FieldRecord* FieldTable::find(std::string_view name) const {
  const auto found = std::find_if(records.begin(), records.end(), [&](const FieldRecord& r) { return r.name == name; });
  return found == records.end() ? nullptr : &*found;
}

HEED_COLD HEED_FUNCTION bool FieldTable::counts(const FieldRecord& record) const {
  if (!record.when.field) return true;
  const FieldRecord* const choice = find(record.when.field);
  const std::string one = '|' + (choice ? choice->text() : std::string()) + '|';
  const bool is = ('|' + std::string(record.when.is) + '|').find(one) != std::string::npos;
  return choice && is != record.when.otherwise && counts(*choice);
}

}  // namespace heed::inline HEED_ISA

#endif
