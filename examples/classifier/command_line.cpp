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

void require_usage(bool ok, const std::string& option, const std::string& message) {
  if (!ok) throw CLI::ValidationError(option, message);
}

}  // namespace classifier
