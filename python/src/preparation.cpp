// What a model's file says of how its data were prepared.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/text.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/metadata.hpp"
#include "prepare.hpp"

namespace heed_python {

std::string number_list(const std::vector<double>& numbers) {
  std::string text;
  for (const double value : numbers) {
    char number[40];
    std::snprintf(number, sizeof number, "%s%.17g", text.empty() ? "" : ",", value);
    text += number;
  }
  return text;
}

std::vector<double> read_number_list(const std::string& text, const std::string& key, Index count) {
  std::vector<double> numbers;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    double value = 0;
    const bool number = heed::parse_number(std::string_view(text).substr(at, end - at), value) == std::errc();
    heed::require(number && std::isfinite(value),
                  [&] { return heed::Fault{"malformed metadata", key, "numbers", heed::in_quotes(text)}; });
    numbers.push_back(value);
    at = end + 1;
  }
  heed::require(static_cast<Index>(numbers.size()) == count, [&] {
    return heed::Fault{"malformed metadata", key, std::to_string(count), std::to_string(numbers.size()) + " numbers"};
  });
  return numbers;
}

Preparation Preparation::read(const Metadata& metadata, Index features) {
  Preparation p;
  if (const auto said = metadata.find("missing"); said != metadata.end()) {
    p.missing = heed::from_text<heed::Missing>(said->second, "missing");
  }
  if (const auto said = metadata.find("missing_means"); said != metadata.end()) {
    p.means = read_number_list(said->second, "missing_means", features);
  }
  if (const auto said = metadata.find("shift"); said != metadata.end()) {
    p.shift = read_number_list(said->second, "shift", features);
  }
  return p;
}

void Preparation::write(Metadata& metadata) const {
  if (!shift.empty()) metadata["shift"] = number_list(shift);
  if (missing == heed::Missing::error) return;
  metadata["missing"] = to_text(missing);
  if (!means.empty()) metadata["missing_means"] = number_list(means);
}

}  // namespace heed_python
