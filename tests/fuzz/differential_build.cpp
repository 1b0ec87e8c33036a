// Compiled once for each instruction set; HEED_BUILD is the name of its function.

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "differential.hpp"
#include "differential_draw.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/transformer_classifier.hpp"
#include "heed/train/gradient.hpp"

namespace {

using heed::Index;

struct Data {
  Index n, steps, features;
  std::vector<double> x;
  std::vector<std::int32_t> lengths, labels;
};

Data data_of(Draw& draw, Index features, Index classes) {
  Data data{
      .n = 1 + draw.below(70), .steps = 1 + draw.below(12), .features = features, .x = {}, .lengths = {}, .labels = {}};
  const bool ragged = draw.flag();
  for (Index i = 0; i < data.n; ++i) {
    if (ragged) data.lengths.push_back(static_cast<std::int32_t>(1 + draw.below(data.steps)));
    data.labels.push_back(static_cast<std::int32_t>(draw.below(classes)));
  }
  for (Index i = 0; i < data.n * data.steps * features; ++i) data.x.push_back(2 * draw.number());
  return data;
}

heed::SequenceClassifierOptions classifier_of(Draw& draw) {
  heed::SequenceClassifierOptions o{.features = 1 + draw.below(7), .classes = 2 + draw.below(4)};
  o.hidden = 2 * (1 + draw.below(9));
  o.dense = draw.below(10);
  o.attention = draw.choice<heed::Attention>();
  o.heads = 1 + draw.below(2);
  o.pooling = draw.choice<heed::Pooling>();
  o.cell = draw.choice<heed::CellKind>();
  o.layers = 1 + draw.below(2);
  o.bidirectional = draw.flag();
  o.last_state = draw.choice<heed::LastState>();
  if (draw.below(4) == 0) {
    for (Index i = 1 + draw.below(2); i > 0; --i) o.kernels.push_back(1 + draw.below(5));
    o.channels = {2 * (1 + draw.below(4))};
    o.causal = draw.flag();
    o.residual = draw.flag();
    o.norm = draw.choice<heed::ConvNorm>();
  }
  return o;
}

heed::TransformerClassifierOptions transformer_of(Draw& draw) {
  heed::TransformerClassifierOptions o{.features = 1 + draw.below(7), .classes = 2 + draw.below(4)};
  heed::TransformerOptions& t = o.transformer;
  t.num_heads = 1 + draw.below(3);
  t.d_model = t.num_heads * 2 * (1 + draw.below(3));
  t.num_layers = 1 + draw.below(2);
  t.dim_feedforward = 1 + draw.below(20);
  t.dropout = 0;
  t.norm = draw.choice<heed::NormPlacement>();
  t.activation = draw.choice<heed::FeedForwardActivation>();
  t.positions = draw.choice<heed::PositionKind>();
  t.max_steps = 12;
  t.distance = 1 + draw.below(4);
  t.locality = draw.flag();
  t.relative_bias = draw.choice<heed::RelativeBias>();
  t.bias_distance = 1 + draw.below(16);
  return o;
}

/// What a model of this type and scalar computes, with weights from the seed.
template <class M>
Computed computed(const typename M::Options& options, const Data& data, Draw draw) {
  using S = typename M::Scalar;
  M model(options);
  heed::for_each_parameter(
      [&](const heed::Path&, auto& array) {
        for (S& weight : array) weight = static_cast<S>(draw.number() / 2);
      },
      model);
  const std::vector<S> numbers(data.x.begin(), data.x.end());
  const heed::TensorView<const S, 3> x(numbers.data(), {data.n, data.steps, data.features});

  Computed result;
  heed::Predictor<M> predictor(model);
  const heed::Tensor<S, 2> batch = predictor.outputs(x, data.lengths);
  result.batch.assign(batch.begin(), batch.end());
  for (Index i = 0; i < data.n; ++i) {
    const Index length = data.lengths.empty() ? data.steps : data.lengths[static_cast<std::size_t>(i)];
    const heed::TensorView<const S, 2> alone(x[i].data(), {length, data.features});
    const std::span<const S> p = predictor.outputs(alone);
    result.one.insert(result.one.end(), p.begin(), p.end());
  }
  heed::BatchGradient<M> gradient(model, {}, 1);
  const heed::Evaluation loss = gradient(
      model, {.x = x, .labels = data.labels, .lengths = heed::BorrowedSpan<std::int32_t>(data.lengths)}, heed::Key{1});
  heed::for_each_parameter(
      [&](const heed::Path&, const auto& array) {
        result.gradient.insert(result.gradient.end(), array.begin(), array.end());
      },
      std::as_const(gradient.get()));
  result.gradient.push_back(loss.loss);
  return result;
}

/// The first options that a model takes: not all draws fit each other.
template <class M, class F>
typename M::Options options_of(Draw& draw, F&& drawn) {
  for (;;) {
    const auto options = drawn(draw);
    try {
      const M model(options);
      return options;
    } catch (const heed::Error&) {
    }
  }
}

template <template <class> class M, class F>
Case case_of(Draw draw, F&& drawn) {
  const auto options = options_of<M<float>>(draw, drawn);
  const Data data = data_of(draw, options.features, options.classes);
  return {.model = std::string(M<float>::architecture) + ": " + heed::describe(options) + ", " +
                   std::to_string(data.n) + " sequences of " + std::to_string(data.steps) + " steps" +
                   (data.lengths.empty() ? "" : ", ragged"),
          .sequences = data.n,
          .steps = data.steps,
          .of_float = computed<M<float>>(options, data, draw),
          .of_double = computed<M<double>>(options, data, draw)};
}

}  // namespace

Case HEED_BUILD(std::uint64_t seed) {
  const Draw draw{heed::Key{seed}};
  return seed % 3 == 0 ? case_of<heed::TransformerClassifier>(draw, transformer_of)
                       : case_of<heed::SequenceClassifier>(draw, classifier_of);
}
