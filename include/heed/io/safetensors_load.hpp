#pragma once

/// @file
/// Loads models from safetensors files of heed and of PyTorch.

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
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/io/detail/element_order.hpp"
#include "heed/io/detail/model_of_file.hpp"
#include "heed/io/detail/weight_plan.hpp"
#include "heed/io/safetensors_file.hpp"
#include "heed/io/safetensors_save.hpp"
#include "heed/io/self_test.hpp"
#include "heed/io/tensor_file.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/io/weight_names.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/metadata.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ISA {

/// A model that `load` can build from a file alone. Its options describe themselves (see heed/options/fields.hpp). In a
/// file that heed wrote, they are in the metadata. For any other file, `static Options options_from(std::span<const
/// TensorShape>)` infers them from the names and shapes of the tensors, and hints complete them; without that function,
/// hints must give all of them. heed/options/model_metadata.hpp says what a model stores besides its options.
template <class M>
concept Storable = Visitable<M> && std::copyable<M> && DescribedModel<M> &&
                   std::constructible_from<M, typename M::Options> && requires {
                     { M::architecture } -> std::convertible_to<std::string_view>;
                   };

namespace detail {

[[noreturn]] void throw_not_finite(const TensorFile& file, std::string_view name, std::size_t i, double value);

/// Throws as load_weights does; some parameters may then be filled already.
template <class S>
HEED_COLD LoadedWeights fill_parameters(const std::vector<NamedParameter<ParameterArray<S>>>& parameters,
                                        const TensorFile& file, bool partial) {
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

/// Throws if heed wrote the file and the model does not pass the self-test.
template <class M>
void check_own_output(const M& model, const TensorFile& file) try {
  if (is_own(file.metadata())) check_self_test(model, file.metadata());
} catch (...) {
  rethrow_naming(file.name());
}

}  // namespace detail

/// Fills the parameters of `model` from the tensors with the same names, or with the names that `options` give. It is
/// strict, unless `options` say `partial`: every parameter is in the file with its shape, every tensor of the file is a
/// parameter, and every number is finite. In a file of another program, a tensor may occur twice under two names (tied
/// weights).
///
/// Throws if tensors are missing, unexpected or misshapen; the error lists all of them, and a renaming that would help.
/// With `partial`, throws only if no tensor fits. After an error, `model` is as it was.
template <Visitable M>
  requires std::copyable<M>
LoadedWeights load_weights(M& model, const TensorFile& file, const WeightsOptions& options = {}) try {
  const DefaultFloatingMode mode;
  M loaded = model;
  LoadedWeights report =
      detail::fill_parameters(detail::named_parameters(loaded), file.renamed(options), options.partial);
  if constexpr (RemembersOutputs<M>) {  // for parts, the next training sets it
    if (detail::is_own(file.metadata()) && !options.partial) loaded.outputs = detail::read_output_kind(file.metadata());
  }
  model = std::move(loaded);
  return report;
} catch (...) {
  detail::rethrow_as_error(file.name());
}

namespace detail {
/// Reads the file of a path: safetensors. The header of another format replaces it when the program starts, so all
/// sources of a program read the same formats.
inline TensorFile (*read_path)(const std::filesystem::path&) = [](const std::filesystem::path& path) -> TensorFile {
  return SafetensorsFile(path);
};
}  // namespace detail

/// The path of a file, as text or as std::filesystem::path.
template <class P>
concept FilePath = std::convertible_to<const P&, std::filesystem::path> && !std::derived_from<P, TensorFile>;

/// From a path: `load_weights(model, "torch.safetensors", {.rename = {{"rnn", "lstm"}}, .partial = true})`.
template <Visitable M, FilePath P>
  requires std::copyable<M>
LoadedWeights load_weights(M& model, const P& path, const WeightsOptions& options = {}) {
  return load_weights(model, detail::read_path(path), options);
}

/// Loads a model from a file. In a file that heed wrote, the metadata gives the architecture; `hints` may repeat it but
/// not contradict it. For any other file, names and shapes give it, and `hints` complete the rest. `weights` renames
/// tensors. `report`, unless null, receives what was done with each tensor. The self-test of a file that heed wrote is
/// run (see self_test.hpp).
///
/// Throws, and names the file, if it is malformed, has another architecture, was written by a newer heed, or does not
/// determine the model; if the model does not give the output that the self-test expects; and as load_weights does.
template <Storable M>
M load(const TensorFile& file, const Metadata& hints = {}, const WeightsOptions& weights = {},
       LoadedWeights* report = nullptr) try {
  const DefaultFloatingMode mode;
  const TensorFile named = file.renamed(weights);
  M model = detail::model_of<M>(named, hints);
  LoadedWeights loaded = detail::fill_parameters(detail::named_parameters(model), named, weights.partial);
  if (weights.self_test && !weights.partial) detail::check_own_output(model, file);
  if (report) *report = std::move(loaded);
  return model;
} catch (...) {
  detail::rethrow_as_error(file.name());
}

/// From a path.
template <Storable M, FilePath P>
M load(const P& path, const Metadata& hints = {}, const WeightsOptions& weights = {}) {
  return load<M>(detail::read_path(path), hints, weights);
}
/// From the bytes of a file.
template <Storable M>
M load(std::span<const std::byte> bytes, const Metadata& hints = {}, const WeightsOptions& weights = {}) try {
  const DefaultFloatingMode mode;
  return load<M>(SafetensorsFile(bytes), hints, weights);
} catch (...) {
  detail::rethrow_as_error("memory");
}

/// Loads weights into a given model, for models that a file alone does not determine: a `Sequential`, a single layer.
/// `auto model = heed::load(heed::Sequential(...), "model.safetensors");` Throws as load_weights does. If heed wrote the
/// file for such a model, its self-test is run.
template <Visitable M>
  requires std::copyable<M>
M load(M model, const TensorFile& file, const WeightsOptions& weights = {}) try {
  const DefaultFloatingMode mode;
  load_weights(model, file, weights);
  if constexpr (!DescribedModel<M>) {
    const bool whole = !weights.partial && weights.prefix.empty() && !file.metadata().contains("architecture");
    if (weights.self_test && whole) detail::check_own_output(model, file);
  }
  return model;
} catch (...) {
  detail::rethrow_as_error(file.name());
}
template <Visitable M, FilePath P>
  requires std::copyable<M>
M load(M model, const P& path, const WeightsOptions& weights = {}) {
  return load(std::move(model), detail::read_path(path), weights);
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

HEED_COLD HEED_FUNCTION void throw_not_finite(const TensorFile& file, std::string_view name, std::size_t i,
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
