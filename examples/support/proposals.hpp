#pragma once

// What somebody may have meant who wrote an option or a subcommand that there is not.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// How many letters are to be put in, taken out, exchanged or swapped with their neighbours to make one of the other.
inline std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t k = 0; k <= b.size(); ++k) d[0][k] = k;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t k = 1; k <= b.size(); ++k) {
      d[i][k] = std::min({d[i - 1][k] + 1, d[i][k - 1] + 1, d[i - 1][k - 1] + (a[i - 1] != b[k - 1])});
      if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
        d[i][k] = std::min(d[i][k], d[i - 2][k - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

/// "lr" of "learning-rate"
inline std::string initials(std::string_view name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '-' && (i == 0 || name[i - 1] == '-')) result += name[i];
  }
  return result;
}

/// Whether one has all words of the other, at its beginning or its end: "batch" and "batch-size", "layers" and
/// "num-layers".
inline bool shares_words(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  return a.starts_with(std::string(b) + '-') || a.ends_with('-' + std::string(b));
}

/// The nearest of some names, none where nothing is near.
inline std::string nearest(std::string name, const std::vector<std::string>& names) {
  std::replace(name.begin(), name.end(), '_', '-');
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  const std::size_t none = std::numeric_limits<std::size_t>::max();
  std::size_t least = none;
  std::string best;
  for (const std::string& candidate : names) {
    std::size_t far = distance(name, candidate);
    const std::size_t most = std::max<std::size_t>(1, std::min(name.size(), candidate.size()) / 3);
    const bool related = (name.size() > 1 && initials(candidate) == name && candidate.find('-') != std::string::npos) ||
                         shares_words(name, candidate);
    if (!related && far > most) far = none;
    if (far < least) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

/// Names without their dashes.
inline std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  return names;
}

/// "train --features" for "feature": the nearest option of a program, otherwise of its subcommands, the chosen first.
inline std::string nearest_option(const std::string& name, const CLI::App& command) {
  const std::string own = nearest(name, option_names(command));
  if (!own.empty()) return "--" + own;
  auto commands = command.get_subcommands();
  for (const CLI::App* one : command.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(const_cast<CLI::App*>(one));
  }
  for (const CLI::App* one : commands) {
    const std::string near = nearest(name, option_names(*one));
    if (!near.empty()) return one->get_name() + " --" + near;
  }
  return {};
}

/// "unknown option --feature: did you mean --features?", where a command line holds an option that there is not;
/// otherwise nothing. A value before it, or behind it, is not what is wrong. Before a subcommand: "did you mean train
/// --features?"
inline std::string unknown_option(const CLI::App& command) {
  for (const std::string& argument : command.remaining()) {
    const bool number = argument.size() > 1 && (argument[1] == '.' || (argument[1] >= '0' && argument[1] <= '9'));
    if (argument.size() < 2 || argument[0] != '-' || argument == "--" || number) continue;
    const std::string given = argument.substr(0, argument.find('='));
    const std::size_t letters = given.find_first_not_of('-');
    const std::string near = nearest_option(given.substr(letters == std::string::npos ? 0 : letters), command);
    return "unknown option " + given + (near.empty() ? "" : ": did you mean " + near + "?");
  }
  return {};
}

/// "unknown subcommand trian: did you mean train?"
inline std::string unknown_subcommand(const CLI::App& program, const std::string& given) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  const std::string near = nearest(given, names);
  return "unknown subcommand: " + given + (near.empty() ? "" : ": did you mean " + near + "?");
}

}  // namespace support
