#include "command_line.hpp"

#include <cmath>
#include <sstream>

namespace classifier {

namespace {

// an error unless the text is a number with ok(number)
template <class Ok>
std::string number_with(Ok ok, const std::string& text, const std::string& expected) {
  double value = 0;
  if (CLI::detail::lexical_cast(text, value) && std::isfinite(value) && ok(value)) return {};
  return expected + "; got " + text;
}

std::string number(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

}  // namespace

NumberCheck from_to_below(double first, double end) {
  return [=](const std::string& text) {
    return number_with([=](double value) { return value >= first && value < end; }, text,
                       "a number from " + number(first) + " to below " + number(end));
  };
}
NumberCheck from_to(double first, double last) {
  return [=](const std::string& text) {
    return number_with([=](double value) { return value >= first && value <= last; }, text,
                       "a number from " + number(first) + " to " + number(last));
  };
}
std::string positive(const std::string& text) {
  return number_with([](double value) { return value > 0; }, text, "a positive number");
}
std::string not_negative(const std::string& text) {
  return number_with([](double value) { return value >= 0; }, text, "a number of at least 0");
}
std::string whole(const std::string& text) {
  return text.find('-') != std::string::npos ? "a number of at least 0; got " + text : "";
}

void add_format(CLI::App& command, heed::TableFormat& f) {
  const auto add = [&](const char* name, auto set, const char* text, const char* what) {
    return command.add_option_function<std::string>(name, set, what)->option_text(text)->group("Tables and text");
  };
  using Header = heed::TableFormat::Header;
  using IndexColumn = heed::TableFormat::IndexColumn;
  add(
      "--header",
      [&f](const std::string& s) { f.header = s == "yes"  ? Header::yes
                                              : s == "no" ? Header::no
                                                          : Header::automatic; },
      "NAME", "First row of names: yes, no or auto (auto)")
      ->check(CLI::IsMember({"yes", "no", "auto"}));
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
        return name || s.size() == 1 ? "" : "one character, comma, semicolon, tab, blank or auto; got " + s;
      });
  add(
      "--label-column", [&f](const std::string& s) { f.label_column = s; }, "NAME",
      "first, last, none or a name (last);\nof targets several: a,b");
  add(
      "--index-column",
      [&f](const std::string& s) { f.index_column = s == "drop" ? IndexColumn::drop : IndexColumn::keep; }, "NAME",
      "First column numbers the rows: drop, keep")
      ->check(CLI::IsMember({"drop", "keep"}));
  add(
      "--encoding",
      [&f](const std::string& s) {
        f.encoding = s == "utf-8"     ? heed::Encoding::utf8
                     : s == "latin-1" ? heed::Encoding::latin1
                                      : heed::Encoding::automatic;
      },
      "NAME", "utf-8, latin-1, or auto: a line that is not")
      ->check(CLI::IsMember({"utf-8", "latin-1", "auto"}));
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
