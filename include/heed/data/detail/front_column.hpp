#pragma once

// What the first column of a table holds: values, or the numbers or names of its rows.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/detail/table_header.hpp"
#include "heed/data/detail/table_numbers.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

class FrontColumn {
 public:
  /// `keeps`: whether `tells_apart` will be asked.
  FrontColumn(bool keeps, char decimal) : keeps_(keeps), decimal_(decimal) {}

  void add(std::string_view field) {
    double value = 0;
    const bool number = parse_number(unquote(field), value, decimal_) == std::errc();
    counts_ = counts_ && number && (rows_ == 0 ? value == 0 || value == 1 : value == before_ + 1);
    whole_ = whole_ && number && value == std::trunc(value);
    words_ = words_ || !is_number(field, decimal_);
    if (keeps_ && whole_) ids_.push_back(unquote(field));
    before_ = value;
    ++rows_;
  }

  Index rows() const { return rows_; }
  /// Whether it counts the rows, from 0 or 1.
  bool counts() const { return counts_; }
  /// Whether a field is no number.
  bool has_words() const { return words_; }
  /// Whether each row has a whole number of its own. Their digits are compared: a double does not hold all of them.
  bool tells_apart() const {
    std::vector<std::string> sorted = ids_;
    std::sort(sorted.begin(), sorted.end());
    return whole_ && std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
  }

 private:
  bool keeps_, counts_ = true, whole_ = true, words_ = false;
  char decimal_;
  double before_ = 0;
  Index rows_ = 0;
  std::vector<std::string> ids_ = {};
};

/// Rejects a first column that numbers the rows as values, if the header says so, or if it counts and a value has a
/// fraction. `choice`: what to do.
inline void refuse_index(const FrontColumn& front, const TableHeader& header, bool fractions, const std::string& where,
                         const std::string& choice) {
  const bool named = header.has_index_name();
  const bool sure =
      named ? front.rows() >= 3 && front.tells_apart() : front.rows() >= 10 && front.counts() && fractions;
  require(!sure, [&] {
    return Fault{"an index column in front: the first field of each row is its number", where, choice,
                 named ? in_quotes(header.names[0]) : ""};
  });
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
