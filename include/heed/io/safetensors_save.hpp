#pragma once

/// @file
/// Models into safetensors files.

#include <concepts>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/file.hpp"
#include "heed/core/metadata.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/io/detail/element_order.hpp"
#include "heed/io/safetensors_header.hpp"
#include "heed/io/tensor_info.hpp"

namespace heed::inline HEED_ISA {

/// The version of what `save` writes; `load` refuses a newer one.
inline constexpr Index safetensors_format_version = 1;

namespace detail {

/// {"format", "format_version", "architecture"} + what the model says + `extra`.
template <class M>
Metadata file_metadata(const M& model, const Metadata& extra) {
  Metadata metadata;
  const auto add = [&](const std::string& key, const std::string& value) {
    const std::string& kept = metadata.emplace(key, value).first->second;
    require(kept == value, [&] {
      return Fault{"two values for one key", "metadata " + quote(key), quote(kept), quote(value)};
    });
  };
  add("format", "heed");
  add("format_version", std::to_string(safetensors_format_version));
  if constexpr (requires {
                  { M::architecture } -> std::convertible_to<std::string_view>;
                }) {
    add("architecture", std::string(M::architecture));
  }
  if constexpr (requires {
                  { model.metadata() } -> std::convertible_to<Metadata>;
                }) {
    for (const auto& [key, value] : Metadata(model.metadata())) add(key, value);
  }
  for (const auto& [key, value] : extra) add(key, value);
  return metadata;
}

}  // namespace detail

/// The bytes of a safetensors file with the model's parameters, in the order of its visit: F32 for float, F64 for
/// double, row-major. Its metadata holds "format", "format_version", "architecture", what `model.metadata()` gives,
/// and `extra`. Equal models give equal bytes.
/// Throws where two of these give different values for one key, or a text is not valid UTF-8.
template <Visitable M>
std::vector<std::byte> serialize(const M& model, const Metadata& extra = {}) {
  std::vector<TensorInfo> tensors;
  std::set<std::string> names = {"__metadata__"};
  std::size_t data_bytes = 0;
  for_each_parameter(
      [&](const Path& path, const auto& parameter) {
        using S = typename std::remove_cvref_t<decltype(parameter)>::Scalar;
        static_assert(std::is_same_v<S, float> || std::is_same_v<S, double>);
        const auto& extents = parameter.extents();
        const std::size_t begin = data_bytes;
        data_bytes += static_cast<std::size_t>(parameter.size()) * sizeof(S);
        tensors.push_back({path.text(),
                           std::is_same_v<S, float> ? DataType::f32 : DataType::f64,
                           {extents.begin(), extents.end()},
                           begin,
                           data_bytes});
        require(names.insert(tensors.back().name).second, [&] {
          return Fault{"the name of two parameters", "tensor " + detail::quote(tensors.back().name)};
        });
      },
      model);

  const std::string header = write_safetensors_header(detail::file_metadata(model, extra), tensors);
  std::vector<std::byte> bytes(header.size() + data_bytes);
  std::memcpy(bytes.data(), header.data(), header.size());
  std::byte* out = bytes.data() + header.size();
  for_each_parameter(
      [&](const Path&, const auto& parameter) {
        detail::for_each_element(parameter, [&](Index, Index position) {
          std::memcpy(out, parameter.data() + position, sizeof *parameter.data());
          out += sizeof *parameter.data();
        });
      },
      model);
  return bytes;
}

/// Writes `serialize(model, extra)` to a file, atomically. `safetensors` in Python reads it, and PyTorch's
/// `load_state_dict(strict=True)` takes its tensors where the model's names are those of the module.
/// Throws as serialize does, and where the file cannot be written: `path` is then as it was.
template <Visitable M>
void save(const M& model, const std::filesystem::path& path, const Metadata& extra = {}) {
  write_file(path, {serialize(model, extra)});
}

}  // namespace heed::inline HEED_ISA
