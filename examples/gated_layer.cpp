/// A layer of your own with weights, a cache and temporaries: a gated linear unit. The layer contract checks it. It is
/// trained on a task that needs the product of two numbers.

#include <cstdint>
#include <cstdio>
#include <vector>

#include "heed/heed.hpp"
#include "heed/testing/check_layer.hpp"

/// y = (V x + c) sigmoid(W x + b), number by number (Dauphin et al. 2017). Parameters: value, gate, each a Dense.
template <class S>
struct GatedLinear {
  using Scalar = S;
  using Input = S;
  /// What backward needs from the forward pass besides x and y. The caller owns it. It only grows, so that a warm pass
  /// does not allocate.
  struct Cache {
    typename heed::Dense<S>::Cache dense;
    typename heed::Sigmoid<S>::Cache sigmoid;
    heed::TileBuffer<S> value, score, gate;
  };

  heed::Dense<S> value, gate;

  GatedLinear(heed::Index in, heed::Index out)
      : value({.in_features = in, .out_features = out}), gate({.in_features = in, .out_features = out}) {
    initialize({});
  }
  /// Each part starts from its own numbers.
  void initialize(heed::Key key) {
    value.initialize(key.child(0));
    gate.initialize(key.child(1));
  }

  heed::Shape output_shape(heed::Shape x) const { return value.output_shape(x); }

  void forward(heed::Tile<const S> x, heed::Tile<S> y, Cache& cache, const heed::Pass& pass) const {
    const heed::Tile<S> v = cache.value.take(y.shape(), y.lanes), s = cache.score.take(y.shape(), y.lanes);
    const heed::Tile<S> g = cache.gate.take(y.shape(), y.lanes);
    value.forward(x, v, cache.dense, pass);
    gate.forward(x, s, cache.dense, pass);
    heed::Sigmoid<S>().forward(s, g, cache.sigmoid, pass);
    heed::copy(heed::Tile<const S>(v), y);
    heed::multiply(heed::Tile<const S>(g), y);
  }

  /// dv = dy g, dg = dy v, ds = dg g (1 - g); then back through both parts.
  void backward(heed::Tile<const S> x, heed::Tile<const S> /*y*/, heed::Tile<const S> dy, heed::Into<S> dx,
                Cache& cache, GatedLinear& grad, const heed::Pass& pass) const {
    const heed::Scratch::Mark mark(pass.scratch);  // releases at its end what is taken below
    const heed::Tile<const S> v = cache.value.view(), s = cache.score.view(), g = cache.gate.view();
    const heed::Tile<S> dv = pass.scratch.like(dy), dg = pass.scratch.like(dy);
    heed::copy(dy, dv);
    heed::multiply(g, dv);
    heed::copy(dy, dg);
    heed::multiply(v, dg);
    heed::Sigmoid<S> no_gradient;
    heed::Sigmoid<S>().backward(s, g, dg, heed::into(dg), cache.sigmoid, no_gradient, pass);
    value.backward(x, v, dv, dx, cache.dense, grad.value, pass);
    gate.backward(x, s, dg, dx ? heed::onto(dx.tile) : dx, cache.dense, grad.gate, pass);
  }

  static void visit(auto&& f, auto&... layers) {
    f("value", layers.value...);
    f("gate", layers.gate...);
  }
};

int main() {
  const auto report = heed::testing::check_layer([]<class S>() { return GatedLinear<S>(3, 4); }, {4, 3});
  std::printf("layer contract: %s, %d checks\n%s", report.ok() ? "holds" : "broken", report.checks(),
              report.text().c_str());

  // do two numbers have the same sign? Their sum does not tell, their product does
  const heed::Index n = 512;
  heed::Tensor<float, 3> x({n, 1, 2});
  std::vector<std::int32_t> labels(static_cast<std::size_t>(n));
  for (heed::Index i = 0; i < n; ++i) {
    const heed::Key key = heed::Key{1}.child(static_cast<std::uint64_t>(i));
    for (heed::Index f = 0; f < 2; ++f) x(i, 0, f) = static_cast<float>(key.normal(static_cast<std::uint64_t>(f)));
    labels[static_cast<std::size_t>(i)] = x(i, 0, 0) * x(i, 0, 1) > 0;
  }
  using Model = heed::Sequential<GatedLinear<float>, heed::LastPool<float>, heed::Dense<float>>;
  Model model(GatedLinear<float>(2, 8), {}, heed::Dense<float>({.in_features = 8, .out_features = 2}));
  const auto history = heed::fit(model, x, labels, {.epochs = 200, .learning_rate = 0.03});
  const double accuracy = history.epochs.back().accuracy;
  std::printf("accuracy %.3f after %zu epochs\n", accuracy, history.epochs.size());
  return report.ok() && accuracy > 0.95 ? 0 : 1;
}
