// Chains of layers, as they come of files of other programs, in the hands of the trainer.

#include "heed/compose/chain.hpp"

#include <string>
#include <utility>
#include <vector>

#include "heed/io/safetensors.hpp"
#include "program.hpp"

namespace chain_test {

using namespace classifier_test;
using heed::AnyLayer;
using heed::Dense;

class Chains : public Classifier {
 protected:
  // writes m.safetensors and d.csv, two sequences of three steps without labels
  void write(std::vector<AnyLayer<float>> layers, heed::OutputKind outputs,
             std::vector<std::string> labels = {}) const {
    heed::Chain<float> chain(std::move(layers));
    chain.outputs = outputs;
    chain.labels = std::move(labels);
    heed::save(chain, (folder / "m.safetensors").string());
    folder.file("d.csv", "1,2,3\n-3,-2,-1\n");
  }
  // (1) to (outputs): output k is k + 1 times the feature
  static Dense<float> times(heed::Index outputs) {
    Dense<float> dense({.in_features = 1, .out_features = outputs});
    for (heed::Index k = 0; k < outputs; ++k) {
      dense.weight(k, 0) = static_cast<float>(k + 1);
      dense.bias(k) = 0;
    }
    return dense;
  }
  static std::string command(const std::string& more = {}) {
    return "predict --model m.safetensors --data d.csv --label-column none " + more;
  }
};

TEST_F(Chains, AnswerByTheNamesOfTheirClasses) {
  write({heed::MeanPool<float>(), times(2)}, heed::OutputKind::classes, {"low", "high"});
  EXPECT_EQ(output_of(command()), "high\nlow\n");
  EXPECT_EQ(output_of(command("--logits")), "label,low,high\nhigh,2,4\nlow,-2,-4\n");
}

TEST_F(Chains, AnswerByNumbers) {
  write({heed::LastPool<float>(), times(2)}, heed::OutputKind::numbers);
  EXPECT_EQ(output_of(command()), "3,6\n-1,-2\n");
}

TEST_F(Chains, ThatKeepTheStepsAnswerByARowForEach) {
  write({times(1), heed::Relu<float>()}, heed::OutputKind::numbers);
  EXPECT_EQ(output_of(command()), "1\n2\n3\n0\n0\n0\n");
  output_of(command("--output p.npy"));
  EXPECT_EQ(heed::read_npy<float>(folder / "p.npy").extents, (std::vector<heed::Index>{6, 1}));
}

TEST_F(Chains, RefuseOptionsOfOtherModels) {
  write({times(1)}, heed::OutputKind::numbers);
  for (const auto& [option, error] : std::vector<std::pair<std::string, std::string>>{
           {"--hidden 3", "--hidden has no meaning for m.safetensors, which is a chain of layers"},
           {"--probabilities", "this model gives numbers"}}) {
    const Result result = run(command(option));
    EXPECT_NE(result.code, 0);
    EXPECT_NE(result.err.find(error), std::string::npos) << result.err;
  }
}

}  // namespace chain_test
