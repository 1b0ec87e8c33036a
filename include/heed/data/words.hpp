#pragma once

/// @file
/// Splits text into words or characters.

#include <string>
#include <string_view>
#include <vector>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// The text with capitals of ASCII, Latin-1 and Latin Extended-A, and the capital sharp s, in lower case; everything
/// else is unchanged, bytes that are no UTF-8 too.
HEED_FUNCTION std::string lower_case(std::string_view text);

/// The words of a line, separated by blanks.
HEED_FUNCTION std::vector<std::string> split_words(std::string_view line);

/// The words of a line with punctuation split off, exactly as WMT's mteval-v13a and sacrebleu's `13a` do. Symbols and
/// punctuation are words of their own, except the apostrophe. Periods and commas between digits stay, and so does a
/// hyphen without a digit before it. Four HTML entities are decoded.
HEED_FUNCTION std::vector<std::string> tokenize_13a(std::string_view line);

/// The characters of a line of UTF-8, including blanks.
HEED_FUNCTION std::vector<std::string> split_characters(std::string_view line);

/// The words joined by blanks.
template <class Words>
std::string joined(const Words& words, std::string_view between = " ") {
  std::string text;
  for (const auto& word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <cstddef>
#include <utility>

namespace heed::inline HEED_ISA {

HEED_FUNCTION std::string lower_case(std::string_view text) {
  std::string result(text);
  const auto byte = [&](std::size_t i) { return i < result.size() ? static_cast<unsigned char>(result[i]) : 0U; };
  const auto add = [&](std::size_t i, int n) { result[i] = static_cast<char>(byte(i) + static_cast<unsigned>(n)); };
  for (std::size_t i = 0; i < result.size(); ++i) {
    const unsigned lead = byte(i), next = byte(i + 1);
    if (lead >= 'A' && lead <= 'Z') add(i, 'a' - 'A');
    // except the multiplication sign
    if (lead == 0xC3 && next >= 0x80 && next <= 0x9E && next != 0x97) add(i + 1, 0x20);
    if ((lead == 0xC4 || lead == 0xC5) && (next & 0xC0U) == 0x80) {  // U+0100 to U+017F: pairs, in three runs
      const unsigned code = (lead & 3U) << 6 | (next & 0x3FU);
      const bool even = code < 0x38 ? code != 0x30 : code >= 0x4A && code < 0x78;
      const bool odd = (code >= 0x39 && code < 0x49) || (code >= 0x79 && code < 0x7F);
      if ((even && code % 2 == 0) || (odd && code % 2 == 1)) {
        const unsigned lower = code + 1 + 0x100;
        result[i] = static_cast<char>(0xC0U | lower >> 6);
        result[i + 1] = static_cast<char>(0x80U | (lower & 0x3FU));
      }
    }
    if (lead == 0xE1 && next == 0xBA && byte(i + 2) == 0x9E) result.replace(i, 3, "\xC3\x9F");
  }
  return result;
}

HEED_FUNCTION std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool wide = line.substr(i, 2) == "\xC2\xA0";  // a non-breaking space
    if (wide || (line[i] >= 0x09 && line[i] <= 0x0D) || (line[i] >= 0x1C && line[i] <= 0x20)) {
      if (!words.back().empty()) words.emplace_back();
      i += wide;
    } else {
      words.back() += line[i];
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

HEED_FUNCTION std::vector<std::string> tokenize_13a(std::string_view line) {
  std::string text = " " + std::string(line) + " ";
  const auto replace = [&](std::string_view from, std::string_view to) {
    std::string result;
    std::size_t done = 0;
    for (std::size_t i = 0; (i = text.find(from, done)) != std::string::npos; done = i + from.size()) {
      result.append(text, done, i - done).append(to);
    }
    text = result.append(text, done);
  };
  replace("<skipped>", "");
  if (text.find('&') != std::string::npos) {
    for (const auto& [from, to] : {std::pair{"&quot;", "\""}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}}) {
      replace(from, to);
    }
  }
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto stop = [](char c) { return c == '.' || c == ','; };
  const auto within = [](char c, char first, char last) { return c >= first && c <= last; };
  // puts blanks around one of two neighbours; pairs do not overlap
  const auto part = [&](auto&& is_pair, bool first) {
    std::string result;
    std::size_t i = 0;
    for (; i + 1 < text.size(); ++i) {
      const char a = text[i], b = text[i + 1];
      if (!is_pair(a, b)) {
        result += a;
        continue;
      }
      first ? result.append({' ', a, ' ', b}) : result.append({a, ' ', b, ' '});
      ++i;
    }
    if (i < text.size()) result += text[i];
    text = std::move(result);
  };

  std::string spaced;
  for (const char c : text) {
    const bool sign = within(c, '{', '~') || within(c, '[', '`') || within(c, ' ', '&') || within(c, '(', '+') ||
                      within(c, ':', '@') || c == '/';
    sign ? spaced.append(" ").append(1, c).append(" ") : spaced.append(1, c);
  }
  text = std::move(spaced);
  part([&](char a, char b) { return !digit(a) && stop(b); }, false);
  part([&](char a, char b) { return stop(a) && !digit(b); }, true);
  part([&](char a, char b) { return digit(a) && b == '-'; }, false);
  return split_words(text);
}

HEED_FUNCTION std::vector<std::string> split_characters(std::string_view line) {
  std::vector<std::string> characters;
  for (const char c : line) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
    if (!continues || characters.empty()) characters.emplace_back();
    characters.back() += c;
  }
  return characters;
}

}  // namespace heed::inline HEED_ISA

#endif
