#include "data.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#ifdef HEED_CLASSIFIER_ZIP
#include "heed/archive/unzip.hpp"
#endif
#include "heed/core/error.hpp"
#include "hints.hpp"

namespace classifier {

using heed::Index;

namespace {

// "2 to 17 words"
std::string lengths_text(Index steps, const std::vector<std::int32_t>& lengths, const char* one, const char* many) {
  if (lengths.empty()) return counted(steps, one, many);
  const auto [least, most] = std::minmax_element(lengths.begin(), lengths.end());
  return (*least < *most ? std::to_string(*least) + " to " : "") + counted(*most, one, many);
}

}  // namespace

namespace {

// A table of one row a time step.
NumberData load_long(const std::filesystem::path& path, const heed::LoadOptions& options) {
  using Label = heed::TableOptions::Label;
  const Label label = options.table.label_column == "none" ? Label::none
                      : options.labels                     ? Label::last
                                                           : Label::if_present;
  auto table = heed::read_long_table<double>(
      path, {options.table, label, {options.missing, options.targets, options.labels, options.fits_float}});
  NumberData data;
  static_cast<heed::Sequences<double>&>(data) = std::move(table.sequences);
  if (options.part) {
    heed::detail::keep_part(data, heed::detail::rows_of(options.part, data.count(), path.string()));
  }
  data.features_of_table = std::move(table.features);
  data.labels_of_table = std::move(table.labels);
  data.is_long = true;
  data.ids = std::move(table.ids);
  data.date_order = table.date_order;
  data.sorted = table.sorted;
  return data;
}

NumberData load(const DataFiles& files, const heed::LoadOptions& options) try {
  const heed::TableFormat& format = options.table;
  heed::require(!format.sequence_column.empty() || (format.time_column.empty() && format.feature_columns.empty()), [&] {
    return heed::Fault{"--time-column and --feature-columns need --sequence-column", files.data.string()};
  });
  heed::require(format.sequence_column.empty() || (is_table(files.data) && !files.labels), [&] {
    return heed::Fault{"--sequence-column is for tables that hold their labels themselves", files.data.string()};
  });
  if (!format.sequence_column.empty()) return load_long(files.data, options);
  NumberData data;
  static_cast<heed::Sequences<double>&>(data) = heed::load_sequences<double>(files.data, files.labels, options);
  const std::string& label = format.label_column;
  const bool named = label != "first" && label != "last" && label != "none";
  if (named && is_table(files.data)) data.labels_of_table = heed::detail::names_in(label);
  return data;
} catch (const heed::Error& e) {
  throw heed::Error(with_hint(e.fault()));
}

}  // namespace

NumberData load_numbers(const DataFiles& files, std::optional<Index> features, heed::LoadOptions options) {
  options.features = features.value_or(1);
  options.fits_float = true;
  if (options.labels && !files.labels && heed::detail::is_array(files.data)) {
    throw heed::Error(heed::Fault{"no labels", files.data.string(), "--labels FILE (of --test: --test-labels FILE)"});
  }
#ifdef HEED_CLASSIFIER_ZIP
  options.unpack = heed::unzip;
#endif
  NumberData data = load(files, options);
  heed::require(!features || data.features() == *features, [&] {
    const bool swapped = heed::detail::is_array(files.data) && data.features() > 1 && data.steps() == *features;
    const std::string hint = swapped ? "; a.transpose(0, 2, 1) makes (n, steps, features) of (n, features, steps)" : "";
    return heed::Fault{"wrong number of features" + hint, files.data.string(),
                       std::to_string(*features) + ", as in training", std::to_string(data.features())};
  });
  return data;
}

std::vector<std::int32_t> classes_of(const std::vector<std::string>& labels, const heed::LabelMap& names,
                                     const std::string& where) {
  try {
    return names.encode(labels, where);
  } catch (const heed::Error& e) {
    constexpr std::size_t enough = 1000;
    const auto end = labels.begin() + static_cast<std::ptrdiff_t>(std::min(labels.size(), enough));
    const heed::abi_detail::LabelFinder find(names.names);
    if (std::any_of(labels.begin(), end, [&](const std::string& label) { return find(label).has_value(); })) {
      throw;
    }
    heed::Fault fault = e.fault();
    fault.what = "no label is one of the classes: other data, another column, or no labels";
    throw heed::Error(std::move(fault));
  }
}

bool is_npy(const std::filesystem::path& path) { return heed::detail::extension(path) == ".npy"; }

bool is_table(const std::filesystem::path& path) {
  const std::string extension = heed::detail::extension(path);
  return !heed::detail::is_array(path) && extension != ".ts" && extension != ".arff";
}

heed::TableFormat format_like(heed::TableFormat format, const Columns& columns, const std::string& label_column,
                              const std::filesystem::path& data) {
  if (format.label_column.empty()) format.label_column = label_column.empty() ? "last" : label_column;
  if (is_table(data)) columns.complete(format);
  return format;
}

Tokens::Tokens(heed::Sentences sentences, const heed::Vocabulary& vocabulary, const std::string& where,
               const heed::Part& part)
    : heed::Sequences<std::int32_t>(heed::to_tokens(sentences, vocabulary)), words(std::move(sentences.words)) {
  if (part) x = heed::detail::part_of(x, heed::detail::rows_of(part, count(), where));
}

std::string counted(Index count, const char* one, const char* many) {
  return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

std::string describe(const LabelledData<float>& data) {
  return counted(data.count(), "sequence", "sequences") + " of " +
         lengths_text(data.sequences.steps(), data.sequences.lengths, "step", "steps");
}
std::string describe(const LabelledData<std::int32_t>& data) {
  return counted(data.count(), "sentence", "sentences") + " of " +
         lengths_text(data.sequences.steps(), data.sequences.lengths, "word", "words");
}

}  // namespace classifier
