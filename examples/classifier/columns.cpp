#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/data/text.hpp"
#include "task.hpp"

namespace classifier {

void Columns::complete(heed::TableFormat& format) const {
  if (format.sequence_column.empty()) format.sequence_column = sequence;
  if (format.time_column.empty()) format.time_column = time;
  if (format.feature_columns.empty()) format.feature_columns = features;
  if (names_are_numbers() && format.header == heed::TableFormat::Header::automatic) {
    format.header = heed::TableFormat::Header::yes;  // nothing but the names of training tells it
  }
  if (format.date_order == heed::DateOrder::automatic) format.date_order = dates;
  if (format.index_column != heed::TableFormat::IndexColumn::refuse) return;
  format.index_column =
      index == heed::TableFormat::IndexColumn::drop ? heed::TableFormat::IndexColumn::drop_known : index;
}

void Columns::check(const std::vector<std::string>& of_table, const std::vector<std::string>& features_of_table,
                    const heed::TableFormat& said, const std::filesystem::path& path) const {
  const bool same = std::is_permutation(names.begin(), names.end(), features_of_table.begin(), features_of_table.end());
  heed::require(!same || names == features_of_table, [&] {
    return heed::Fault{"the features stand in another order than in training", path.string(),
                       "--feature-columns " + name_list(names) + ", or none",
                       heed::in_quotes(name_list(features_of_table))};
  });
  if (values.empty()) return;
  const bool header_said = said.header != heed::TableFormat::Header::automatic;
  heed::require(header_said || !names_are_numbers() || of_table.empty() || name_list(of_table) == values, [&] {
    return heed::Fault{"the first row does not have the names of training", path.string(),
                       heed::in_quotes(values) + "; or --header no where it has values, yes where it has other names",
                       heed::in_quotes(name_list(of_table))};
  });
  const std::vector<std::string> known = heed::detail::names_in(values);
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (!places.emplace(known[i], i).second) return;  // the names do not tell the columns apart
  }
  const bool renamed =
      std::none_of(of_table.begin(), of_table.end(), [&](auto& name) { return places.contains(name); });
  for (std::size_t i = 0; i < of_table.size() && !renamed; ++i) {
    const auto found = places.find(of_table[i]);
    heed::require(found != places.end() || i >= known.size(), [&] {
      return heed::Fault{"a column of values that training had not; --label-column names that of the label",
                         path.string() + ", value " + std::to_string(i + 1), heed::in_quotes(known[i]),
                         heed::in_quotes(of_table[i])};
    });
    heed::require(found == places.end() || found->second == i, [&] {
      return heed::Fault{
          "the columns of values stand elsewhere than in training; --label-column names that of the label",
          path.string(), heed::in_quotes(of_table[i]) + " as value " + std::to_string(found->second + 1),
          "value " + std::to_string(i + 1)};
    });
  }
}

bool Columns::names_are_numbers() const {
  if (values.empty()) return false;
  const std::vector<std::string> known = heed::detail::names_in(values);
  bool counts = true, counts_from_one = true;  // which readers tell from values
  for (std::size_t i = 0; i < known.size(); ++i) {
    double value = 0;
    if (heed::parse_number(known[i], value) != std::errc()) return false;
    counts = counts && known[i] == std::to_string(i);
    counts_from_one = counts_from_one && known[i] == std::to_string(i + 1);
  }
  return !counts && !counts_from_one;
}

void Columns::write(heed::Metadata& metadata) const {
  if (!sequence.empty()) metadata["sequence_column"] = sequence;
  if (!time.empty()) metadata["time_column"] = time;
  if (!features.empty()) metadata["feature_columns"] = features;
  if (index != heed::TableFormat::IndexColumn::refuse)
    metadata["index_column"] = index == heed::TableFormat::IndexColumn::keep ? "keep" : "drop";
  if (!values.empty()) metadata["value_columns"] = values;
  if (dates != heed::DateOrder::automatic) metadata["date_order"] = to_text(dates);
}

Columns Columns::read(const heed::Metadata& metadata, const std::filesystem::path& path) {
  Columns columns;
  const auto take = [&](const char* name, std::string& value) {
    if (const auto said = metadata.find(name); said != metadata.end()) value = said->second;
  };
  take("sequence_column", columns.sequence);
  take("time_column", columns.time);
  take("feature_columns", columns.features);
  take("value_columns", columns.values);
  std::string index;
  take("index_column", index);
  heed::require(index.empty() || index == "drop" || index == "keep", [&] {
    return heed::Fault{"malformed metadata", path.string() + ", index_column", "drop or keep", heed::in_quotes(index)};
  });
  if (!index.empty())
    columns.index = index == "keep" ? heed::TableFormat::IndexColumn::keep : heed::TableFormat::IndexColumn::drop;
  if (const auto said = metadata.find("date_order"); said != metadata.end()) {
    columns.dates = heed::from_text<heed::DateOrder>(said->second, path.string() + ", date_order");
  }
  if (!columns.features.empty()) columns.names = heed::detail::names_in(columns.features);
  return columns;
}

std::string name_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    if (name.empty() || name.find(',') != std::string::npos || heed::trim(name) != name) return {};
    list += (list.empty() ? "" : ",") + name;
  }
  return list;
}

}  // namespace classifier
