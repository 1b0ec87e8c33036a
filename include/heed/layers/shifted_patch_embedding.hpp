#pragma once

/// @file
/// Turns an image and its shifts into a sequence of patches.

#include <algorithm>
#include <array>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/image.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/layer_norm.hpp"
#include "heed/layers/patch_embedding.hpp"

namespace heed::inline HEED_ISA {

/// Patches that see beyond their edges, for small data (shifted patch tokenization: Lee, Lee and Song 2021):
///
///     x' = [x; x moved by half a patch along each of the four diagonals], 0 where nothing moved in
///     y_p = proj(norm(patch p of x'))
///
/// Maps (1, height width channels) to (patches, embed_dim), row by row. A pixel of x' has first the channels of x, then
/// those of x moved down and right, down and left, up and right, up and left. A patch is flattened pixel by pixel;
/// `norm` is a LayerNorm, `proj` a Linear.
template <class S>
struct ShiftedPatchEmbedding {
  using Scalar = S;
  using Input = S;
  // patches are places, not times: they have no lengths
  static constexpr TimeChange time_change = TimeChange::own_steps;
  using Options = typename PatchEmbedding<S>::Options;
  struct Cache {
    TileBuffer<S> patches, normed;
    typename LayerNorm<S>::Cache norm;
    typename Dense<S>::Cache proj;
  };

  ImageShape image;
  Index patch_size = 0;
  LayerNorm<S> norm;
  Dense<S> proj;

  ShiftedPatchEmbedding() = default;
  /// Throws if a size is not positive, if whole patches do not tile the image, or if the patch size is odd.
  explicit ShiftedPatchEmbedding(Options o);

  void initialize(Key key) {
    norm.initialize(key);
    proj.initialize(key);
  }

  Index patches() const { return image.pixels() / (patch_size * patch_size); }
  Index embed_dim() const { return proj.out_features(); }

  Shape output_shape(Shape x) const {
    detail::check_one_image(image, x, "ShiftedPatchEmbedding");
    return {patches(), embed_dim()};
  }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> /*x*/, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                ShiftedPatchEmbedding& grad, const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) {
    f("norm", layers.norm...);
    f("proj", layers.proj...);
  }

 private:
  static constexpr Index images = 5;
  // how many half patches each image moves down and right
  static constexpr std::array<std::array<Index, 2>, images> moves{{{0, 0}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}}};

  Index patch_features() const { return images * image.channels * patch_size * patch_size; }

  // calls f(first feature of a pixel of x, patch, first feature in the patch that it is copied to) for each pixel of x'
  // that lies inside x
  template <class F>
  void for_each_pixel(F&& f) const {
    const Index half = patch_size / 2, across = image.width / patch_size;
    for (Index y = 0; y < image.height; ++y) {
      for (Index x = 0; x < image.width; ++x) {
        const Index patch = y / patch_size * across + x / patch_size;
        const Index place = y % patch_size * patch_size + x % patch_size;
        for (Index n = 0; n < images; ++n) {
          const auto [down, right] = moves[static_cast<std::size_t>(n)];
          const Index v = y - down * half, u = x - right * half;
          const bool inside = v >= 0 && v < image.height && u >= 0 && u < image.width;
          if (inside) f(image.at(v, u), patch, (place * images + n) * image.channels);
        }
      }
    }
  }
};

template <class S>
ShiftedPatchEmbedding<S>::ShiftedPatchEmbedding(Options o)
    : image{o.channels, o.height, o.width}, patch_size(o.patch_size) {
  check_image(image, "ShiftedPatchEmbedding");
  check_sizes({{"patch_size", patch_size}, {"embed_dim", o.embed_dim}}, "ShiftedPatchEmbedding");
  detail::check_patches(image, patch_size, "ShiftedPatchEmbedding");
  require(patch_size % 2 == 0, [&] {
    return Fault{"patches have no half", "ShiftedPatchEmbedding", "an even patch_size", std::to_string(patch_size)};
  });
  norm = LayerNorm<S>({patch_features()});
  proj = Dense<S>({patch_features(), o.embed_dim});
  initialize({});
}

template <class S>
void ShiftedPatchEmbedding<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  const Tile<S> cut = cache.patches.take({patches(), patch_features()}, x.lanes);
  const Tile<S> normed = cache.normed.take(cut.shape(), x.lanes);
  fill(cut, S(0));
  for_each_pixel([&](Index from, Index patch, Index to) {
    std::copy_n(x.at(0, from), image.channels * x.lanes, cut.at(patch, to));
  });
  norm.forward(cut, normed, cache.norm, pass);
  proj.forward(normed, y, cache.proj, pass);
}

template <class S>
void ShiftedPatchEmbedding<S>::backward(Tile<const S> /*x*/, Tile<const S> y, Tile<const S> dy, Into<S> dx,
                                        Cache& cache, ShiftedPatchEmbedding& grad, const Pass& pass) const {
  const Tile<const S> cut = cache.patches.view(), normed = cache.normed.view();
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dnormed = pass.scratch.like(cut), dcut = dx ? pass.scratch.like(cut) : Tile<S>();
  proj.backward(normed, y, dy, into(dnormed), cache.proj, grad.proj, pass);
  norm.backward(cut, normed, dnormed, into(dcut), cache.norm, grad.norm, pass);
  if (!dx) return;
  if (!dx.add) fill(dx.tile, S(0));
  for_each_pixel([&](Index to, Index patch, Index from) {
    const Shape pixel{1, image.channels};
    add<S>({dcut.at(patch, from), pixel, dy.lanes}, {dx.tile.at(0, to), pixel, dy.lanes});
  });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::ShiftedPatchEmbedding)
