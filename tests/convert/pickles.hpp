#pragma once

// Pickles and PyTorch files instruction by instruction, those too that nobody writes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../support/zip_writer.hpp"

namespace pickles {

using namespace std::string_literals;
using test_support::little_endian;

inline std::string text(std::string_view value) { return "X" + little_endian(value.size(), 4) + std::string(value); }
inline std::string integer(std::uint64_t value) { return "\x8a\x08" + little_endian(value, 8); }
inline std::string tuple(std::string_view items) { return "(" + std::string(items) + "t"; }
inline std::string name(std::string_view module, std::string_view member) {
  return "c" + std::string(module) + "\n" + std::string(member) + "\n";
}
inline std::string called(std::string_view callee, std::string_view arguments) {
  return std::string(callee) + tuple(arguments) + "R";
}
inline std::string storage(std::string_view key, std::uint64_t count, std::string_view type = "FloatStorage") {
  return tuple(text("storage") + name("torch", type) + text(key) + text("cpu") + integer(count)) + "Q";
}
/// A tensor of a storage; sizes, strides and what comes behind the hooks are instructions.
inline std::string tensor(std::string_view storage, std::uint64_t offset, std::string_view sizes,
                          std::string_view strides, std::string_view more = "") {
  return called(name("torch._utils", "_rebuild_tensor_v2"),
                std::string(storage) + integer(offset) + tuple(sizes) + tuple(strides) + "\x89" +
                    called(name("collections", "OrderedDict"), "") + std::string(more));
}
inline std::string pickle(std::string_view body) { return "\x80\x02" + std::string(body) + "."; }
/// One key and its value.
inline std::string dict(std::string_view key, std::string_view value) {
  return "}" + text(key) + std::string(value) + "s";
}

/// An archive of a pickle, with one record "0" of so many bytes.
inline std::vector<std::byte> archive(std::string_view pickle, std::size_t record_bytes = 16) {
  test_support::ZipWriter zip;
  zip.add("a/data.pkl", pickle);
  zip.add("a/data/0", std::string(record_bytes, '\0'));
  return zip.bytes();
}

}  // namespace pickles
