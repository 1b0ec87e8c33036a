// Models that Keras wrote. tests/reference/write_keras_files.py makes them.

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/core/tensor.hpp"
#include "heed/data/npy.hpp"
#include "heed/io/safetensors.hpp"
#include "program.hpp"

namespace keras_test {

using namespace classifier_test;

class KerasFiles : public Classifier {
 protected:
  static std::string file(const std::string& name) {
    return (std::filesystem::path(__FILE__).parent_path().parent_path() / "convert/data/keras" / name).string();
  }
  /// Predictions of the imported model are Keras' own.
  void expect_equal(const std::string& name, const std::string& options, const char* how = "--probabilities ") const {
    const heed::SafetensorsFile reference(file(name + ".safetensors"));
    const auto x = reference.read<float>("x"), y = reference.read<float>("y");
    const auto& extents = reference.find("x")->extents;
    heed::write_npy(folder / "x.npy", heed::view(x, {extents[0], extents[1], extents[2]}));
    output_of("import " + options + " --model m.safetensors");
    output_of(std::string("predict ") + how + "--model m.safetensors --data x.npy --output p.npy");
    const auto p = heed::read_npy<float>(folder / "p.npy");
    ASSERT_EQ(p.values.size(), y.size());
    for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(p.values[i], y[i], 1e-6) << name;
  }
};

TEST_F(KerasFiles, PredictWhatKerasPredicts) {
  expect_equal("seed_attention", "--keras " + file("seed_attention.keras"));
  expect_equal("seed_multihead",
               "--keras " + file("seed_multihead.weights.h5") + " --config " + file("seed_multihead.keras"));
}

TEST_F(KerasFiles, OfOtherLayersPredictAsChains) {
  expect_equal("many_kinds", "--keras " + file("many_kinds.keras"));
  expect_equal("convolutions", "--keras " + file("convolutions.keras"));  // a sigmoid at the end
  expect_equal("wide_heads", "--keras " + file("wide_heads.keras"), "");  // numbers
}

TEST_F(KerasFiles, OfTextTakeTheirWords) {
  folder.file("words.txt", "\n[UNK]\na\nb\nc\nd\ne\nf\ng\nh\ni\n");
  folder.file("few.txt", "a\nb\n");
  folder.file("t.txt", "a b c\ni h\n");
  const std::string text = "import --model t.safetensors --keras " + file("text.keras");
  output_of(text + " --words words.txt");
  EXPECT_EQ(run("predict --model t.safetensors --data t.txt").code, 0);
  const Result wrong = run(text + " --words few.txt");
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("few.txt: wrong number of words (expected 9, or 11"), std::string::npos) << wrong.err;
}

TEST_F(KerasFiles, ThatAreNoneAreNamed) {
  folder.file("no.keras", "PK");
  const Result result = run("import --keras no.keras --model m.safetensors");
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("no.keras: no file of Keras"), std::string::npos) << result.err;
  EXPECT_EQ(run("import --keras " + file("seed_plain.weights.h5") + " --model m.safetensors").code, 1);
}

}  // namespace keras_test
