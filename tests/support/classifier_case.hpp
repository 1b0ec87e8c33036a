#pragma once

// The sequence classifier on reference files.

#include "heed/losses/cross_entropy.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "reference.hpp"

namespace test_support {

/// A classifier of the architecture that a file's metadata tell, with its own start.
template <class S>
heed::SequenceClassifier<S> classifier_of(const Reference& file) {
  const auto& options = file.options();
  const bool pooling = options.contains("pooling");
  return heed::SequenceClassifier<S>(
      {.features = file.index("features"),
       .classes = file.index("classes"),
       .hidden = file.index("hidden"),
       .dense = file.index("dense"),
       .attention = heed::from_text<heed::Attention>(file.text("attention"), "attention"),
       .heads = file.index("heads"),
       .pooling = pooling ? heed::from_text<heed::Pooling>(file.text("pooling"), "pooling") : heed::Pooling::last});
}

/// What a classifier made of `input.x` and `input.labels`: logits, the mean loss and its gradients, batch first.
struct ClassifierResult {
  Values logits, attention, dx;
  double loss = 0;
  heed::SequenceClassifier<double> gradient;
};

inline ClassifierResult run_classifier(const Reference& file, const heed::SequenceClassifier<double>& model,
                                       Index width) {
  using heed::Tile;
  const Array x = file.array("input.x");
  const Values labels = file.values("input.labels");
  const auto lengths = file.integers("input.lengths");
  const Index n = x.extents[0];
  const heed::Shape shape{x.extents[1], x.extents[2]}, output = model.output_shape(shape);
  ClassifierResult result{.logits = {}, .attention = {}, .dx = {}, .gradient = model};
  heed::set_zero(result.gradient);
  heed::SequenceClassifier<double>::Cache cache, asked;
  model.keep_attention_weights(asked);
  heed::Scratch scratch;
  const heed::Pass pass{scratch};
  for (Index first = 0; first < n; first += width) {
    const Index L = std::min(width, n - first);
    const auto valid = some_lengths(lengths, first, L);
    const Values xs = to_lanes(x.values, n, first, L);
    const auto targets = to_lanes<std::int32_t>(labels, n, first, L);
    Values z(static_cast<std::size_t>(output.features * L)), dz = z, dx(xs.size());
    const Tile<const double> in(xs.data(), shape, L, valid.empty() ? nullptr : valid.data());
    const Tile<double> logits(z.data(), output, L), dlogits(dz.data(), output, L);
    model.forward(in, logits, cache, pass);
    if (attends(model.options.attention)) {
      Values same(z.size());
      model.forward(in, Tile<double>(same.data(), output, L), asked, pass);
      EXPECT_EQ(same, z) << "asking for weights changes nothing";
      const auto a = model.attention_weights(asked);
      append_lanes(Values(a.data, a.data + a.size()), L, result.attention);
    }
    result.loss += heed::CrossEntropy<double>()(logits, Tile<const std::int32_t>(targets.data(), {1, 1}, L), nullptr,
                                                1 / static_cast<double>(n), dlogits, pass);
    model.backward(in, logits, dlogits, into(Tile<double>(dx.data(), shape, L)), cache, result.gradient, pass);
    append_lanes(z, L, result.logits);
    append_lanes(dx, L, result.dx);
  }
  return result;
}

inline void expect_reference(const ClassifierResult& result, const Reference& file, const Arrays& gradients) {
  EXPECT_TRUE(equals(result.logits, file.values("output.logits"))) << "logits";
  EXPECT_NEAR(result.loss, file.value("output.loss"), equal_in_double);
  EXPECT_TRUE(equals(result.dx, file.values("dinput.x"))) << "dx";
  EXPECT_EQ(file.has("output.attention"), !result.attention.empty());
  if (file.has("output.attention")) {
    EXPECT_TRUE(equals(result.attention, file.values("output.attention"))) << "attention";
  }
  expect_parameters(result.gradient, gradients);
}

/// The logits of `input.x`, all in one tile or one by one.
template <class S>
Values logits_of(const Reference& file, const heed::SequenceClassifier<S>& model, Index width) {
  const Array x = file.array("input.x");
  const Index n = x.extents[0];
  Values logits;
  typename heed::SequenceClassifier<S>::Cache cache;
  heed::Scratch scratch;
  for (Index first = 0; first < n; first += width) {
    const Index L = std::min(width, n - first);
    const auto xs = to_lanes<S>(x.values, n, first, L);
    std::vector<S> z(static_cast<std::size_t>(model.options.classes * L));
    model.forward(heed::Tile<const S>(xs.data(), {x.extents[1], x.extents[2]}, L),
                  heed::Tile<S>(z.data(), {1, model.options.classes}, L), cache, heed::Pass{scratch});
    append_lanes(z, L, logits);
  }
  return logits;
}

}  // namespace test_support
