#include "../../examples/classifier/built_in_task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "heed/layers/dense.hpp"
#include "heed/train/fit.hpp"
#include "program.hpp"

namespace built_in_task_test {

using namespace classifier_test;

class BuiltInTask : public Classifier {};

/// Sequences as single steps of all their numbers, and their classes.
struct Flat {
  explicit Flat(heed::Sequences<float> data) : sequences(std::move(data)) {
    for (const std::string& label : sequences.labels) classes.push_back(std::stoi(label));
  }
  heed::LabelledSequences<float> view() const {
    const heed::Index count = sequences.count();
    return {{sequences.x.data(), {count, 1, sequences.x.size() / count}}, classes};
  }
  heed::Sequences<float> sequences;
  std::vector<std::int32_t> classes;
};

TEST_F(BuiltInTask, HasTenGesturesOfFiveChannelsAndTenSteps) {
  const heed::Sequences<float> train = classifier::training_gestures(3), test = classifier::test_gestures(3);
  EXPECT_EQ(train.x.extents(), (heed::Extents<3>{10'000, 10, 5}));
  EXPECT_EQ(test.x.extents(), (heed::Extents<3>{2'000, 10, 5}));
  for (int label = 0; label < 10; ++label) {
    EXPECT_EQ(std::count(train.labels.begin(), train.labels.end(), std::to_string(label)), 1000);
  }
}

TEST_F(BuiltInTask, DependsOnTheSeedAlone) {
  const auto values = [](std::uint64_t seed) {
    const heed::Sequences<float> data = classifier::test_gestures(seed);
    return std::vector<float>(data.x.begin(), data.x.end());
  };
  EXPECT_EQ(values(1), values(1));
  EXPECT_NE(values(1), values(2));
}

TEST_F(BuiltInTask, ALinearModelCannotSolveIt) {
  // multinomial logistic regression, a convex problem: it has converged where the loss does not fall any more
  constexpr double most = 0.70, still = 1e-6;
  const Flat train(classifier::training_gestures(0)), test(classifier::test_gestures(0));
  heed::Dense<float> linear({.in_features = 50, .out_features = 10});
  const auto history =
      heed::fit(linear, train.view(), {.epochs = 400, .learning_rate = 0.02}, std::optional(test.view()));
  const auto& epochs = history.epochs;
  EXPECT_LT(epochs[epochs.size() - 50].loss - epochs.back().loss, still) << "not converged";
  EXPECT_LT(epochs.back().accuracy, most);
  EXPECT_LT(epochs.back().test_accuracy, most);
}

TEST_F(BuiltInTask, TheClassifierSolvesItByDefault) {
#ifdef NDEBUG
  const std::string epochs = "100";
  constexpr double least = 0.95;
#else  // with assertions and sanitizers an epoch takes a hundred times as long: one shows that it runs
  const std::string epochs = "1";
  constexpr double least = 0;
#endif
  const std::string out = output_of("train --model m.safetensors" + (epochs == "100" ? "" : " --epochs " + epochs));
  const std::size_t at = out.find("test accuracy ");
  ASSERT_NE(at, std::string::npos) << out;
  EXPECT_GT(std::stod(out.substr(at + 14)), least) << out;
  EXPECT_TRUE(has_line(out, "epoch " + epochs + "/" + epochs)) << out;
  EXPECT_TRUE(has_line(out, "model written to m.safetensors")) << out;
  const std::string shown = output_of("inspect m.safetensors");
  EXPECT_TRUE(has_line(shown, "parameters 5723"));
  EXPECT_TRUE(has_line(shown, "kernels none"));
}

}  // namespace built_in_task_test
