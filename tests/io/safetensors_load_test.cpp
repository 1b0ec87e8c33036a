#include "heed/io/safetensors_load.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "../data/support.hpp"
#include "../support/error_of.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/io/safetensors_save.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/dense.hpp"
#include "safetensors_bytes.hpp"
#include "toy_model.hpp"

namespace safetensors_load_test {

using heed::Index;
using heed::Metadata;
using heed::SafetensorsFile;
using heed_test::bytes_of;
using heed_test::error;
using heed_test::numbers;
using heed_test::Toy;
using heed_test::toy;

static_assert(heed::Storable<Toy<float>>);
static_assert(!heed::Storable<heed_test::ToyLayer<float>>);

template <class S>
class SafetensorsLoad : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(SafetensorsLoad, Scalars);

TYPED_TEST(SafetensorsLoad, AfterSaveIsTheIdentity) {
  const auto model = toy<TypeParam>({.inputs = 5, .outputs = 2, .blocks = 3});
  const auto bytes = heed::serialize(model);
  const auto back = heed::load<Toy<TypeParam>>(bytes);
  EXPECT_EQ(numbers(back), numbers(model));
  EXPECT_EQ(heed::metadata_of(back), heed::metadata_of(model));
  EXPECT_EQ(back.label, "up");
  EXPECT_EQ(heed::serialize(back), bytes);
}

TYPED_TEST(SafetensorsLoad, ConvertsBetweenFloatAndDouble) {
  const auto model = toy<float>();
  const auto back = heed::load<Toy<TypeParam>>(heed::serialize(heed::load<Toy<double>>(heed::serialize(model))));
  const auto expected = numbers(model);
  EXPECT_EQ(numbers(back), std::vector<TypeParam>(expected.begin(), expected.end()));
}

TYPED_TEST(SafetensorsLoad, ModelsMayHaveNoBlocks) {
  const auto bytes = heed::serialize(toy<TypeParam>({.blocks = 0}));
  EXPECT_TRUE(heed::load<Toy<TypeParam>>(bytes).blocks.layers.empty());
}

// Files written by others: no metadata, or not heed's.

/// A vector of two numbers.
struct Pair {
  using Scalar = float;
  heed::Vector<float> v{2};
  static void visit(auto&& f, auto&... models) { f("v", models.v...); }
};

/// A file with a tensor "v" of two numbers.
template <class T>
std::vector<std::byte> pair_file(const std::string& dtype, const std::vector<T>& values) {
  return heed_test::file_of(R"({"v":{"dtype":")" + dtype + R"(","shape":[2],"data_offsets":[0,)" +
                                std::to_string(values.size() * sizeof(T)) + "]}}",
                            bytes_of(values));
}
template <class T>
Pair load_pair(const std::string& dtype, const std::vector<T>& values) {
  Pair pair;
  heed::load_weights(pair, SafetensorsFile(pair_file(dtype, values)));
  return pair;
}

TEST(SafetensorsLoadWeights, TakesAllFloatingPointTypes) {
  EXPECT_EQ(load_pair<double>("F64", {1, 0.1}).v(1), 0.1f);
  EXPECT_EQ(load_pair<float>("F32", {1, 0.1f}).v(1), 0.1f);
  EXPECT_EQ(load_pair<std::uint16_t>("F16", {0x3c00, 0x0001}).v(1), 0x1p-24f);
  EXPECT_EQ(load_pair<std::uint16_t>("BF16", {0x3f80, 0x0001}).v(1), 0x1p-133f);
  EXPECT_EQ(error([] { load_pair<std::int32_t>("I32", {1, 2}); }),
            "memory: tensor \"v\": no floating-point numbers (expected F64, F32, F16 or BF16, got I32)");
}

TEST(SafetensorsLoadWeights, RejectsWeightsThatAreNotFinite) {
  EXPECT_EQ(error([] { load_pair<float>("F32", {1, NAN}); }),
            "memory: tensor \"v\" at (1): a weight is not finite (got nan)");
  EXPECT_EQ(error([] { load_pair<double>("F64", {-HUGE_VAL, 1}); }),
            "memory: tensor \"v\" at (0): a weight is not finite (got -inf)");
  EXPECT_EQ(error([] { load_pair<std::uint16_t>("F16", {0, 0x7c00}); }),
            "memory: tensor \"v\" at (1): a weight is not finite (got inf)");
  EXPECT_NE(error([] { load_pair<std::uint16_t>("BF16", {0, 0xff80}); }), "no error");
  EXPECT_NE(error([] { load_pair<double>("F64", {0, 1e39}); }).find("too large for float"), std::string::npos);

  auto model = toy<float>();
  model.cube(1, 0, 2) = NAN;
  EXPECT_NE(error([&] { heed::load<Toy<float>>(heed::serialize(model)); }).find("tensor \"cube\" at (1, 0, 2)"),
            std::string::npos);
}

TEST(SafetensorsLoadWeights, ReportsEveryProblemAtOnce) {
  const std::string json = R"({"first.weight":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]},)"
                           R"("first.bias":{"dtype":"F32","shape":[4],"data_offsets":[48,64]},)"
                           R"("extra":{"dtype":"I64","shape":[],"data_offsets":[64,72]},)"
                           R"("cube":{"dtype":"F32","shape":[24],"data_offsets":[72,168]}})";
  auto model = toy<float>();
  const auto before = numbers(model);
  EXPECT_EQ(
      error([&] { heed::load_weights(model, SafetensorsFile(heed_test::file_of(json, std::string(168, '\0')), "f")); }),
      "f: the tensors are not those of the model\n"
      "  misshapen \"first.weight\": expected (4, 3), got (3, 4)\n"
      "  missing \"blocks.0.weight\" (4, 4)\n"
      "  missing \"blocks.1.weight\" (4, 4)\n"
      "  misshapen \"cube\": expected (2, 3, 4), got (24)\n"
      "  unexpected \"extra\" ()");
  EXPECT_EQ(numbers(model), before);
}

TEST(SafetensorsLoadWeights, ListsNoMoreThanAThousandProblems) {
  std::string json = "{";
  for (int i = 0; i < 5000; ++i) {
    json += (i ? ",\"x" : "\"x") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  }
  Pair pair;
  const auto message = error([&] { heed::load_weights(pair, SafetensorsFile(heed_test::file_of(json + "}"))); });
  EXPECT_TRUE(message.ends_with("  and 4001 more"));
}

TEST(SafetensorsLoadWeights, ChangesNothingOnFailure) {
  auto broken = toy<float>();
  for (float& number : broken.first.weight) number = 7;
  broken.cube(1, 2, 3) = NAN;  // the last number
  auto model = toy<float>();
  const auto before = numbers(model);
  EXPECT_NE(error([&] { heed::load_weights(model, SafetensorsFile(heed::serialize(broken))); }), "no error");
  EXPECT_EQ(numbers(model), before);
}

/// The same tensors without heed's metadata.
std::vector<std::byte> foreign(const Toy<float>& model, const Metadata& metadata = {}) {
  const auto bytes = heed::serialize(model);
  const auto header = heed::read_safetensors_header(bytes, "");
  const std::string text = heed::write_safetensors_header(metadata, header.tensors);
  const auto start = std::as_bytes(std::span(text));
  std::vector<std::byte> result(start.begin(), start.end());
  result.insert(result.end(), bytes.begin() + static_cast<std::ptrdiff_t>(header.data_begin), bytes.end());
  return result;
}

TEST(SafetensorsLoadForeign, NamesAndShapesDetermineTheModel) {
  const auto model = toy<float>({.inputs = 7, .outputs = 5, .blocks = 2});
  for (const Metadata& metadata : {Metadata{}, {{"format", "pt"}}, {{"format", "np"}, {"inputs", "1"}}}) {
    const auto back = heed::load<Toy<float>>(foreign(model, metadata));
    EXPECT_EQ(numbers(back), numbers(model));
    EXPECT_EQ(back.label, "none");  // restores only what heed wrote
  }
}

TEST(SafetensorsLoadForeign, HintsCompleteIt) {
  const auto model = toy<float>({.blocks = 1});
  EXPECT_NE(error([&] { heed::load<Toy<float>>(foreign(model)); }).find("missing \"blocks.1.weight\" (4, 4)"),
            std::string::npos);
  EXPECT_EQ(numbers(heed::load<Toy<float>>(foreign(model), {{"blocks", "1"}})), numbers(model));
}

TEST(SafetensorsLoadForeign, NamesTheFileThatDoesNotDetermineTheModel) {
  EXPECT_EQ(error([] { heed::load<Toy<float>>(heed_test::file_of("{}")); }),
            "memory: no toy model (expected a tensor first.weight)");
}

// Files that heed wrote, and what may be wrong with their metadata.

std::string error_with(const std::string& key, const std::string& value, const Metadata& hints = {}) {
  Metadata metadata = heed::metadata_of(toy<float>());
  metadata.insert({{"format", "heed"}, {"format_version", "1"}, {"architecture", "toy"}});
  if (value.empty()) {
    metadata.erase(key);
  } else {
    metadata[key] = value;
  }
  return error([&] { heed::load<Toy<float>>(foreign(toy<float>(), metadata), hints); });
}

TEST(SafetensorsLoadOwn, SaysThatACheckpointIsNoModel) {
  EXPECT_EQ(error_with("format", "heed checkpoint"),
            "memory: a checkpoint of training, no model (expected the file of a model: training that goes on from the "
            "checkpoint ends with one)");
}

TEST(SafetensorsLoadOwn, RejectsANewerFormat) {
  EXPECT_EQ(error_with("format_version", "2"),
            "memory: metadata \"format_version\": written by a newer version of heed (expected 1 to 1, got 2)");
  EXPECT_NE(error_with("format_version", "0"), "no error");
  EXPECT_NE(error_with("format_version", "one"), "no error");
  EXPECT_EQ(error_with("format_version", ""), "memory: metadata \"format_version\": missing");
}

TEST(SafetensorsLoadOwn, RejectsAnotherArchitecture) {
  EXPECT_EQ(error_with("architecture", "transformer"),
            "memory: a model of another architecture (expected \"toy\", got \"transformer\")");
  EXPECT_EQ(error_with("architecture", ""), "memory: metadata \"architecture\": missing");
}

TEST(SafetensorsLoadOwn, NamesTheFileWhereTheModelRejectsItsMetadata) {
  EXPECT_EQ(error_with("inputs", "x"), "memory: metadata \"inputs\": wrong value (expected a whole number, got \"x\")");
  EXPECT_EQ(error_with("label", ""), "memory: metadata \"label\": missing");  // in restore
}

TEST(SafetensorsLoadOwn, HintsMayRepeatTheFileButNotContradictIt) {
  EXPECT_EQ(error_with("note", "x", {{"inputs", "3"}, {"heads", "8"}}), "no error");
  EXPECT_EQ(error_with("note", "x", {{"inputs", "4"}}),
            "memory: option \"inputs\": the file says otherwise (expected \"3\", got \"4\")");
}

TEST(SafetensorsLoadOwn, BuildsNoModelFarLargerThanTheFile) {
  std::string message;
  const std::size_t peak = heed_test::peak_memory([&] { message = error_with("outputs", "30000"); });
  EXPECT_TRUE(message.starts_with("memory: a model of these options needs far more memory than it may (expected "))
      << message;
  EXPECT_TRUE(message.ends_with("got 900000000 numbers)")) << message;
  EXPECT_LT(peak, 10'000'000u);
  // a little larger: the error says which tensors are wrong
  EXPECT_NE(error_with("outputs", "5").find("misshapen \"first.bias\": expected (5), got (4)"), std::string::npos);
}

using SafetensorsLoadFrom = heed_test::InAFolder;

TEST_F(SafetensorsLoadFrom, AFile) {
  const auto model = toy<float>();
  heed::save(model, folder / "m.safetensors");
  EXPECT_EQ(numbers(heed::load<Toy<float>>(folder / "m.safetensors")), numbers(model));
  EXPECT_EQ(numbers(heed::load<Toy<float>>((folder / "m.safetensors").string())), numbers(model));
  EXPECT_EQ(error([&] { heed::load<Toy<float>>(folder / "no"); }),
            (folder / "no").string() + ": cannot open: No such file or directory");
}

TEST_F(SafetensorsLoadFrom, NamesTheFile) {
  heed::write_file(folder / "m", "12345678{}");
  EXPECT_EQ(error([&] { heed::load<Toy<float>>(folder / "m"); }).find((folder / "m").string() + ": "), 0u);
}

TEST(SafetensorsLoadHostile, EveryTruncationIsAnError) {
  const auto bytes = heed::serialize(toy<float>());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<std::byte> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_NE(error([&] { heed::load<Toy<float>>(part); }), "no error") << size;
  }
}

TEST(SafetensorsLoadHostile, EveryFlippedBitOfTheHeaderIsReadOrRejected) {
  const auto bytes = heed::serialize(toy<float>());
  const std::size_t header = heed::read_safetensors_header(bytes, "f").data_begin;
  int rejected = 0;
  for (std::size_t i = 0; i < header * 8; ++i) {
    auto changed = bytes;
    changed[i / 8] ^= std::byte(1 << (i % 8));
    rejected += error([&] { heed::load<Toy<float>>(changed); }) != "no error";
  }
  EXPECT_GT(rejected, static_cast<int>(header) * 7);  // what is left changes the label or its key's neighbours
}

struct Vectors {
  using Scalar = float;
  heed::Table<float> table{3, 2};
  static void visit(auto&& f, auto&... v) { f("table", v.table...); }
};

TEST(SafetensorsTable, StandsRowByRowInTheFileAndComesBack) {
  Vectors model, back;
  for (int i = 0; i < 6; ++i) model.table.data()[i] = static_cast<float>(i);
  const SafetensorsFile file(heed::serialize(model));
  EXPECT_EQ(file.read<float>("table"), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(file.find("table")->extents, (std::vector<Index>{3, 2}));
  heed::load_weights(back, file);
  EXPECT_EQ(back.table.row(2)[1], 5);
  EXPECT_TRUE(std::equal(model.table.begin(), model.table.end(), back.table.begin()));
}

TEST(Load, GivesASequentialTheWeightsOfAFile) {
  using Model = heed::Sequential<heed::Dense<float>, heed::Relu<float>, heed::Dense<float>>;
  const auto make = [](std::uint64_t seed) {
    Model model(heed::Dense<float>({.in_features = 2, .out_features = 3}), heed::Relu<float>(),
                heed::Dense<float>({.in_features = 3, .out_features = 1}));
    model.initialize({seed});
    return model;
  };
  Model saved = make(1);
  saved.outputs = heed::OutputKind::numbers;
  const data_test::Folder folder;
  heed::save(saved, folder / "model.safetensors");
  const Model loaded = heed::load(make(2), folder / "model.safetensors");
  EXPECT_EQ(heed::serialize(loaded), heed::serialize(saved));
  EXPECT_EQ(loaded.outputs, heed::OutputKind::numbers);

  heed::Sequential other(heed::Dense<float>({.in_features = 2, .out_features = 4}));
  EXPECT_NE(test_support::error_of([&] { heed::load(other, folder / "model.safetensors"); }), "");
}

}  // namespace safetensors_load_test
