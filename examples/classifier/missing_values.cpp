#include "missing_values.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>

#include "../support/checks.hpp"
#include "heed/core/error.hpp"
#include "heed/data/text.hpp"

namespace classifier {

using heed::Missing;

void MissingValues::learn(const heed::Sequences<double>& data) {
  if (means.empty() && how != Missing::error && how != Missing::zero) means = heed::feature_means(data);
}

heed::Index MissingValues::fill(heed::Sequences<double>& data, const std::filesystem::path& path) const {
  if (how == Missing::error) return 0;
  heed::require(how != Missing::mean || !means.empty(), [&] {
    return heed::Fault{"--missing mean takes the means of the training data, which the model does not keep",
                       path.string(),
                       "a model that was trained with --missing, or --missing linear, previous, zero or mask",
                       {}};
  });
  // a sequence's answer must not depend on what else is in the file
  const std::vector<double> unknown(static_cast<std::size_t>(data.features()),
                                    std::numeric_limits<double>::quiet_NaN());
  return heed::fill_missing(data, how, means.empty() ? unknown : means, path.string());
}

void MissingValues::write(heed::Metadata& metadata) const {
  if (how == Missing::error) return;
  metadata["missing"] = to_text(how);
  if (!means.empty()) metadata["missing_means"] = number_list(means);
}

MissingValues MissingValues::read(const heed::Metadata& metadata, heed::Index features,
                                  const std::filesystem::path& path) {
  MissingValues missing;
  if (const auto said = metadata.find("missing"); said != metadata.end()) {
    missing.how = heed::from_text<Missing>(said->second, path.string() + ", missing");
  }
  if (metadata.contains("missing_means")) {
    missing.means = read_number_list(metadata, "missing_means", features, path);
  }
  return missing;
}

void add_missing(CLI::App& command, std::optional<Missing>& missing) {
  command
      .add_option_function<std::string>(
          "--missing", [&missing](const std::string& name) { missing = heed::from_text<Missing>(name, "--missing"); },
          "Missing values (?, NaN, NA, an empty field):\nerror, linear, previous, mean, zero, or mask: a\nstep without "
          "a value is passed over (as in training;\notherwise error)")
      ->check(support::one_of({"error", "linear", "previous", "mean", "zero", "mask"}))
      ->option_text("NAME");
}

std::string number_list(const std::vector<double>& numbers) {
  std::string text;
  for (const double value : numbers) {
    char number[40];
    std::snprintf(number, sizeof number, "%s%.17g", text.empty() ? "" : ",", value);
    text += number;
  }
  return text;
}

std::vector<double> read_number_list(const heed::Metadata& metadata, const std::string& name, heed::Index count,
                                     const std::filesystem::path& path) {
  const std::string& text = metadata.at(name);
  const std::string where = path.string() + ", " + name;
  std::vector<double> numbers;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    double value = 0;
    const bool number = heed::parse_number(std::string_view(text).substr(at, end - at), value) == std::errc();
    heed::require(number && std::isfinite(value),
                  [&] { return heed::Fault{"malformed metadata", where, "numbers", heed::in_quotes(text)}; });
    numbers.push_back(value);
    at = end + 1;
  }
  heed::require(static_cast<heed::Index>(numbers.size()) == count, [&] {
    return heed::Fault{"malformed metadata", where, std::to_string(count), std::to_string(numbers.size()) + " numbers"};
  });
  return numbers;
}

}  // namespace classifier
