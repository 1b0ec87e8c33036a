#pragma once

/// @file
/// Models out of safetensors files: heed's own, and PyTorch's.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/io/detail/element_order.hpp"
#include "heed/io/detail/model_of_file.hpp"
#include "heed/io/detail/weight_plan.hpp"
#include "heed/io/safetensors_file.hpp"
#include "heed/io/safetensors_save.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/io/weight_names.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/metadata.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ISA {

/// A model that `load` can build from a file alone. Its options describe themselves (see heed/options/fields.hpp): of a
/// file that heed wrote they stand in the metadata. Of any other file they come from hints, which must then hold all of
/// them, unless there is `static Options options_from(std::span<const TensorShape>)`: what the names and shapes of its
/// tensors say, which hints complete. What a model keeps beside its options is in heed/options/model_metadata.hpp.
template <class M>
concept Storable = Visitable<M> && std::copyable<M> && DescribedModel<M> &&
                   std::constructible_from<M, typename M::Options> && requires {
                     { M::architecture } -> std::convertible_to<std::string_view>;
                   };

namespace detail {

[[noreturn]] void throw_not_finite(const SafetensorsFile& file, std::string_view name, std::size_t i, double value);

/// Throws as load_weights does; some parameters may then have been filled.
template <class S>
HEED_COLD LoadedWeights fill_parameters(const std::vector<NamedParameter<ParameterArray<S>>>& parameters,
                                        const SafetensorsFile& file, bool partial) {
  std::vector<WantedTensor> wanted;
  for (const auto& [name, array] : parameters) wanted.push_back({name, array->extents()});
  WeightPlan plan = plan_weights(wanted, file, partial);
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const auto& [name, array] = parameters[k];
    if (plan.uses[k] == WeightPlan::Use::zero) array->fill(0);
    if (plan.uses[k] != WeightPlan::Use::load) continue;
    const std::vector<S> values = file.read<S>(name);
    const auto bad = std::find_if(values.begin(), values.end(), [](S value) { return !std::isfinite(value); });
    if (bad != values.end()) {
      throw_not_finite(file, name, static_cast<std::size_t>(bad - values.begin()), static_cast<double>(*bad));
    }
    set_elements(*array, values);
  }
  return std::move(plan.report);
}

}  // namespace detail

/// Sets the parameters of `model` from the tensors of the same names, or of those that `options` give them. Strict,
/// unless these say `partial`: every parameter stands in the file with its shape, every tensor of the file is a
/// parameter, every number is finite. Of a file that heed did not write a tensor may stand there twice, under another
/// name (tied weights).
/// Throws, naming all missing, unexpected and misshapen tensors at once, and the renaming that would help; with
/// `partial` where no tensor fits. `model` is then as it was.
template <Visitable M>
  requires std::copyable<M>
LoadedWeights load_weights(M& model, const SafetensorsFile& file, const WeightsOptions& options = {}) try {
  M loaded = model;
  LoadedWeights report =
      detail::fill_parameters(detail::named_parameters(loaded), file.renamed(options), options.partial);
  if constexpr (RemembersOutputs<M>) {  // of parts the next training says it
    if (detail::is_own(file.metadata()) && !options.partial) loaded.outputs = detail::read_output_kind(file.metadata());
  }
  model = std::move(loaded);
  return report;
} catch (...) {
  detail::rethrow_as_error(file.name());
}

/// The same from a path: `load_weights(model, "torch.safetensors", {.rename = {{"rnn", "lstm"}}, .partial = true})`
template <Visitable M>
  requires std::copyable<M>
LoadedWeights load_weights(M& model, const std::filesystem::path& path, const WeightsOptions& options = {}) try {
  return load_weights(model, SafetensorsFile(path), options);
} catch (...) {
  detail::rethrow_as_error(path.string());
}

/// A model from a file. Of a file that heed wrote, the metadata determines the architecture; `hints` may repeat it, but
/// not contradict it. Of any other file, names and shapes do, and `hints` complete what they leave open; `weights` says
/// what its tensors are called, and `report`, where it is not null, gets what became of them.
/// Throws, naming the file, where it is malformed, of another architecture, written by a newer heed, or does not
/// determine the model; and as load_weights does.
template <Storable M>
M load(const SafetensorsFile& file, const Metadata& hints = {}, const WeightsOptions& weights = {},
       LoadedWeights* report = nullptr) try {
  const SafetensorsFile named = file.renamed(weights);
  M model = detail::model_of<M>(named, hints);
  LoadedWeights loaded = detail::fill_parameters(detail::named_parameters(model), named, weights.partial);
  if (report) *report = std::move(loaded);
  return model;
} catch (...) {
  detail::rethrow_as_error(file.name());
}

/// The same from a path.
template <Storable M>
M load(const std::filesystem::path& path, const Metadata& hints = {}, const WeightsOptions& weights = {}) try {
  return load<M>(SafetensorsFile(path), hints, weights);
} catch (...) {
  detail::rethrow_as_error(path.string());
}
/// The same from the bytes of a file.
template <Storable M>
M load(std::span<const std::byte> bytes, const Metadata& hints = {}, const WeightsOptions& weights = {}) try {
  return load<M>(SafetensorsFile(bytes), hints, weights);
} catch (...) {
  detail::rethrow_as_error("memory");
}

/// A model as it is, with the weights of a file, for those that a file alone does not determine: a `Sequential`, a
/// single layer. `auto model = heed::load(heed::Sequential(...), "model.safetensors");` Throws as load_weights does.
template <Visitable M>
  requires std::copyable<M>
M load(M model, const std::filesystem::path& path, const WeightsOptions& weights = {}) {
  load_weights(model, path, weights);
  return model;
}

template <class M, class From>
  requires(Visitable<M> && !Storable<M> && !Visitable<From>)
M load(const From&) {
  static_assert(Storable<M>,
                "heed::load<M>(file) makes a model of the options that its file says, and M does not describe its "
                "options (see heed/options/fields.hpp), as no Sequential does: make the model, then heed::load(model, "
                "file) or heed::load_weights(model, file)");
  return M();
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::detail::fill_parameters)

#if HEED_BODIES

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION void throw_not_finite(const SafetensorsFile& file, std::string_view name, std::size_t i,
                                              double value) {
  const TensorInfo& tensor = *file.find(name);
  throw Error(Fault{"a weight is not finite",
                    place(file.name(), tensor) + " at " + index_text(tensor.extents, i),
                    {},
                    text_of(value)});
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
