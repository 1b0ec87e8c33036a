#pragma once

// Readers of text files: they run a parser on the contents of a file.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/data/text.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// `parse(text, where, options)` on the file, whose name errors show.
template <class Result, class Options>
Result parse_file(const std::filesystem::path& path,
                  Result (*parse)(std::string_view, const std::string&, const Options&), const Options& options) try {
  const std::vector<std::byte> bytes = read_file(path);
  return parse(as_text(bytes), path.string(), options);
} catch (...) {
  rethrow_as_error(path.string());
}

/// The same on a table. A `.tsv` has tabs, unless the options name another delimiter.
template <class Result, class Options>
Result parse_table_file(const std::filesystem::path& path,
                        Result (*parse)(std::string_view, const std::string&, const Options&), const Options& options) {
  if (options.format.delimiter != '\0' || ascii_lower(path.extension().string()) != ".tsv") {
    return parse_file(path, parse, options);
  }
  Options with_tabs = options;
  with_tabs.format.delimiter = '\t';
  return parse_file(path, parse, with_tabs);
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
