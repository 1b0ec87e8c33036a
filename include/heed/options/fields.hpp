#pragma once

/// @file
/// Options that describe themselves. A struct lists its fields once. Reading and writing metadata, checks, comparison,
/// descriptions and command lines all use this list.
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
/// Options inside of options are listed by their own `fields`. heed/options/named_enum.hpp says how an enum gets names.
///
/// The list becomes a table of plain records. The functions that use it are compiled once.

#include <concepts>
#include <string>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/options/field_table.hpp"

namespace heed::inline HEED_ISA {

/// A struct that lists its fields.
template <class O>
concept Described = std::default_initializable<O> && requires(O& o) { O::fields([](const Field&, auto&) {}, o); };

template <Described O>
FieldTable fields_of(O& object) {
  FieldTable table;
  O::fields(table, object, object);
  return table;
}

namespace detail {
// The values of the fields are only read.
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

/// The options as metadata: each field under its name.
template <Described O>
Metadata to_metadata(const O& options) {
  Metadata metadata;
  detail::write_fields(detail::fields_of(options, O()), metadata);
  return metadata;
}

/// Reads options from metadata; other entries are ignored. Throws if a field is missing, if its value is out of range
/// or not a choice, and if `options.check()` (where it exists) throws. One message lists all faults.
template <Described O>
O from_metadata(const Metadata& metadata) {
  O options;
  detail::read_fields(fields_of(options), metadata, true);
  detail::check_rest(options);
  return options;
}

/// Sets the fields that `hints` name. Throws as `from_metadata`, and if a hint is not the name of a field.
template <Described O>
void set_fields(O& options, const Metadata& hints) {
  detail::read_fields(fields_of(options), hints, false);
}

/// Throws if a field is out of range, and if `options.check()` throws. Returns the options.
template <Described O>
const O& check(const O& options, std::string_view where) try {
  detail::check_fields(detail::fields_of(options, options), where);
  detail::inside(where, [&] { detail::check_rest(options); });
  return options;
} catch (...) {
  detail::rethrow_as_error(where);
}

template <Described O>
bool operator==(const O& a, const O& b) {
  return detail::same_fields(detail::fields_of(a, b));
}

/// The options as text, "hidden 32, kind plain": all fields that apply.
template <Described O>
std::string describe(const O& options) {
  return detail::describe_fields(detail::fields_of(options, options));
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

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
        // a choice comes before the fields that depend on it
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
    if (table.counts(r)) r.check(std::string(r.in_code()) + " out of range", where);
  }
}

HEED_COLD HEED_FUNCTION bool same_fields(const FieldTable& table) {
  return std::all_of(table.records.begin(), table.records.end(), [](const FieldRecord& r) { return r.same(); });
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
