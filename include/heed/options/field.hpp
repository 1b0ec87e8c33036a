#pragma once

/// @file
/// What is said of each field of options: `f({.name = "hidden", .meaning = "Numbers of a state"}, o.hidden...)`.

#include <limits>
#include <string>
#include <string_view>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

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

}  // namespace heed::inline HEED_ABI
