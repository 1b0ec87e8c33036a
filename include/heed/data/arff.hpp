#pragma once

/// @file
/// ARFF files of the UEA and UCR archives: labelled series with one dimension or, in a relational attribute, several.
/// Format: https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/detail/number_or_missing.hpp"
#include "heed/data/detail/parse_file.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/targets.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
/// `bytes`: the size of the numbers that the values must fit.
HEED_FUNCTION Sequences<double> read_cases(std::string_view text, const std::string& where, std::size_t bytes,
                                           const ReadOptions& options = {});
}  // namespace detail

/// Parses an ARFF file. Numeric attributes are the steps of a series with one feature; a relational attribute has a
/// line of numbers for each feature. The nominal attribute, if any, is the class. With `options.targets`, the last
/// attribute is a number, the target. Throws at the first fault, and names `where`, line and column. Faults are also: a
/// missing value (`?`), unless `options.missing` allows it; an attribute of another type; a class that is not declared;
/// a first attribute that counts the cases, or numbers them under a name such as `id`.
template <class S>
Sequences<S> parse_arff(std::string_view text, const std::string& where, const ReadOptions& options = {}) try {
  const DefaultFloatingMode mode;
  Sequences<double> cases = detail::read_cases(text, where, options.bytes<S>(), options);
  if (options.missing != Missing::keep) return narrowed<S>(cases, where);
  return detail::narrowed_unchecked<S>(std::move(cases));
} catch (...) {
  detail::rethrow_as_error(where);
}

/// Reads a file with `parse_arff`.
template <class S>
Sequences<S> read_arff(const std::filesystem::path& path, const ReadOptions& options = {}) {
  return detail::parse_file(path, parse_arff<S>, options);
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "heed/data/detail/front_column.hpp"
#include "heed/data/detail/table_header.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

class ArffReader {
 public:
  ArffReader(std::string_view text, const std::string& where, std::size_t bytes, const ReadOptions& options)
      : reader_(text, where, TextReader::Comments::percent), bytes_(bytes), options_(options) {}

  Sequences<double> read() {
    read_header();
    find_class_.emplace(classes_.names);
    front_.emplace(names_.has_index_name(), '.');
    while (reader_.next()) add_case();
    require(!lengths_.empty(), [&] { return Fault{"no data", reader_.where(), "at least one case after @data"}; });
    if (types_[0] == Type::number && types_.size() > 1) {
      refuse_index(*front_, names_, fractions_, reader_.where(),
                   "values in each attribute: remove the first attribute, and the first value of each case");
    }
    return pack();
  }

 private:
  enum class Type { number, nominal, relational };

  // a word, or a quoted text with either kind of quotes; `rest` continues after it
  std::string_view take(std::string_view& rest, std::string_view ends) const {
    rest = trim(rest);
    if (rest.starts_with('\'') || rest.starts_with('"')) {
      std::size_t close = 1;
      while (close < rest.size() && rest[close] != rest[0]) close += rest[close] == '\\' ? 2U : 1U;
      if (close >= rest.size())
        reader_.fail(rest, "quote is not closed", "a closing quote on the same line", in_quotes(rest));
      const std::string_view word = rest.substr(1, close - 1);
      rest = trim(rest.substr(close + 1));
      return word;
    }
    const std::size_t end = std::min(rest.find_first_of(ends), rest.size());
    const std::string_view word = trim(rest.substr(0, end));
    rest = trim(rest.substr(end));
    return word;
  }

  void read_header() {
    bool inside = false;  // inside a relational attribute, whose own attributes are its steps
    while (reader_.next()) {
      std::string_view rest = reader_.line();
      const std::string word = ascii_lower(take(rest, " \t"));
      if (word == "@data") return check_header();
      if (word == "@end") inside = false;
      if (word != "@attribute" || inside) continue;
      names_.names.emplace_back(take(rest, " \t{"));
      const std::string_view type = rest;
      const std::string name = ascii_lower(take(rest, " \t{"));
      if (type.starts_with('{')) {
        types_.push_back(Type::nominal);
        classes_of(type);
      } else if (name == "relational") {
        types_.push_back(Type::relational);
        inside = true;
      } else if (name == "numeric" || name == "real" || name == "integer") {
        types_.push_back(Type::number);
      } else {
        reader_.fail(type, "an attribute that is no number", "numeric, relational or {classes}", in_quotes(type));
      }
    }
    throw Error({"no data", reader_.where(), "a line @data"});
  }

  void classes_of(std::string_view list) {
    if (!list.ends_with('}')) reader_.fail(list, "classes are not closed", "}", in_quotes(list));
    std::string_view rest = list.substr(1, list.size() - 2);
    while (!trim(rest).empty()) {
      const std::string_view name = take(rest, ",");
      if (!is_label(name)) reader_.fail(list, "not a label", "an integer of 64 bits or a word", in_quotes(name));
      classes_.names.emplace_back(name);
      if (rest.starts_with(',')) rest.remove_prefix(1);
    }
  }

  void check_header() const {
    const auto count = [&](Type type) { return std::count(types_.begin(), types_.end(), type); };
    const auto series = count(Type::relational), numbers = count(Type::number), nominal = count(Type::nominal);
    const std::ptrdiff_t target = options_.targets && !types_.empty() && types_.back() == Type::number ? 1 : 0;
    require(nominal + target <= 1 && (series == 1 ? numbers == target : series == 0 && numbers > target), [&] {
      return Fault{options_.targets ? "attributes that are no series with a target"
                                    : "attributes that are no series with a class",
                   reader_.where(),
                   options_.targets ? "numbers or one relational attribute, and the target, a number, as the last"
                                    : "numbers or one relational attribute, and at most one of classes, or targets to "
                                      "be asked for",
                   std::to_string(numbers) + ", " + std::to_string(series) + " and " + std::to_string(nominal)};
    });
  }

  void add_case() {
    std::string_view rest = reader_.line();
    if (rest.starts_with('{')) reader_.fail(rest, "a sparse case", "all values", in_quotes(rest));
    std::size_t dimensions = 0;
    std::int32_t length = 0;
    for (std::size_t i = 0; i < types_.size(); ++i) {
      if (i > 0) {
        if (!rest.starts_with(','))
          throw Error({"too few values", reader_.place(rest), std::to_string(types_.size()), std::to_string(i)});
        rest.remove_prefix(1);
      }
      const std::string_view at = trim(rest), value = take(rest, ",");
      if (options_.targets && i + 1 == types_.size() && types_[i] != Type::relational) {
        labels_.push_back(read_answer(reader_, value, bytes_, options_));
        unlabelled_ = unlabelled_ || labels_.back().empty();
      } else if (types_[i] == Type::nominal) {
        const std::optional<std::int32_t> found = (*find_class_)(value);
        if (!found && !options_.needs_labels) {
          unlabelled_ = true;
          continue;
        }
        if (!found) reader_.fail(at, "class is not declared", "one of those of the attribute", in_quotes(value));
        labels_.push_back(classes_.names[static_cast<std::size_t>(*found)]);
      } else if (types_[i] == Type::number) {
        add(value);
        if (i == 0) front_->add(value);
        fractions_ = fractions_ || (values_.back() != std::trunc(values_.back()) && !std::isnan(values_.back()));
        ++length;
        dimensions = 1;
      } else {
        dimensions = add_series(value, length);
      }
    }
    if (!rest.empty()) reader_.fail(rest, "too many values", std::to_string(types_.size()), in_quotes(rest));
    if (dimensions_ == 0) dimensions_ = dimensions;
    require(dimensions == dimensions_, [&] {
      return Fault{"wrong number of dimensions", reader_.place(reader_.line()),
                   std::to_string(dimensions_) + " as in the first case", std::to_string(dimensions)};
    });
    lengths_.push_back(length);
  }

  // a line for each dimension, separated by \n; returns their number
  std::size_t add_series(std::string_view text, std::int32_t& length) {
    std::size_t dimensions = 0;
    while (true) {
      const std::size_t end = std::min(text.find("\\n"), text.size());
      std::vector<std::string_view> fields;
      reader_.split(text.substr(0, end), ",", fields);
      for (const std::string_view field : fields) add(field);
      const auto here = static_cast<std::int32_t>(fields.size());
      if (dimensions++ == 0) length = here;
      if (here != length) {
        reader_.fail(text, "dimensions of one case differ in length",
                     std::to_string(length) + " values as in the first dimension", std::to_string(here));
      }
      if (end == text.size()) return dimensions;
      text.remove_prefix(end + 2);
      if (trim(text).empty()) return dimensions;
    }
  }

  void add(std::string_view field) {
    if (field == "?" && options_.missing == Missing::error) reader_.fail(field, "missing value", "a number", "'?'");
    values_.push_back(number_or_missing(reader_, field, bytes_, options_.missing));
  }

  Sequences<double> pack() {
    const auto [shortest, longest] = std::minmax_element(lengths_.begin(), lengths_.end());
    const bool ragged = *shortest < *longest;
    Sequences<double> result;
    result.x = padded_zeros<double>(lengths_, static_cast<Index>(dimensions_), reader_.where());
    const double* value = values_.data();
    for (Index i = 0; i < result.x.extent(0); ++i) {
      for (Index d = 0; d < result.x.extent(2); ++d) {
        for (Index t = 0; t < lengths_[static_cast<std::size_t>(i)]; ++t) result.x(i, t, d) = *value++;
      }
    }
    if (ragged) result.lengths = std::move(lengths_);
    if (!unlabelled_) result.labels = std::move(labels_);
    if (options_.targets && !unlabelled_) {
      result.targets = targets_of<double>(std::exchange(result.labels, {}), reader_.where());
    }
    if (options_.missing != Missing::error) fill_missing(result, options_.missing, {}, reader_.where());
    return result;
  }

  TextReader reader_;
  std::size_t bytes_;
  const ReadOptions& options_;
  std::vector<Type> types_ = {};
  LabelMap classes_ = {};
  std::optional<abi_detail::LabelFinder> find_class_ = {};  // among those of the header
  TableHeader names_ = {.there = true};                     // of the attributes
  std::optional<FrontColumn> front_ = {};                   // the values of the first attribute
  bool fractions_ = false;                                  // among the values of numeric attributes
  std::size_t dimensions_ = 0;
  std::vector<double> values_ = {};  // case by case, [dimension][step]
  std::vector<std::int32_t> lengths_ = {};
  std::vector<std::string> labels_ = {};
  bool unlabelled_ = false;  // a case lacks its label, and may
};

HEED_FUNCTION Sequences<double> read_cases(std::string_view text, const std::string& where, std::size_t bytes,
                                           const ReadOptions& options) {
  return ArffReader(text, where, bytes, options).read();
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif

HEED_COMPILED_FUNCTION(heed::parse_arff)
HEED_COMPILED_FUNCTION(heed::read_arff)
