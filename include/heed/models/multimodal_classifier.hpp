#pragma once

/// @file
/// A classifier of an image together with a text, such as answers to questions about images.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/compose/sequential.hpp"
#include "heed/core/any_model.hpp"
#include "heed/core/buffer.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/image.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/conv2d.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/embedding.hpp"
#include "heed/layers/flatten.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/max_pool2d.hpp"
#include "heed/layers/multi_head_attention.hpp"
#include "heed/models/image_and_tokens.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ABI {

/// Options of `MultimodalClassifier`.
struct MultimodalClassifierOptions {
  ImageShape image = {.channels = 1};
  Index max_words = 0;  ///< of a text
  Index tokens = 0;     ///< of the vocabulary; 0 is padding
  Index classes = 0;
  Index channels = 16;  ///< of the convolution
  Index embedding = 32, hidden = 64, heads = 4;
  std::uint64_t seed = 0;  ///< of the initial weights; not stored in files

  static void fields(auto&& f, auto&... o) {
    constexpr Range size = Range::to(1 << 15), side = Range::from(2, 1 << 15);
    f({.name = "image.channels", .range = size, .flag = ""}, o.image.channels...);
    f({.name = "image.height", .range = side, .flag = ""}, o.image.height...);
    f({.name = "image.width", .range = side, .flag = ""}, o.image.width...);
    f({.name = "max_words", .range = size, .flag = ""}, o.max_words...);
    f({.name = "tokens", .range = Range::to(1 << 24), .flag = ""}, o.tokens...);  // a float holds these exactly
    f({.name = "classes", .range = size, .flag = ""}, o.classes...);
    f({"channels", "Of the convolution", size}, o.channels...);
    f({"embedding", "Numbers per word", size}, o.embedding...);
    f({"hidden", "Size of the LSTM, and of the image's vector", size}, o.hidden...);
    f({"heads", "Of attention", size}, o.heads...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Maps an image and a text in one step, as in `ImageAndTokens`, (1, height width channels + max_words), to (1,
/// classes) logits:
///
///     h_1 .. h_n = LSTM(embedding of the words),  h_0 = Linear(Flatten(MaxPool2d(ReLU(Conv2d(image)))))
///     a = MultiheadAttention(query h_0, keys and values h_0 .. h_n),  logits = classifier(a)
///
/// The parameters are named as in a PyTorch module with the members `embedding`, `text_encoder`, `image_encoder` (an
/// nn.Sequential), `attention` and `classifier`. In that module the image is one more step after the words, steps past
/// a text's end are masked, and the last step gives the answer. Attention sees no order except that of the LSTM. So
/// here the image comes first, and texts of any length follow.
template <class S>
struct MultimodalClassifier {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = MultimodalClassifierOptions;
  static constexpr std::string_view architecture = "MultimodalClassifier";
  using ImageEncoder = Sequential<Conv2d<S>, Relu<S>, MaxPool2d<S>, Flatten<S>, Dense<S>>;

  Options options;
  Embedding<S> embedding;
  Lstm<S> text_encoder;
  ImageEncoder image_encoder;
  MultiHeadAttention<S> attention;
  Dense<S> classifier;
  std::vector<std::string> words;            ///< the vocabulary's, for tokens 2, 3, ...; empty: not known
  std::vector<std::string> labels;           ///< names of the classes, one each; or empty
  OutputKind outputs = OutputKind::classes;  ///< set by the loss that trains the model

  struct Cache {
    ImageAndTokens::Cache input;
    typename Embedding<S>::Cache embedding;
    typename Lstm<S>::Cache text_encoder;
    typename ImageEncoder::Cache image_encoder;
    typename MultiHeadAttention<S>::Cache attention;
    typename Dense<S>::Cache classifier;
    Buffer<std::int32_t> lengths;  // of `steps`
    TileBuffer<S> vectors, steps;  // of the words, (words, embedding); h, (1 + words, hidden)
    TileBuffer<S> attended;
  };

  MultimodalClassifier() = default;
  /// Throws if an option is out of range, and as its parts do.
  explicit MultimodalClassifier(Options o);

  /// Initialises each part as it initialises itself.
  void initialize(Key key);

  /// The layout of x.
  ImageAndTokens input() const { return {options.image, options.max_words}; }
  /// Pixels and tokens; the size of the vocabulary for a token, 0 for a pixel.
  Index input_size() const { return input().size(); }
  Index input_tokens(Index feature) const { return feature < options.image.size() ? 0 : options.tokens; }
  Shape output_shape(Shape x) const {
    input().check_shape(x, "MultimodalClassifier");
    return {1, options.classes};
  }
  /// Throws at the first token that is not in the vocabulary.
  void check_input(TensorView<const S, 3> x, std::span<const std::int32_t> lengths,
                   const std::string& where = "MultimodalClassifier") const {
    input().check_tokens(x, lengths, options.tokens, where);
  }
  Index first_unknown(Tile<const S> x) const noexcept { return input().first_unknown(x, options.tokens); }

  /// The attention weights of the image in the last forward pass: (heads, 1 + words), first to itself, then to each
  /// word.
  static Tile<const S> attention_weights(const Cache& cache) { return MultiHeadAttention<S>::weights(cache.attention); }
  static void keep_attention_weights(Cache& cache) { MultiHeadAttention<S>::keep_weights(cache.attention); }

  void forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx, Cache& cache,
                MultimodalClassifier& grad, const Pass& pass) const;

  static void visit(auto&& f, auto&... models) {
    f("embedding", models.embedding...);
    f("text_encoder", models.text_encoder...);
    f("image_encoder", models.image_encoder...);
    f("attention", models.attention...);
    f("classifier", models.classifier...);
  }

  // ---- files

  static void extras(auto&& f, auto& model) {
    f("labels", model.labels, model.options.classes);
    f("words", model.words, model.options.tokens - 2);
  }
};

template <class S>
MultimodalClassifier<S>::MultimodalClassifier(Options o) try : options(check(o, architecture)) {
  embedding = Embedding<S>({.num_embeddings = o.tokens, .embedding_dim = o.embedding});
  text_encoder = Lstm<S>({.input_size = o.embedding, .hidden_size = o.hidden});
  const Conv2d<S> filters({.in_channels = o.image.channels,
                           .out_channels = o.channels,
                           .height = o.image.height,
                           .width = o.image.width,
                           .padding = 1});
  const MaxPool2d<S> pool({.channels = o.channels, .height = o.image.height, .width = o.image.width});
  image_encoder = ImageEncoder(filters, Relu<S>(), pool, Flatten<S>(pool.out_image()),
                               Dense<S>({.in_features = pool.out_image().size(), .out_features = o.hidden}));
  attention = MultiHeadAttention<S>({.embed_dim = o.hidden, .num_heads = o.heads});
  classifier = Dense<S>({.in_features = o.hidden, .out_features = o.classes});
  initialize(Key{o.seed});
} catch (const Error&) {
  detail::rethrow_inside(architecture);
}

template <class S>
void MultimodalClassifier<S>::initialize(Key key) {
  embedding.initialize(key.child(0));
  text_encoder.initialize(key.child(1));
  image_encoder.initialize(key.child(2));
  attention.initialize(key.child(3));
  classifier.initialize(key.child(4));
}

template <class S>
void MultimodalClassifier<S>::forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const {
  const Index L = x.lanes;
  const Tile<const std::int32_t> tokens = input().tokens_of(x, cache.input);
  std::int32_t* lengths = cache.lengths.reserve(L);
  for (Index l = 0; l < L; ++l) lengths[l] = 1 + tokens.lengths[l];
  const Tile<S> vectors = cache.vectors.take(embedding.output_shape(tokens.shape()), L, tokens.lengths);
  const Tile<S> steps = cache.steps.take({1 + options.max_words, options.hidden}, L, lengths);
  const Tile<S> attended = cache.attended.take({1, options.hidden}, L);

  embedding.forward(tokens, vectors, cache.embedding, pass);
  text_encoder.forward(vectors, steps.range(1, options.max_words), cache.text_encoder, pass);
  image_encoder.forward(input().image_of(x), steps.step(0), cache.image_encoder, pass);
  attention.forward(steps.step(0), steps, attended, cache.attention, pass);
  classifier.forward(attended, logits, cache.classifier, pass);
}

template <class S>
void MultimodalClassifier<S>::backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx,
                                       Cache& cache, MultimodalClassifier& grad, const Pass& pass) const {
  const Tile<const S> vectors = cache.vectors.view(), steps = cache.steps.view(), attended = cache.attended.view();
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dvectors = pass.scratch.like(vectors), dsteps = pass.scratch.like(steps);
  const Tile<S> dattended = pass.scratch.like(attended);
  const bool to_words = wants_gradient(grad.embedding), to_text = to_words || wants_gradient(grad.text_encoder);
  const bool to_image = dx || wants_gradient(grad.image_encoder), to_steps = to_text || to_image;
  const bool to_attended = to_steps || wants_gradient(grad.attention);
  classifier.backward(attended, logits, dlogits, into_if(to_attended, dattended), cache.classifier, grad.classifier,
                      pass);
  if (!to_attended) return;
  fill(dsteps, S(0));  // the image is the query, and one of the keys
  attention.backward(steps.step(0), steps, attended, dattended, onto_if(to_steps, dsteps.step(0)),
                     onto_if(to_steps, dsteps), cache.attention, grad.attention, pass);
  if (to_image) {
    image_encoder.backward(input().image_of(x), steps.step(0), dsteps.step(0), input().image_of(dx),
                           cache.image_encoder, grad.image_encoder, pass);
  }
  if (!to_text) return;
  text_encoder.backward(vectors, steps.range(1, options.max_words), dsteps.range(1, options.max_words),
                        into_if(to_words, dvectors), cache.text_encoder, grad.text_encoder, pass);
  if (!to_words) return;
  embedding.backward(input().tokens_of(x, cache.input), vectors, dvectors, cache.embedding, grad.embedding, pass);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::MultimodalClassifier)
HEED_COMPILED_TYPE_OF(struct heed::detail::ModelTable, heed::MultimodalClassifier)
HEED_COMPILED_TYPE_OF(struct heed::detail::TrainedTable, heed::MultimodalClassifier)
