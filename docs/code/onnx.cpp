// The code of docs/onnx.md.

#include "heed/convert/onnx.hpp"

#include <cstdio>

#include "heed/heed.hpp"

// [layer]
/// y = factor x
struct Scale {
  using Scalar = float;
  using Input = float;
  static constexpr bool stepwise = true;  // may follow others in a stream
  struct Cache {};
  float factor = 2;
  heed::Shape output_shape(heed::Shape x) const { return x; }
  static void visit(auto&&, auto&...) {}  // it learns nothing
  void forward(heed::Tile<const float> x, heed::Tile<float> y, Cache&,
               const heed::Pass&) const {
    for (heed::Index i = 0; i < x.size(); ++i) y.data[i] = factor * x.data[i];
  }
  void backward(heed::Tile<const float>, heed::Tile<const float>,
                heed::Tile<const float> dy, heed::Into<float> dx, Cache&, Scale&,
                const heed::Pass&) const {
    for (heed::Index i = 0; dx && i < dy.size(); ++i) {
      dx.tile.data[i] = factor * dy.data[i] + (dx.add ? dx.tile.data[i] : 0);
    }
  }
};

heed::OnnxSequence export_onnx(heed::OnnxGraph& graph, const Scale& layer,
                               const heed::OnnxSequence& x) {
  return x.with(graph.times({x.value, graph.number(layer.factor)}));
}
// [/layer]

int main() {
  // [save]
  heed::SequenceClassifier<float> model({.features = 2, .classes = 3});
  model.labels = {"left", "right", "still"};
  heed::save_onnx(model, "gestures.onnx");
  heed::save_onnx(model, "ragged.onnx", {.lengths = true});
  // [/save]

  const heed::Sequential own(Scale(), heed::Dense<float>({2, 3}), heed::MeanPool<float>());
  heed::save_onnx(own, "own.onnx");
  std::printf("%s\n",
              heed::to_onnx(own).size() < heed::to_onnx(model).size() ? "written" : "?");
}
