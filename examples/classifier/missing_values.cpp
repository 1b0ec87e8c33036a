#include "missing_values.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "../support/checks.hpp"
#include "heed/core/error.hpp"
#include "heed/data/detail/written_date.hpp"
#include "heed/data/targets.hpp"
#include "heed/data/text.hpp"
#include "heed/data/time_key.hpp"

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
          "a value is passed over (error, or as in\ntraining)")
      ->check(support::one_of({"error", "linear", "previous", "mean", "zero", "mask"}))
      ->option_text("NAME");
}

heed::Fault with_hint(heed::Fault fault) {
  std::string_view got = fault.got;
  if (got.size() > 1 && got.starts_with('\'') && got.ends_with('\'')) got = got.substr(1, got.size() - 2);
  const bool of_first_row = fault.where.find(", line 1,") != std::string::npos;
  const bool field = fault.what == "missing value" || fault.what == "empty field" || fault.what == "not a number" ||
                     fault.what == "value is not finite";
  if (field && (got == "nothing" || heed::is_missing(got))) {
    fault.what += "; --missing linear, previous, mean or zero fills what is missing, mask passes over it";
  }
  const bool of_table = fault.what == "not a label" && (heed::is_target(got) || heed::is_target(got, ','));
  const bool of_array = fault.what == "value cannot be converted" && fault.expected.starts_with("an integer");
  if (of_table && fault.expected.find("stands first") != std::string::npos) {
    fault.what += "; --label-column first where it stands there";
  }
  if (of_table || of_array) fault.what += "; --task regression takes any number";
  const bool date = heed::time_key(got).kind == heed::TimeKey::Kind::date || heed::detail::written_date(got);
  if (date && (fault.what == "not a number" || fault.what.starts_with("a point in a number"))) {
    fault.what += "; --time-column names the column of dates, where rows are time steps";
  }
  if (of_first_row && fault.what == "not a target") fault.what += "; --header yes where the first row has names";
  if (fault.expected.find("that of the labels") != std::string::npos) {
    fault.what += "; --label-column first or a name says where the label stands";
  }
  return fault;
}

heed::Fault with_hint_at_steps(heed::Fault fault) {
  if (fault.what.ends_with("cannot pass over missing steps")) {
    fault.what += "; --missing linear, previous, mean or zero fills them";
  }
  return fault;
}

heed::Fault with_names_of_options(heed::Fault fault) {
  for (const auto& [name, option] : {std::pair<std::string, std::string>("index_column", "--index-column"),
                                     {"label_column", "--label-column"},
                                     {"sequence_column", "--sequence-column"},
                                     {"time_column", "--time-column"},
                                     {"date_order", "--date-order"},
                                     {"header yes or no", "--header yes or no"},
                                     {"decimal ','", "--decimal comma"},
                                     {"the delimiter to be named", "--delimiter"},
                                     {"the delimiter ';' to be named", "--delimiter semicolon"},
                                     {"the delimiter '|' to be named", "--delimiter '|'"},
                                     {"the delimiter tab to be named", "--delimiter tab"}}) {
    for (std::size_t at = 0; (at = fault.expected.find(name, at)) != std::string::npos; at += option.size()) {
      fault.expected.replace(at, name.size(), option);
    }
  }
  return fault;
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
