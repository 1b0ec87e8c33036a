#pragma once

/// @file
/// The `.ts` format of the UEA and UCR archives: labelled multivariate series of equal or different lengths. Format:
/// https://www.aeon-toolkit.org, "ts file format".

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/detail/number_or_missing.hpp"
#include "heed/data/detail/parse_file.hpp"
#include "heed/data/detail/ts_metadata.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/targets.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
/// Reads the lines below `@data`, one case each: dimensions separated by colons, their values by commas, then the
/// class.
template <class S>
class TsCaseReader {
 public:
  TsCaseReader(TextReader& reader, TsMetadata metadata, const ReadOptions& options)
      : reader_(reader), metadata_(std::move(metadata)), options_(options) {}

  Sequences<S> read() {
    while (reader_.next()) add_case();
    require(!lengths_.empty(), [&] { return Fault{"no data", reader_.where(), "at least one case after @data"}; });
    return pack();
  }

 private:
  void add_case() {
    reader_.split(reader_.line(), ":", parts_);
    if (ends_behind_colon()) parts_.pop_back();
    const std::size_t dimensions = parts_.size() - metadata_.labelled;
    if (metadata_.dimensions == 0) {
      const bool one = metadata_.univariate.value_or(false) || dimensions == 0;
      metadata_.dimensions = one ? 1 : static_cast<Index>(dimensions);
    }
    const auto expected = static_cast<std::size_t>(metadata_.dimensions);
    require(dimensions == expected, [&] {
      return Fault{"wrong number of dimensions",
                   dimensions > expected ? reader_.place(parts_[expected]) : reader_.place_of_end(),
                   std::to_string(expected) + (metadata_.labelled ? " and a class" : ""), std::to_string(dimensions)};
    });

    std::size_t length = 0;
    for (std::size_t d = 0; d < dimensions; ++d) {
      reader_.split(parts_[d], ",", fields_);
      if (d == 0) check_length(length = fields_.size());
      if (fields_.size() != length)
        reader_.fail(parts_[d], "dimensions of one case differ in length",
                     std::to_string(length) + " values as in the first dimension", std::to_string(fields_.size()));
      for (const std::string_view field : fields_) {
        if (field == "?" && options_.missing == Missing::error) reader_.fail(field, "missing value", "a number", "'?'");
        values_.push_back(number_or_missing(reader_, field, options_.bytes<S>(), options_.missing));
      }
    }
    lengths_.push_back(static_cast<std::int32_t>(length));

    if (!metadata_.labelled || unlabelled_) return;
    if (!options_.needs_labels && !has_answer(parts_.back())) {
      unlabelled_ = true;
      return labels_.clear();
    }
    if (options_.targets) return labels_.push_back(read_target(reader_, parts_.back(), options_.bytes<S>()));
    if (numbers_ && is_missing(parts_.back())) {
      reader_.fail(parts_.back(), "missing target", "a number",
                   parts_.back().empty() ? "nothing" : in_quotes(parts_.back()));
    }
    if (metadata_.numbers && is_target(parts_.back()) && (numbers_ || is_label(parts_.back()))) {
      fractions_ = fractions_ || !is_label(parts_.back());
      return labels_.push_back(std::string(parts_.back()));
    }
    numbers_ = false;
    if (fractions_) reader_.fail(parts_.back(), "a class among targets", "a number", in_quotes(parts_.back()));
    const std::string label = read_label(reader_, parts_.back());
    const auto& classes = metadata_.classes;
    if (classes.empty()) return labels_.push_back(label);             // no classes are declared
    const std::optional<std::int32_t> declared = find_class_(label);  // 1.0 is a declared 1
    if (!declared)
      reader_.fail(parts_.back(), "class is not declared", "one of those after @classLabel", in_quotes(label));
    labels_.push_back(classes[static_cast<std::size_t>(*declared)]);
  }

  /// Whether the line ends with a colon behind its last dimension, as old programs write it where there are no labels.
  bool ends_behind_colon() const {
    if (metadata_.labelled || parts_.size() == 1 || !parts_.back().empty()) return false;
    const Index known = metadata_.univariate.value_or(false) ? 1 : metadata_.dimensions;
    return known > 0 ? std::ssize(parts_) == known + 1 : metadata_.unlabelled;
  }

  bool has_answer(std::string_view field) const {
    if (options_.targets) return is_target(field);
    if (numbers_ && is_missing(field)) return false;
    const std::string text = unquote(field);
    return is_label(text) ? metadata_.classes.empty() || find_class_(text).has_value()
                          : metadata_.numbers && is_target(field);
  }

  /// Checks a length against the metadata and the first case.
  void check_length(std::size_t length) const {
    const auto steps = static_cast<Index>(length);
    const auto fail = [&](std::string expected) {
      reader_.fail(parts_[0], "wrong length", std::move(expected), std::to_string(steps) + " values");
    };
    const Index said = metadata_.series_length;
    const bool may_differ = metadata_.equal_length == false, may_not_differ = metadata_.equal_length == true;
    if (said > 0 && may_differ && steps > said) fail("at most " + std::to_string(said) + " as @seriesLength says");
    if (said > 0 && !may_differ && steps != said) fail(std::to_string(said) + " as @seriesLength says");
    if (may_not_differ && !lengths_.empty() && steps != lengths_[0])
      fail(std::to_string(lengths_[0]) + " as in the first case, for @equalLength");
    if (steps > std::numeric_limits<std::int32_t>::max()) fail("a length of 31 bits");
  }

  /// Transposes each case from dimension by dimension to step by step.
  Sequences<S> pack() {
    const auto [shortest, longest] = std::minmax_element(lengths_.begin(), lengths_.end());
    const bool ragged = *shortest < *longest;
    Tensor<S, 3> x = padded_zeros<S>(lengths_, metadata_.dimensions, reader_.where());
    const double* value = values_.data();
    for (Index i = 0; i < x.extent(0); ++i)
      for (Index d = 0; d < x.extent(2); ++d)
        for (Index t = 0; t < lengths_[static_cast<std::size_t>(i)]; ++t) x(i, t, d) = static_cast<S>(*value++);
    if (!ragged) lengths_.clear();
    Sequences<S> sequences{std::move(x), std::move(lengths_), std::move(labels_)};
    if (metadata_.labelled && !unlabelled_ && (numbers_ || options_.targets)) {
      sequences.targets = targets_of<S>(sequences.labels, reader_.where());
      if (options_.targets) sequences.labels.clear();
    }
    return sequences;
  }

  TextReader& reader_;
  TsMetadata metadata_;
  bool numbers_ = metadata_.numbers;  // so far the labels are numbers: targets
  bool fractions_ = false;            // and one of them is no class
  abi_detail::LabelFinder find_class_{metadata_.classes};
  const ReadOptions& options_;
  std::vector<std::string_view> parts_ = {}, fields_ = {};
  std::vector<double> values_ = {};  // case by case, [dimension][step]
  std::vector<std::int32_t> lengths_ = {};
  bool unlabelled_ = false;  // a case lacks its label, and may
  std::vector<std::string> labels_ = {};
};
}  // namespace detail

/// Parses a `.ts` file; `lengths` is empty if all are equal. The metadata (dimensions, equal lengths, series length,
/// classes) is checked. Without `@classLabel` there are no labels; if it lists no classes, any label is allowed. With
/// `@equalLength` false, `@seriesLength` is the largest length.
///
/// As in aeon and sktime, tags above `@data` may contain underscores, `#` and `%` begin comments, and other lines are
/// skipped. If `@targetLabel` lists no classes and all labels are numbers, they are also the targets. Where there are no
/// labels, a line may end with a colon behind its last dimension.
///
/// Throws at the first fault, and names `where`, line and column. A missing value (`?`, `NaN`) is a fault unless
/// `options.missing` allows it; so is `@timeStamps true`.
template <class S>
Sequences<S> parse_ts(std::string_view text, const std::string& where, const ReadOptions& options = {}) try {
  const DefaultFloatingMode mode;
  TextReader reader(text, where, TextReader::Comments::both);
  detail::TsMetadata metadata = detail::read_ts_metadata(reader);
  Sequences<S> sequences = detail::TsCaseReader<S>(reader, std::move(metadata), options).read();
  if (options.missing != Missing::error) fill_missing(sequences, options.missing, {}, where);
  return sequences;
} catch (...) {
  detail::rethrow_as_error(where);
}

/// Reads a file with `parse_ts`.
template <class S>
Sequences<S> read_ts(const std::filesystem::path& path, const ReadOptions& options = {}) {
  return detail::parse_file(path, parse_ts<S>, options);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::parse_ts)
HEED_COMPILED_FUNCTION(heed::read_ts)
