#pragma once

/// @file
/// What the outputs of a model are: the loss that it is trained with decides, and the model remembers it, in its file
/// too.
///
///     struct Model {
///       ...
///       heed::OutputKind outputs = heed::OutputKind::classes;   // `fit` sets it, `save` and `load` keep it
///     };
///
/// A model that always gives the same says so by `static constexpr heed::OutputKind outputs = ...`. One that says
/// nothing gives classes.

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/options/fields.hpp"

namespace heed::inline HEED_ABI {

/// `classes`: logits, one a class, whose softmax are probabilities. `flags`: logits, each of a yes or no of its own,
/// whose sigmoid is its probability. `numbers`: the outputs as they are.
enum class OutputKind { classes, flags, numbers };
constexpr std::array<std::string_view, 3> names_of(OutputKind) { return {"classes", "flags", "numbers"}; }

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// A model that remembers what its outputs are.
template <class M>
concept RemembersOutputs = requires(M& model) {
  { model.outputs } -> std::same_as<OutputKind&>;
};

/// What a model's outputs are.
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

/// What models give that are trained with this loss: what it says (`static constexpr OutputKind output_kind`),
/// otherwise classes where its targets are labels, and numbers where they are numbers.
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
/// Files say it only where it is not classes: those written before there was a kind lack it.
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
