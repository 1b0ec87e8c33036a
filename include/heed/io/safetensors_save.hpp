#pragma once

/// @file
/// Saves models as safetensors files.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/files/file.hpp"
#include "heed/io/detail/element_order.hpp"
#include "heed/io/safetensors_header.hpp"
#include "heed/io/self_test.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/options/metadata.hpp"
#include "heed/options/model_metadata.hpp"

namespace heed::inline HEED_ISA {

/// The version that `save` writes; `load` rejects newer ones.
inline constexpr Index safetensors_format_version = 1;

namespace detail {

/// A parameter of a model, const if the model is.
template <class Array>
struct NamedParameter {
  std::string name;
  Array* array;
};

template <class Array>
struct NamedParameters {
  std::vector<NamedParameter<Array>> list;
  HEED_COLD void operator()(const Path& path, Array& parameter) { list.push_back({path.text(), &parameter}); }
};

/// The parameters of a model in the order of its visit: all that files need to know about it. The code for files is
/// compiled once for all models.
template <Visitable M>
std::vector<NamedParameter<ParameterOf<M>>> named_parameters(M& model) {
  NamedParameters<ParameterOf<M>> parameters;
  for_each_parameter(parameters, model);
  return std::move(parameters.list);
}

/// {"format", "format_version", "architecture"} + the model's metadata + `extra`.
Metadata file_metadata(std::optional<std::string_view> architecture, const Metadata& own, const Metadata& extra);

template <class M>
Metadata file_metadata(const M& model, const Metadata& extra) {
  std::optional<std::string_view> architecture;
  if constexpr (requires { std::string_view(M::architecture); }) architecture = M::architecture;
  if constexpr (DescribedModel<M>) check(model.options, name_of<M>());  // `load` would refuse others
  return file_metadata(architecture, metadata_of(model), extra);
}

template <class S>
HEED_COLD std::vector<std::byte> serialize_parameters(
    const std::vector<NamedParameter<const ParameterArray<S>>>& parameters, const Metadata& metadata) {
  static_assert(std::is_same_v<S, float> || std::is_same_v<S, double>);
  std::vector<TensorInfo> tensors;
  std::set<std::string_view> names = {"__metadata__"};
  std::size_t data_bytes = 0;
  for (const auto& parameter : parameters) {
    require(names.insert(parameter.name).second,
            [&] { return Fault{"the name of two parameters", "tensor " + quote(parameter.name)}; });
    const ParameterArray<S>& array = *parameter.array;
    const std::size_t begin = data_bytes;
    data_bytes += static_cast<std::size_t>(array.size()) * sizeof(S);
    tensors.push_back({parameter.name,
                       std::is_same_v<S, float> ? DataType::f32 : DataType::f64,
                       {array.extents().begin(), array.extents().end()},
                       begin,
                       data_bytes});
  }
  const std::string header = write_safetensors_header(metadata, tensors);
  std::vector<std::byte> bytes(header.size() + data_bytes);
  std::memcpy(bytes.data(), header.data(), header.size());
  std::byte* out = bytes.data() + header.size();
  for (const auto& parameter : parameters) out = write_elements(*parameter.array, out);
  return bytes;
}

/// Throws if a number is NaN or infinite, because `load` would reject the file.
template <class S>
HEED_COLD void check_finite(const std::vector<NamedParameter<const ParameterArray<S>>>& parameters,
                            const std::filesystem::path& path) {
  for (const auto& parameter : parameters) {
    const auto* const first = parameter.array->data();
    const auto* const last = first + parameter.array->size();
    const auto* const bad = std::find_if(first, last, [](S number) { return !std::isfinite(number); });
    require(bad == last, [&] {
      return Fault{"a weight is not finite: the file is not written",
                   path.string() + ": tensor " + quote(parameter.name),
                   {},
                   text_of(static_cast<double>(*bad))};
    });
  }
}

/// Whether running the model twice costs little beside writing it: at most 2^26 numbers.
template <class Parameters>
bool few_enough_for_self_test(const Parameters& parameters) {
  constexpr Index most = Index(1) << 26;
  Index count = 0;
  for (const auto& parameter : parameters) count += parameter.array->size();
  return count <= most;
}

}  // namespace detail

/// A model as the bytes of a safetensors file: its parameters in the order of its visit, F32 for float, F64 for double,
/// row-major. The metadata has "format", "format_version", "architecture", the result of `metadata_of(model)`, the
/// self-test (see self_test.hpp) and `extra`. Equal models give equal bytes. Throws if two of these give different values
/// for one key, if a text is not valid UTF-8, and if an option is out of range, as in a model made without options.
template <Visitable M>
std::vector<std::byte> serialize(const M& model, const Metadata& extra = {}) try {
  Metadata metadata = detail::file_metadata(model, extra);
  detail::erase_self_test(metadata);  // that of a file which the model comes from
  const auto parameters = detail::named_parameters(model);
  if (detail::few_enough_for_self_test(parameters)) detail::add_self_test(model, metadata);
  return detail::serialize_parameters<typename M::Scalar>(parameters, metadata);
} catch (...) {
  detail::rethrow_as_error("serialize");
}

/// Writes `serialize(model, extra)` to a file, atomically. Python's `safetensors` reads it. PyTorch's
/// `load_state_dict(strict=True)` accepts the tensors if the model's names are those of the module. Throws as serialize
/// does, if a weight is NaN or infinite (`load` would reject the file), and if the file cannot be written. After an
/// error, `path` is as `write_file` says.
template <Visitable M>
void save(const M& model, const std::filesystem::path& path, const Metadata& extra = {}) try {
  detail::check_finite<typename M::Scalar>(detail::named_parameters(model), path);
  write_file(path, {serialize(model, extra)});
} catch (...) {
  detail::rethrow_as_error(path.string());
}

/// Throws if `save` could not write the model: a wrong path, a full disk, a quota. Changes nothing. For programs that
/// train for a long time and save at the end.
template <Visitable M>
void check_save(const M& model, const std::filesystem::path& path, const Metadata& extra = {}) {
  check_writable(path, serialize(model, extra).size());
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::detail::serialize_parameters)
HEED_COMPILED_FUNCTION(heed::detail::check_finite)

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION Metadata detail::file_metadata(std::optional<std::string_view> architecture,
                                                       const Metadata& own, const Metadata& extra) {
  Metadata metadata;
  const auto add = [&](const std::string& key, std::string_view value) {
    const std::string& kept = metadata.emplace(key, value).first->second;
    require(kept == value,
            [&] { return Fault{"two values for one key", "metadata " + quote(key), quote(kept), quote(value)}; });
  };
  add("format", "heed");
  add("format_version", text_of(safetensors_format_version));
  if (architecture) add("architecture", *architecture);
  for (const auto& [key, value] : own) add(key, value);
  for (const auto& [key, value] : extra) add(key, value);
  return metadata;
}

}  // namespace heed::inline HEED_ISA

#endif
