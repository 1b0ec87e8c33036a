// The tagger against PyTorch: one pass, and the loss of 20 epochs.

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <vector>

#include "../support/reference.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/models/tagger.hpp"
#include "heed/train/fit.hpp"

namespace tagger_training_test {

using heed::Index;
using heed::Tagger;
using heed::Tile;
using test_support::Array;
using test_support::Reference;
using test_support::Values;

Tagger<double> model_of(const Reference& file) {
  heed::TaggerOptions o{.classes = file.index("classes"),
                        .hidden = file.index("hidden"),
                        .output = heed::from_text<heed::TaggerOutput>(file.text("output"), "output"),
                        .attention = heed::from_text<heed::Attention>(file.text("attention"), "attention"),
                        .heads = file.index("heads")};
  for (const char* table : {"weight.embed.0.weight", "weight.embed.1.weight"}) {
    o.tokens.push_back(file.extent(table, 0));
    o.embedding.push_back(file.extent(table, 1));
  }
  return with_weights(Tagger<double>(o), file);
}

// tokens, labels (n, steps) or (n, 1), lengths
struct Data {
  explicit Data(const Reference& file)
      : shape{file.extent("input.tokens", 1), file.extent("input.tokens", 2)},
        tokens(file.integers("input.tokens")),
        labels(file.integers("input.labels")),
        lengths(file.integers("input.lengths")),
        n(static_cast<Index>(lengths.size())),
        each(static_cast<Index>(labels.size()) / n) {}
  heed::Shape shape;
  std::vector<std::int32_t> tokens, labels, lengths;
  Index n, each;
};

template <class T>
std::vector<T> to_lanes(const std::vector<std::int32_t>& values, Index n) {
  return test_support::to_lanes<T>(Values(values.begin(), values.end()), n, 0, n);
}

TEST(TaggerTraining, OnePassIsPyTorchs) {
  for (const std::string& name : test_support::reference_names("tagger")) {
    const Reference file(name);
    const Data data(file);
    const Tagger<double> model = model_of(file);
    const auto tokens = to_lanes<std::int32_t>(data.tokens, data.n),
               labels = to_lanes<std::int32_t>(data.labels, data.n);
    const heed::Shape output = model.output_shape(data.shape);
    const std::int32_t* valid = data.lengths.data();
    const Tile<const std::int32_t> x(tokens.data(), data.shape, data.n, valid);
    std::vector<double> y(static_cast<std::size_t>(output.steps * output.features * data.n)), dy(y.size());
    const Tile<double> logits(y.data(), output, data.n, data.each > 1 ? valid : nullptr);
    const Tile<double> dlogits(dy.data(), output, data.n, logits.lengths);

    const heed::CrossEntropy<double> loss;
    Tagger<double> gradient = model;
    set_zero(gradient);
    Tagger<double>::Cache cache;
    heed::Scratch scratch;
    const heed::Pass pass{scratch};
    model.forward(x, logits, cache, pass);
    const double scale = 1 / loss.target_weight(std::span<const std::int32_t>(data.labels));
    const double value = loss(logits, {labels.data(), {data.each, 1}, data.n}, nullptr, scale, dlogits, pass);
    model.backward(x, logits, dlogits, cache, gradient, pass);

    EXPECT_NEAR(value, file.values("output.losses").front(), 1e-12) << name;
    Values batch_first;
    test_support::append_lanes(y, data.n, batch_first);
    Values expected = file.values("output.logits");
    if (data.each > 1) {
      batch_first = test_support::zero_past_end(batch_first, data.lengths, output.steps);
      expected = test_support::zero_past_end(expected, data.lengths, output.steps);
    }
    EXPECT_TRUE(test_support::equals(batch_first, expected)) << name;
    test_support::expect_parameters(gradient, file.arrays("dweight."));
  }
}

TEST(TaggerTraining, TheLossOfTwentyEpochsIsPyTorchs) {
  for (const std::string& name : test_support::reference_names("tagger")) {
    const Reference file(name);
    const Data data(file);
    Tagger<double> model = model_of(file);
    const Values losses = file.values("output.losses");
    ASSERT_EQ(losses.size(), 20u);
    const heed::LabelledSequences<std::int32_t> sequences{
        heed::view(data.tokens.data(), {data.n, data.shape.steps, data.shape.features}),
        heed::LabelsView(data.labels, data.each), data.lengths};
    const auto history =
        heed::fit(model, sequences, {.epochs = 20, .learning_rate = file.number("learning_rate"), .threads = 2});
    ASSERT_EQ(history.epochs.size(), losses.size());
    for (std::size_t i = 0; i < losses.size(); ++i) {
      EXPECT_NEAR(history.epochs[i].loss / losses[i], 1, 1e-10) << name << ", epoch " << i + 1;
    }
    EXPECT_LT(losses.back(), 0.9 * losses.front());
  }
}

}  // namespace tagger_training_test
