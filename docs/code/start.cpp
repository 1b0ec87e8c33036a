// The code of the pages "Get started", "Your own model" and "Streaming and real time".

#include <cstdint>
#include <cstdio>
#include <vector>

// [include]
#include <heed/heed.hpp>
#include <heed/io/safetensors.hpp>  // save and load are opt-in
// [/include]

namespace {

// 600 sequences of ten steps and five features; the class is the feature that rises first
struct Gestures {
  std::vector<float> x;
  std::vector<std::int32_t> labels;
};

Gestures make_gestures(heed::Index n) {
  Gestures data;
  const heed::Key key{7};
  std::uint64_t draw = 0;
  for (heed::Index i = 0; i < n; ++i) {
    const auto first = static_cast<heed::Index>(key.below(draw++, 5));
    data.labels.push_back(static_cast<std::int32_t>(first));
    for (heed::Index t = 0; t < 10; ++t) {
      for (heed::Index f = 0; f < 5; ++f) {
        const double level = t >= (f == first ? 2 : 6) ? 2 : 0;
        data.x.push_back(static_cast<float>(level + 0.3 * key.normal(draw++)));
      }
    }
  }
  return data;
}

void get_started() {
  const heed::Index n = 600;
  const auto [x, labels] = make_gestures(n);

  // [train]
  using Model = heed::SequenceClassifier<float>;
  Model model({.features = 5, .classes = 5});
  heed::fit(model, heed::view(x, {n, 10, 5}), labels,
            {.epochs = 60, .learning_rate = 0.01});
  // [/train]

  // [keep]
  heed::save(model, "gestures.safetensors");
  const auto again = heed::load<Model>("gestures.safetensors");
  // [/keep]

  // [evaluate]
  const heed::Evaluation e = heed::evaluate(again, heed::view(x, {n, 10, 5}), labels);
  std::printf("accuracy %.2f\n", e.accuracy);
  // [/evaluate]

  // [predict]
  heed::Predictor predictor(again);  // one per thread
  const auto p = predictor(heed::view(x, {n, 10, 5})[0]);
  std::printf("class %d of %zu\n", static_cast<int>(p.label), p.probabilities.size());
  // [/predict]

  // [error]
  try {
    heed::load<Model>("nothing.safetensors");
  } catch (const heed::Error&) {
    std::puts("there is no such file");
  }
  // [/error]
}

float ten_lines() {
  const heed::Index n = 600;
  const auto [x, labels] = make_gestures(n);

  // [ten_lines]
  // x: n sequences of ten steps with five numbers each; labels: n integers
  using Model = heed::SequenceClassifier<float>;
  Model model({.features = 5, .classes = 5});
  heed::fit(model, heed::view(x, {n, 10, 5}), labels,
            {.epochs = 60, .learning_rate = 0.01});

  heed::save(model, "gestures.safetensors");  // loads in PyTorch as it is
  const auto again = heed::load<Model>("gestures.safetensors");

  heed::Predictor predictor(again);                        // one per thread
  const auto p = predictor(heed::view(x, {n, 10, 5})[0]);  // p.label, p.probabilities
  // [/ten_lines]
  return p.probabilities[static_cast<std::size_t>(p.label)];
}

void stream(const heed::SequenceClassifier<float>& model, const std::vector<float>& x) {
  const auto first = heed::view(x, {static_cast<heed::Index>(x.size()) / 50, 10, 5})[0];
  heed::Predictor predictor(model);
  const heed::Index whole = predictor(first).label;

  // [stream]
  heed::Stream stream(model);  // one for each sequence; they share the model
  for (heed::Index t = 0; t < 10; ++t) {
    stream.step(first[t]);  // the features of one step; gives the logits so far
  }
  const auto p = stream.prediction();  // p.label, p.probabilities
  // [/stream]
  std::printf("the stream answers as one pass does: %s\n", p.label == whole ? "yes" : "no");

  // [state]
  const auto state = stream.state();  // plain numbers, and how many steps there were
  stream.reset();                     // another sequence
  stream.restore(state);              // on with the first
  // [/state]
}

void own_model() {
  const heed::Index n = 600;
  const auto [x, labels] = make_gestures(n);

  // [own_model]
  using Layers = heed::Sequential<heed::Lstm<float>, heed::AttentionPool<float>,
                                  heed::Dropout<float>, heed::Dense<float>>;
  const auto make = [] {
    return Layers(heed::Lstm<float>({.input_size = 5, .hidden_size = 24}),
                  heed::AttentionPool<float>({.features = 24}),
                  heed::Dropout<float>({.rate = 0.2}),
                  heed::Dense<float>({.in_features = 24, .out_features = 5}));
  };
  Layers model = make();
  model.initialize(heed::Key{3});

  heed::Adam<Layers> adam(model, {.learning_rate = 0.01, .weight_decay = 1e-4});
  heed::fit(model, heed::view(x, {n, 10, 5}), labels, adam,
            {.epochs = 40, .batch_size = 64});
  heed::save(model, "layers.safetensors");

  const Layers again = heed::load(make(), "layers.safetensors");
  const heed::Evaluation e = heed::evaluate(again, heed::view(x, {n, 10, 5}), labels);
  std::printf("accuracy %.2f\n", e.accuracy);
  // [/own_model]
}

}  // namespace

int main() {
  get_started();
  own_model();
  std::printf("the ten lines are sure: %s\n", ten_lines() > 0.8F ? "yes" : "no");
  stream(heed::load<heed::SequenceClassifier<float>>("gestures.safetensors"),
         make_gestures(1).x);
}
