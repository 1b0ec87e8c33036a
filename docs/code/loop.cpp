// The code of the page "Your own training loop".

#include <heed/heed.hpp>
#include <heed/io/safetensors.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using Model = heed::SequenceClassifier<float>;
constexpr heed::Index n = 256, steps = 8;

// is the sum of a sequence above 0?
struct Sums {
  heed::Tensor<float, 3> x{{n, steps, 1}};
  std::vector<std::int32_t> labels;
  Sums() {
    std::uint64_t draw = 0;
    for (heed::Index i = 0; i < n; ++i) {
      float sum = 0;
      for (heed::Index t = 0; t < steps; ++t) {
        sum += x(i, t, 0) = static_cast<float>(heed::Key{1}.normal(draw++));
      }
      labels.push_back(sum > 0);
    }
  }
};

void by_batches(const Sums& data) {
  // [batches]
  Model model({.features = 1, .classes = 2, .hidden = 16});
  heed::BatchGradient gradient(model);  // of the cross-entropy
  heed::Adam<Model> adam(model, {.learning_rate = 0.01});
  for (std::uint64_t epoch = 1; epoch <= 100; ++epoch) {
    gradient(model, {data.x.view(), data.labels}, heed::Key{epoch});
    heed::clip_norm(gradient.get(), 1);
    adam.step(model, gradient.get());
  }
  // [/batches]
  std::printf("by batches: %s\n", heed::evaluate(model, data.x, data.labels).accuracy > 0.95
                                      ? "learnt"
                                      : "not learnt");
  heed::save(model, "sums.safetensors");
}

void by_tiles(const Sums& data) {
  // [tiles]
  Model model({.features = 1, .classes = 2, .hidden = 16});
  model.initialize(heed::Key{0});
  Model gradient = model;
  heed::Adam<Model> adam(model, {.learning_rate = 0.01});
  const heed::CrossEntropy<float> loss;

  constexpr heed::Index lanes = 64;
  heed::TileBuffer<float> input, output, doutput;
  heed::TileBuffer<std::int32_t> target;
  Model::Cache cache;
  heed::Scratch scratch;
  const heed::FlushDenormals flush;

  for (std::uint64_t epoch = 1; epoch <= 100; ++epoch) {
    heed::set_zero(gradient);
    for (heed::Index first = 0; first < n; first += lanes) {
      // a tile: [step][feature][lane], a sequence a lane
      const heed::Tile<float> x = input.take({steps, 1}, lanes);
      const heed::Tile<std::int32_t> y = target.take({1, 1}, lanes);
      for (heed::Index l = 0; l < lanes; ++l) {
        for (heed::Index t = 0; t < steps; ++t) x.at(t)[l] = data.x(first + l, t, 0);
        y.data[l] = data.labels[static_cast<std::size_t>(first + l)];
      }
      const heed::Pass pass{scratch, true, heed::Key{epoch}, first};  // true: training
      const heed::Tile<float> z = output.take(model.output_shape(x.shape()), lanes);
      const heed::Tile<float> dz = doutput.take(z.shape(), lanes);
      model.forward(x, z, cache, pass);
      loss(z, y, nullptr, 1.0 / n, dz, pass);  // the mean over all n sequences
      model.backward(x, z, dz, {}, cache, gradient, pass);
    }
    heed::clip_norm(gradient, 1);
    adam.step(model, gradient);
  }
  // [/tiles]
  std::printf("by tiles: %s\n", heed::evaluate(model, data.x, data.labels).accuracy > 0.95
                                    ? "learnt"
                                    : "not learnt");
}

void transfer(const Sums& data) {
  // [transfer]
  Model model({.features = 1, .classes = 3, .hidden = 16});  // the file has two classes
  model.initialize(heed::Key{1});
  const auto loaded = heed::load_weights(model, "sums.safetensors", {.partial = true});
  for (const std::string& name : loaded.kept)
    std::printf("starts anew: %s\n", name.c_str());

  // the head alone; gradients of frozen layers are not computed
  heed::fit(model, data.x, data.labels,
            {.epochs = 20, .learning_rate = 0.02, .frozen = {"lstm", "attention", "fc1"}});

  // then all of it, what was loaded at a tenth of the rate
  heed::Adam<Model> adam(model, {.learning_rate = 0.01, .rates = {{"lstm", 0.1}}});
  heed::fit(model, data.x, data.labels, adam, {.epochs = 20});
  // [/transfer]
}

}  // namespace

int main() {
  const Sums data;
  by_batches(data);
  by_tiles(data);
  transfer(data);
}
