#pragma once

// The role of each column of a long table.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/data/detail/table_header.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/table_format.hpp"
#include "heed/data/targets.hpp"
#include "heed/data/text.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Whether columns are chosen by name.
inline bool names_columns(const TableFormat& format) {
  return !format.sequence_column.empty() || !format.time_column.empty() || !format.feature_columns.empty();
}
/// Whether a line of tabs is a step without values. It is blank where columns are chosen by name: a step has its time.
inline bool has_empty_steps(const TableFormat& format, const ReadOptions& read) {
  return format.delimiter == '\t' && read.missing != Missing::error && !names_columns(format);
}
/// The header of a long table. There is one if columns are chosen by name.
inline TableHeader long_table_header(std::string_view text, const std::string& where, TableFormat format,
                                     const ReadOptions& read) {
  using Header = TableFormat::Header;
  const bool named = names_columns(format);
  if (named && format.header == Header::automatic) format.header = Header::yes;
  return TableHeaderFinder(text, where, format, read.missing != Missing::error && !named).find();
}

struct LongTableColumns {
  std::optional<std::size_t> sequence = {}, time = {};
  std::vector<std::size_t> features = {}, labels = {};
};

/// Finds the columns by their names in the header; without a header, `names` are empty texts.
class LongTableColumnFinder {
 public:
  LongTableColumnFinder(const std::vector<std::string>& names, bool header, const TableFormat& format,
                        TableOptions::Label label, bool targets, const std::string& where)
      : names_(names), header_(header), format_(format), label_(label), targets_(targets), where_(where) {}

  LongTableColumns find() const {
    LongTableColumns found;
    std::vector<std::string> roles(names_.size());  // of each column
    const auto give = [&](std::size_t i, const char* role) {
      require(roles[i].empty(), [&] {
        return Fault{"a column is named twice", where_, "each once",
                     in_quotes(names_[i]) + " as " + roles[i] + " and " + role};
      });
      roles[i] = role;
      return i;
    };
    if (!format_.sequence_column.empty()) found.sequence = give(column(format_.sequence_column), "sequence");
    if (!format_.time_column.empty()) found.time = give(column(format_.time_column), "time");
    if (!format_.feature_columns.empty()) {
      for (const std::string& name : names_in(format_.feature_columns))
        found.features.push_back(give(column(name), "feature"));
    }
    using IndexColumn = TableFormat::IndexColumn;
    const IndexColumn index = format_.index_column;
    if (index == IndexColumn::drop || (index == IndexColumn::drop_known && roles[0].empty())) give(0, "index");
    const std::string& label = format_.label_column;
    std::vector<std::size_t> rest;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (roles[i].empty()) rest.push_back(i);
    }
    if (label == "first" || label == "last") {
      if (label_ == Label::last) {
        require(!rest.empty(), [&] { return Fault{"no column is left for the label", where_, {}, {}}; });
        found.labels = {give(label == "first" ? rest.front() : rest.back(), "label")};
      }
    } else if (label != "none" && label_ != Label::none) {
      require(header_, [&] {
        return Fault{"a label column with a name needs a header", where_, "first, last, none, or a header",
                     in_quotes(label)};
      });
      std::vector<std::string> wanted = names_in(label);
      if (std::find(names_.begin(), names_.end(), label) != names_.end()) wanted = {label};
      const bool there = std::all_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
        return std::find(names_.begin(), names_.end(), name) != names_.end();
      });
      for (const std::string& name : wanted) {
        if (there || label_ == Label::last) found.labels.push_back(give(column(name), "label"));
      }
    }
    require(found.labels.size() <= 1 || targets_, [&] {
      return Fault{"several label columns", where_, "one for classes; targets may have several", in_quotes(label)};
    });
    if (format_.feature_columns.empty()) {
      if (header_ && index == IndexColumn::refuse && roles[0].empty() && TableHeader::is_unnamed(names_[0])) {
        throw index_in_front(names_[0], where_ + ", column 1", std::string(", or time_column '") + unnamed + '\'');
      }
      for (const std::size_t i : rest) {
        if (!roles[i].empty()) continue;
        if (names_columns(format_) && !names_[i].empty()) column(names_[i]);  // throws if another one has its name
        found.features.push_back(i);
      }
    }
    require(!found.features.empty(), [&] { return Fault{"no column is left for features", where_, {}, {}}; });
    return found;
  }

 private:
  using Label = TableOptions::Label;
  static constexpr const char* unnamed = "Unnamed: 0";  // as pandas calls a first column without a name

  std::size_t column(const std::string& name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end() && name == unnamed && header_ && names_[0].empty()) return 0;
    require(found != names_.end(), [&] {
      std::vector<std::string> known = names_;
      if (!known.empty() && known[0].empty()) known[0] = unnamed;
      return no_such_column(name, known, where_);
    });
    require(std::count(names_.begin(), names_.end(), name) == 1,
            [&] { return Fault{"two columns have this name", where_, "one", in_quotes(name)}; });
    return static_cast<std::size_t>(found - names_.begin());
  }

  const std::vector<std::string>& names_;
  bool header_;
  const TableFormat& format_;
  Label label_;
  bool targets_;
  const std::string& where_;
};

/// Rejects a word in a column of features that nobody named.
inline void refuse_word_as_feature(const TextReader& reader, const TableFormat& format, std::string_view field,
                                   const std::string& column) {
  const std::string word = unquote(field);
  const bool letter = !word.empty() && ((word[0] >= 'a' && word[0] <= 'z') || (word[0] >= 'A' && word[0] <= 'Z'));
  if (!letter || !format.feature_columns.empty() || is_number(field, format.decimal) || is_missing(word)) return;
  throw Error({"a word where a number should be",
               reader.place(field) + (column.empty() ? "" : ", of " + in_quotes(column)),
               "a number; or label_column for the label, feature_columns for the columns of numbers", in_quotes(word)});
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
