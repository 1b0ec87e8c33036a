#pragma once

// First rows of a table whose numbers are likely names of the columns.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/text.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Rejects a table without a header if its first row may be one: its numbers are evenly apart (400, 402, 404), those of
/// the second row are not, or by another step, and no other row has its label, though each of the others has one that another has, too.
inline void refuse_even_names(const std::vector<double>& values, std::size_t columns,
                              const std::vector<std::string>& labels, const std::string& where) {
  if (columns < 3 || labels.size() < 4 || values.size() != columns * labels.size()) return;
  const auto step_of = [&](std::size_t row) {  // 0: uneven
    const double* const v = values.data() + row * columns;
    const double step = v[1] - v[0];
    for (std::size_t i = 2; i < columns; ++i) {
      if (!(std::abs(v[i] - v[i - 1] - step) <= 1e-9 * std::abs(v[i]))) return 0.0;
    }
    return step;
  };
  const double step = step_of(0);
  if (!(step > 0) || std::abs(step_of(1) - step) <= 1e-9 * step) return;  // or windows of a ramp
  std::map<std::string_view, Index> counts;
  for (const std::string& label : labels) ++counts[label];
  const auto shared = [](const auto& entry) { return entry.second > 1; };
  if (counts[labels[0]] > 1 || std::count_if(counts.begin(), counts.end(), shared) + 1 != std::ssize(counts)) return;
  double number = 0;
  if (parse_number(labels[0], number) == std::errc()) return;
  std::string got;
  for (std::size_t i = 0; i < 3; ++i) {
    char text[32];
    std::snprintf(text, sizeof text, "%g, ", values[i]);
    got += text;
  }
  got += "..., " + in_quotes(labels[0]);
  throw Error({"a first row that may hold names or values", where, "header yes or no", std::move(got)});
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
