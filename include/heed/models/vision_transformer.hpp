#pragma once

/// @file
/// A classifier of images with self attention over their patches.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/image.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/patch_embedding.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/shifted_patch_embedding.hpp"
#include "heed/models/detail/transformer_head.hpp"
#include "heed/models/transformer_encoder.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ABI {

/// Options of `VisionTransformer`.
struct VisionTransformerOptions {
  ImageShape image = {.channels = 1};
  Index patch_size = 0, classes = 0;
  /// `max_steps` is set to the number of patches
  TransformerOptions transformer = {.positions = PositionKind::learned};
  bool shifted_patches = false;  ///< `ShiftedPatchEmbedding`
  std::uint64_t seed = 0;        ///< of the initial weights; not stored in files

  static void fields(auto&& f, auto&... o) {
    constexpr Range side = Range::to(1 << 15);
    f({.name = "channels", .meaning = "Of a pixel", .range = side}, o.image.channels...);
    f({.name = "height", .range = side, .flag = ""}, o.image.height...);
    f({.name = "width", .range = side, .flag = ""}, o.image.width...);
    f({.name = "patch_size", .meaning = "Of a patch, in pixels", .range = side, .flag = "patch"}, o.patch_size...);
    f({.name = "classes", .meaning = "Number of classes", .range = Range::to(1 << 20), .flag = ""}, o.classes...);
    f({.name = "shifted_patches",
       .meaning = "Patches of the image and its four diagonal shifts",
       .optional = true,
       .flag = "shifted"},
      o.shifted_patches...);
    TransformerOptions::fields(f, o.transformer...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// PatchEmbedding > `TransformerEncoder` > mean over the patches > Dense(classes): maps an image, laid out as in
/// `ImageShape`, in one step (1, height width channels), to (1, classes) logits (Dosovitskiy et al. 2020, with a mean
/// in place of the class token). With `shifted_patches` and `transformer.locality` it is the vision transformer for
/// small data (Lee, Lee and Song 2021). The parameters are named as in a PyTorch module with the members
/// `patch_embedding`, `classifier` (an nn.Linear) and those of the encoder. `patch_embedding.proj` is an nn.Conv2d; for
/// shifted patches it is an nn.Linear after `norm`, an nn.LayerNorm.
template <class S>
struct VisionTransformer {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = VisionTransformerOptions;
  static constexpr std::string_view architecture = "VisionTransformer";

  Options options;
  PatchEmbedding<S> patch_embedding;
  ShiftedPatchEmbedding<S> shifted_patch_embedding;  ///< one of them is empty
  TransformerEncoder<S> transformer;
  MeanPool<S> pool;
  Dense<S> classifier;
  std::vector<std::string> labels;           ///< names of the classes, one each; or empty
  OutputKind outputs = OutputKind::classes;  ///< set by the loss that trains the model

  struct Cache {
    typename PatchEmbedding<S>::Cache patch_embedding;
    typename ShiftedPatchEmbedding<S>::Cache shifted_patch_embedding;
    typename detail::TransformerHead<S>::Cache head;
    TileBuffer<S> patches;
  };

  VisionTransformer() = default;
  /// Throws if an option is out of range, and as its parts do.
  explicit VisionTransformer(Options o);

  /// Initialises each part as it initialises itself.
  void initialize(Key key);

  Index patches() const { return options.image.pixels() / (options.patch_size * options.patch_size); }

  /// Numbers of an image, which is one step.
  Index input_size() const { return options.image.size(); }

  Shape output_shape(Shape x) const {
    detail::inside(architecture, [&] { return embedded_shape(x); });
    return {1, options.classes};
  }

  /// The attention weights of the last forward pass: (heads patches, patches), head by head, one row per query; of the
  /// last block, or of block `block`. Throws as `TransformerEncoder::weights` does.
  Tile<const S> attention_weights(const Cache& cache, Index block = -1) const {
    return transformer.weights(cache.head.transformer, block < 0 ? options.transformer.num_layers - 1 : block);
  }
  void keep_attention_weights(Cache& cache) const { transformer.keep_weights(cache.head.transformer); }

  void forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx, Cache& cache,
                VisionTransformer& grad, const Pass& pass) const;

  static void visit(auto&& f, auto&... models) {
    f("patch_embedding", models.patch_embedding...);
    f("patch_embedding", models.shifted_patch_embedding...);
    TransformerEncoder<S>::visit(f, models.transformer...);
    f("classifier", models.classifier...);
  }

  // ---- files

  static void extras(auto&& f, auto& model) { f("labels", model.labels, model.options.classes); }

 private:
  detail::TransformerHead<S> head() const { return {transformer, pool, classifier}; }
  Shape embedded_shape(Shape x) const {
    return options.shifted_patches ? shifted_patch_embedding.output_shape(x) : patch_embedding.output_shape(x);
  }
  static typename PatchEmbedding<S>::Options patches_of(const Options& o);
  static Options with_patches(Options o);
};

template <class S>
VisionTransformer<S>::VisionTransformer(Options o) try
    : options(check(with_patches(o), architecture)),
      patch_embedding(o.shifted_patches ? PatchEmbedding<S>() : PatchEmbedding<S>(patches_of(o))),
      shifted_patch_embedding(o.shifted_patches ? ShiftedPatchEmbedding<S>(patches_of(o)) : ShiftedPatchEmbedding<S>()),
      transformer(options.transformer),
      classifier({.in_features = o.transformer.d_model, .out_features = o.classes}) {
  initialize(Key{o.seed});
} catch (const Error&) {
  detail::rethrow_inside(architecture);
}

template <class S>
void VisionTransformer<S>::initialize(Key key) {
  options.shifted_patches ? shifted_patch_embedding.initialize(key.child(0)) : patch_embedding.initialize(key.child(0));
  transformer.initialize(key.child(1));
  classifier.initialize(key.child(2));
}

template <class S>
void VisionTransformer<S>::forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const {
  const Tile<S> patches = cache.patches.take(embedded_shape(x.shape()), x.lanes);
  if (options.shifted_patches) {
    shifted_patch_embedding.forward(x, patches, cache.shifted_patch_embedding, pass);
  } else {
    patch_embedding.forward(x, patches, cache.patch_embedding, pass);
  }
  head().forward(patches, logits, cache.head, pass);
}

template <class S>
void VisionTransformer<S>::backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx,
                                    Cache& cache, VisionTransformer& grad, const Pass& pass) const {
  const Tile<const S> patches = cache.patches.view();
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dpatches = pass.scratch.like(patches);
  const bool to_patches = dx || (options.shifted_patches ? wants_gradient(grad.shifted_patch_embedding)
                                                         : wants_gradient(grad.patch_embedding));
  head().backward(patches, logits, dlogits, into_if(to_patches, dpatches), cache.head, grad.transformer, grad.pool,
                  grad.classifier, pass);
  if (!to_patches) return;
  if (options.shifted_patches) {
    shifted_patch_embedding.backward(x, patches, dpatches, dx, cache.shifted_patch_embedding,
                                     grad.shifted_patch_embedding, pass);
  } else {
    patch_embedding.backward(x, patches, dpatches, dx, cache.patch_embedding, grad.patch_embedding, pass);
  }
}

template <class S>
auto VisionTransformer<S>::patches_of(const Options& o) -> typename PatchEmbedding<S>::Options {
  return {.channels = o.image.channels,
          .height = o.image.height,
          .width = o.image.width,
          .patch_size = o.patch_size,
          .embed_dim = o.transformer.d_model};
}

template <class S>
auto VisionTransformer<S>::with_patches(Options o) -> Options {
  const PositionKind kind = o.transformer.positions;
  const auto is_side = [](Index side) { return side > 0 && side <= Index(1) << 15; };  // others are refused later
  if ((kind == PositionKind::learned || kind == PositionKind::tape) && is_side(o.patch_size) &&
      is_side(o.image.height) && is_side(o.image.width)) {
    o.transformer.max_steps = (o.image.height / o.patch_size) * (o.image.width / o.patch_size);
  }
  return o;
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::VisionTransformer)
HEED_COMPILED_TYPE_OF(struct heed::detail::ModelTable, heed::VisionTransformer)
HEED_COMPILED_TYPE_OF(struct heed::detail::TrainedTable, heed::VisionTransformer)
