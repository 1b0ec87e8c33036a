#pragma once

/// @file
/// The header of a safetensors file: 8 bytes with its length (little-endian), then a JSON object. It maps each tensor's
/// name to {dtype, shape, data_offsets}, and `__metadata__` to texts.
///
/// It is parsed with limits (`SafetensorsLimits`): what a hostile file claims is never allocated.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ABI {

/// The contents of a header.
struct SafetensorsHeader {
  Metadata metadata;
  std::vector<TensorInfo> tensors;  ///< in the order of their data, which they cover without gaps
  std::size_t data_begin = 0;       ///< in bytes from the start of the file
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Parses and checks the header of a file. `name` is used in messages. Throws if the format or a limit is violated, and
/// names the tensor.
SafetensorsHeader read_safetensors_header(std::span<const std::byte> file, const std::string& name);

/// The bytes before the data: length and JSON, padded with blanks so that the data begins at a multiple of 8. Throws if
/// a text is not UTF-8, or if the header would exceed a limit of the reader.
std::string write_safetensors_header(const Metadata& metadata, const std::vector<TensorInfo>& tensors);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/io/detail/header_reader.hpp"
#include "heed/io/detail/json_text.hpp"
#include "heed/io/tensor_file.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION void check_names(const std::vector<TensorInfo>& tensors, const std::string& file) {
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const auto& tensor : tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  const auto twin = std::adjacent_find(names.begin(), names.end());
  require(twin == names.end(), [&] { return Fault{"duplicate key", file + ": tensor " + quote(*twin)}; });
}

/// Checks that each tensor has as many bytes as its shape needs, and that the tensors cover the data without overlap or
/// remainder.
HEED_COLD HEED_FUNCTION void check_layout(const std::vector<TensorInfo>& tensors, std::size_t data_bytes,
                                          const std::string& file) {
  std::size_t covered = 0;
  for (const auto& tensor : tensors) {
    const std::size_t begin = tensor.begin, end = tensor.end;
    const auto offsets = [&] { return "[" + std::to_string(begin) + ", " + std::to_string(end) + "]"; };
    require(begin <= end && end <= data_bytes, [&] {
      return Fault{"data_offsets outside of the data", place(file, tensor),
                   "begin <= end <= " + std::to_string(data_bytes), offsets()};
    });
    const auto bytes = byte_count(tensor.extents, tensor.dtype);
    require(bytes == end - begin, [&] {
      return Fault{"data_offsets and shape disagree", place(file, tensor),
                   (bytes ? std::to_string(*bytes) : "more than 2^63") + " bytes for " +
                       std::string(name_of(tensor.dtype)) + " " + to_text(tensor.extents),
                   std::to_string(end - begin)};
    });
    require(begin == covered, [&] {
      return Fault{begin < covered ? "data overlaps another tensor's" : "a gap before the data", place(file, tensor),
                   "begin = " + std::to_string(covered), offsets()};
    });
    covered = end;
  }
  require(covered == data_bytes, [&] {
    return Fault{"bytes after the last tensor", file, std::to_string(covered) + " bytes of data",
                 std::to_string(data_bytes)};
  });
}

/// Which other format the first bytes of a file indicate, among formats that people mistake for models; empty: none.
HEED_FUNCTION std::string other_format(std::span<const std::byte> file) {
  using namespace std::string_view_literals;
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.starts_with("PK\x03\x04"sv))
    return "a ZIP archive, as torch.save and Keras write: heed::PyTorchFile reads those of torch.save";
  if (text.starts_with("\x80\x02"sv) || text.starts_with("\x80\x03"sv) || text.starts_with("\x80\x04"sv) ||
      text.starts_with("\x80\x05"sv))
    return "a Python pickle, as torch.save wrote: heed::PyTorchFile reads it";
  if (text.starts_with("\x89HDF\r\n\x1A\n"sv)) return "an HDF5 file, as Keras writes";
  if (text.starts_with("\x93NUMPY"sv)) return "a NumPy file";
  if (text.starts_with("GGUF"sv)) return "a GGUF file";
  // the version of the format, then its producer or its operators
  const bool onnx =
      text.size() > 2 && text[0] == '\x08' && text[1] > 0 && text[1] < 32 && (text[2] == '\x12' || text[2] == ':');
  if (onnx || text.substr(0, 64).find("onnx") != text.npos || text.substr(0, 64).find("pytorch") != text.npos)
    return "an ONNX file";
  if (text.starts_with("{"sv)) return "a JSON file";
  const auto readable = [](char c) { return (c >= ' ' && c <= '~') || c == '\t' || c == '\n' || c == '\r'; };
  if (text.size() >= 8 && std::all_of(text.begin(), text.begin() + 8, readable)) return "a text file";
  return {};
}

}  // namespace detail

HEED_COLD HEED_FUNCTION SafetensorsHeader read_safetensors_header(std::span<const std::byte> file,
                                                                  const std::string& name) try {
  constexpr std::size_t prefix = 8;
  std::string other = detail::other_format(file);
  const bool has_header = file.size() > prefix && file[prefix] == std::byte{'{'};
  require(other.empty() || file.size() < prefix || has_header, [&] {
    return Fault{"no safetensors file", name, "one as save_file of safetensors.torch writes it", std::move(other)};
  });
  require(file.size() >= prefix, [&] {
    return Fault{"too short for a safetensors file", name, "at least 8 bytes", std::to_string(file.size())};
  });
  std::uint64_t length = 0;
  for (std::size_t i = prefix; i-- > 0;) length = length << 8 | std::to_integer<std::uint64_t>(file[i]);
  require(length <= SafetensorsLimits::header_bytes && length <= file.size() - prefix, [&] {
    return Fault{"no safetensors file, or a truncated one", name,
                 "a header of at most " +
                     std::to_string(std::min(SafetensorsLimits::header_bytes, file.size() - prefix)) + " bytes",
                 std::to_string(length)};
  });
  std::string_view text(reinterpret_cast<const char*>(file.data()) + prefix, static_cast<std::size_t>(length));
  require(text.starts_with('{'), [&] {
    return Fault{"the header is no JSON object", name, "{",
                 text.empty() ? "nothing" : detail::quote(text.substr(0, 1))};
  });
  text.remove_suffix(text.size() - 1 - text.find_last_not_of(' '));  // padding

  SafetensorsHeader header;
  detail::read_header_text(text, name, prefix, header.metadata, header.tensors);
  header.data_begin = prefix + static_cast<std::size_t>(length);
  detail::check_names(header.tensors, name);
  std::vector<TensorInfo> in_order;
  in_order.reserve(header.tensors.size());
  for (const std::uint32_t i : detail::places_in_order(header.tensors, [](const TensorInfo& a, const TensorInfo& b) {
         return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
       })) {
    in_order.push_back(std::move(header.tensors[i]));
  }
  header.tensors = std::move(in_order);
  detail::check_layout(header.tensors, file.size() - header.data_begin, name);
  return header;
} catch (...) {
  detail::rethrow_as_error(name);
}

HEED_COLD HEED_FUNCTION std::string write_safetensors_header(const Metadata& metadata,
                                                             const std::vector<TensorInfo>& tensors) {
  const auto escaped = [](const std::string& text, std::string_view kind, const std::string& key) {
    const auto where = [&] { return std::string(kind) + " " + detail::quote(key); };
    const auto json = detail::json_string(text);
    require(json.has_value(), [&] { return Fault{"text is not valid UTF-8", where()}; });
    const std::size_t size = json->size() - 2;  // counted as the reader does: with escapes, without quotes
    require(size < SafetensorsLimits::string_bytes,
            [&] { return Fault{"text too long", where(), "less than 2^22 bytes", std::to_string(size)}; });
    return *json;
  };
  const auto listed = [](const std::vector<Index>& numbers) {
    std::string text;
    for (const Index number : numbers) {
      if (!text.empty()) text += ',';
      text += std::to_string(number);
    }
    return text;
  };
  std::string json = "{";
  const auto separate = [&] {
    if (json.back() != '{') json += ',';
  };
  if (!metadata.empty()) {
    json += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) {
      separate();
      json += escaped(key, "metadata", key) + ':' + escaped(value, "metadata", key);
    }
    json += '}';
  }
  for (const auto& tensor : tensors) {
    separate();
    json += escaped(tensor.name, "tensor", tensor.name) + ":{\"dtype\":\"" + std::string(name_of(tensor.dtype)) +
            "\",\"shape\":[" + listed(tensor.extents) + "],\"data_offsets\":[" + std::to_string(tensor.begin) + ',' +
            std::to_string(tensor.end) + "]}";
  }
  json += '}';
  json.append((8 - json.size() % 8) % 8, ' ');
  using Limits = SafetensorsLimits;
  require(json.size() <= Limits::header_bytes && tensors.size() <= Limits::tensors &&
              metadata.size() <= Limits::metadata_entries,
          [&] {
            return Fault{"header too large", "safetensors", "at most 100000000 bytes, 100000 tensors and texts",
                         std::to_string(json.size()) + " bytes, " + std::to_string(tensors.size()) + " tensors, " +
                             std::to_string(metadata.size()) + " texts"};
          });
  std::string prefix(8, '\0');
  for (std::size_t i = 0; i < prefix.size(); ++i) prefix[i] = static_cast<char>(json.size() >> (8 * i) & 0xff);
  return prefix + json;
}

}  // namespace heed::inline HEED_ISA

#endif
