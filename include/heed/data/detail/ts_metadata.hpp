#pragma once

// The part of a `.ts` file above its data.

#include <optional>
#include <string>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// The metadata above `@data`.
struct TsMetadata {
  std::optional<bool> equal_length = {};
  std::optional<bool> univariate = {};
  Index dimensions = 0;     // 0: not given
  Index series_length = 0;  // 0: not given; the longest series if lengths differ
  bool labelled = false;
  bool unlabelled = false;  // a tag says that there are no labels
  bool numbers = false;     // @targetLabel without a list of classes: labels may be any numbers
  std::vector<std::string> classes = {};
};

/// Reads up to and including `@data`.
HEED_FUNCTION TsMetadata read_ts_metadata(TextReader& reader);

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <system_error>

#include "heed/data/labels.hpp"
#include "heed/data/text.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

class TsMetadataReader {
 public:
  explicit TsMetadataReader(TextReader& reader) : reader_(reader) {}

  /// Reads up to and including `@data`.
  TsMetadata read() {
    while (reader_.next()) {
      reader_.split(reader_.line(), " \t", fields_);
      const auto comment = std::find_if(fields_.begin(), fields_.end(), [](std::string_view field) {
        return field.starts_with('#') || field.starts_with('%');
      });
      fields_.erase(comment, fields_.end());
      std::string tag = ascii_lower(fields_[0]);
      std::erase(tag, '_');
      if (tag == "@data") {
        if (fields_.size() > 1) reader_.fail(fields_[1], "text after @data", "a new line", in_quotes(fields_[1]));
        return std::move(metadata_);
      }
      if (std::find(known.begin(), known.end(), tag) == known.end()) continue;
      std::string line;
      for (std::size_t i = 1; i < fields_.size(); ++i) line += ' ' + ascii_lower(fields_[i]);
      if (const auto [said, fresh] = seen_.emplace(tag, line); !fresh) {
        if (said->second != line) reader_.fail(fields_[0], "tag occurs twice", "", in_quotes(fields_[0]));
        continue;
      }
      take(tag);
    }
    throw Error({"no data", reader_.where(), "a line @data"});
  }

 private:
  static constexpr std::array<std::string_view, 8> known{"@timestamps", "@univariate",  "@dimensions",
                                                         "@dimension",  "@equallength", "@serieslength",
                                                         "@classlabel", "@targetlabel"};

  void take(const std::string& tag) {
    const std::string_view name = fields_[0];
    if (tag == "@timestamps") {
      if (boolean(true)) {
        reader_.fail(fields_[1], "time stamps are not supported",
                     "@timeStamps false, or a table with one row a time step, its sequence_column and its time_column",
                     "true");
      }
    } else if (tag == "@univariate") {
      metadata_.univariate = boolean(true);
      check_dimensions();
    } else if (tag == "@dimensions" || tag == "@dimension") {
      if (metadata_.dimensions > 0) reader_.fail(name, "dimensions are declared twice", "", "");
      metadata_.dimensions = count();
      check_dimensions();
    } else if (tag == "@equallength") {
      metadata_.equal_length = boolean(true);
    } else if (tag == "@serieslength") {
      metadata_.series_length = count();
    } else if (tag == "@classlabel" || tag == "@targetlabel") {
      if (metadata_.labelled || !metadata_.classes.empty()) reader_.fail(name, "labels are declared twice", "", "");
      classes();
      metadata_.numbers = tag == "@targetlabel" && metadata_.labelled && metadata_.classes.empty();
    }
  }

  void classes() {
    metadata_.labelled = boolean(false);
    metadata_.unlabelled = !metadata_.labelled;
    if (!metadata_.labelled && fields_.size() > 2)
      reader_.fail(fields_[2], "classes without labels", "nothing after false", in_quotes(fields_[2]));
    std::set<std::string> declared;
    for (std::size_t i = 2; i < fields_.size(); ++i) {
      std::string name = read_label(reader_, fields_[i]);
      if (!declared.insert(name).second) reader_.fail(fields_[i], "class is declared twice", "", in_quotes(fields_[i]));
      metadata_.classes.push_back(std::move(name));
    }
  }

  void check_dimensions() {
    if (metadata_.univariate.value_or(false) && metadata_.dimensions > 1)
      reader_.fail(fields_[1], "@univariate and @dimensions disagree", "one dimension",
                   std::to_string(metadata_.dimensions));
  }

  /// The argument of a tag; `alone`: nothing may follow it.
  std::string_view argument(const char* expected, bool alone) const {
    if (fields_.size() < 2) throw Error({"tag without a value", reader_.place_of_end(), expected, "nothing"});
    if (alone && fields_.size() > 2) reader_.fail(fields_[2], "more than one value", expected, in_quotes(fields_[2]));
    return fields_[1];
  }
  bool boolean(bool alone) const {
    const std::string_view text = argument("true or false", alone);
    const std::string word = ascii_lower(text);
    if (word != "true" && word != "false") reader_.fail(text, "not a truth value", "true or false", in_quotes(text));
    return word == "true";
  }
  Index count() const {
    const std::string_view text = argument("a positive integer", true);
    Index value = 0;
    if (parse_number(text, value) != std::errc())
      reader_.fail(text, "not a count", "a positive integer", in_quotes(text));
    return std::max<Index>(value, 0);  // 0 and -1: not given
  }

  TextReader& reader_;
  TsMetadata metadata_ = {};
  std::vector<std::string_view> fields_ = {};
  std::map<std::string, std::string> seen_ = {};  // tag -> its line
};

HEED_FUNCTION TsMetadata read_ts_metadata(TextReader& reader) { return TsMetadataReader(reader).read(); }

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
