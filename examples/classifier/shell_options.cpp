#include "shell_options.hpp"

#include <string_view>

#include "heed/core/detail/utf8.hpp"

namespace classifier {

namespace {

// One word of a shell's command line; empty if a character of the text cannot stand on one.
std::string shell_word(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=:@%+-,";
  if (heed::abi_detail::escaped(text) != text) return {};
  if (!text.empty() && text.find_first_not_of(plain) == text.npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string options_of(const std::string& prefix, const std::vector<heed::Rename>& renames) {
  std::string options;
  bool possible = true;
  const auto add = [&](const std::string& option, const std::string& value) {
    const std::string word = shell_word(value);
    possible = possible && !word.empty();
    options += " --" + option + (value.starts_with('-') ? "=" : " ") + word;
  };
  if (!prefix.empty()) add("prefix", prefix);
  for (const heed::Rename& r : renames) {
    possible = possible && r.from.find('=') == r.from.npos;
    add("rename", r.from + '=' + r.to);
  }
  return possible ? options : std::string();
}

}  // namespace classifier
