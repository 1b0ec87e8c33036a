#pragma once

// Whether a model's outputs fit the targets that it is trained or evaluated on.

#include <string>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Throws if the model adds last values to outputs of this kind, which are no numbers.
template <class Model>
void check_last_value([[maybe_unused]] const Model& model, [[maybe_unused]] OutputKind outputs,
                      [[maybe_unused]] const std::string& where) {
  if constexpr (requires { model.last_value.active(); }) {
    require(outputs == OutputKind::numbers || !model.last_value.active(), [&] {
      return Fault{"last_value is for models of numbers", where, "a loss of numbers, or a model without last_value",
                   std::string("a loss of ") + std::string(to_text(outputs))};
    });
  }
}

/// Throws if the model gives numbers, and so has no classes to compare with labels.
template <class Model>
void check_has_classes(const Model& model, const std::string& where) {
  require(output_kind(model) != OutputKind::numbers, [&] {
    return Fault{"the model gives numbers and has no classes", where, "targets that are numbers, or a loss", "labels"};
  });
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
