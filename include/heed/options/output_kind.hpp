#pragma once

/// @file
/// The kind of a model's outputs. The loss that trains the model determines it. The model remembers it, also in its
/// file.
///
///     struct Model {
///       ...
///       heed::OutputKind outputs = heed::OutputKind::classes;   // `fit` sets it, `save` and `load` keep it
///     };
///
/// A model whose kind is fixed declares `static constexpr heed::OutputKind outputs = ...`. A model without either gives
/// classes.

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/options/fields.hpp"

namespace heed::inline HEED_ABI {

/// `classes`: logits, one per class; their softmax gives probabilities. `flags`: logits of independent yes/no
/// questions; the sigmoid of each is its probability. `numbers`: the outputs themselves.
enum class OutputKind { classes, flags, numbers };
constexpr std::array<std::string_view, 3> names_of(OutputKind) { return {"classes", "flags", "numbers"}; }

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// A model that remembers the kind of its outputs.
template <class M>
concept RemembersOutputs = requires(M& model) {
  { model.outputs } -> std::same_as<OutputKind&>;
};

/// The kind of a model's outputs.
template <class M>
OutputKind output_kind(const M& model) {
  if constexpr (requires {
                  { model.outputs } -> std::same_as<const OutputKind&>;
                }) {
    return model.outputs;
  } else {
    return OutputKind::classes;
  }
}

/// The kind of outputs that training with this loss gives: the loss's `static constexpr OutputKind output_kind`, if it
/// has one. Otherwise classes if its targets are labels, numbers if they are numbers.
template <class L>
constexpr OutputKind outputs_of_loss() {
  if constexpr (requires {
                  { L::output_kind } -> std::same_as<const OutputKind&>;
                }) {
    return L::output_kind;
  } else {
    return std::same_as<typename L::Target, std::int32_t> ? OutputKind::classes : OutputKind::numbers;
  }
}

namespace detail {
/// Writes the kind, unless it is `classes`: older files do not contain a kind.
void write_output_kind(Metadata& metadata, OutputKind kind);
OutputKind read_output_kind(const Metadata& metadata);
}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION void detail::write_output_kind(Metadata& metadata, OutputKind kind) {
  if (kind != OutputKind::classes) set(metadata, "output_kind", to_text(kind));
}

HEED_COLD HEED_FUNCTION OutputKind detail::read_output_kind(const Metadata& metadata) {
  const auto found = metadata.find("output_kind");
  if (found == metadata.end()) return OutputKind::classes;
  return from_text<OutputKind>(found->second, "metadata \"output_kind\"");
}

}  // namespace heed::inline HEED_ISA

#endif
