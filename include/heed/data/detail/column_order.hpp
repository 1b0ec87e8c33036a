#pragma once

// In which order the values of a row stand, as far as the names of their columns tell.

#include <string>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// Throws if the names say that the values of a row go feature by feature, as x_0, x_1, y_0, y_1 or t0_x, t1_x, t0_y, t1_y
/// do: a row has its values step by step, x_0, y_0, x_1, y_1.
void require_step_order(const std::vector<std::string>& names, Index features, const std::string& where);

}  // namespace heed::inline HEED_ISA::detail

#if HEED_BODIES

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "heed/core/error.hpp"
#include "heed/data/text.hpp"

namespace heed::inline HEED_ISA::detail {

struct NumberedName {
  std::string stem;         // of "t12_x": t_x
  std::string_view number;  // 12
};
/// A name and one of its numbers, counted from 0; nothing if it does not have so many.
inline std::optional<NumberedName> split_at_number(std::string_view name, std::size_t which) {
  constexpr const char* digits = "0123456789";
  std::size_t begin = 0, end = 0;
  for (std::size_t i = 0; i <= which; ++i) {
    begin = name.find_first_of(digits, end);
    if (begin == name.npos) return {};
    end = std::min(name.find_first_not_of(digits, begin), name.size());
  }
  return NumberedName{std::string(name.substr(0, begin)) + std::string(name.substr(end)),
                      name.substr(begin, end - begin)};
}

/// Whether this number of the names is that of the step: each feature has its steps, and then the next feature follows.
inline bool goes_by_feature(const std::vector<std::string>& names, std::size_t number, Index features, Index steps) {
  const auto at = [&](Index f, Index t) {
    return split_at_number(names[static_cast<std::size_t>(f * steps + t)], number);
  };
  for (Index f = 0; f < features; ++f) {
    const auto first = at(f, 0), before = f > 0 ? at(f - 1, 0) : std::nullopt;
    if (!first || (before && before->stem == first->stem)) return false;
    for (Index t = 0; t < steps; ++t) {
      const auto name = at(f, t), step = at(0, t);
      if (!name || name->stem != first->stem || name->number != step->number) return false;
      if (t > 0 && name->number == first->number) return false;
    }
  }
  return true;
}

HEED_COLD HEED_FUNCTION void require_step_order(const std::vector<std::string>& names, Index features,
                                                const std::string& where) {
  const auto count = std::ssize(names);
  const Index steps = count / features;
  if (features < 2 || steps < 2 || count % features != 0) return;
  for (std::size_t number = 0;; ++number) {
    if (!split_at_number(names[0], number)) return;
    if (goes_by_feature(names, number, features, steps)) break;
  }
  throw Error(
      Fault{"the values of a row go feature by feature, as the names of the columns say", where,
            "step by step: " + in_quotes(names[0]) + ", " + in_quotes(names[static_cast<std::size_t>(steps)]) + ", ...",
            in_quotes(names[0]) + ", " + in_quotes(names[1]) + ", ..."});
}

}  // namespace heed::inline HEED_ISA::detail

#endif
