#pragma once

/// @file
/// Generates a sentence that describes an image.

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/compose/sequential.hpp"
#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/image.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/math.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/conv2d.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/max_pool2d.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/positions.hpp"
#include "heed/models/attention_decoder.hpp"
#include "heed/models/image_and_tokens.hpp"
#include "heed/models/image_captioner_options.hpp"
#include "heed/options/metadata.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ISA {

/// A small convolutional encoder, and `AttentionDecoder` over the regions of its output (Xu et al. 2015):
///
///     a_r = cnn(image)_r + position_r,  h_0 = tanh(W mean(a) + b),  c_0 = tanh(W' mean(a) + b')
///     cnn: Conv2d 3x3 > ReLU > Conv2d 3x3 > ReLU > MaxPool2d 2x2 > Conv2d 3x3 > ReLU, all with padding 1
///
/// The input is `ImageAndTokens`: an image and the decoder's input tokens, which begin with the start token. The output
/// (max_tokens, tokens) has the logits of the next token at each step. Outputs past the caption's end are meaningless,
/// and labels there must be ignored. The parameters are named as in a PyTorch module with the members `cnn` (an
/// nn.Sequential), `positions` (an nn.Embedding), `fc_hidden`, `fc_cell` and `decoder`.
template <class S>
struct ImageCaptioner {
  using Scalar = S;
  using Input = S;
  using Source = S;  // the source of decoding: the pixels, in one step
  using Options = ImageCaptionerOptions;
  using Cnn = Sequential<Conv2d<S>, Relu<S>, Conv2d<S>, Relu<S>, MaxPool2d<S>, Conv2d<S>, Relu<S>>;
  static constexpr TimeChange time_change = TimeChange::own_steps;  ///< output steps are words: they have no lengths
  static constexpr std::string_view architecture = "ImageCaptioner";

  Options options;
  Cnn cnn;
  LearnedPositions<S> positions;
  Dense<S> fc_hidden, fc_cell;
  AttentionDecoder<S> decoder;
  std::vector<std::string> words;  ///< of the vocabulary; empty: not known

  struct Cache {
    ImageAndTokens::Cache tokens;
    typename Cnn::Cache cnn;
    typename LearnedPositions<S>::Cache positions;
    typename MeanPool<S>::Cache pool;
    typename AttentionDecoder<S>::Cache decoder;
    TileBuffer<S> features, regions;  // (regions, features), without and with positions
    TileBuffer<S> mean, h, c;         // (1, features), (1, hidden)
  };

  ImageCaptioner() = default;
  /// Throws as its parts do, and if `max_tokens` is not positive.
  explicit ImageCaptioner(const Options& o);

  /// Initialises each layer as PyTorch does, except the embedding tables: N(0, 0.1^2), a tenth of PyTorch's deviation.
  void initialize(Key key);

  /// Pixels and tokens; the size of the vocabulary for a token, 0 for a pixel.
  Index input_size() const { return options.input().size(); }
  Index input_tokens(Index feature) const { return feature < options.image.size() ? 0 : options.tokens; }

  Shape output_shape(Shape x) const {
    options.input().check_shape(x, "ImageCaptioner");
    return {options.max_tokens, options.tokens};
  }
  /// Throws at the first token that is not in the vocabulary.
  void check_input(TensorView<const S, 3> x, std::span<const std::int32_t> lengths,
                   const std::string& where = "ImageCaptioner") const {
    options.input().check_tokens(x, lengths, options.tokens, where);
  }
  Index first_unknown(Tile<const S> x) const noexcept { return options.input().first_unknown(x, options.tokens); }

  /// The weights a of the last pass, (max_tokens, regions), or of the last step, (1, regions).
  Tile<const S> attention_weights(const Cache& cache) const { return decoder.attention_weights(cache.decoder); }

  void forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> /*logits*/, Tile<const S> dlogits, Into<S> dx, Cache& cache,
                ImageCaptioner& grad, const Pass& pass) const;

  // ---- decoding (see heed/infer/decode.hpp)

  Index source_features() const { return options.image.size(); }
  Index vocabulary() const { return options.tokens; }
  Index memory_steps() const { return options.regions(); }
  /// Throws if a source is not one image.
  void check_source(TensorView<const S, 3> source, std::span<const std::int32_t> lengths,
                    const std::string& where) const;
  /// Call it before the first `step`, with the images (1, pixels), one per lane.
  void begin(Tile<const S> source, Cache& cache, const Pass& pass) const {
    encode(options.input().image_of(source), cache, pass);
    decoder.begin(cache.regions.view(), first(cache), cache.decoder, pass.at(1));
  }
  /// Takes the token of each lane, (1, 1). Gives the logits of the next one, (1, tokens).
  void step(Tile<const std::int32_t> token, Tile<S> logits, Cache& cache, const Pass& pass) const;
  /// Lane l continues the caption of lane `parents[l]`. Both have the same image.
  void reorder(const std::int32_t* parents, Cache& cache, const Pass& pass) const {
    decoder.reorder(parents, cache.decoder, pass);
  }

  static void visit(auto&& f, auto&... models) {
    f("cnn", models.cnn...);
    f("positions", models.positions...);
    f("fc_hidden", models.fc_hidden...);
    f("fc_cell", models.fc_cell...);
    f("decoder", models.decoder...);
  }

  // ---- files

  static void extras(auto&& f, auto& model) { f("words", model.words, model.options.tokens - 2); }

 private:
  static Cnn make_cnn(const Options& o);

  // the channels of a pixel are contiguous: read as steps, the same numbers are regions
  Tile<S> as_image(Tile<S> regions) const {
    return {regions.data, {1, regions.steps * regions.features}, regions.lanes};
  }
  Tile<const S> as_image(Tile<const S> regions) const {
    return {regions.data, {1, regions.steps * regions.features}, regions.lanes};
  }
  static RecurrentState<const S> first(const Cache& cache) { return {cache.h.view(), cache.c.view()}; }

  void encode(Tile<const S> image, Cache& cache, const Pass& pass) const;
  static void start(const Dense<S>& dense, Tile<const S> mean, Tile<S> state);
  // `d`: on entry the gradient of the state, on return that of the tanh's argument
  static void start_backward(const Dense<S>& dense, Tile<const S> mean, Tile<const S> state, Tile<S> d, Into<S> dmean,
                             Dense<S>& grad);
};

template <class S>
ImageCaptioner<S>::ImageCaptioner(const Options& o) try
    : options(check(o, architecture)),
      cnn(make_cnn(o)),
      positions({.max_steps = o.regions(), .features = o.features}),
      fc_hidden({.in_features = o.features, .out_features = o.hidden}),
      fc_cell(fc_hidden),
      decoder({.tokens = o.tokens,
               .embedding = o.embedding,
               .hidden = o.hidden,
               .memory = o.features,
               .score = o.score,
               .attention_size = o.attention_size,
               .dropout = o.dropout}) {
  initialize(Key{o.seed});
} catch (const Error&) {
  detail::rethrow_inside(architecture);
}

template <class S>
void ImageCaptioner<S>::initialize(Key key) {
  cnn.initialize(key.child(0));
  positions.initialize(key.child(1));
  fc_hidden.initialize(key.child(2));
  fc_cell.initialize(key.child(3));
  decoder.initialize(key.child(4));
  for (Table<S>* table : {&positions.weight, &decoder.embedding.weight}) {
    for (S& v : *table) v *= S(0.1);
  }
}

template <class S>
void ImageCaptioner<S>::forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const {
  encode(options.input().image_of(x), cache, pass);
  decoder.forward(options.input().tokens_of(x, cache.tokens), cache.regions.view(), first(cache), logits, cache.decoder,
                  pass.at(1));
}

template <class S>
void ImageCaptioner<S>::backward(Tile<const S> x, Tile<const S> /*logits*/, Tile<const S> dlogits, Into<S> dx,
                                 Cache& cache, ImageCaptioner& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> features = cache.features.view(), regions = cache.regions.view(), mean = cache.mean.view();
  const Tile<S> dregions = pass.scratch.like(regions), dmean = pass.scratch.like(mean);
  const Tile<S> dh = pass.scratch.like(cache.h.view()), dc = pass.scratch.like(cache.c.view());
  fill(dregions, S(0));
  decoder.backward(cache.tokens.tokens.view(), regions, dlogits, onto(dregions), {dh, dc}, cache.decoder, grad.decoder,
                   pass.at(1));
  const bool to_image = dx || wants_gradient(grad.cnn), to_regions = to_image || wants_gradient(grad.positions);
  if (!to_regions && !wants_gradient(grad.fc_hidden) && !wants_gradient(grad.fc_cell)) return;
  start_backward(fc_hidden, mean, cache.h.view(), dh, into(dmean), grad.fc_hidden);
  start_backward(fc_cell, mean, cache.c.view(), dc, onto(dmean), grad.fc_cell);
  if (!to_regions) return;
  MeanPool<S> pool;
  pool.backward(regions, mean, dmean, onto(dregions), cache.pool, pool, pass);
  positions.backward(features, regions, dregions, {}, cache.positions, grad.positions, pass);  // dfeatures = dregions
  if (!to_image) return;
  cnn.backward(options.input().image_of(x), as_image(features), as_image(Tile<const S>(dregions)),
               options.input().image_of(dx), cache.cnn, grad.cnn, pass.at(0));
}

template <class S>
void ImageCaptioner<S>::check_source(TensorView<const S, 3> source, std::span<const std::int32_t> lengths,
                                     const std::string& where) const {
  const bool all = std::all_of(lengths.begin(), lengths.end(), [](std::int32_t n) { return n == 1; });
  require(source.extent(1) == 1 && all, [&] {
    return Fault{"an image is one step", where, "1", all ? std::to_string(source.extent(1)) : "a length of 0"};
  });
}

template <class S>
void ImageCaptioner<S>::step(Tile<const std::int32_t> token, Tile<S> logits, Cache& cache, const Pass& pass) const {
  decoder.step(token, cache.regions.view(), logits, cache.decoder, pass.at(1));
}

template <class S>
auto ImageCaptioner<S>::make_cnn(const Options& o) -> Cnn {
  const auto conv = [&](Index in, Index out, Index height, Index width) {
    return Conv2d<S>({.in_channels = in, .out_channels = out, .height = height, .width = width, .padding = 1});
  };
  const auto [C, H, W] = std::array{o.channels, o.image.height, o.image.width};
  return Cnn(conv(o.image.channels, C, H, W), {}, conv(C, C, H, W), {},
             MaxPool2d<S>({.channels = C, .height = H, .width = W}), conv(C, o.features, H / 2, W / 2), {});
}

template <class S>
void ImageCaptioner<S>::encode(Tile<const S> image, Cache& cache, const Pass& pass) const {
  const Shape shape{options.regions(), options.features};
  const Tile<S> features = cache.features.take(shape, image.lanes), regions = cache.regions.take(shape, image.lanes);
  const Tile<S> mean = cache.mean.take({1, options.features}, image.lanes);
  cnn.forward(image, as_image(features), cache.cnn, pass.at(0));
  positions.forward(features, regions, cache.positions, pass);
  MeanPool<S>().forward(regions, mean, cache.pool, pass);
  start(fc_hidden, mean, cache.h.take({1, options.hidden}, image.lanes));
  start(fc_cell, mean, cache.c.take({1, options.hidden}, image.lanes));
}

template <class S>
void ImageCaptioner<S>::start(const Dense<S>& dense, Tile<const S> mean, Tile<S> state) {
  affine<S>(mean, dense.weight, dense.bias.data(), state);
  transform<S>(state, state, []<class P>(const P& v) HEED_LAMBDA { return simd::tanh(v); });
}

template <class S>
void ImageCaptioner<S>::start_backward(const Dense<S>& dense, Tile<const S> mean, Tile<const S> state, Tile<S> d,
                                       Into<S> dmean, Dense<S>& grad) {
  transform_gradient<S>(state, d, into(d), []<class P>(const P& y, const P& dy) HEED_LAMBDA {
    return simd::mul(dy, simd::sub(simd::set1<P>(1), simd::mul(y, y)));
  });
  weight_gradient<S>(mean, d, grad.weight, grad.bias.data());
  input_gradient<S>(d, dense.weight, dmean);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::ImageCaptioner)
HEED_COMPILED_TYPE_OF(struct heed::detail::ModelTable, heed::ImageCaptioner)
HEED_COMPILED_TYPE_OF(struct heed::detail::TrainedTable, heed::ImageCaptioner)
