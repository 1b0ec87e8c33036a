// What real-time threads call, 100,000 times for each model, for clang's RealtimeSanitizer: run.sh builds and runs it.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "heed/compose/chain.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/stream.hpp"
#include "heed/models/attention_q_network.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/models/language_model.hpp"
#include "heed/models/multimodal_classifier.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/series_ensemble.hpp"
#include "heed/models/tagger.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/models/transformer_classifier.hpp"
#include "heed/models/vision_transformer.hpp"

namespace {

using heed::Attention;
using heed::CellKind;
using heed::Index;

constexpr Index calls = 100'000;
int models = 0;

// numbers of 0 to 3, which are tokens, too
template <class X>
std::vector<X> draw(Index count) {
  std::vector<X> x(static_cast<std::size_t>(count));
  std::uint64_t i = 0;
  for (X& v : x) v = static_cast<X>(heed::Key{1}.below(i++, 4));
  return x;
}

void expect(bool ok, const char* name) {
  if (!ok) std::fprintf(stderr, "%s: a call was refused, or a wrong one was not\n", name), std::exit(1);
}

template <class Model>
void predict(const char* name, const Model& model, heed::Shape x, Index min_steps = 1) {
  heed::Predictor predictor(model, {.max_steps = x.steps, .min_steps = min_steps, .features = x.features});
  const auto data = draw<typename Model::Input>((x.steps + 1) * x.features);
  const bool numbers = heed::output_kind(model) == heed::OutputKind::numbers;
  for (Index i = 0; i < calls; ++i) {
    const Index steps = min_steps + i % (x.steps - min_steps + 1);
    const bool ok = numbers || i % 2 ? bool(predictor.try_outputs(data.data(), steps, x.features))
                                     : bool(predictor.try_predict(data.data(), steps, x.features));
    expect(ok && !predictor.try_predict(data.data(), x.steps + 1, x.features), name);
  }
  ++models;
}

template <class Model>
void stream(const char* name, const Model& model, heed::Shape x) {
  heed::Stream stream(model, {.max_steps = x.steps, .features = x.features});
  const auto data = draw<typename Model::Input>(x.steps * x.features);
  expect(bool(stream.try_step(data.data(), x.features)), name);
  const auto state = stream.state();
  for (Index i = 0; i < calls; ++i) {
    if (stream.steps() == x.steps) {
      expect(!stream.try_step(data.data(), x.features), name);
      stream.reset();
      if (i % 3 == 0) expect(stream.try_restore(state) == heed::InferenceStatus::ok, name);
    }
    expect(bool(stream.try_step(data.data() + stream.steps() * x.features, x.features)), name);
    expect(bool(stream.try_outputs()) && bool(stream.try_prediction()), name);
  }
  ++models;
}

template <class Model>
void both(const char* name, const Model& model, heed::Shape x) {
  predict(name, model, x);
  stream(name, model, x);
}

void classifiers() {
  heed::SequenceClassifierOptions o{.features = 3, .classes = 4, .hidden = 8, .dense = 6, .layers = 2};
  for (const CellKind cell : {CellKind::lstm, CellKind::gru, CellKind::rnn}) {
    for (int i = 0; i < static_cast<int>(heed::choices<Attention>.size()); ++i) {
      o.cell = cell;
      o.attention = static_cast<Attention>(i);
      both((std::string(to_text(cell)) + ' ' + std::string(to_text(o.attention))).c_str(),
           heed::SequenceClassifier<float>(o), {20, 3});
    }
  }
  const heed::SequenceClassifier<double> two_ways({.features = 3, .classes = 4, .bidirectional = true});
  predict("both directions", two_ways, {20, 3});
  both("convolutions",
       heed::SequenceClassifier<float>({.features = 3, .classes = 4, .kernels = {5, 3}, .causal = true}), {20, 3});
  both("text", heed::TextClassifier<float>({.tokens = 4, .embedding = 5, .classifier = {.classes = 3}}), {20, 1});
  predict("ensemble", heed::Ensemble<heed::SequenceClassifier<float>>(3, o), {20, 3});
}

void others() {
  heed::RocketClassifierOptions rocket{.features = 3, .classes = 4, .steps = 20, .num_features = 200};
  predict("rocket", heed::RocketClassifier<float>(rocket), {20, 3});
  rocket.statistics = heed::RocketStatistics::all;
  rocket.differences = true;
  rocket.groups = 2;
  const heed::RocketClassifier<float> larger(rocket);
  predict("rocket with all statistics", larger, {20, 3});
  const heed::SequenceClassifier<float> network({.features = 3, .classes = 4});
  predict("series ensemble", heed::SeriesEnsemble<float>({network}, {larger}), {20, 3});

  heed::TransformerOptions small{.d_model = 8, .num_heads = 2, .dim_feedforward = 8, .max_steps = 20, .distance = 4};
  for (int i = 0; i < static_cast<int>(heed::choices<heed::PositionKind>.size()); ++i) {
    small.positions = static_cast<heed::PositionKind>(i);
    predict("transformer", heed::TransformerClassifier<float>({.features = 3, .classes = 4, .transformer = small}),
            {20, 3});
    if (small.positions == heed::PositionKind::tape) continue;  // looks at the whole length
    stream("language model", heed::LanguageModel<float>({.tokens = 4, .transformer = small}), {20, 1});
  }
  const heed::ImageShape image{.channels = 1, .height = 8, .width = 8};
  predict("vision transformer", heed::VisionTransformer<float>({.image = image, .patch_size = 4, .classes = 3}),
          {1, 64});
  predict("image and words",
          heed::MultimodalClassifier<float>({.image = image, .max_words = 5, .tokens = 4, .classes = 3}), {1, 69});
  predict("actions", heed::AttentionQNetwork<float>({.features = 4, .actions = 2}), {8, 4});
  predict(
      "tagger",
      heed::Tagger<float>(
          {.tokens = {4, 4}, .embedding = {5, 3}, .classes = 3, .hidden = 8, .output = heed::TaggerOutput::sequence}),
      {20, 2});
  both("chain",
       heed::Chain<float>(
           {heed::Conv1d<float>(
                {.in_channels = 3, .out_channels = 4, .kernel_size = 3, .padding = heed::ConvPadding::causal}),
            heed::Gru<float>({.input_size = 4, .hidden_size = 5}), heed::AttentionPool<float>({.features = 5}),
            heed::Dense<float>({5, 3})}),
       {20, 3});
  const heed::Chain<float> flat({heed::FlattenSteps<float>({.steps = 20}), heed::Dense<float>({60, 3})});
  predict("flattened", flat, {20, 3}, 20);
}

}  // namespace

int main() {
  classifiers();
  others();
  std::printf("%d predictors and streams: %d calls of each\n", models, static_cast<int>(calls));
}
