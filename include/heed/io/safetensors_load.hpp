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

#include "heed/core/buffer.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/fields.hpp"
#include "heed/core/metadata.hpp"
#include "heed/core/model_metadata.hpp"
#include "heed/core/output_kind.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tensor_shape.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/io/detail/element_order.hpp"
#include "heed/io/detail/weight_plan.hpp"
#include "heed/io/safetensors_file.hpp"
#include "heed/io/safetensors_save.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/io/weight_names.hpp"

namespace heed::inline HEED_ISA {

/// A model that `load` can build from a file alone. Its options describe themselves (see heed/core/fields.hpp): of a
/// file that heed wrote they stand in the metadata. Of any other file they come from hints, which must then hold all of
/// them, unless there is `static Options options_from(std::span<const TensorShape>)`: what the names and shapes of its
/// tensors say, which hints complete. What a model keeps beside its options is in heed/core/model_metadata.hpp.
template <class M>
concept Storable = Visitable<M> && std::copyable<M> && DescribedModel<M> &&
                   std::constructible_from<M, typename M::Options> && requires {
                     { M::architecture } -> std::convertible_to<std::string_view>;
                   };

namespace detail {

[[noreturn]] HEED_FUNCTION void throw_not_finite(const SafetensorsFile& file, std::string_view name, std::size_t i,
                                                 double value);

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

namespace detail {

/// Throws where the metadata of a file that heed wrote is that of another model.
HEED_FUNCTION void check_own(const Metadata& metadata, std::string_view architecture);
/// Throws where a hint is other than what the file says, or means by not saying it.
HEED_FUNCTION void check_hints(const Metadata& metadata, const FieldTable& options, const Metadata& hints);

/// What a model may allocate while it is built from a file of these tensors: parts of it are made and copied, and where
/// a tensor is missing `load_weights` says which.
HEED_FUNCTION AllocationBudget budget_of(std::span<const TensorInfo> tensors, std::size_t size_of_number);

/// Throws the exception that is being handled, with the file's name before the place that it names.
[[noreturn]] HEED_FUNCTION void rethrow_naming(const std::string& file);

/// Throws the error that is being handled, with the tensors that do not determine a model.
[[noreturn]] HEED_FUNCTION void rethrow_listing(const SafetensorsFile& file, std::vector<Rename> renames);

/// The options that names and shapes determine.
template <class M>
typename M::Options options_from_shapes(const SafetensorsFile& file) {
  const std::vector<TensorShape> shapes = shapes_of(file.tensors());
  try {
    return M::options_from(shapes);
  } catch (const Error&) {
    std::vector<Rename> renames;
    if constexpr (requires { M::renames_from(shapes); }) {
      renames = M::renames_from(shapes);
    } else if (const std::string wrapper = wrapper_of(shapes); !wrapper.empty()) {
      try {
        const SafetensorsFile inner = file.renamed({.prefix = wrapper});
        M::options_from(shapes_of(inner.tensors()));
        renames = {{wrapper, ""}};
      } catch (const Error&) {
      }
    }
    rethrow_listing(file, std::move(renames));
  }
}

/// The model that a file says, its parameters not yet filled.
template <Storable M>
M model_of(const SafetensorsFile& file, const Metadata& hints) try {
  const Metadata& metadata = file.metadata();
  const bool own = is_own(metadata);
  if (own) check_own(metadata, M::architecture);
  const AllocationBudget budget = budget_of(file.tensors(), sizeof(typename M::Scalar));
  using Options = typename M::Options;
  Options options;
  if (own) {
    options = from_metadata<Options>(metadata);
    check_hints(metadata, heed::fields_of(options), hints);
  } else if constexpr (requires(std::span<const TensorShape> shapes) { M::options_from(shapes); }) {
    options = options_from_shapes<M>(file);
    set_fields(options, hints);
  } else {
    set_fields(options, hints);
    options = from_metadata<Options>(hints);
  }
  M model(options);
  if (own) restore_extras(model, metadata);
  return model;
} catch (...) {
  rethrow_naming(file.name());
}

}  // namespace detail

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
                "options (see heed/core/fields.hpp), as no Sequential does: make the model, then heed::load(model, "
                "file) or heed::load_weights(model, file)");
  return M();
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::detail::fill_parameters)

#if HEED_BODIES

#include <new>
#include <stdexcept>

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION void throw_not_finite(const SafetensorsFile& file, std::string_view name, std::size_t i, double value) {
  const TensorInfo& tensor = *file.find(name);
  throw Error(Fault{"a weight is not finite",
                    place(file.name(), tensor) + " at " + index_text(tensor.extents, i),
                    {},
                    text_of(value)});
}

HEED_FUNCTION void check_own(const Metadata& metadata, std::string_view architecture) {
  const Index version = get_index(metadata, "format_version");
  require(version >= 1 && version <= safetensors_format_version, [&] {
    return Fault{version < 1 ? "wrong value" : "written by a newer version of heed", "metadata \"format_version\"",
                 "1 to " + text_of(safetensors_format_version), text_of(version)};
  });
  const std::string& written = get_text(metadata, "architecture");
  require(written == architecture,
          [&] { return Fault{"a model of another architecture", {}, quote(architecture), quote(written)}; });
}

HEED_FUNCTION void check_hints(const Metadata& metadata, const FieldTable& options, const Metadata& hints) {
  for (const auto& hint : hints) {
    const auto entry = metadata.find(hint.first);
    const FieldRecord* const field = options.find(hint.first);
    const bool meant = field && options.counts(*field);
    if (entry == metadata.end() && !meant) continue;
    const std::string value = entry != metadata.end() ? entry->second : field->text();
    require(value == hint.second, [&] {
      return Fault{"the file says otherwise", "option " + quote(hint.first), quote(value), quote(hint.second)};
    });
  }
}

HEED_FUNCTION AllocationBudget budget_of(std::span<const TensorInfo> tensors, std::size_t size_of_number) {
  constexpr Index times = 4, beside = Index(1) << 24;
  Index count = 0;  // no tensor is larger than the file
  for (const auto& tensor : tensors) count += element_count(tensor.extents);
  return AllocationBudget(times * count * static_cast<Index>(size_of_number) + beside, "a model of these options");
}

HEED_FUNCTION void rethrow_listing(const SafetensorsFile& file, std::vector<Rename> renames) {
  try {
    throw;
  } catch (const Error& error) {
    constexpr std::size_t most = 50;
    Fault fault = error.fault();
    const std::span<const TensorInfo> tensors = file.tensors();
    if (tensors.empty()) throw;
    if (!fault.expected.empty()) fault.what += ", which needs " + fault.expected;
    if (!fault.got.empty()) fault.what += ", not " + fault.got;
    fault.expected = fault.got = {};
    std::vector<TensorInfo> named(tensors.begin(), tensors.end());
    try {
      named = renamed(tensors, {.rename = renames}, file.name());
    } catch (const Error&) {  // the new names are those of others
      renames.clear();
    }
    for (std::size_t i = 0; i < std::min(tensors.size(), most); ++i) {
      fault.what += "\n  the file has " + quote(tensors[i].name) + ' ' + to_text(tensors[i].extents);
      if (named[i].name != tensors[i].name) fault.what += ", perhaps for " + quote(named[i].name);
    }
    if (tensors.size() > most) fault.what += "\n  and " + text_of(tensors.size() - most) + " more";
    if (!renames.empty()) fault.what += "\n  " + proposal(renames);
    throw TensorMismatch(std::move(fault), std::move(renames));
  }
}

HEED_FUNCTION void rethrow_naming(const std::string& file) {
  const auto named = [&](Fault fault) {
    fault.where = fault.where.empty() ? file : file + ": " + fault.where;
    return fault;
  };
  try {
    throw;
  } catch (const TensorMismatch& error) {
    throw TensorMismatch(named(error.fault()), error.renames());
  } catch (const Error& error) {
    throw Error(named(error.fault()));
  } catch (const std::bad_alloc&) {
    throw Error(Fault{"the model does not fit in memory", file});
  } catch (const std::length_error&) {
    throw Error(Fault{"the model does not fit in memory", file});
  }
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
