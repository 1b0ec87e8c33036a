// PyTorch's files in archives that somebody has compressed.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "../support/error_of.hpp"
#include "heed/archive/unzip.hpp"
#include "heed/convert/pytorch.hpp"
#include "heed/io/safetensors_file.hpp"

namespace compressed_pytorch_test {

const std::filesystem::path data = std::filesystem::path(__FILE__).parent_path().parent_path() / "convert" / "data";

TEST(CompressedPyTorch, TensorsAreThoseOfTheOther) {
  const heed::SafetensorsFile expected(data / "named.safetensors");
  for (const char* const version : {"torch1", "torch2"}) {
    const heed::PyTorchFile file(data / version / "compressed.pt", {.unpack = heed::unzip});
    EXPECT_EQ(file.tensors().size(), expected.tensors().size());
    for (const heed::TensorInfo& tensor : expected.tensors()) {
      EXPECT_EQ(file.read<float>(tensor.name), expected.read<float>(tensor.name)) << tensor.name;
    }
  }
}

}  // namespace compressed_pytorch_test
