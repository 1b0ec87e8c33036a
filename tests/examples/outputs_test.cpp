// Models that a program trained on numbers or on yes or no, in the hands of the trainer.

#include <cmath>
#include <string>
#include <vector>

#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/losses/binary_cross_entropy.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/train/fit.hpp"
#include "program.hpp"

namespace outputs_test {

using namespace classifier_test;
using Model = heed::SequenceClassifier<float>;

class Outputs : public Classifier {
 protected:
  // writes m.safetensors and d.csv, three sequences of four steps without labels
  Model write(heed::Index outputs, bool flags) const {
    const std::vector<float> x{0.5, 1, 2, 3, 3, 2, 1, 0, 1, 1, 2, 2};
    std::vector<float> y(static_cast<std::size_t>(3 * outputs));
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<float>(i % 2);
    Model model({.features = 1, .classes = outputs, .hidden = 4, .dense = 0});
    const auto sequences = heed::view(x, {3, 4, 1});
    const auto targets = heed::view(y, {3, outputs});
    if (flags) {
      heed::fit(model, sequences, targets, heed::BinaryCrossEntropy<float>(), {.epochs = 30});
    } else {
      heed::fit(model, sequences, targets, {.epochs = 3});
    }
    heed::save(model, (folder / "m.safetensors").string());
    folder.file("d.csv", "0.5,1,2,3\n3,2,1,0\n1,1,2,2\n");
    return model;
  }
  heed::Tensor<float, 2> answers(const Model& model, heed::Output what = heed::Output::as_trained) const {
    const std::vector<float> x{0.5, 1, 2, 3, 3, 2, 1, 0, 1, 1, 2, 2};
    heed::Tensor<float, 2> out({3, model.options.classes});
    heed::Predictor<Model>{model}(heed::view(x, {3, 4, 1}), out.view(), {}, what);
    return out;
  }
};

TEST_F(Outputs, OfARegressionAreItsNumbers) {
  const heed::Tensor<float, 2> expected = answers(write(1, false));
  const auto printed = lines(output_of("predict --model m.safetensors --data d.csv --label-column none"));
  ASSERT_EQ(printed.size(), 3u);
  for (heed::Index i = 0; i < 3; ++i)
    EXPECT_NEAR(std::stof(printed[static_cast<std::size_t>(i)]), expected(i, 0), 1e-5);
  output_of("predict --model m.safetensors --data d.csv --label-column none --output p.csv");
  EXPECT_EQ(lines(text("p.csv")).front(), "value");
  output_of("predict --model m.safetensors --data d.csv --label-column none --output p.npy");
  const auto array = heed::read_npy<float>(folder / "p.npy");
  EXPECT_EQ(array.extents, (std::vector<heed::Index>{3, 1}));
  EXPECT_NEAR(array.values[0], expected(0, 0), 1e-6);
}

TEST_F(Outputs, OfYesOrNoAreOneOrZeroAndProbabilities) {
  const heed::Tensor<float, 2> z = answers(write(2, true), heed::Output::logits);
  const auto printed = lines(output_of("predict --model m.safetensors --data d.csv --label-column none"));
  ASSERT_EQ(printed.size(), 3u);
  EXPECT_EQ(printed[0], std::string(z(0, 0) > 0 ? "1" : "0") + (z(0, 1) > 0 ? ",1" : ",0"));
  const auto table = lines(output_of("predict --model m.safetensors --data d.csv --label-column none --probabilities"));
  ASSERT_EQ(table.size(), 4u);
  EXPECT_EQ(table[0], "value 0,value 1");
  EXPECT_NEAR(std::stof(table[1]), 1 / (1 + std::exp(-z(0, 0))), 1e-5);
}

TEST_F(Outputs, OfNumbersAreNoClasses) {
  write(2, false);
  EXPECT_EQ(run("predict --model m.safetensors --data d.csv --label-column none --probabilities").err,
            "classifier: m.safetensors: --probabilities is for classes: this model gives numbers\n");
  EXPECT_EQ(run("evaluate --model m.safetensors --data d.csv").err,
            "classifier: d.csv: wrong number of targets (expected 2, got 1)\n");
  EXPECT_TRUE(has_line(output_of("inspect m.safetensors"), "outputs numbers"));
  EXPECT_FALSE(output_of("explain --model m.safetensors --data d.csv --label-column none").empty());
}

}  // namespace outputs_test
