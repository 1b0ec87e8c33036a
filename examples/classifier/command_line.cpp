#include "command_line.hpp"

#include "../support/checks.hpp"
#include "heed/core/error.hpp"

namespace classifier {

NumberCheck from_to_below(double first, double end) { return support::number({first, end, true}); }
NumberCheck from_to(double first, double last) { return support::number(heed::Range::from(first, last)); }
std::string positive(const std::string& text) {
  static const NumberCheck check = support::number({0, heed::Range::infinite, true, true});
  return check(text);
}
std::string not_negative(const std::string& text) {
  static const NumberCheck check = support::number(heed::Range::at_least(0));
  return check(text);
}
std::string whole(const std::string& text) { return support::seed()(text); }

void add_format(CLI::App& command, heed::TableFormat& f) {
  const auto add = [&](const char* name, auto set, const char* text, const char* what) {
    return command.add_option_function<std::string>(name, set, what)->option_text(text)->group("Tables and text");
  };
  using Header = heed::TableFormat::Header;
  using IndexColumn = heed::TableFormat::IndexColumn;
  f.label_column.clear();
  add(
      "--header",
      [&f](const std::string& s) { f.header = s == "yes"  ? Header::yes
                                              : s == "no" ? Header::no
                                                          : Header::automatic; },
      "NAME", "Whether row 1 has names: yes, no or auto (auto)")
      ->check(support::one_of({"yes", "no", "auto"}));
  add(
      "--delimiter",
      [&f](const std::string& s) {
        f.delimiter = s == "comma"                   ? ','
                      : s == "semicolon"             ? ';'
                      : s == "tab" || s == "\\t"     ? '\t'
                      : s == "blank" || s == "space" ? ' '
                      : s == "auto"                  ? '\0'
                                                     : s[0];
      },
      "C", "Between fields: a character, tab or blank (auto)")
      ->check([](const std::string& s) {
        const bool name =
            s == "comma" || s == "semicolon" || s == "tab" || s == "\\t" || s == "blank" || s == "space" || s == "auto";
        return name || s.size() == 1
                   ? std::string()
                   : heed::Error(heed::Fault{"wrong value", "", "a character, comma, semicolon, tab, blank or auto",
                                             '"' + s + '"'})
                         .what();
      });
  add(
      "--decimal", [&f](const std::string& s) { f.decimal = s == "comma" || s == "," ? ',' : '.'; }, "NAME",
      "Of numbers: point or comma (point)")
      ->check(support::one_of({"point", "comma", ".", ","}));
  add(
      "--label-column", [&f](const std::string& s) { f.label_column = s; }, "NAME",
      "first, last, none or a name (last);\nof targets several: a,b");
  add(
      "--index-column",
      [&f](const std::string& s) { f.index_column = s == "drop" ? IndexColumn::drop : IndexColumn::keep; }, "NAME",
      "What to do with a first column that numbers the\nrows: drop, keep (as in training; otherwise error)")
      ->check(support::one_of({"drop", "keep"}));
  add(
      "--encoding",
      [&f](const std::string& s) {
        f.encoding = s == "utf-8"     ? heed::Encoding::utf8
                     : s == "latin-1" ? heed::Encoding::latin1
                                      : heed::Encoding::automatic;
      },
      "NAME", "utf-8, latin-1, or auto: a line that is not\nUTF-8 is Latin-1 (auto)")
      ->check(support::one_of({"utf-8", "latin-1", "auto"}));
}

void add_columns(CLI::App& command, heed::TableFormat& format) {
  const auto add = [&](const char* name, std::string& value, const char* text, const char* what) {
    command.add_option(name, value, what)->option_text(text)->group("Tables of one row a time step");
  };
  add("--sequence-column", format.sequence_column, "NAME", "Tells sequences apart: rows with equal values");
  add("--time-column", format.time_column, "NAME", "Orders the steps: numbers, dates or words (as read)");
  add("--feature-columns", format.feature_columns, "NAME,...", "Features of a step (all other columns)");
  command
      .add_option_function<std::string>(
          "--date-order",
          [&format](const std::string& name) {
            format.date_order = heed::from_text<heed::DateOrder>(name, "--date-order");
          },
          "Of times such as 1/12/2025: day-first, month-first,\nyear-first for 25/12/01 (found from a day above 12)")
      ->check(support::one_of({"day-first", "month-first", "year-first"}))
      ->option_text("NAME")
      ->group("Tables of one row a time step");
}

void check_format(const heed::TableFormat& f, FormatOf what) {
  const heed::TableFormat none;
  const bool table = what == FormatOf::table;
  require_usage(table || f.delimiter == none.delimiter, "--delimiter", "is for tables");
  require_usage(table || f.decimal == none.decimal, "--decimal", "is for tables");
  require_usage(table || f.label_column.empty(), "--label-column", "is for tables");
  require_usage(table || f.index_column == none.index_column, "--index-column", "is for tables");
  require_usage(table || f.sequence_column.empty(), "--sequence-column", "is for tables");
  require_usage(table || f.time_column.empty(), "--time-column", "is for tables");
  require_usage(table || f.feature_columns.empty(), "--feature-columns", "is for tables");
  require_usage(table || f.date_order == none.date_order, "--date-order", "is for tables");
  require_usage(what != FormatOf::other || f.header == none.header, "--header", "is for tables and text");
}

heed::SentenceOptions::Header text_header(const heed::TableFormat& format) {
  using Header = heed::SentenceOptions::Header;
  if (format.header == heed::TableFormat::Header::automatic) return Header::automatic;
  return format.header == heed::TableFormat::Header::yes ? Header::yes : Header::no;
}

void require_usage(bool ok, const std::string& option, const std::string& message) {
  if (!ok) throw CLI::ValidationError(option, message);
}

}  // namespace classifier
