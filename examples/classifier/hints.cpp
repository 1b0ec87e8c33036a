#include "hints.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/data/detail/written_date.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/targets.hpp"
#include "heed/data/time_key.hpp"

namespace classifier {

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

heed::Fault with_hint_at_length(heed::Fault fault) {
  if (fault.what == "wrong number of fields" && fault.expected.find(" values") != std::string::npos) {
    fault.what += "; --steps N, if rows are not as long as in training";
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
                                     {"feature_columns", "--feature-columns"},
                                     {"a known number of steps", "--steps N, or --label-column none or a name"},
                                     {"date_order", "--date-order"},
                                     {"header yes or no", "--header yes or no"},
                                     {"targets to be asked for", "--task regression for the last attribute"},
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

}  // namespace classifier
