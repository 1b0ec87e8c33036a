/// A layer of your own: its equations forward and backward, checked by the layer contract, trained inside a model.

#include <cstdio>
#include <vector>

#include "heed/heed.hpp"
#include "heed/testing/check_layer.hpp"

// [layer]
/// y_tf = scale_f x_tf: a learnt gain for every feature.
template <class S>
struct Gain {
  using Scalar = S;
  using Input = S;
  struct Cache {};

  heed::Vector<S> scale;

  explicit Gain(heed::Index features) : scale(features) { scale.fill(1); }

  heed::Shape output_shape(heed::Shape x) const { return x; }

  void forward(heed::Tile<const S> x, heed::Tile<S> y, Cache&, const heed::Pass&) const {
    each_row(x, [&](heed::Index f, heed::Index at) {
      for (heed::Index l = 0; l < x.lanes; ++l) y.data[at + l] = scale(f) * x.data[at + l];
    });
  }

  void backward(heed::Tile<const S> x, heed::Tile<const S> /*y*/, heed::Tile<const S> dy, heed::Into<S> dx, Cache&,
                Gain& grad, const heed::Pass&) const {
    each_row(x, [&](heed::Index f, heed::Index at) {
      for (heed::Index l = 0; l < x.lanes; ++l) {
        const S d = dy.data[at + l];
        grad.scale(f) += d * x.data[at + l];
        if (dx) dx.tile.data[at + l] = scale(f) * d + (dx.add ? dx.tile.data[at + l] : S(0));
      }
    });
  }

  static void visit(auto&& f, auto&... layers) { f("scale", layers.scale...); }

 private:
  // f(feature, where its lanes begin) for every step and feature
  template <class F>
  static void each_row(heed::Tile<const S> x, F&& f) {
    for (heed::Index t = 0; t < x.steps; ++t) {
      for (heed::Index k = 0; k < x.features; ++k) f(k, (t * x.features + k) * x.lanes);
    }
  }
};
// [/layer]

int main() {
  // [contract]
  const auto report = heed::testing::check_layer([]<class S>() { return Gain<S>(3); }, {.steps = 4, .features = 3});
  std::printf("layer contract: %s, %d checks\n%s", report.ok() ? "holds" : "broken", report.checks(),
              report.text().c_str());
  // [/contract]

  // [use]
  using Model = heed::Sequential<Gain<float>, heed::Lstm<float>, heed::AttentionPool<float>, heed::Dense<float>>;
  Model model(Gain<float>(3), heed::Lstm<float>({.input_size = 3, .hidden_size = 8}),
              heed::AttentionPool<float>({.features = 8}), heed::Dense<float>({.in_features = 8, .out_features = 2}));
  // [/use]

  // is the sum of the first feature over five steps above 0?
  const heed::Index n = 256;
  heed::Tensor<float, 3> x({n, 5, 3});
  std::vector<std::int32_t> labels(static_cast<std::size_t>(n));
  for (heed::Index i = 0; i < n; ++i) {
    const heed::Key key = heed::Key{1}.child(static_cast<std::uint64_t>(i));
    float sum = 0;
    for (heed::Index k = 0; k < 15; ++k) {
      x[i].data()[k] = static_cast<float>(key.normal(static_cast<std::uint64_t>(k)));
      if (k % 3 == 0) sum += x[i].data()[k];
    }
    labels[static_cast<std::size_t>(i)] = sum > 0;
  }
  const auto history = heed::fit(model, x, labels, {.epochs = 150, .learning_rate = 0.02});
  std::printf("accuracy %.3f after %zu epochs; gains %.2f %.2f %.2f\n", history.epochs.back().accuracy,
              history.epochs.size(), static_cast<double>(std::get<0>(model.layers).scale(0)),
              static_cast<double>(std::get<0>(model.layers).scale(1)),
              static_cast<double>(std::get<0>(model.layers).scale(2)));
  return report.ok() && history.epochs.back().accuracy > 0.95 ? 0 : 1;
}
