#include "heed/io/safetensors_save.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "heed/io/safetensors_file.hpp"
#include "safetensors_bytes.hpp"
#include "toy_model.hpp"

namespace safetensors_save_test {

using heed::Index;
using heed::Metadata;
using heed::SafetensorsFile;
using heed_test::error;
using heed_test::Toy;
using heed_test::toy;

SafetensorsFile file_of(std::vector<std::byte> bytes) { return SafetensorsFile(std::move(bytes)); }

TEST(SafetensorsSave, WritesTheTensorsInTheOrderOfTheVisit) {
  const auto file = file_of(heed::serialize(toy<float>()));
  std::vector<std::string> names;
  for (const auto& tensor : file.tensors()) names.push_back(tensor.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"first.weight", "first.bias", "blocks.0.weight", "blocks.1.weight", "cube"}));
}

TEST(SafetensorsSave, WritesRowMajorNumbersOfTheModelsType) {
  auto model = toy<double>();
  const auto& weight = model.first.weight;  // 4 x 3
  const auto doubles = file_of(heed::serialize(model));
  EXPECT_EQ(doubles.find("first.weight")->dtype, heed::DataType::f64);
  EXPECT_EQ(doubles.find("first.weight")->extents, (std::vector<Index>{4, 3}));
  const auto values = doubles.read<double>("first.weight");
  for (Index out = 0; out < 4; ++out) {
    for (Index in = 0; in < 3; ++in) EXPECT_EQ(values[static_cast<std::size_t>(out * 3 + in)], weight(out, in));
  }
  const auto cube = doubles.read<double>("cube");  // 2 x 3 x 4
  for (Index i = 0; i < 2; ++i) {
    for (Index j = 0; j < 3; ++j) {
      for (Index k = 0; k < 4; ++k) EXPECT_EQ(cube[static_cast<std::size_t>((i * 3 + j) * 4 + k)], model.cube(i, j, k));
    }
  }
  EXPECT_EQ(file_of(heed::serialize(toy<float>())).find("cube")->dtype, heed::DataType::f32);
}

TEST(SafetensorsSave, StartsTheDataAtAMultipleOfEight) {
  for (std::size_t length = 0; length < 16; ++length) {
    const auto bytes = heed::serialize(toy<float>(), {{"k", std::string(length, 'x')}});
    EXPECT_EQ(heed::read_safetensors_header(bytes, "f").data_begin % 8, 0u);
  }
}

TEST(SafetensorsSave, WritesTheMetadata) {
  const auto file = file_of(heed::serialize(toy<float>(), {{"note", "\u2713 \"x\"\n"}}));
  EXPECT_EQ(file.metadata(), (Metadata{{"format", "heed"},
                                       {"format_version", "1"},
                                       {"architecture", "toy"},
                                       {"inputs", "3"},
                                       {"outputs", "4"},
                                       {"blocks", "2"},
                                       {"label", "up"},
                                       {"note", "\u2713 \"x\"\n"}}));
}

struct Bare {
  using Scalar = float;
  heed::Vector<float> scale{2};
  static void visit(auto&& f, auto&... models) { f("scale", models.scale...); }
};

TEST(SafetensorsSave, WritesModelsThatSayNothingOfThemselves) {
  const auto file = file_of(heed::serialize(Bare()));
  EXPECT_EQ(file.metadata(), (Metadata{{"format", "heed"}, {"format_version", "1"}}));
  EXPECT_EQ(file.read<float>("scale"), (std::vector<float>{0, 0}));
}

TEST(SafetensorsSave, EqualModelsGiveEqualBytes) {
  const auto a = toy<float>();
  auto b = a;
  EXPECT_EQ(heed::serialize(a), heed::serialize(b));
  b.cube(1, 2, 3) = -1;
  EXPECT_NE(heed::serialize(a), heed::serialize(b));
}

TEST(SafetensorsSave, RejectsTwoValuesForOneKey) {
  EXPECT_EQ(error([] { heed::serialize(toy<float>(), {{"inputs", "4"}}); }),
            "metadata \"inputs\": two values for one key (expected \"3\", got \"4\")");
  EXPECT_NE(error([] { heed::serialize(toy<float>(), {{"format", "pt"}}); }), "no error");
  EXPECT_EQ(error([] { heed::serialize(toy<float>(), {{"inputs", "3"}}); }), "no error");
}

TEST(SafetensorsSave, RejectsTextThatIsNotUtf8) {
  EXPECT_EQ(error([] { heed::serialize(toy<float>(), {{"note", "\xff"}}); }),
            "metadata \"note\": text is not valid UTF-8");
}

struct Twins {
  using Scalar = float;
  heed::Vector<float> a{2}, b{2};
  static void visit(auto&& f, auto&... models) {
    f("a", models.a...);
    f("a", models.b...);
  }
};

TEST(SafetensorsSave, RejectsTwoParametersOfOneName) {
  EXPECT_EQ(error([] { heed::serialize(Twins()); }), "tensor \"a\": the name of two parameters");
}

using SafetensorsSaveTo = heed_test::InAFolder;

TEST_F(SafetensorsSaveTo, AFileIsWhatSerializeGives) {
  const auto model = toy<float>();
  heed::save(model, folder / "m.safetensors", {{"note", "x"}});
  EXPECT_EQ(heed::read_file(folder / "m.safetensors"), heed::serialize(model, {{"note", "x"}}));
}

TEST_F(SafetensorsSaveTo, AModelThatCouldNotBeLoadedIsNotWrittenOverOneThatCan) {
  const auto path = folder / "m.safetensors";
  auto model = toy<float>();
  heed::save(model, path);
  const auto before = heed::read_file(path);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    model.cube(1, 0, 2) = bad;
    const std::string message = error([&] { heed::save(model, path); });
    EXPECT_NE(message.find(path.string() + ": tensor \"cube\": a weight is not finite"), std::string::npos) << message;
    EXPECT_EQ(heed::read_file(path), before);
  }
  auto last = toy<double>();
  last.cube(1, 2, 3) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(error([&] { heed::save(last, path); }), "no error");
}

TEST_F(SafetensorsSaveTo, AnErrorWritesNothing) {
  const auto path = folder / "m.safetensors";
  EXPECT_NE(error([&] { heed::save(toy<float>(), path, {{"note", "\xff"}}); }), "no error");
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(error([&] { heed::check_save(toy<float>(), path); }), "no error");
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_NE(error([&] { heed::check_save(toy<float>(), "/dev/full"); }), "no error");
  EXPECT_NE(error([&] { heed::check_save(toy<float>(), folder / "no" / "m"); }), "no error");
  EXPECT_NE(error([&] { heed::save(toy<float>(), folder / "no" / "m"); }).find((folder / "no" / "m").string()),
            std::string::npos);
}

}  // namespace safetensors_save_test
