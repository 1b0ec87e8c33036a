// The classifier in training: PyTorch's loss, epoch by epoch.

#include <gtest/gtest.h>

#include "../support/classifier_case.hpp"
#include "heed/train/fit.hpp"

namespace {

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

}  // namespace
