#pragma once

/// @file
/// What a file says about a model, as text: its options and further parts.
///
///     struct Model {
///       static constexpr std::string_view architecture = "Model";
///       using Options = ...;               // described: see heed/options/fields.hpp
///       Options options;
///       std::vector<std::string> labels;
///       static void extras(auto&& f, auto& model) { f("labels", model.labels, model.options.classes); }
///     };
///
/// `extras` is for names, and for parts that have `write(metadata, key)` and `read(metadata, key, count)`. For anything
/// else a model has `void write(Metadata&) const` and `void restore(const Metadata&)`.

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {

/// A model whose options describe themselves.
template <class M>
concept DescribedModel = Described<typename M::Options> && requires(M& model) {
  { model.options } -> std::same_as<typename M::Options&>;
};

/// Any number of names.
inline constexpr Index any_number = -1;

namespace detail {
/// Throws if there are names but not `expected` of them.
void check_names(std::string_view where, std::string_view key, std::size_t count, Index expected);
std::vector<std::string> read_names(const Metadata& metadata, const std::string& key);

struct ExtrasWriter {
  Metadata& metadata;
  std::string_view where;
  void operator()(const std::string& key, const std::vector<std::string>& names, Index expected) const;
  void operator()(const std::string& key, const auto& part, Index) const { part.write(metadata, key); }
};

struct ExtrasReader {
  const Metadata& metadata;
  std::string_view where;
  void operator()(const std::string& key, std::vector<std::string>& names, Index expected) const;
  void operator()(const std::string& key, auto& part, Index expected) const { part.read(metadata, key, expected); }
};

template <class M>
constexpr std::string_view name_of() {
  if constexpr (requires { std::string_view(M::architecture); }) {
    return M::architecture;
  } else {
    return {};
  }
}
}  // namespace detail

/// The metadata of a model. A model without described options has at most its output kind. Throws if the number of
/// names does not match the options.
template <class M>
Metadata metadata_of([[maybe_unused]] const M& model) {
  Metadata metadata;
  if constexpr (DescribedModel<M>) {
    metadata = to_metadata(model.options);
    [[maybe_unused]] const detail::ExtrasWriter writer{metadata, detail::name_of<M>()};
    if constexpr (requires { M::extras(writer, model); }) M::extras(writer, model);
    if constexpr (requires { model.write(metadata); }) model.write(metadata);
  }
  if constexpr (RemembersOutputs<M>) detail::write_output_kind(metadata, model.outputs);
  return metadata;
}

/// Restores from metadata what is not part of the options. Throws if it does not fit the options.
template <class M>
void restore_extras([[maybe_unused]] M& model, [[maybe_unused]] const Metadata& metadata) {
  if constexpr (DescribedModel<M>) {
    [[maybe_unused]] const detail::ExtrasReader reader{metadata, detail::name_of<M>()};
    if constexpr (requires { M::extras(reader, model); }) M::extras(reader, model);
    if constexpr (requires { model.restore(metadata); }) model.restore(metadata);
  }
  if constexpr (RemembersOutputs<M>) model.outputs = detail::read_output_kind(metadata);
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include "heed/core/error.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION void check_names(std::string_view where, std::string_view key, std::size_t count,
                                         Index expected) {
  require(count == 0 || expected < 0 || static_cast<Index>(count) == expected,
          [&] { return Fault{"wrong number of " + std::string(key), where, text_of(expected), text_of(count)}; });
}

HEED_COLD HEED_FUNCTION std::vector<std::string> read_names(const Metadata& metadata, const std::string& key) {
  return metadata.contains(key) ? get_texts(metadata, key) : std::vector<std::string>();
}

HEED_COLD HEED_FUNCTION void ExtrasWriter::operator()(const std::string& key, const std::vector<std::string>& names,
                                                      Index expected) const {
  check_names(where, key, names.size(), expected);
  if (!names.empty()) set(metadata, key, names);
}

HEED_COLD HEED_FUNCTION void ExtrasReader::operator()(const std::string& key, std::vector<std::string>& names,
                                                      Index expected) const {
  names = read_names(metadata, key);
  check_names(where, key, names.size(), expected);
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
