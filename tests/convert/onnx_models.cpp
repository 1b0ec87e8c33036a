// Writes models as ONNX files, and what heed answers, into a folder: onnx_runtime.py compares with them.
//
//     onnx_models FOLDER
//
// NAME.onnx is a model, NAME_STEPS.npy holds its logits for the inputs sequences_FEATURES_STEPS.npy or
// tokens_FEATURES_STEPS.npy, NaN where an answer means nothing; and NAME_STEPS_answers.npy what `Predictor` gives.
// Models whose names end with _lengths read lengths_STEPS.npy, too.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "heed/convert/onnx.hpp"
#include "heed/heed.hpp"
#include "onnx_fixtures.hpp"

namespace {

using heed::Index;

constexpr Index sequences = 1000, tile = 40;
std::filesystem::path folder;

std::vector<std::int32_t> lengths_for(Index steps) {
  std::mt19937 random(7);
  std::vector<std::int32_t> lengths(sequences);
  for (auto& length : lengths) length = std::uniform_int_distribution<std::int32_t>(0, static_cast<int>(steps))(random);
  lengths.front() = 0;
  lengths.back() = static_cast<std::int32_t>(steps);
  return lengths;
}

template <class X>
heed::Tensor<X, 3> inputs_for(Index steps, Index features) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  std::uniform_int_distribution<int> token(0, 19);
  heed::Tensor<X, 3> x({sequences, steps, features});
  for (X& v : x) v = std::floating_point<X> ? static_cast<X>(normal(random)) : static_cast<X>(token(random));
  return x;
}

/// All numbers matter: norms, biases and tables that start at 0 or 1, too.
template <class M>
void disturb(M& model) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal(0, 0.05);
  heed::for_each_parameter(
      [&](const auto&, auto& parameter) {
        for (auto& v : parameter) v += static_cast<typename M::Scalar>(normal(random));
      },
      model);
}

template <class M>
void write_answers(const std::string& name, const M& model, Index steps, Index features, bool ragged) {
  using X = typename M::Input;
  using S = typename M::Scalar;
  constexpr bool tokens = !std::same_as<X, S>;
  using Stored = std::conditional_t<tokens, std::int32_t, float>;
  const std::string size = '_' + std::to_string(features) + '_' + std::to_string(steps);
  const heed::Tensor<Stored, 3> inputs = inputs_for<Stored>(steps, features);
  heed::write_npy(folder / ((tokens ? "tokens" : "sequences") + size + ".npy"), inputs);
  heed::Tensor<X, 3> x(inputs.extents());
  std::copy(inputs.begin(), inputs.end(), x.begin());
  std::vector<std::int32_t> lengths;
  if (ragged) {
    lengths = lengths_for(steps);
    heed::write_npy(folder / ("lengths_" + std::to_string(steps) + ".npy"),
                    heed::TensorView<const std::int32_t, 1>(lengths.data(), {sequences}));
  }
  const heed::Shape shape = model.output_shape({steps, features});
  heed::Tensor<float, 3> logits({sequences, shape.steps, shape.features});
  heed::Scratch scratch;
  typename M::Cache cache;
  heed::TileBuffer<X> in;
  heed::TileBuffer<S> out;
  for (Index first = 0; first < sequences; first += tile) {
    const std::int32_t* const of_tile = ragged ? lengths.data() + first : nullptr;
    const heed::Tile<X> from = in.take({steps, features}, tile, of_tile);
    for (Index l = 0; l < tile; ++l) {
      for (Index t = 0; t < steps; ++t) {
        const bool there = !ragged || t < of_tile[l];
        for (Index f = 0; f < features; ++f) from.at(t, f)[l] = there ? x(first + l, t, f) : X(0);
      }
    }
    const heed::Tile<S> to = out.take(shape, tile);
    model.forward(from, to, cache, heed::Pass::inference(scratch));
    for (Index l = 0; l < tile; ++l) {
      const Index valid = ragged ? heed::output_length(model, of_tile[l], shape.steps) : shape.steps;
      for (Index t = 0; t < shape.steps; ++t) {
        const bool there = heed::time_change<M> == heed::TimeChange::pools_steps || t < valid;
        for (Index f = 0; f < shape.features; ++f) {
          logits(first + l, t, f) =
              there ? static_cast<float>(to.at(t, f)[l]) : std::numeric_limits<float>::quiet_NaN();
        }
      }
    }
  }
  const std::string base = name + '_' + std::to_string(steps);
  heed::write_npy(folder / (base + ".npy"), logits);
  if (heed::time_change<M> != heed::TimeChange::pools_steps) return;
  const heed::Tensor<S, 2> p = heed::predict(model, x.view(), lengths);
  heed::Tensor<float, 2> answers(p.extents());
  std::transform(p.begin(), p.end(), answers.begin(), [](S v) { return static_cast<float>(v); });
  heed::write_npy(folder / (base + "_answers.npy"), answers);
}

struct Shapes {
  std::vector<Index> steps = {1, 100};
  Index features = 3;
  bool ragged = true;
};

template <class M>
void write(const std::string& name, const M& model, const Shapes& shapes = {}) {
  heed::save_onnx(model, folder / (name + ".onnx"));
  if (shapes.ragged) heed::save_onnx(model, folder / (name + "_lengths.onnx"), {.lengths = true});
  for (const Index steps : shapes.steps) {
    write_answers(name, model, steps, shapes.features, false);
    if (shapes.ragged) write_answers(name + "_lengths", model, steps, shapes.features, true);
  }
}

template <class M>
void variant(const std::string& name, M model, const Shapes& shapes = {}) {
  disturb(model);
  write(name, model, shapes);
}

using Options = heed::SequenceClassifierOptions;

void classifiers() {
  using enum heed::Attention;
  const Options plain{.features = 3, .classes = 4, .hidden = 8};
  const auto with = [&](const std::string& name, auto&& change) {
    Options o = plain;
    change(o);
    variant("classifier_" + name, heed::SequenceClassifier<float>(o));
  };
  with("plain", [](Options&) {});
  for (const auto kind : {pool, multihead, additive, none, mean, max, meanmax}) {
    for (const bool both : {false, true}) {
      with(std::string(heed::to_text(kind)) + (both ? "_both" : ""), [&](Options& o) {
        o.attention = kind;
        o.bidirectional = both;
      });
    }
  }
  for (const auto cell : {heed::CellKind::lstm, heed::CellKind::gru, heed::CellKind::rnn}) {
    with(std::string(heed::to_text(cell)) + "_deep", [&](Options& o) {
      o.cell = cell;
      o.layers = 2;
      o.bidirectional = true;
      o.dense = 0;
    });
  }
  with("step", [](Options& o) {
    o.attention = none;
    o.bidirectional = true;
    o.last_state = heed::LastState::step;
  });
  with("multihead_mean", [](Options& o) {
    o.attention = multihead;
    o.pooling = heed::Pooling::mean;
  });
  with("front", [](Options& o) {
    o.kernels = {8, 5, 3};
    o.channels = {8};
    o.residual = true;
  });
  with("front_causal", [](Options& o) {
    o.kernels = {3, 2};
    o.channels = {6, 8};
    o.causal = true;
    o.cell = heed::CellKind::gru;
  });
  with("convolutions", [](Options& o) {
    o.kernels = {8, 5, 3};
    o.channels = {8};
    o.norm = heed::ConvNorm::sequence;
    o.cell = heed::CellKind::none;
    o.attention = meanmax;
  });
  for (const auto kind : {heed::OutputKind::flags, heed::OutputKind::numbers}) {
    heed::SequenceClassifier<float> model(plain);
    model.outputs = kind;
    model.standardize = heed::Standardize<float>({0.5, -1, 2}, {2, 0.5, 3});
    variant("classifier_" + std::string(heed::to_text(kind)), std::move(model));
  }
  for (const char* name : {"classifier_changes", "classifier_changes_standardized"}) {
    Options o = plain;
    o.kernels = {3};
    heed::SequenceClassifier<float> model(o);
    model.outputs = heed::OutputKind::numbers;
    std::vector<Index> features(static_cast<std::size_t>(o.classes), 2);
    features.front() = 0;
    model.last_value = heed::LastValue<float>(features);
    if (std::string(name).ends_with("standardized"))
      model.standardize = heed::Standardize<float>({0.5, -1, 2}, {2, 0.5, 3});
    variant(name, std::move(model));
  }
  variant("classifier_double", heed::SequenceClassifier<double>(plain));
  heed::Ensemble<heed::SequenceClassifier<float>> several(3, plain);
  for (const auto kind : {heed::OutputKind::classes, heed::OutputKind::flags, heed::OutputKind::numbers}) {
    for (auto& member : several.members) member.outputs = kind;
    several.agree();
    variant("ensemble_" + std::string(heed::to_text(kind)), several);
  }
}

void tokens() {
  heed::TextClassifier<float> text({.tokens = 20, .embedding = 6, .classifier = {.classes = 3, .hidden = 8}});
  variant("text", text, {.features = 1});
  for (const auto output : {heed::TaggerOutput::tokens, heed::TaggerOutput::sequence}) {
    for (const auto kind : {heed::Attention::pool, heed::Attention::multihead, heed::Attention::none}) {
      if (output == heed::TaggerOutput::sequence && kind != heed::Attention::pool) continue;
      heed::Tagger<float> tagger(
          {.tokens = {20, 25}, .embedding = {4, 5}, .classes = 5, .hidden = 6, .output = output, .attention = kind});
      variant("tagger_" + std::string(heed::to_text(output)) + '_' + std::string(heed::to_text(kind)), tagger,
              {.features = 2});
    }
  }
  for (const bool tied : {false, true}) {
    variant(tied ? "language_tied" : "language",
            heed::LanguageModel<float>({.tokens = 20, .tied = tied, .transformer = {.d_model = 16, .num_heads = 2}}),
            {.features = 1});
  }
}

void transformers() {
  using Transformer = heed::TransformerOptions;
  const auto with = [](const std::string& name, auto&& change) {
    Transformer o{.d_model = 16, .num_heads = 4, .dim_feedforward = 24};
    change(o);
    variant("transformer_" + name, heed::TransformerClassifier<float>({.features = 3, .classes = 4, .transformer = o}));
  };
  for (const auto norm : {heed::NormPlacement::none, heed::NormPlacement::pre, heed::NormPlacement::post}) {
    with(std::string(heed::to_text(norm)), [&](Transformer& o) { o.norm = norm; });
  }
  for (const auto kind : {heed::PositionKind::none, heed::PositionKind::sinusoidal, heed::PositionKind::learned,
                          heed::PositionKind::relative, heed::PositionKind::tape}) {
    with("positions_" + std::string(heed::to_text(kind)), [&](Transformer& o) {
      o.positions = kind;
      o.max_steps = 100;
      o.activation = heed::FeedForwardActivation::gelu;
    });
  }
  for (const auto bias : {heed::RelativeBias::erpe, heed::RelativeBias::alibi}) {
    with(std::string(heed::to_text(bias)), [&](Transformer& o) {
      o.relative_bias = bias;
      o.bias_distance = 9;
      o.num_heads = 2;
    });
  }
  with("locality", [](Transformer& o) { o.locality = true; });
  for (const bool shifted : {false, true}) {
    heed::VisionTransformer<float> vision({.image = {.channels = 2, .height = 8, .width = 12},
                                           .patch_size = 4,
                                           .classes = 3,
                                           .transformer = {.d_model = 16, .num_heads = 2, .locality = shifted},
                                           .shifted_patches = shifted});
    variant(shifted ? "vision_shifted" : "vision", vision, {.steps = {1}, .features = 192, .ragged = false});
  }
}

void layers() {
  using S = float;
  variant("gru_before",
          heed::Sequential(heed::Gru<S>({.input_size = 3, .hidden_size = 6, .reset_after = false}),
                           heed::QueryPool<heed::AdditiveAttention<S>>({.query_size = 4, .memory_size = 6}),
                           heed::Dense<S>({6, 3})));
  variant("rnn_relu",
          heed::Sequential(
              heed::Rnn<S>(
                  {.input_size = 3, .hidden_size = 6, .bidirectional = true, .nonlinearity = heed::Nonlinearity::relu}),
              heed::LastPool<S>({.both_ends = true}), heed::Dense<S>({12, 3})));
  variant("strided", heed::Sequential(heed::Conv1d<S>({.in_channels = 3,
                                                       .out_channels = 6,
                                                       .kernel_size = 3,
                                                       .stride = 2,
                                                       .groups = 3,
                                                       .padding = heed::ConvPadding::number,
                                                       .pad = 1}),
                                      heed::Elu<S>(0.7f), heed::GroupNorm<S>({.groups = 2, .features = 6}),
                                      heed::Conv1d<S>({.in_channels = 6,
                                                       .out_channels = 4,
                                                       .kernel_size = 2,
                                                       .stride = 2,
                                                       .dilation = 3,
                                                       .padding = heed::ConvPadding::causal,
                                                       .bias = false}),
                                      heed::LeakyRelu<S>(0.1f), heed::MeanPool<S>()));
  variant("windows", heed::Sequential(
                         heed::MaxPool1d<S>({.kernel_size = 3, .stride = 2, .padding = 1, .ceil_mode = true}),
                         heed::MeanPool1d<S>({.kernel_size = 4, .stride = 3, .padding = 2, .ceil_mode = true}),
                         heed::MeanPool1d<S>({.kernel_size = 3, .stride = 1, .padding = 1, .count_include_pad = false}),
                         heed::Dense<S>({3, 4})));
  variant("dilated_windows",
          heed::Sequential(
              heed::MaxPool1d<S>({.kernel_size = 3, .stride = 1, .padding = 1, .dilation = 1}),
              heed::MaxPool1d<S>({.kernel_size = 2, .stride = 3, .padding = 1, .dilation = 2, .ceil_mode = true}),
              heed::MeanMaxPool<S>(), heed::Dense<S>({6, 4})),
          {.steps = {3, 100}});
  variant("scores",
          heed::Sequential(heed::DotAttention<S>(
                               {.query_size = 3, .memory_size = 3, .output_size = 5, .scaled = true, .causal = true}),
                           heed::GeneralAttention<S>({.query_size = 5, .memory_size = 5})));
  variant("more_scores",
          heed::Sequential(heed::AdditiveAttention<S>({.query_size = 3, .memory_size = 3, .attention_size = 4}),
                           heed::DotAttention<S>({.query_size = 3, .memory_size = 3, .project = false}),
                           heed::Dense<S>({3, 5})));
  variant("causal_and_local",
          heed::Sequential(heed::Dense<S>({3, 5}),
                           heed::MultiHeadAttention<S>({.embed_dim = 5, .causal = true, .locality = true}),
                           heed::LayerNorm<S>({.features = 5, .bias = false}), heed::Softmax<S>()));
  variant("shaw",
          heed::Sequential(heed::Dense<S>({3, 8}),
                           heed::Residual(heed::MultiHeadAttention<S>({.embed_dim = 8,
                                                                       .num_heads = 2,
                                                                       .causal = true,
                                                                       .relative_positions = 5,
                                                                       .relative_bias = heed::RelativeBias::erpe,
                                                                       .bias_distance = 4})),
                           heed::Tanh<S>(), heed::Dropout<S>({.rate = 0.5}), heed::Sigmoid<S>(), heed::Gelu<S>(),
                           heed::MaxPool<S>()));
  variant(
      "pictures",
      heed::Sequential(
          heed::Conv2d<S>({.in_channels = 2, .out_channels = 4, .height = 8, .width = 12, .stride = 1, .padding = 1}),
          heed::Relu<S>(), heed::MaxPool2d<S>({.channels = 4, .height = 8, .width = 12, .kernel_size = 3, .stride = 2}),
          heed::Flatten<S>({.channels = 4, .height = 3, .width = 5}), heed::Dense<S>({60, 5}), heed::MeanPool<S>()),
      {.steps = {1, 3}, .features = 192});
}

void chains() {
  using S = float;
  variant("chain",
          heed::Chain<S>(
              {heed::Prelu<S>({.num_parameters = 3}), heed::ScaleShift<S>({.features = 3}),
               heed::Conv1d<S>(
                   {.in_channels = 3, .out_channels = 6, .kernel_size = 2, .padding = heed::ConvPadding::causal}),
               heed::Lstm<S>({.input_size = 6, .hidden_size = 5}), heed::Prelu<S>({.num_parameters = 1}),
               heed::MultiHeadPool<S>({.features = 5, .heads = 1}), heed::Dense<S>({5, 3})}));
  variant("chain_flat",
          heed::Chain<S>({heed::Dense<S>({3, 4}), heed::FlattenSteps<S>({.steps = 7}), heed::Dense<S>({28, 3})}),
          {.steps = {7}});
  variant("chain_steps",
          heed::Chain<S>({heed::Gru<S>({.input_size = 3, .hidden_size = 4}),
                          heed::MaxPool1d<S>({.kernel_size = 2, .stride = 1}), heed::Dense<S>({4, 2})}),
          {.steps = {2, 100}});
}

}  // namespace

int main(int count, char** words) try {
  if (count != 2) {
    std::fputs("usage: onnx_models FOLDER\n", stderr);
    return 2;
  }
  folder = words[1];
  std::filesystem::create_directories(folder);
  write("fixture_classifier", fixture_classifier());
  write("fixture_transformer", fixture_transformer());
  classifiers();
  tokens();
  transformers();
  layers();
  chains();
} catch (const std::exception& error) {
  std::fprintf(stderr, "onnx_models: %s\n", error.what());
  return 1;
}
