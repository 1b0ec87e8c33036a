#pragma once

/// @file
/// The fields of an object as a table of plain records. The functions in `heed/options/fields.hpp` work on it.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/options/field_record.hpp"
#include "heed/options/named_enum.hpp"
#include "heed/options/size_list.hpp"

namespace heed::inline HEED_ISA {

/// The fields of two objects of one type, which may be the same object.
class FieldTable {
 public:
  template <class T>
  void operator()(const Field& field, T& value, T& other) {
    if constexpr (std::is_enum_v<T>) {
      static_assert(NamedEnum<T>, "an enum in options needs names: see heed/options/named_enum.hpp");
      add(field, FieldKind::choice, &value, &other, choices<T>);
    } else {
      add(field, kind_of(&value), &value, &other, {});
    }
  }

  std::vector<FieldRecord> records;

  const FieldRecord* find(std::string_view name) const;
  /// Whether a field applies, given the values of other fields.
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

namespace heed::inline HEED_ISA {

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
