#pragma once

// Options that describe themselves (heed/options/fields.hpp) on a command line: one call a struct.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/options/fields.hpp"
#include "heed/train/fit_options.hpp"

namespace support {

/// Which fields get an option: those of these names, or all but those.
struct Pick {
  bool only = false;
  std::vector<std::string_view> names = {};
  bool operator()(const heed::FieldRecord& field) const {
    const bool named = std::find(names.begin(), names.end(), std::string_view(field.name)) != names.end();
    return only ? named : !named && !(field.flag && *field.flag == 0);
  }
};
inline Pick only(std::vector<std::string_view> names) { return {true, std::move(names)}; }
inline Pick but(std::vector<std::string_view> names) { return {false, std::move(names)}; }

namespace detail {

/// "--num-heads"
inline std::string flag_of(const heed::FieldRecord& field) {
  std::string name = field.flag && *field.flag ? field.flag : field.name;
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '_' || c == '.'; }, '-');
  return "--" + name;
}

/// What the field means, what it may be and what it is unless the command line says it.
inline std::string help_of(const heed::FieldRecord& field) {
  std::string text = field.meaning;
  for (const std::string_view name : field.names) {
    if (heed::detail::listed_in(field.except, name)) continue;
    text += (name == field.names.front() ? ": " : ", ") + std::string(name);
  }
  const std::string value = field.text();
  return text + (text.empty() ? "(" : " (") + (value.empty() ? "none" : value) + ')';
}

/// The help in lines that fit a terminal of 80 columns beside the names of options; words stay whole.
inline std::string in_lines(const std::string& text) {
  constexpr std::size_t columns = 80 - 27;
  std::string lines;
  std::size_t line = 0;
  for (std::size_t first = 0; first < text.size();) {
    const std::size_t end = std::min(text.find(' ', first), text.size());
    const std::size_t length = end - first;
    if (line > 0 && line + 1 + length > columns) {
      lines += '\n';
      line = 0;
    } else if (line > 0) {
      lines += ' ';
      ++line;
    }
    lines.append(text, first, length);
    line += length;
    first = end + 1;
  }
  return lines;
}

inline const char* value_name_of(const heed::FieldRecord& field) {
  using Kind = heed::FieldKind;
  return field.kind == Kind::choice ? "NAME" : field.kind == Kind::number ? "X" : "N";
}

/// `set` takes the text that the command line gives; what it throws is wrong usage.
inline void add_option(CLI::App& app, const heed::FieldRecord& field, std::function<void(const std::string&)> set,
                       const std::string& group) {
  const std::string flag = flag_of(field);
  if (field.kind == heed::FieldKind::flag) {
    const bool on = field.text() == "true";
    const auto given = std::make_shared<bool>();
    app.add_flag(on ? "--no-" + flag.substr(2) : flag, *given,
                 in_lines((on ? "Turns off: " : "") + std::string(field.meaning)))
        ->each([given, on, set](const std::string&) { set(on ? "false" : "true"); })
        ->group(group);
    return;
  }
  const auto checked = [flag, set](const std::string& text) {
    try {
      set(text);
    } catch (const heed::Error& error) {
      throw CLI::ValidationError(error.what(), CLI::ExitCodes::ValidationError);
    }
  };
  app.add_option_function<std::string>(flag, checked, in_lines(help_of(field)))
      ->option_text(value_name_of(field))
      ->group(group);
}

inline void add_options(CLI::App& app, const heed::FieldTable& table, const Pick& pick) {
  for (const heed::FieldRecord& field : table.records) {
    if (!pick(field)) continue;
    const auto set = [field, flag = flag_of(field)](const std::string& text) { field.set(text, flag); };
    add_option(app, field, set, "Options");
  }
}

}  // namespace detail

/// An option for each field. `options` must outlive the parsing.
template <heed::Described O>
void add_options(CLI::App& app, O& options, const Pick& pick = {}) {
  detail::add_options(app, heed::fields_of(options), pick);
}

/// An option for each field; what the command line says stands in `given`, by the fields' names.
template <heed::Described O>
void add_given(CLI::App& app, heed::Metadata& given, const std::string& group, const Pick& pick = {}) {
  const auto scratch = std::make_shared<O>();
  for (const heed::FieldRecord& field : heed::fields_of(*scratch).records) {
    if (!pick(field)) continue;
    const auto set = [&given, scratch, field, flag = detail::flag_of(field)](const std::string& text) {
      field.set(field.kind == heed::FieldKind::sizes && text == "none" ? "" : text, flag);
      given[field.name] = field.text();
    };
    detail::add_option(app, field, set, group);
  }
}

/// What an option lacks that has no meaning beside the others, `all` of which are given: "--kernels". Empty: it has one.
template <heed::Described O>
std::string lack_of(const std::string& name, const heed::Metadata& all, O options) {
  set_fields(options, all);
  const heed::FieldTable fields = heed::fields_of(options);
  const heed::FieldRecord* const field = fields.find(name);
  if (!field || fields.counts(*field)) return {};
  const heed::FieldRecord& choice = *fields.find(field->when.field);
  return detail::flag_of(choice) +
         (choice.kind == heed::FieldKind::choice ? ' ' + std::string(field->when.is) : std::string());
}

/// Those of training that have these names, beside epochs, learning_rate, seed and threads.
inline void add_fit_options(CLI::App& app, heed::FitOptions& options, std::vector<std::string_view> names) {
  names.insert(names.end(), {"epochs", "learning_rate", "seed", "threads"});
  heed::FieldTable table = heed::fields_of(options);
  for (heed::FieldRecord& field : table.records) {
    const std::string_view name = field.name;
    if (name == "epochs" || name == "batch_size") field.range.least = 1;
    if (name == "batch_size") field.meaning = "Sequences a step";
    if (name == "learning_rate") field.range.above = true;
  }
  detail::add_options(app, table, only(std::move(names)));
}

}  // namespace support
