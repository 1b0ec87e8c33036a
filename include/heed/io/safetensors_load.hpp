#pragma once

/// @file
/// Models out of safetensors files: heed's own, and PyTorch's.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <new>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/metadata.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tensor_shape.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/io/detail/element_order.hpp"
#include "heed/io/safetensors_file.hpp"
#include "heed/io/safetensors_save.hpp"
#include "heed/io/tensor_info.hpp"

namespace heed::inline HEED_ISA {

/// A model that `load` can build from a file alone: its options come from the metadata of a file that heed wrote, or,
/// for any other file, from the names and shapes of its tensors and from hints (both throw where these do not
/// determine them).
///
/// Three more members are used where they exist: `Metadata metadata() const` is written by `save`;
/// `void restore(const Metadata&)` takes back what it holds beside the options (label names, scales);
/// `static Index parameter_count(const Options&)` lets `load` refuse options that the file has too few numbers for,
/// before the model is built.
template <class M>
concept Storable = Visitable<M> && std::copyable<M> && std::constructible_from<M, typename M::Options> &&
    requires(const Metadata& metadata, std::span<const TensorShape> shapes) {
  { M::architecture } -> std::convertible_to<std::string_view>;
  { M::options_from(metadata) } -> std::convertible_to<typename M::Options>;
  { M::options_from(shapes, metadata) } -> std::convertible_to<typename M::Options>;
};

namespace detail {

/// Calls f() and puts the file's name before the place that an error names.
template <class F>
decltype(auto) naming(const std::string& file, F&& f) {
  try {
    return f();
  } catch (const Error& error) {
    Fault fault = error.fault();
    fault.where = fault.where.empty() ? file : file + ": " + fault.where;
    throw Error(std::move(fault));
  } catch (const std::bad_alloc&) {
    throw Error(Fault{"the model does not fit in memory", file});
  } catch (const std::length_error&) {
    throw Error(Fault{"the model does not fit in memory", file});
  }
}

}  // namespace detail

/// Sets the parameters of `model` from the tensors of the same names. Strict: every parameter stands in the file with
/// its shape, every tensor of the file is a parameter, every number is finite.
/// Throws, naming all missing, unexpected and misshapen tensors at once; `model` is then as it was.
template <Visitable M>
requires std::copyable<M>
void load_weights(M& model, const SafetensorsFile& file) {
  std::vector<std::string> problems;
  std::set<std::string> wanted;
  for_each_parameter(
      [&](const Path& path, const auto& parameter) {
        const std::string name = *wanted.insert(path.text()).first;
        const TensorInfo* tensor = file.find(name);
        const std::string expected = to_text(parameter.extents());
        if (!tensor) {
          problems.push_back("missing " + detail::quote(name) + " " + expected);
        } else if (!std::ranges::equal(tensor->extents, parameter.extents())) {
          problems.push_back("misshapen " + detail::quote(name) + ": expected " + expected + ", got " +
                             to_text(tensor->extents));
        }
      },
      std::as_const(model));
  for (const auto& tensor : file.tensors()) {
    if (!wanted.contains(tensor.name)) {
      problems.push_back("unexpected " + detail::quote(tensor.name) + " " + to_text(tensor.extents));
    }
  }
  require(problems.empty(), [&] {
    constexpr std::size_t most = 1000;
    Fault fault{"the tensors are not those of the model", file.name()};
    for (std::size_t i = 0; i < std::min(problems.size(), most); ++i) fault.what += "\n  " + problems[i];
    if (problems.size() > most) fault.what += "\n  and " + std::to_string(problems.size() - most) + " more";
    return fault;
  });

  M loaded = model;
  for_each_parameter(
      [&](const Path& path, auto& parameter) {
        using S = typename std::remove_cvref_t<decltype(parameter)>::Scalar;
        const std::string name = path.text();
        const std::vector<S> values = file.read<S>(name);
        detail::for_each_element(parameter, [&](Index row_major, Index position) {
          const auto i = static_cast<std::size_t>(row_major);
          require(std::isfinite(values[i]), [&] {
            const TensorInfo& tensor = *file.find(name);
            return Fault{"a weight is not finite",
                         detail::place(file.name(), tensor) + " at " + detail::index_text(tensor.extents, i),
                         {},
                         std::to_string(values[i])};
          });
          parameter.data()[position] = values[i];
        });
      },
      loaded);
  model = std::move(loaded);
}

namespace detail {

/// The options in the metadata of a file that heed wrote.
template <Storable M>
typename M::Options own_options(const Metadata& metadata, const Metadata& hints) {
  const Index version = get_index(metadata, "format_version");
  require(version >= 1 && version <= safetensors_format_version, [&] {
    return Fault{version < 1 ? "wrong value" : "written by a newer version of heed", "metadata \"format_version\"",
                 "1 to " + std::to_string(safetensors_format_version), std::to_string(version)};
  });
  const std::string& architecture = get_text(metadata, "architecture");
  require(architecture == M::architecture, [&] {
    return Fault{"a model of another architecture", {}, quote(M::architecture), quote(architecture)};
  });
  for (const auto& hint : hints) {
    const auto entry = metadata.find(hint.first);
    require(entry == metadata.end() || entry->second == hint.second, [&] {
      return Fault{"the file says otherwise", "option " + quote(hint.first), quote(entry->second), quote(hint.second)};
    });
  }
  return M::options_from(metadata);
}

/// The options that fit the tensors of any other file.
template <Storable M>
typename M::Options inferred_options(std::span<const TensorInfo> tensors, const Metadata& hints) {
  std::vector<TensorShape> shapes;
  for (const auto& tensor : tensors) shapes.push_back({tensor.name, tensor.extents});
  return M::options_from(std::span<const TensorShape>(shapes), hints);
}

/// Refuses options that would take far more memory than the file. Twice its numbers and a little may pass: where a
/// tensor is missing, load_weights says which.
template <Storable M>
void check_size(const typename M::Options& options, std::span<const TensorInfo> tensors) {
  if constexpr (requires { static_cast<Index>(M::parameter_count(options)); }) {
    Index count = 0;
    for (const auto& tensor : tensors) count += element_count(tensor.extents);
    const Index wanted = M::parameter_count(options);
    require(wanted >= 0 && wanted <= 2 * count + 1'000'000, [&] {
      return Fault{"far fewer numbers than the model has", {}, std::to_string(wanted), std::to_string(count)};
    });
  }
}

}  // namespace detail

/// A model from a file. Of a file that heed wrote, the metadata determines the architecture; `hints` may repeat it, but
/// not contradict it. Of any other file, names and shapes do, and `hints` complete what they leave open.
/// Throws, naming the file, where it is malformed, of another architecture, written by a newer heed, or does not
/// determine the model; and as load_weights does.
template <Storable M>
M load(const SafetensorsFile& file, const Metadata& hints = {}) {
  const Metadata& metadata = file.metadata();
  const auto format = metadata.find("format");
  const bool own = format != metadata.end() && format->second == "heed";
  M model = detail::naming(file.name(), [&] {
    const typename M::Options options =
        own ? detail::own_options<M>(metadata, hints) : detail::inferred_options<M>(file.tensors(), hints);
    detail::check_size<M>(options, file.tensors());
    M result(options);
    if constexpr (requires { result.restore(metadata); }) {
      if (own) result.restore(metadata);
    }
    return result;
  });
  load_weights(model, file);
  return model;
}

/// The same from a path.
template <Storable M>
M load(const std::filesystem::path& path, const Metadata& hints = {}) {
  return load<M>(SafetensorsFile(path), hints);
}
/// The same from the bytes of a file.
template <Storable M>
M load(std::span<const std::byte> bytes, const Metadata& hints = {}) {
  return load<M>(SafetensorsFile(bytes), hints);
}

}  // namespace heed::inline HEED_ISA
