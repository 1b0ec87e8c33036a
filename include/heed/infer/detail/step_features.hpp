#pragma once

// The number of features of a step.

#include <concepts>
#include <cstdint>

#include "heed/core/concepts.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// `given`, if it is positive; otherwise what the model says, or 1 for tokens. Throws if the model does not say it.
template <Layer Model>
Index step_features(const Model& model, Index given, const char* where) {
  if (given > 0) return given;
  if constexpr (requires { model.input_size(); }) {
    given = model.input_size();
  } else if constexpr (std::same_as<typename Model::Input, std::int32_t>) {
    given = 1;
  }
  require(given > 0, [&] {
    return Fault{"the model does not say how many features a step has", where, "features of at least 1",
                 text_of(given)};
  });
  return given;
}

}  // namespace heed::inline HEED_ISA::detail
