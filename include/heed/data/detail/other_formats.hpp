#pragma once

// Files of other formats that were taken for tables, as their names do not say what they are.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "heed/core/error.hpp"
#include "heed/data/text.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Takes the next line of a text, without blanks at its ends. Lines end as in any system.
inline std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = trim(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// Throws if the text of a table has a header of `.ts`, `.arff` or `.tsf`: it begins with `@`, and a line says `@data`.
/// Throws, too, if it is JSON: a brace or a bracket opens it, and another closes it. A column may be named @timestamp,
/// and a name may stand in brackets.
inline void refuse_other_formats(std::string_view text, const std::string& where) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto is_comment = [](std::string_view line) { return line.starts_with('#') || line.starts_with('%'); };
  std::string_view first;
  while (!text.empty() && (first.empty() || is_comment(first))) first = take_line(text);
  const auto refuse = [&](const char* what) {
    throw Error(
        {what, where,
         "the end of the name to tell the format: .npy, .npz, .ts, .arff, or another for a table; .tsf and JSON "
         "are not read",
         in_quotes(first)});
  };
  if (first.starts_with('@')) {
    while (!text.empty()) {
      const std::string_view line = take_line(text);
      if (!line.starts_with('@') || ascii_lower(line.substr(0, 5)) != "@data") continue;
      const std::string_view more = trim(line.substr(5));
      if (more.empty() || is_comment(more)) refuse("not a table, but what looks like .ts, .arff or .tsf");
    }
  } else if (first.starts_with('{') || first.starts_with('[')) {
    const std::string_view rest = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
    const char last = rest.empty() ? first.back() : rest.back();
    if (last == (first[0] == '{' ? '}' : ']')) refuse("not a table, but what looks like JSON");
  }
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
