// A fuzzer of the reader of PyTorch's files.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fuzz/reading.hpp"
#include "heed/convert/pytorch.hpp"

namespace {

using namespace std::string_literals;

std::string number(std::uint64_t value, int size) {
  std::string text;
  for (int i = 0; i < size; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

/// An archive of one pickle and of one record: checksums would stop the fuzzer before the machine.
std::string archive(std::string_view pickle) {
  std::string members, directory;
  for (const auto& [name, content] :
       {std::pair("a/data.pkl"s, std::string(pickle)), {"a/data/0"s, std::string(64, '\1')}}) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(content));
    const std::string fields = number(20, 2) + number(0, 8) + number(heed::detail::crc32(bytes), 4) +
                               number(content.size(), 4) + number(content.size(), 4) + number(name.size(), 2);
    directory += "PK\x01\x02" + number(20, 2) + fields + std::string(12, '\0') + number(members.size(), 4) + name;
    members += "PK\x03\x04" + fields + number(0, 2) + name + content;
  }
  return members + directory + "PK\x05\x06" + number(0, 4) + number(2, 2) + number(2, 2) + number(directory.size(), 4) +
         number(members.size(), 4) + number(0, 2);
}

/// Reads every tensor, as loading would. A byte of a pickle becomes an object of the machine; a tensor of half numbers
/// becomes one of float.
void read(std::span<const std::byte> bytes) {
  heed::fuzz::refuses(bytes.size(), 64, [&] {
    const heed::PyTorchFile file(bytes, "fuzz");
    for (const heed::TensorInfo& tensor : file.tensors()) {
      try {
        file.read<float>(tensor.name);
      } catch (const heed::Error&) {
      }
      file.same_bytes(tensor, file.tensors().front());
    }
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  read(bytes);
  const std::string packed = archive({reinterpret_cast<const char*>(data), size});
  read(std::as_bytes(std::span(packed)));
  return 0;
}
