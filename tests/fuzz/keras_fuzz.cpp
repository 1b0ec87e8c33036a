// A fuzzer of the reader of Keras' files.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "fuzz/reading.hpp"
#include "heed/convert/keras.hpp"

namespace {

using Bytes = std::vector<std::byte>;

void load(Bytes&& bytes) {
  // numbers of the architecture's JSON become nodes of a tree, and layers take room before their weights are known
  heed::fuzz::refuses(bytes.size() + (1 << 20), 32,
                      [&] { heed::load_keras_model<float>(heed::KerasFile(std::move(bytes), "fuzz")); });
}

/// An archive without checksums, which would stop the fuzzer before the readers: both members end with the file.
Bytes without_checksum(std::span<const std::byte> from) {
  Bytes bytes(from.begin(), from.end());
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (std::size_t at = text.find("PK\x01\x02"); at != std::string_view::npos; at = text.find("PK\x01\x02", at + 4)) {
    for (std::size_t i = at + 16; i < at + 20 && i < bytes.size(); ++i) bytes[i] = std::byte{0};
  }
  for (std::size_t at = text.find("PK\x03\x04"); at != std::string_view::npos; at = text.find("PK\x03\x04", at + 4)) {
    for (std::size_t i = at + 14; i < at + 18 && i < bytes.size(); ++i) bytes[i] = std::byte{0};
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  load(Bytes(bytes.begin(), bytes.end()));
  if (size > 4 && data[0] == 'P') load(without_checksum(bytes));
  return 0;
}
