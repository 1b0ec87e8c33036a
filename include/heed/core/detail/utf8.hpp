#pragma once

/// @file
/// Strict UTF-8.

#include <cstddef>
#include <string>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/isa.hpp"

namespace heed::inline HEED_ABI::abi_detail {

/// The length of a character by its first byte (0: not a first byte), and how many of these bytes are valid.
struct Utf8Character {
  std::size_t length = 0, right = 0;
  bool valid() const { return length > 0 && right == length; }
};

/// The character at the start of a text (Unicode 15, table 3-7).
HEED_FUNCTION Utf8Character utf8_character(std::string_view text);

/// The position of the first byte that is not part of a valid character; the text's size if all are.
HEED_FUNCTION std::size_t first_not_utf8(std::string_view text);

/// The text with `\\x1b` in place of each byte that is not valid UTF-8 or belongs to a control character (also of
/// Latin-1). The characters in `kept` stay as they are.
HEED_FUNCTION std::string escaped(std::string_view text, std::string_view kept = {});

/// Appends a character. It must not be a surrogate.
HEED_FUNCTION void append_utf8(std::string& text, unsigned code);

}  // namespace heed::inline HEED_ABI::abi_detail

#if HEED_BODIES

namespace heed::inline HEED_ABI::abi_detail {

HEED_SHARED_FUNCTION Utf8Character utf8_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xc2 ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  if (length == 0) return {};
  // the second byte excludes overlong forms, surrogates and everything beyond U+10FFFF
  unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  std::size_t right = 1;
  for (; right < length && byte(right) >= low && byte(right) <= high; ++right) {
    low = 0x80;
    high = 0xbf;
  }
  return {length, right};
}

HEED_SHARED_FUNCTION std::size_t first_not_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const Utf8Character character = utf8_character(text.substr(at));
    if (!character.valid()) break;
    at += character.length;
  }
  return at;
}

HEED_SHARED_FUNCTION std::string escaped(std::string_view text, std::string_view kept) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character character = utf8_character(text.substr(at));
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool control = byte < 0x20 || byte == 0x7f ||
                         (byte == 0xc2 && character.valid() && static_cast<unsigned char>(text[at + 1]) < 0xa0);
    const std::size_t size = character.valid() ? character.length : 1;
    if (character.valid() && (!control || kept.find(text[at]) != std::string_view::npos)) {
      result.append(text.substr(at, size));
    } else {
      for (std::size_t i = 0; i < size; ++i) {
        const auto code = static_cast<unsigned char>(text[at + i]);
        result.append("\\x").append(1, "0123456789abcdef"[code >> 4]).append(1, "0123456789abcdef"[code & 15]);
      }
    }
    at += size;
  }
  return result;
}

HEED_SHARED_FUNCTION void append_utf8(std::string& text, unsigned code) {
  constexpr unsigned marks[] = {0, 0xc0, 0xe0, 0xf0};
  const int rest = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;  // number of bytes after the first
  text += static_cast<char>(marks[rest] | code >> (6 * rest));
  for (int i = rest; i-- > 0;) text += static_cast<char>(0x80 | (code >> (6 * i) & 0x3f));
}

}  // namespace heed::inline HEED_ABI::abi_detail

#endif
