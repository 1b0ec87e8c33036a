#pragma once

/// @file
/// Options describe themselves: a struct lists its fields once, and metadata in and out, checks, comparison,
/// descriptions and command lines are folds over that list.
///
///     struct Options {
///       Index hidden = 32;
///       Kind kind = Kind::plain;
///       static void fields(auto&& f, auto&... o) {
///         f({"hidden", "size of the state"}, o.hidden...);
///         f({"kind", "what it is"}, o.kind...);
///       }
///     };
///
/// Options inside of options are listed by their own `fields`. An enum has names where `names_of` gives them:
///
///     enum class Kind { plain, fancy };
///     constexpr std::array<std::string_view, 2> names_of(Kind) { return {"plain", "fancy"}; }
///
/// The list becomes a table of plain records, and the folds are plain functions over it, compiled once.

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

// ---- enums with names

template <class E>
concept NamedEnum = std::is_enum_v<E> && std::same_as < std::underlying_type_t<E>,
int > &&requires(E value) { names_of(value); };

/// The names of an enum's values, in their order.
template <NamedEnum E>
inline constexpr auto choices = names_of(E());

namespace detail {
/// The place of `text` among the names. Throws where it is none of them.
HEED_FUNCTION int choice_from(std::string_view text, std::span<const std::string_view> names, std::string_view where,
                              std::string_view except = {});
}  // namespace detail

template <NamedEnum E>
constexpr std::string_view to_text(E value) {
  return choices<E>[static_cast<std::size_t>(value)];
}

/// The value of that name. Throws where there is none; `where` is what messages call the choice.
template <NamedEnum E>
E from_text(std::string_view text, std::string_view where) {
  return static_cast<E>(detail::choice_from(text, choices<E>, where));
}

// ---- what is said of a field

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
  /// It counts where another field, a choice, has this name: elsewhere files do not say it.
  struct When {
    const char* field = nullptr;
    std::string_view is = {};
  } when = {};
  /// Files say it only where it is not the default: those written before there was this field lack it.
  bool optional = false;
  std::string_view except = {};  ///< a choice that is none here
  const char* flag = nullptr;    ///< of a command line; none: the name. Empty: it has no flag, the data says it
  /// What a file means that lacks it, where that is not the default: one written before there was this field. Files say
  /// it only where it is something else.
  const char* before = nullptr;
};

/// A struct that lists its fields.
template <class O>
concept Described = std::default_initializable<O> && requires(O& o) {
  O::fields([](const Field&, auto&) {}, o);
};

enum class FieldKind { index, integer, seed, number, flag, choice, indices, numbers, texts };

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
      static_assert(NamedEnum<T>, "an enum in options needs names: see names_of in heed/core/fields.hpp");
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
};

template <Described O>
FieldTable fields_of(O& object) {
  FieldTable table;
  O::fields(table, object, object);
  return table;
}

namespace detail {
// The fields' values are then only looked at.
template <Described O>
FieldTable fields_of(const O& object, const O& other) {
  FieldTable table;
  O::fields(table, const_cast<O&>(object), const_cast<O&>(other));
  return table;
}

void write_fields(const FieldTable& table, Metadata& metadata);
void read_fields(const FieldTable& table, const Metadata& metadata, bool complete);
void check_fields(const FieldTable& table, std::string_view where);
bool same_fields(const FieldTable& table);
std::string describe_fields(const FieldTable& table);

template <Described O>
void check_rest(const O& options) {
  if constexpr (requires { options.check(); }) options.check();
}
}  // namespace detail

// ---- folds

/// What a file says of options: each field by its name.
template <Described O>
Metadata to_metadata(const O& options) {
  Metadata metadata;
  detail::write_fields(detail::fields_of(options, O()), metadata);
  return metadata;
}

/// The options that a file says. What else stands in it is not looked at. Throws where a field is missing, or its value
/// is out of range or no choice, and where `options.check()`, if there is such a function, does. All faults stand in
/// one message.
template <Described O>
O from_metadata(const Metadata& metadata) {
  O options;
  detail::read_fields(fields_of(options), metadata, true);
  detail::check_rest(options);
  return options;
}

/// Sets those fields that `hints` name. Throws as `from_metadata`, and where a hint is no field's name.
template <Described O>
void set_fields(O& options, const Metadata& hints) {
  detail::read_fields(fields_of(options), hints, false);
}

/// Throws where a field is out of range, and where `options.check()` does. Returns the options.
template <Described O>
const O& check(const O& options, std::string_view where) {
  detail::check_fields(detail::fields_of(options, options), where);
  detail::check_rest(options);
  return options;
}

template <Described O>
bool operator==(const O& a, const O& b) {
  return detail::same_fields(detail::fields_of(a, b));
}

/// "hidden 32, kind plain": all fields that count.
template <Described O>
std::string describe(const O& options) {
  return detail::describe_fields(detail::fields_of(options, options));
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "heed/core/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

inline std::string listed(std::span<const std::string_view> names, std::string_view except) {
  std::string all;
  for (const std::string_view name : names) {
    if (name == except) continue;
    if (!all.empty()) all += ", ";
    all += name;
  }
  return all;
}

HEED_FUNCTION int choice_from(std::string_view text, std::span<const std::string_view> names, std::string_view where,
                              std::string_view except) {
  const auto found = std::find(names.begin(), names.end(), text);
  require(found != names.end() && text != except, [&] {
    return Fault{"wrong value", where, "one of " + listed(names, except), quote(text)};
  });
  return static_cast<int>(found - names.begin());
}

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
  const bool finite = kind == FieldKind::number || kind == FieldKind::numbers;
  if (std::isinf(range.least)) return "a finite number";
  if (std::isinf(range.most) && range.above) return (finite ? "a finite number above " : "above ") + least;
  if (std::isinf(range.most)) return (finite ? "a finite number of at least " : "at least ") + least;
  if (range.above) return "above " + least + (range.below ? ", below " : ", at most ") + most;
  return least + (range.below ? " to below " : " to ") + most;
}

HEED_COLD HEED_FUNCTION void FieldRecord::check(std::string_view what, std::string_view where) const {
  const auto fail = [&](std::string_view got) { throw Error(Fault{what, where, values(), got}); };
  if (kind == FieldKind::choice && names[detail::choice(value)] == except) fail(except);
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
  const Metadata one{{name, std::string(text)}};
  switch (kind) {
    case FieldKind::index:
      if (!detail::parse(text, *static_cast<Index*>(value))) wrong("a whole number");
      break;
    case FieldKind::integer: {
      Index number = 0;
      if (!detail::parse(text, number) || !std::in_range<int>(number)) wrong("a whole number");
      *static_cast<int*>(value) = static_cast<int>(number);
      break;
    }
    case FieldKind::seed:
      if (!detail::parse(text, *static_cast<std::uint64_t*>(value))) wrong("a whole number");
      break;
    case FieldKind::number:
      if (!detail::parse(text, *static_cast<double*>(value)) || !std::isfinite(detail::as<double>(value))) {
        wrong("a finite number");
      }
      break;
    case FieldKind::flag:
      if (text != "true" && text != "false") wrong(values());
      *static_cast<bool*>(value) = text == "true";
      break;
    case FieldKind::choice: {
      const int i = detail::choice_from(text, names, where, except);
      std::memcpy(value, &i, sizeof i);
      break;
    }
    case FieldKind::numbers:
      *static_cast<std::vector<double>*>(value) = get_doubles(one, name);
      break;
    case FieldKind::texts:
      *static_cast<std::vector<std::string>*>(value) = get_texts(one, name);
      break;
    case FieldKind::indices: {
      auto& numbers = *static_cast<std::vector<Index>*>(value);
      numbers.clear();
      for (const std::string& number : get_texts(one, name)) {
        if (!detail::parse(number, numbers.emplace_back())) {
          throw Error(Fault{"wrong value", where, "whole numbers", detail::quote(number)});
        }
      }
      break;
    }
  }
  check("out of range", where);
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
  const auto found = std::ranges::find_if(records, [&](const FieldRecord& r) { return r.name == name; });
  return found == records.end() ? nullptr : &*found;
}

HEED_COLD HEED_FUNCTION bool FieldTable::counts(const FieldRecord& record) const {
  if (!record.when.field) return true;
  const FieldRecord* const choice = find(record.when.field);
  return choice && choice->text() == record.when.is && counts(*choice);
}

namespace detail {

HEED_COLD HEED_FUNCTION void write_fields(const FieldTable& table, Metadata& metadata) {
  for (const FieldRecord& r : table.records) {
    const bool silent = r.before ? r.text() == r.before : r.optional && r.same();
    if (table.counts(r) && !silent) metadata[r.name] = r.text();
  }
}

HEED_COLD HEED_FUNCTION void read_fields(const FieldTable& table, const Metadata& metadata, bool complete) {
  Fault first;
  std::string all;
  int count = 0;
  const auto add_fault = [&](const Error& error) {
    if (count++ == 0) first = error.fault();
    all += "\n  ";
    all += error.what();
  };
  for (const FieldRecord& r : table.records) {
    const auto found = metadata.find(r.name);
    try {
      if (found == metadata.end() && complete && r.before) {
        if (table.counts(r)) r.set(r.before, r.name);
      } else if (found == metadata.end()) {
        // a choice that decides stands before what depends on it
        require(!complete || r.optional || !table.counts(r), [&] { return metadata_fault("missing", r.name); });
      } else if (!complete || table.counts(r)) {
        r.set(found->second, "metadata " + quote(r.name));
      }
    } catch (const Error& error) {
      add_fault(error);
    }
  }
  if (!complete) {
    for (const auto& hint : metadata) {
      if (!table.find(hint.first)) add_fault(Error(metadata_fault("no option of this name", hint.first)));
    }
  }
  if (count == 1) throw Error(std::move(first));
  if (count > 1) throw Error(Fault{"the options are not those of a model" + all});
}

HEED_COLD HEED_FUNCTION void check_fields(const FieldTable& table, std::string_view where) {
  for (const FieldRecord& r : table.records) {
    if (table.counts(r)) r.check(std::string(r.name) + " out of range", where);
  }
}

HEED_COLD HEED_FUNCTION bool same_fields(const FieldTable& table) {
  return std::ranges::all_of(table.records, [](const FieldRecord& r) { return r.same(); });
}

HEED_COLD HEED_FUNCTION std::string describe_fields(const FieldTable& table) {
  std::string all;
  for (const FieldRecord& r : table.records) {
    if (!table.counts(r)) continue;
    if (!all.empty()) all += ", ";
    all += std::string(r.name) + ' ' + r.text();
  }
  return all;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
