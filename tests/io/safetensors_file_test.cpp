#include "heed/io/safetensors_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "safetensors_bytes.hpp"

namespace safetensors_file_test {

using heed::Index;
using heed::SafetensorsFile;
using heed_test::bytes_of;
using heed_test::error;
using heed_test::file_of;

/// A file with one tensor "a".
template <class T>
std::vector<std::byte> one(const std::string& dtype, const std::string& shape, const std::vector<T>& values) {
  const std::string data = bytes_of(values);
  return file_of(R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":[0,)" +
                     std::to_string(data.size()) + "]}}",
                 data);
}

// from safetensors.numpy import save_file
// save_file({"layer.weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 4,
//            "layer.bias": np.array([-1.5, 2.5]),
//            "half": np.array([1, -2, 65504, 6e-8], dtype=np.float16),
//            "count": np.array([[7]], dtype=np.int64),
//            "scalar": np.array(0.1, dtype=np.float64),
//            "none": np.zeros((0, 4), dtype=np.float32)},
//           "data/from_python.safetensors", metadata={"format": "np", "note": "häkchen \u2713 \"quoted\"\n"})
const std::filesystem::path from_python =
    std::filesystem::path(__FILE__).parent_path() / "data" / "from_python.safetensors";

TEST(SafetensorsFile, ReadsWhatPythonWrote) {
  const SafetensorsFile file(from_python);
  EXPECT_EQ(file.name(), from_python.string());
  EXPECT_EQ(file.metadata(), (heed::Metadata{{"format", "np"}, {"note", "h\u00e4kchen \u2713 \"quoted\"\n"}}));
  EXPECT_EQ(file.tensors().size(), 6u);
  ASSERT_TRUE(file.find("layer.weight"));
  EXPECT_EQ(file.find("layer.weight")->extents, (std::vector<Index>{2, 3}));
  EXPECT_EQ(file.read<float>("layer.weight"), (std::vector<float>{0, 0.25f, 0.5f, 0.75f, 1, 1.25f}));
  EXPECT_EQ(file.read<double>("layer.bias"), (std::vector<double>{-1.5, 2.5}));
  EXPECT_EQ(file.read<float>("half"), (std::vector<float>{1, -2, 65504, 0x1p-24f}));
  EXPECT_EQ(file.read<double>("scalar"), std::vector<double>{0.1});
  EXPECT_TRUE(file.read<float>("none").empty());
  EXPECT_EQ(file.find("count")->dtype, heed::DataType::i64);
}

TEST(SafetensorsFile, ReadsFromMemoryWithoutACopy) {
  auto bytes = one<float>("F32", "[2]", {1, 2});
  const SafetensorsFile file{std::span<const std::byte>(bytes)};
  EXPECT_EQ(file.name(), "memory");
  heed::detail::store_number(5.0F, bytes.data() + bytes.size() - 8);
  EXPECT_EQ(file.read<float>("a"), (std::vector<float>{5, 2}));
}

TEST(SafetensorsFile, KeepsBytesThatAreGivenAway) {
  SafetensorsFile first(one<float>("F32", "[2]", {1, 2}), "given");
  const SafetensorsFile second = std::move(first);
  EXPECT_EQ(second.name(), "given");
  EXPECT_EQ(second.read<float>("a"), (std::vector<float>{1, 2}));
}

TEST(SafetensorsFile, ReadsFromMemoryThatIsNotAligned) {
  auto bytes = one<double>("F64", "[2]", {0.1, -1e300});
  bytes.insert(bytes.begin(), std::byte{0});
  const SafetensorsFile file(std::span<const std::byte>(bytes).subspan(1));
  EXPECT_EQ(file.read<double>("a"), (std::vector<double>{0.1, -1e300}));
}

TEST(SafetensorsFile, FindsTensorsByName) {
  const auto bytes = file_of(R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("c":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},)"
                             R"("":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                             "123");
  const SafetensorsFile file{std::span<const std::byte>(bytes)};
  for (const auto& tensor : file.tensors()) EXPECT_EQ(file.find(tensor.name), &tensor);
  for (const std::string name : {"a", "bb", "d"}) EXPECT_EQ(file.find(name), nullptr);
}

TEST(SafetensorsFile, WidensExactly) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  const auto halves = one<std::uint16_t>("F16", "[4]", {0x0001, 0x83ff, 0x7c00, 0x3c01});
  EXPECT_EQ(SafetensorsFile(std::span<const std::byte>(halves)).read<double>("a"),
            (std::vector<double>{0x1p-24, -0x3ffp-24, inf, 1 + 0x1p-10}));
  const auto brains = one<std::uint16_t>("BF16", "[3]", {0x0001, 0xff80, 0x3f81});
  EXPECT_EQ(SafetensorsFile(std::span<const std::byte>(brains)).read<float>("a"),
            (std::vector<float>{0x1p-133f, -inf, 1 + 0x1p-7f}));
  const auto floats = one<float>("F32", "[2]", {0x1p-149f, 0.1f});
  EXPECT_EQ(SafetensorsFile(std::span<const std::byte>(floats)).read<double>("a"),
            (std::vector<double>{0x1p-149, static_cast<double>(0.1f)}));
}

TEST(SafetensorsFile, RoundsDoublesToFloat) {
  const auto bytes = one<double>("F64", "[2,3]", {0.1, 1e-300, -0.0, 0x1.fffffefp+127, -HUGE_VAL, NAN});
  const auto values = SafetensorsFile(std::span<const std::byte>(bytes)).read<float>("a");
  EXPECT_EQ(values[0], 0.1f);
  EXPECT_EQ(values[1], 0.0f);
  EXPECT_TRUE(std::signbit(values[2]));
  EXPECT_EQ(values[3], std::numeric_limits<float>::max());
  EXPECT_EQ(values[4], -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(values[5]));
}

TEST(SafetensorsFile, RejectsDoublesThatBecomeInfinite) {
  const auto bytes = one<double>("F64", "[2,2]", {0, 0, 0, -0x1.ffffffp+127});
  const SafetensorsFile file{std::span<const std::byte>(bytes)};
  EXPECT_EQ(file.read<double>("a")[3], -0x1.ffffffp+127);
  EXPECT_EQ(error([&] { file.read<float>("a"); }).find("memory: tensor \"a\" at (1, 1): too large for float"), 0u);
}

TEST(SafetensorsFile, RejectsTypesThatAreNoWeights) {
  const SafetensorsFile file(from_python);
  EXPECT_EQ(
      error([&] { file.read<float>("count"); }),
      from_python.string() + ": tensor \"count\": no floating-point numbers (expected F64, F32, F16 or BF16, got I64)");
}

TEST(SafetensorsFile, NamesAMissingTensor) {
  const SafetensorsFile file(from_python);
  EXPECT_EQ(error([&] { file.read<float>("nope"); }), from_python.string() + ": tensor \"nope\": no such tensor");
}

/// Reads all that can be read of these bytes; only heed::Error may come out.
bool readable(std::span<const std::byte> bytes) {
  try {
    const SafetensorsFile file(bytes);
    for (const auto& tensor : file.tensors()) {
      if (heed::size_of(tensor.dtype) > 1) (void)file.read<float>(tensor.name);
    }
    return true;
  } catch (const heed::Error&) {
    return false;
  }
}

TEST(SafetensorsFile, NoTruncationIsReadable) {
  const auto bytes = heed::read_file(from_python);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<std::byte> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(readable(part)) << size;
  }
}

TEST(SafetensorsFile, NoAppendedByteIsReadable) {
  auto bytes = heed::read_file(from_python);
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(readable(bytes));
}

TEST(SafetensorsFile, EveryFlippedBitOfTheHeaderIsReadOrRejected) {
  const auto bytes = heed::read_file(from_python);
  const std::size_t header = heed::read_safetensors_header(bytes, "f").data_begin;
  int rejected = 0;
  for (std::size_t i = 0; i < header * 8; ++i) {
    auto changed = bytes;
    changed[i / 8] ^= std::byte(1 << (i % 8));
    rejected += !readable(changed);
  }
  EXPECT_GT(rejected, static_cast<int>(header) * 5);  // what is left changes a name, a text or a blank
}

}  // namespace safetensors_file_test
