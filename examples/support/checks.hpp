#pragma once

// Checks of option values, with messages such as "--folds: out of range (expected 2 to 1000000, got 1)". Options that
// describe themselves (options.hpp) have the same messages.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/options/fields.hpp"

namespace support {

/// Says what is wrong with a text; nothing where it is right.
using Check = std::function<std::string(const std::string&)>;

namespace detail {
/// By the words of a field of this kind and range.
template <class T>
Check check_of(heed::FieldKind kind, heed::Range range) {
  return [kind, range](const std::string& text) -> std::string {
    T value{};
    heed::FieldRecord field;
    field.range = range;
    field.kind = kind;
    field.value = &value;
    try {
      field.set(text, "");
      return {};
    } catch (const heed::Error& e) {
      return e.what();
    }
  };
}
}  // namespace detail

/// A whole number from `least` to `most`.
inline Check whole(heed::Index least, heed::Index most) {
  return detail::check_of<heed::Index>(heed::FieldKind::index,
                                       heed::Range::from(static_cast<double>(least), static_cast<double>(most)));
}
/// A whole number of at least `least`.
inline Check whole_from(heed::Index least) {
  return detail::check_of<heed::Index>(heed::FieldKind::index, heed::Range::at_least(static_cast<double>(least)));
}
/// A finite number of a range.
inline Check number(heed::Range range) { return detail::check_of<double>(heed::FieldKind::number, range); }
/// A whole number of at least 0 that 64 bits hold. (CLI11 takes -1 for 2^64 - 1.)
inline Check seed() { return detail::check_of<std::uint64_t>(heed::FieldKind::seed, {}); }

/// Rejects options with an empty text for a value, as a variable of a shell may be.
inline void refuse_empty_values(CLI::App& command) {
  for (CLI::Option* const option : command.get_options()) {
    if (option->get_items_expected_max() == 0) continue;
    option->check([](const std::string& text) { return text.empty() ? std::string("needs a value") : std::string(); });
  }
}

/// One of some words.
inline Check one_of(std::vector<std::string> words) {
  return [words = std::move(words)](const std::string& text) -> std::string {
    if (std::find(words.begin(), words.end(), text) != words.end()) return {};
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "one of " : ", ") + word;
    return heed::Error(heed::Fault{"wrong value", "", all, '"' + text + '"'}).what();
  };
}

/// Has the help of each option end with what it is unless the command line says it.
inline void show_defaults(CLI::App& command) {
  for (CLI::Option* option : command.get_options()) {
    if (option->get_items_expected_max() == 0 || option->get_description().ends_with(')')) continue;
    option->capture_default_str();
    std::string value = option->get_default_str();
    if (value.starts_with('[') && value.ends_with(']')) {  // a list: as it is given, which breaks into lines
      value = value.substr(1, value.size() - 2);
      std::replace(value.begin(), value.end(), ',', ' ');
    }
    option->default_str("");
    if (!value.empty() && value != "\"\"") option->description(option->get_description() + " (" + value + ')');
  }
}

/// What is wrong with a command line, in the words of the checks: where CLI11 has some of its own for a value that is
/// none of its type, or is not there.
inline std::string in_words(const CLI::App& command, const CLI::ParseError& e) {
  const std::string text = e.what();
  const auto option_at = [&](const std::string& name) -> const CLI::Option* {
    const CLI::Option* option = command.get_option_no_throw(name);
    for (const CLI::App* chosen : command.get_subcommands()) {
      if (!option) option = chosen->get_option_no_throw(name);
    }
    return option;
  };
  const auto fault = [](const std::string& option, const std::string& what, const std::string& expected,
                        const std::string& got) {
    return std::string(heed::Error(heed::Fault{what, option, expected, got}).what());
  };
  const auto type_of = [](const CLI::Option* option) -> std::string {
    const std::string type = option ? option->get_type_name() : "";
    if (type.starts_with("INT") || type.starts_with("UINT")) return "a whole number";
    return type.starts_with("FLOAT") ? "a number" : "a value";
  };
  const std::string conversion = "Could not convert: ";
  if (text.starts_with(conversion)) {
    const std::size_t equals = text.find(" = ");
    if (equals == std::string::npos) return text;
    const std::string name = text.substr(conversion.size(), equals - conversion.size());
    return fault(name, "wrong value", type_of(option_at(name)), '"' + text.substr(equals + 3) + '"');
  }
  const std::size_t colon = text.find(": ");
  const std::string name = text.substr(0, colon);
  const CLI::Option* option = colon == std::string::npos ? nullptr : option_at(name);
  if (!option) return text;
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&e)) {
    const bool flag = option->get_items_expected_max() == 0;
    if (option->count() > 1) return fault(name, "given more than once", "once", "");
    return fault(name, flag ? "a value that is not wanted" : "no value", flag ? "nothing behind it" : type_of(option),
                 flag ? "one" : "nothing");
  }
  if (dynamic_cast<const CLI::ConversionError*>(&e)) {  // of a flag
    return fault(name, "wrong value", "nothing behind it, \"true\" or \"false\"", "something else");
  }
  return text;
}

}  // namespace support
