#pragma once

// What a normalisation adds to a variance.

#include <limits>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA::detail {

/// Throws unless eps is a finite number above 0, also as a number of the layer.
template <class S>
HEED_COLD void check_eps(double eps, const char* where) {
  const bool given = eps > 0 && eps <= std::numeric_limits<double>::max();
  require(given && eps <= static_cast<double>(std::numeric_limits<S>::max()) && static_cast<S>(eps) > 0, [&] {
    return Fault{"option out of range", where, given ? "eps above 0 and finite as a float" : "eps above 0",
                 shortest_number(eps)};
  });
}

}  // namespace heed::inline HEED_ISA::detail
