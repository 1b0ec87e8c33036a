#include <heed/archive/unzip.hpp>
#include <heed/heed.hpp>
#include <zip.h>

#include <cstddef>
#include <filesystem>
#include <vector>

int main() {
  // an archive as numpy.savez_compressed writes it
  const heed::Tensor<float, 3> x({20, 5, 3});
  heed::write_npy("x.npy", x);
  const std::vector<std::byte> bytes = heed::read_file("x.npy");
  std::filesystem::remove("zip.npz");
  zip_t* const archive = zip_open("zip.npz", ZIP_CREATE, nullptr);
  if (!archive) return 1;
  zip_source_t* const source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
  const zip_int64_t at = zip_file_add(archive, "x.npy", source, 0);
  if (at < 0 || zip_set_file_compression(archive, static_cast<zip_uint64_t>(at), ZIP_CM_DEFLATE, 9) != 0) return 2;
  if (zip_close(archive) != 0 || std::filesystem::file_size("zip.npz") >= bytes.size()) return 3;

  const auto read = heed::load_sequences<float>("zip.npz:x", {}, {.labels = false, .unpack = heed::unzip});
  return read.x.extents() == x.extents() ? 0 : 4;
}
