// Transformers on ragged sequences: PyTorch's gradients, and its loss step by step.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "../support/reference.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/models/language_model.hpp"
#include "heed/models/transformer_classifier.hpp"
#include "heed/train/fit.hpp"

namespace transformer_training_test {

using heed::Index;
using test_support::Reference;

heed::TransformerOptions options_of(const Reference& file) {
  const bool language = file.options().contains("tied");
  heed::TransformerOptions o{.d_model = 6, .num_heads = 2, .num_layers = 2, .dim_feedforward = 7, .dropout = 0};
  o.norm = language ? heed::NormPlacement::pre : heed::from_text<heed::NormPlacement>(file.text("norm"), "norm");
  if (language) o.activation = heed::FeedForwardActivation::gelu;
  o.locality = file.options().contains("locality");
  if (file.options().contains("relative")) {
    o.positions = heed::PositionKind::relative;
    o.distance = file.index("relative");
  }
  if (language || file.flag("learned")) {
    o.positions = heed::PositionKind::learned;
    o.max_steps = 7;
  }
  return o;
}

template <class Model>
class Case {
 public:
  using X = typename Model::Input;
  Case(const Model& model, const Reference& file) : model_(with_weights(model, file)), file_(file) {
    const auto x = file.array("input.x"), labels = file.array("input.labels");
    numbers_.assign(x.values.begin(), x.values.end());
    labels_ = file.integers("input.labels");
    lengths_ = file.integers("input.lengths");
    shape_ = {x.extents[0], x.extents[1], x.extents.size() > 2 ? x.extents[2] : 1};
    each_ = labels.extents.size() > 1 ? labels.extents[1] : 1;
  }

  void expect_gradients() {
    const auto [n, steps, features] = shape_;
    const auto x = test_support::to_lanes<X>(file_.values("input.x"), n, 0, n);
    const auto labels = test_support::to_lanes<std::int32_t>(file_.values("input.labels"), n, 0, n);
    const heed::Tile<const X> tile(x.data(), {steps, features}, n, lengths_.data());
    const heed::Shape output = model_.output_shape(tile.shape());
    std::vector<double> y(static_cast<std::size_t>(output.steps * output.features * n)), dy(y.size());
    const heed::Tile<double> logits(y.data(), output, n, each_ > 1 ? lengths_.data() : nullptr);
    const heed::Tile<double> dlogits(dy.data(), output, n, logits.lengths);
    heed::Scratch scratch;
    typename Model::Cache cache;
    Model gradient = model_;
    heed::set_zero(gradient);
    const heed::CrossEntropy<double> loss;
    const double scale = 1 / loss.target_weight(labels_);
    model_.forward(tile, logits, cache, heed::Pass{scratch});
    const double value = loss(logits, heed::Tile<const std::int32_t>(labels.data(), {each_, 1}, n), nullptr, scale,
                              dlogits, heed::Pass{scratch});
    EXPECT_NEAR(value / file_.values("output.loss").front(), 1, test_support::equal_in_double);
    heed::backward_parameters<Model>(model_, tile, logits, dlogits, cache, gradient, heed::Pass{scratch});
    test_support::expect_parameters(gradient, file_.arrays("dweight."));
  }

  void expect_curve(double limit) {
    const auto losses = file_.values("output.loss");
    const heed::LabelledSequences<X> data{heed::view(numbers_.data(), {shape_[0], shape_[1], shape_[2]}),
                                          heed::LabelsView(labels_, each_), lengths_};
    const auto history = heed::fit(
        model_, data,
        {.epochs = static_cast<int>(losses.size()), .learning_rate = file_.number("learning_rate"), .threads = 2});
    ASSERT_EQ(history.epochs.size(), losses.size());
    ASSERT_EQ(losses.size(), 20u);
    for (std::size_t i = 0; i < losses.size(); ++i) {
      EXPECT_NEAR(history.epochs[i].loss / losses[i], 1, limit) << "step " << i + 1;
    }
    EXPECT_LT(losses.back(), 0.9 * losses.front());
  }

 private:
  Model model_;
  const Reference& file_;
  std::vector<X> numbers_;
  std::vector<std::int32_t> labels_, lengths_;
  heed::Extents<3> shape_;
  Index each_;
};

template <class F>
void for_each_file(const std::string& prefix, int count, F&& f) {
  int files = 0;
  for (const auto& name : test_support::reference_names("transformer_model", prefix)) {
    SCOPED_TRACE(name);
    ++files;
    f(Reference(name));
  }
  EXPECT_EQ(files, count);
}

// With each norm and kind of positions, and with locality.
TEST(TransformerTraining, OfTheClassifierFollowsPyTorch) {
  for_each_file("classifier", 8, [](const Reference& file) {
    const heed::TransformerClassifier<double> model({.features = 3, .classes = 4, .transformer = options_of(file)});
    Case(model, file).expect_gradients();
    Case(model, file).expect_curve(1e-10);
  });
}

TEST(TransformerTraining, OfTheLanguageModelFollowsPyTorch) {
  for_each_file("language", 2, [](const Reference& file) {
    const heed::LanguageModel<double> model({.tokens = 9, .tied = file.flag("tied"), .transformer = options_of(file)});
    Case(model, file).expect_gradients();
    Case(model, file).expect_curve(1e-10);
  });
}

}  // namespace transformer_training_test
