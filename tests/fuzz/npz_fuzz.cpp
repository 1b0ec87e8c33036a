// A fuzzer of the reader of NumPy's archives.

#include <string>
#include <vector>

#include "fuzz/memory_file.hpp"
#include "fuzz/reading.hpp"
#include "heed/archive/unzip.hpp"
#include "heed/data/npy.hpp"
#include "heed/data/npz.hpp"

namespace {

/// Sets the checksums of the list of members to 0, which is none: others would stop the fuzzer.
std::string without_checksums(std::string_view text) {
  std::string bytes(text);
  for (std::size_t at = bytes.find("PK\x01\x02"); at != std::string::npos; at = bytes.find("PK\x01\x02", at + 4)) {
    for (std::size_t i = at + 16; i < at + 20 && i < bytes.size(); ++i) bytes[i] = '\0';
  }
  return bytes;
}

void read(std::string_view text) {
  static heed::fuzz::MemoryFile file;
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  std::vector<heed::ZipMember> members;
  if (heed::fuzz::refuses(text.size(), 8, [&] { members = heed::zip_members(bytes, "fuzz"); })) return;
  file.write(text);
  std::size_t packed = 0;
  for (const heed::ZipMember& member : members) packed += member.packed;
  heed::fuzz::require_that(packed <= text.size(), "members do not share bytes");
  for (std::size_t i = 0; i < members.size() && i < 4; ++i) {
    // deflate makes 1100 bytes of one at most; libzip takes some megabytes for its tables
    heed::fuzz::refuses(text.size() + 1100 * (members[i].packed + 64) + (4 << 20), 2, [&] {
      const std::vector<std::byte> array = heed::read_npz({file.path(), i == 0 ? "" : members[i].name}, heed::unzip);
      heed::fuzz::require_that(array.size() == members[i].size || members.size() > 1, "a member has its size");
      heed::parse_npy_header(array, "fuzz");
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read(text);
  read(without_checksums(text));
  return 0;
}
