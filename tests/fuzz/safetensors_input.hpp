#pragma once

// Safetensors files from texts, whose lengths fit: mutations of a whole file seldom get past its first eight bytes.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace heed::fuzz {

/// A file from its header, a line of JSON, and its data, which are repeated or cut to as many bytes as the header
/// says, 4096 at most. Empty if the text does not begin with a header.
inline std::string safetensors_of(std::string_view text) {
  if (!text.starts_with('{')) return {};
  const std::size_t line = std::min(text.find('\n'), text.size());
  const std::string_view header = text.substr(0, line), data = text.substr(std::min(line + 1, text.size()));
  std::size_t bytes = 0;
  constexpr std::string_view key = "\"data_offsets\":[";
  for (std::size_t at = header.find(key); at != std::string_view::npos; at = header.find(key, at + 1)) {
    const std::size_t comma = std::min(header.find(',', at), header.size());
    std::size_t end = 0;
    if (comma < header.size()) std::from_chars(header.data() + comma + 1, header.data() + header.size(), end);
    if (end <= 4096) bytes = std::max(bytes, end);
  }
  std::string file;
  for (std::size_t i = 0; i < 8; ++i) file += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  file += header;
  for (std::size_t i = 0; i < bytes; ++i) file += data.empty() ? '\0' : data[i % data.size()];
  return file;
}

}  // namespace heed::fuzz
