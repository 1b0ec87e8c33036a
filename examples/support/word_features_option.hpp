#pragma once

// Features of words with the sizes of their vectors, as an option: "suffix3:16".

#include <CLI/CLI.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "heed/core/types.hpp"

namespace support {

/// An error unless the text is one.
inline std::string name_and_size(const std::string& text) {
  int size = 0;
  const bool ok = text.find(':') < text.size() && CLI::detail::lexical_cast(text.substr(text.find(':') + 1), size);
  return ok && size > 0 && size <= 4096 ? "" : "a feature and a size of 1 to 4096, as in suffix3:16; got " + text;
}

/// The names of checked texts; their sizes come to the end of `sizes`.
inline std::vector<std::string> names_and_sizes(const std::vector<std::string>& texts,
                                                std::vector<heed::Index>& sizes) {
  std::vector<std::string> names;
  for (const std::string& text : texts) {
    const std::size_t colon = text.find(':');
    names.push_back(text.substr(0, colon));
    sizes.push_back(std::stoll(text.substr(colon + 1)));
  }
  return names;
}

}  // namespace support
