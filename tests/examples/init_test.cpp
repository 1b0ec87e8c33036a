// Models out of files: those of PyTorch too, and what the command line may say of them.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "heed/core/tensor.hpp"
#include "heed/data/npy.hpp"
#include "heed/io/safetensors_file.hpp"
#include "heed/io/self_test.hpp"
#include "program.hpp"

namespace init_test {

using namespace classifier_test;

using Logits = std::vector<double>;

constexpr double float_against_double = 2e-6;  // logits, as a part of the largest or of 1

/// The input and the logits of PyTorch for one of its files.
struct Reference {
  explicit Reference(const std::string& kind)
      : file(fs::path(HEED_REFERENCE_DIR) / "seeds" / (kind + ".reference.safetensors")) {}
  Logits logits(const std::string& name = "logits") const { return file.read<double>("output." + name); }
  heed::SafetensorsFile file;
};

class Init : public Classifier {
 protected:
  std::string seed(const std::string& kind) const {
    return (fs::path(HEED_REFERENCE_DIR) / "seeds" / (kind + ".safetensors")).string();
  }
  // x.npy and y.npy for the models of PyTorch
  void write_input(const Reference& reference) const {
    const std::vector<heed::Index>& n = reference.file.find("input.x")->extents;
    heed::write_npy(folder / "x.npy",
                    heed::Tensor<double, 3>({n[0], n[1], n[2]}, reference.file.read<double>("input.x")));
    std::string labels;
    for (heed::Index i = 0; i < n[0]; ++i) labels += std::to_string(i % 10) + "\n";
    folder.file("y.txt", labels);
  }
  void expect_logits(const std::string& arguments, const Logits& expected) const {
    output_of("predict --data x.npy --logits --output z.npy " + arguments);
    const auto z = heed::read_npy<double>(folder / "z.npy").values;
    ASSERT_EQ(z.size(), expected.size());
    double largest = 1;
    for (const double value : expected) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < z.size(); ++i)
      EXPECT_NEAR(z[i], expected[i], float_against_double * largest) << arguments;
  }
};

TEST_F(Init, PredictsWithModelsOfPyTorch) {
  for (const std::string kind : {"pool", "additive", "none", "multihead", "pool_f16", "pool_bf16"}) {
    SCOPED_TRACE(kind);
    const Reference reference(kind);
    write_input(reference);
    expect_logits("--model " + seed(kind), reference.logits());
  }
}

TEST_F(Init, OptionsCompleteWhatTheFileLeavesOpen) {
  const Reference reference("multihead");
  write_input(reference);
  expect_logits("--pooling mean --heads 2 --model " + seed("multihead"), reference.logits("logits_mean"));
  for (const std::string command :
       {"evaluate --data x.npy --labels y.txt --model ", "explain --data x.npy --model ", "inspect "}) {
    output_of(command + seed("multihead") +
              " --heads 4 --pooling mean --features 5 --attention multihead --hidden 8 --dense 6 --classes 10");
  }
  EXPECT_TRUE(has_line(output_of("inspect --heads 4 " + seed("multihead")), "heads 4"));
}

TEST_F(Init, OptionsThatChangeNothingAreAccepted) {
  write_input(Reference("pool"));
  output_of("predict --data x.npy --heads 5 --pooling mean --model " + seed("pool"));
  output_of("train --data x.npy --labels y.txt --epochs 1 --heads 5 --quiet --model m.safetensors --init " +
            seed("pool"));
  output_of("predict --data x.npy --heads 5 --hidden 8 --model m.safetensors");
}

TEST_F(Init, TrainingStartsFromTheGivenWeights) {
  for (const std::string kind : {"pool", "additive", "none", "multihead", "pool_f16", "pool_bf16"}) {
    SCOPED_TRACE(kind);
    const Reference reference(kind);
    write_input(reference);
    const std::string train = "train --data x.npy --labels y.txt --quiet --epochs 1 --model m.safetensors ";
    output_of(train + "--learning-rate 1e-30 --init " + seed(kind));
    expect_logits("--model m.safetensors", reference.logits());
    EXPECT_EQ(heed::SafetensorsFile(folder / "m.safetensors").metadata().at("format"), "heed");
    // two epochs are one after another, but for Adam's moments: the file of the first is where the second begins
    output_of(train + "--init m.safetensors --history h.csv");
    output_of("train --data x.npy --labels y.txt --quiet --epochs 1 --history g.csv --init " + seed(kind));
    EXPECT_EQ(lines(text("h.csv")).at(1).substr(0, 9), lines(text("g.csv")).at(1).substr(0, 9));
  }
}

TEST_F(Init, KeepsTheLabelsAndTheStandardization) {
  write_csv();
  output_of("train --data d.csv --epochs 1 --standardize --quiet --model m.safetensors");
  const auto said = [&](const std::string& name) {
    heed::Metadata metadata = heed::SafetensorsFile(folder / name).metadata();
    heed::detail::erase_self_test(metadata);  // the weights differ
    return metadata;
  };
  const auto before = said("m.safetensors");
  folder.file("other.csv", "100,200,300,400,rises\n");  // one class alone: the model knows both
  output_of("train --data other.csv --epochs 1 --standardize --quiet --init m.safetensors --model n.safetensors");
  EXPECT_EQ(said("n.safetensors"), before);
}

TEST_F(Init, ContradictionsNameBothSides) {
  write_npy();
  output_of("train --data x.npy --labels y.npy --epochs 1 --quiet --attention multihead --model m.safetensors");
  const auto before = files();
  const std::vector<std::vector<std::string>> cases = {
      {"--hidden", "16", "32"}, {"--dense", "8", "16"},        {"--attention", "pool", "multihead"},
      {"--heads", "4", "2"},    {"--pooling", "mean", "last"}, {"--classes", "4", "3"},
      {"--features", "3", "2"}};
  for (const auto& c : cases) {
    for (const std::string command :
         {"train --data x.npy --labels y.npy --model n.safetensors --init m.safetensors ",
          "predict --data x.npy --model m.safetensors ", "evaluate --data x.npy --labels y.npy --model m.safetensors ",
          "explain --data x.npy --model m.safetensors ", "inspect m.safetensors "}) {
      const Result result = run(command + c[0] + " " + c[1]);
      EXPECT_EQ(result.code, 1) << command << c[0];
      EXPECT_EQ(result.err,
                "classifier: " + c[0] + " " + c[1] + " contradicts m.safetensors, which has " + c[2] + "\n");
      EXPECT_EQ(result.out, "");
    }
  }
  EXPECT_TRUE(files() == before);
}

}  // namespace init_test
