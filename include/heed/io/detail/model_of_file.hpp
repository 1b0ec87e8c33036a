#pragma once

// What a safetensors file says about its model: the options, and whether they belong to this architecture.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/buffer.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/io/detail/weight_plan.hpp"
#include "heed/io/safetensors_save.hpp"
#include "heed/io/tensor_file.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/io/weight_names.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/metadata.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// Throws if a file that heed wrote has another model.
void check_own(const Metadata& metadata, std::string_view architecture);
/// Throws if a hint contradicts the file, or the meaning of an entry that the file leaves out.
void check_hints(const Metadata& metadata, const FieldTable& options, const Metadata& hints);

/// How much a model may allocate while it is built from a file with these tensors. The budget allows for parts that are
/// constructed and copied; if a tensor is missing, `load_weights` says which.
AllocationBudget budget_of(const TensorFile& file, std::size_t size_of_number);

/// Rethrows the exception that is being handled, with the file's name in front of its place.
[[noreturn]] void rethrow_naming(const std::string& file);

/// Rethrows the error that is being handled, with the list of tensors that do not determine a model.
[[noreturn]] void rethrow_listing(const TensorFile& file, std::vector<Rename> renames);

/// The options, from names and shapes.
template <class M>
typename M::Options options_from_shapes(const TensorFile& file) {
  const std::vector<TensorShape> shapes = shapes_of(file.tensors());
  try {
    return M::options_from(shapes);
  } catch (const Error&) {
    std::vector<Rename> renames;
    if constexpr (requires { M::renames_from(shapes); }) {
      renames = M::renames_from(shapes);
    } else if (const std::string wrapper = wrapper_of(shapes); !wrapper.empty()) {
      try {
        const TensorFile inner = file.renamed({.prefix = wrapper});
        M::options_from(shapes_of(inner.tensors()));
        renames = {{wrapper, ""}};
      } catch (const Error&) {
      }
    }
    rethrow_listing(file, std::move(renames));
  }
}

/// The model that a file describes, with its parameters not yet filled.
template <class M>
M model_of(const TensorFile& file, const Metadata& hints) try {
  const Metadata& metadata = file.metadata();
  const bool own = is_own(metadata);
  refuse_checkpoint(metadata);
  if (own) check_own(metadata, M::architecture);
  const AllocationBudget budget = budget_of(file, sizeof(typename M::Scalar));
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

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <new>
#include <stdexcept>

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION void check_own(const Metadata& metadata, std::string_view architecture) {
  const Index version = get_index(metadata, "format_version");
  require(version >= 1 && version <= safetensors_format_version, [&] {
    return Fault{version < 1 ? "wrong value" : "written by a newer version of heed", "metadata \"format_version\"",
                 "1 to " + text_of(safetensors_format_version), text_of(version)};
  });
  const std::string& written = get_text(metadata, "architecture");
  require(written == architecture,
          [&] { return Fault{"a model of another architecture", {}, quote(architecture), quote(written)}; });
}

HEED_COLD HEED_FUNCTION void check_hints(const Metadata& metadata, const FieldTable& options, const Metadata& hints) {
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

HEED_COLD HEED_FUNCTION AllocationBudget budget_of(const TensorFile& file, std::size_t size_of_number) {
  constexpr Index times = 4, beside = Index(1) << 24;
  Index count = 0;  // no tensor is larger than the file; views of the same numbers may be many
  for (const auto& tensor : file.tensors()) count += element_count(tensor.extents);
  count = std::min(count, static_cast<Index>(file.data().size()));
  return AllocationBudget(times * count * static_cast<Index>(size_of_number) + beside, "a model of these options");
}

HEED_COLD HEED_FUNCTION void rethrow_listing(const TensorFile& file, std::vector<Rename> renames) {
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
    } catch (const Error&) {  // the new names fit another model
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

HEED_COLD HEED_FUNCTION void rethrow_naming(const std::string& file) {
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
