#pragma once

// In which order the values of a row stand, as far as the names of their columns tell.

#include <string>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// Throws if the names say that the values of a row go feature by feature, as x_0, x_1, y_0, y_1 do: a row has its values
/// step by step, x_0, y_0, x_1, y_1.
void require_step_order(const std::vector<std::string>& names, Index features, const std::string& where);

}  // namespace heed::inline HEED_ISA::detail

#if HEED_BODIES

#include <cstddef>
#include <string_view>

#include "heed/core/error.hpp"
#include "heed/data/text.hpp"

namespace heed::inline HEED_ISA::detail {

HEED_COLD HEED_FUNCTION void require_step_order(const std::vector<std::string>& names, Index features,
                                                const std::string& where) {
  const auto count = std::ssize(names);
  const Index steps = count / features;
  if (features < 2 || steps < 2 || count % features != 0) return;
  struct Name {
    std::string_view stem, number;  // of "x_12": x_ and 12
  };
  const auto at = [&](Index f, Index t) {
    const std::string_view name = names[static_cast<std::size_t>(f * steps + t)];
    const std::size_t end = name.find_last_not_of("0123456789") + 1;  // 0 where all are digits
    return Name{name.substr(0, end), name.substr(end)};
  };
  for (Index f = 0; f < features; ++f) {
    if (f > 0 && at(f, 0).stem == at(f - 1, 0).stem) return;
    for (Index t = 0; t < steps; ++t) {
      const Name name = at(f, t);
      if (name.number.empty() || name.stem != at(f, 0).stem || name.number != at(0, t).number) return;
    }
  }
  throw Error(
      Fault{"the values of a row go feature by feature, as the names of the columns say", where,
            "step by step: " + in_quotes(names[0]) + ", " + in_quotes(names[static_cast<std::size_t>(steps)]) + ", ...",
            in_quotes(names[0]) + ", " + in_quotes(names[1]) + ", ..."});
}

}  // namespace heed::inline HEED_ISA::detail

#endif
