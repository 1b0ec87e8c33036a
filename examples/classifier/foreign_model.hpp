#pragma once

// Models out of files of any format that convert and inspect read.

#include <concepts>
#include <filesystem>
#include <variant>

#include "architecture.hpp"
#include "model_formats.hpp"
#include "stored_model.hpp"

namespace classifier {

using ForeignModel = std::variant<NumberModel, TextModel, ChainModel>;

/// Reads a model that the trainer did not write. Throws, as the reader of the format does, if it cannot.
ForeignModel read_foreign(const std::filesystem::path& path, Format format, const Architecture& architecture);

/// Calls f(StoredModel) with a model of the trainer, or f(ChainModel) with a chain, whatever the format of the file.
template <class F>
void with_any_model(const std::filesystem::path& path, const Architecture& architecture, F&& f) {
  const Format format = format_to_read(path).format;
  if (format == Format::tensors && !holds_chain(read_model_file(path))) return with_model(path, architecture, f);
  const ForeignModel model = read_foreign(path, format, architecture);
  std::visit(
      [&]<class M>(const M& one) {
        if constexpr (std::same_as<M, ChainModel>) {
          f(one);
        } else {
          f(StoredModel<M>{one, path});
        }
      },
      model);
}

}  // namespace classifier
