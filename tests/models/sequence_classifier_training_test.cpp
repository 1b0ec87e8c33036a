// The classifier in training: PyTorch's loss, epoch by epoch.

#include <gtest/gtest.h>

#include <algorithm>

#include "../support/classifier_case.hpp"
#include "../support/keras.hpp"
#include "heed/train/fit.hpp"

namespace sequence_classifier_training_test {

using test_support::Reference;

/// The curves of all kinds for `epochs` epochs of Adam at 0.01 on the full batch, to `limit` relative.
template <class S>
void expect_curves(int epochs, double limit) {
  const Reference data("curve/data");
  const auto x = data.array("input.x");
  const std::vector<S> sequences(x.values.begin(), x.values.end());
  const auto labels = data.integers("input.labels");
  int files = 0;
  for (const auto& name : test_support::reference_names("curve")) {
    if (name == "curve/data") continue;
    SCOPED_TRACE(name);
    ++files;
    const Reference file(name);
    auto model = with_weights(test_support::classifier_of<S>(file), file);
    const auto history =
        heed::fit(model, heed::view(sequences.data(), {x.extents[0], x.extents[1], x.extents[2]}), labels,
                  {.epochs = epochs, .learning_rate = file.number("learning_rate"), .threads = 1});
    const auto expected = file.values("output.loss");
    ASSERT_EQ(history.epochs.size(), static_cast<std::size_t>(epochs));
    for (std::size_t i = 0; i < history.epochs.size(); ++i) {
      EXPECT_NEAR(history.epochs[i].loss / expected[i], 1, limit) << "epoch " << i + 1;
    }
  }
  EXPECT_EQ(files, 5);
}

TEST(SequenceClassifierTraining, FollowsPyTorchForFiftyEpochsInDouble) { expect_curves<double>(50, 1e-10); }
TEST(SequenceClassifierTraining, FollowsPyTorchForThirtyEpochsInFloat) { expect_curves<float>(30, 1e-4); }

TEST(SequenceClassifierTraining, AStepEqualsKeras) {
  int files = 0;
  for (const auto& name : test_support::reference_names("keras", "step")) {
    SCOPED_TRACE(name);
    ++files;
    const Reference file(name);
    const auto x = file.array("input.x");
    const auto labels = file.integers("input.labels");
    const heed::LabelledSequences<double> data{heed::view(x.values.data(), {x.extents[0], x.extents[1], x.extents[2]}),
                                               labels};
    heed::SequenceClassifier<double> model(
        {.features = x.extents[2],
         .classes = 10,
         .hidden = file.index("hidden"),
         .dense = file.index("dense"),
         .attention = heed::from_text<heed::Attention>(file.text("attention"), "attention"),
         .heads = file.index("heads"),
         .pooling = heed::Pooling::mean});
    set_weights(model, test_support::keras_classifier(file.arrays("weight."), false));
    const auto pass = test_support::run_classifier(file, model, 32);
    EXPECT_NEAR(pass.loss, file.value("output.loss"), test_support::equal_in_double);
    expect_parameters(pass.gradient, test_support::keras_classifier(file.arrays("dweight."), true));
    heed::Adam adam(model, {.learning_rate = file.number("lr"),
                            .beta1 = file.number("beta1"),
                            .beta2 = file.number("beta2"),
                            .epsilon = file.number("eps"),
                            .epsilon_outside = true,
                            .frozen = {"bias_hh"}});
    const auto history = heed::fit(model, data, adam, {.epochs = 1, .batch_size = 32, .threads = 1});
    EXPECT_NEAR(history.epochs.at(0).loss, file.value("output.loss"), test_support::equal_in_double);
    EXPECT_NEAR(history.epochs.at(0).accuracy, file.value("output.accuracy"), 1e-7) << "Keras counts in float";
    expect_parameters(model, test_support::keras_classifier(file.arrays("after."), false));
  }
  EXPECT_EQ(files, 3);
}

TEST(SequenceClassifierTraining, FollowsPyTorchWithAdamWClippingAndACosineSchedule) {
  const Reference data("curve/data"), file("training/adamw_clip_cosine");
  const auto x = data.array("input.x");
  const auto labels = data.integers("input.labels");
  auto model = with_weights(test_support::classifier_of<double>(file), file);
  heed::Adam adam(
      model, heed::adamw({.learning_rate = file.number("learning_rate"), .weight_decay = file.number("weight_decay")}));
  const auto epochs = static_cast<int>(file.index("epochs"));
  const auto history =
      heed::fit(model, {heed::view(x.values.data(), {x.extents[0], x.extents[1], x.extents[2]}), labels}, adam,
                {.epochs = epochs,
                 .schedule = heed::CosineSchedule{.warmup = file.index("warmup"),
                                                  .warmup_start = file.number("warmup_start"),
                                                  .last = file.number("last")},
                 .threads = 1,
                 .clip_norm = file.number("max_norm")});
  const auto losses = file.values("output.loss"), norms = file.values("output.norm");
  ASSERT_EQ(history.epochs.size(), losses.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    EXPECT_NEAR(history.epochs[i].loss / losses[i], 1, 1e-10) << "epoch " << i + 1;
  }
  EXPECT_LT(losses.back(), losses.front() / 2);
  EXPECT_GT(*std::max_element(norms.begin(), norms.end()), file.number("max_norm")) << "some are clipped";
  EXPECT_LT(*std::min_element(norms.begin(), norms.end()), file.number("max_norm")) << "some are not";
}

}  // namespace sequence_classifier_training_test
