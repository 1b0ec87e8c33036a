#pragma once

/// @file
/// The description of one field of options: `f({.name = "hidden", .meaning = "Numbers of a state"}, o.hidden...)`.

#include <limits>
#include <string>
#include <string_view>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// The values that an option may have.
struct Range {
  double least = 1, most = Index(1) << 28;  ///< the default is for sizes: the product of two cannot overflow
  bool below = false, above = false;        ///< `most` itself, and `least` itself, are out of range

  static constexpr double infinite = std::numeric_limits<double>::infinity();
  static constexpr Range from(double least, double most = Index(1) << 28) { return {least, most}; }
  static constexpr Range to(double most) { return {1, most}; }
  static constexpr Range at_least(double least) { return {least, infinite, true}; }
  static constexpr Range any() { return {-infinite, infinite, true}; }
  /// From 0 to below 1: a dropout rate, a decay.
  static constexpr Range share() { return {0, 1, true}; }
};

/// The description of a field: its name, meaning, range, and when it applies.
struct Field {
  const char* name = "";     ///< in files and their errors
  const char* meaning = "";  ///< for --help
  Range range = {};          ///< of a number, or of each number of a list
  /// The field applies only if another field has this value, or one of "this|that"; with `otherwise`, only if it has
  /// another value. If it does not apply, files leave it out.
  struct When {
    const char* field = nullptr;
    std::string_view is = {};
    bool otherwise = false;
  } when = {};
  /// Files contain the field only if it differs from the default, because older files lack it.
  bool optional = false;
  std::string_view except = {};  ///< choices that are not allowed here, separated by commas
  const char* flag = nullptr;    ///< on a command line; null: the name; empty: no flag, the data defines it
  /// What a file without this field means, if that is not the default: an older file. Files contain the field only if
  /// it differs from this value.
  const char* before = nullptr;
  const char* member = nullptr;  ///< the member in C++, which errors of options name; null: the name
};

/// A factor for everything whose name contains `part`: {"lstm", 0.1}.
struct NamedFactor {
  std::string part;
  double factor = 1;
  friend bool operator==(const NamedFactor&, const NamedFactor&) = default;
};

}  // namespace heed::inline HEED_ABI
