#pragma once

/// @file
/// Turns an image into a sequence of patches.

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/image.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/conv2d.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
HEED_COLD inline void check_patches(ImageShape image, Index patch_size, const char* where) {
  require(patch_size > 0 && image.height % patch_size == 0 && image.width % patch_size == 0, [&] {
    return Fault{"the image is not made of whole patches", where,
                 "a height and a width in multiples of " + text_of(patch_size),
                 to_text(Extents<2>{image.height, image.width})};
  });
}
inline void check_one_image(ImageShape image, Shape x, const char* where) {
  require(x.steps == 1, [&] { return Fault{"an image is one step", where, "1 step", text_of(x.steps)}; });
  check_image_features(image, x, where);
}
}  // namespace detail

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// Options of `PatchEmbedding`.
struct PatchEmbeddingOptions {
  Index channels = 1, height = 0, width = 0;
  Index patch_size = 0;
  Index embed_dim = 0;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Cuts an image into patches and maps each to a vector (Dosovitskiy et al. 2020): (1, height width channels) to
/// (patches, embed_dim), row by row. The projection is a convolution named `proj`; kernel and stride are the size of a
/// patch.
template <class S>
struct PatchEmbedding {
  using Scalar = S;
  using Input = S;
  // patches are places, not times: they have no lengths
  static constexpr TimeChange time_change = TimeChange::own_steps;
  using Options = PatchEmbeddingOptions;
  struct Cache {
    typename Conv2d<S>::Cache proj;
  };

  Conv2d<S> proj;

  PatchEmbedding() = default;
  /// Throws if a size is not positive, or if whole patches do not tile the image.
  explicit PatchEmbedding(Options o);

  void initialize(Key key) { proj.initialize(key); }

  Index patches() const { return proj.out_image().pixels(); }
  Index embed_dim() const { return proj.out_image().channels; }

  Shape output_shape(Shape x) const {
    detail::check_one_image(proj.in_image(), x, "PatchEmbedding");
    return {patches(), embed_dim()};
  }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, PatchEmbedding& grad,
                const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) { f("proj", layers.proj...); }
};

template <class S>
PatchEmbedding<S>::PatchEmbedding(Options o) {
  check_image({o.channels, o.height, o.width}, "PatchEmbedding");
  check_sizes({{"patch_size", o.patch_size}, {"embed_dim", o.embed_dim}}, "PatchEmbedding");
  detail::check_patches({o.channels, o.height, o.width}, o.patch_size, "PatchEmbedding");
  proj = Conv2d<S>({.in_channels = o.channels,
                    .out_channels = o.embed_dim,
                    .height = o.height,
                    .width = o.width,
                    .kernel_size = o.patch_size,
                    .stride = o.patch_size});
}

template <class S>
void PatchEmbedding<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  proj.forward(x, Tile<S>(y.data, {1, y.steps * y.features}, y.lanes), cache.proj, pass);
}

template <class S>
void PatchEmbedding<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                                 PatchEmbedding& grad, const Pass& pass) const {
  const Shape image{1, y.steps * y.features};
  proj.backward(x, Tile<const S>(y.data, image, y.lanes), Tile<const S>(dy.data, image, y.lanes), dx, cache.proj,
                grad.proj, pass);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::PatchEmbedding)
