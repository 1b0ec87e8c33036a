#pragma once

/// @file
/// The input of models that see an image and read text: both in the features of one step.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include "heed/core/buffer.hpp"
#include "heed/core/check.hpp"
#include "heed/core/error.hpp"
#include "heed/core/image.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// One step (1, pixels + tokens): an image, laid out as in `ImageShape`, then up to `tokens` tokens, stored as whole
/// numbers. Token 0 is padding: the text ends after the last token that is not 0.
struct ImageAndTokens {
  ImageShape image;
  Index tokens = 0;

  struct Cache {
    TileBuffer<std::int32_t> tokens;
    Buffer<std::int32_t> lengths;
  };

  Index size() const { return image.size() + tokens; }
  friend bool operator==(const ImageAndTokens&, const ImageAndTokens&) = default;

  /// Throws if x is not one such step.
  void check_shape(Shape x, const char* where) const {
    require(x.steps == 1 && x.features == size(), [&] {
      return Fault{"not an image and tokens in one step", where, to_text(Extents<2>{1, size()}),
                   to_text(Extents<2>{x.steps, x.features})};
    });
  }
  /// Throws at the first token of (n, 1, pixels + tokens) that is not a whole number in 0 .. `vocabulary` - 1.
  template <class S>
  void check_tokens(TensorView<const S, 3> x, std::span<const std::int32_t> lengths, Index vocabulary,
                    const std::string& where) const {
    check_lengths(lengths, x.extent(0), x.extent(1), where);
    for (Index i = 0; i < x.extent(0); ++i) {
      if (!lengths.empty() && lengths[static_cast<std::size_t>(i)] == 0) continue;
      const Tile<const S> one(x.data() + i * size(), {1, size()}, 1);
      const Index place = first_unknown(one, vocabulary);
      require(place == size(), [&] {
        return Fault{
            "token out of range",
            where + ", sequence " + text_of(i) + ", token " + text_of(place - image.size()) + " (counted from 0)",
            "a whole number of 0 to " + text_of(vocabulary - 1), text_of(static_cast<double>(one.data[place]))};
      });
    }
  }
  /// The place of the first such token of one lane; `size()` if there is none.
  template <class S>
  Index first_unknown(Tile<const S> x, Index vocabulary) const noexcept {
    for (Index place = image.size(); place < size(); ++place) {
      const auto token = static_cast<double>(x.data[place]);
      if (!(token >= 0 && token < static_cast<double>(vocabulary) && token == std::floor(token))) return place;
    }
    return size();
  }

  /// Writes one step: the pixels, the tokens, then padding. Throws if the number of pixels does not match the image, or
  /// if there are too many tokens.
  template <class S>
  void join(std::span<const S> pixels, std::span<const std::int32_t> words, std::span<S> step) const {
    const auto expect = [](const char* what, bool ok, Index expected, std::size_t got) {
      require(ok, [&] { return Fault{what, "an image and tokens", text_of(expected), text_of(got)}; });
    };
    const auto some = [](Index n) { return static_cast<std::size_t>(n); };
    expect("wrong number of pixels", pixels.size() == some(image.size()), image.size(), pixels.size());
    expect("too many tokens", words.size() <= some(tokens), tokens, words.size());
    expect("wrong number of features", step.size() == some(size()), size(), step.size());
    auto to = std::copy(pixels.begin(), pixels.end(), step.begin());
    to = std::transform(words.begin(), words.end(), to, [](std::int32_t token) { return static_cast<S>(token); });
    std::fill(to, step.end(), S(0));
  }

  /// The image of each lane: (1, pixels), a view of x.
  template <class S>
  Tile<S> image_of(Tile<S> x) const {
    return Tile<S>(x.data, {1, image.size()}, x.lanes);
  }
  /// Where the gradient of the image goes; tokens have none.
  template <class S>
  Into<S> image_of(Into<S> dx) const {
    if (!dx) return {};
    if (!dx.add) std::fill_n(dx.tile.at(0, image.size()), tokens * dx.tile.lanes, S(0));
    return {image_of(dx.tile), dx.add};
  }
  /// The tokens of each lane, (tokens, 1) with their lengths, rounded to whole numbers (exact up to 2^24, as floats
  /// are). A lane without a step has none.
  template <class S>
  Tile<const std::int32_t> tokens_of(Tile<const S> x, Cache& cache) const {
    const Index L = x.lanes;
    std::int32_t* lengths = cache.lengths.reserve(L);
    const Tile<std::int32_t> words = cache.tokens.take({tokens, 1}, L, lengths);
    std::fill_n(lengths, L, 0);
    for (Index k = 0; k < tokens; ++k) {
      const S* from = x.at(0, image.size() + k);
      std::int32_t* to = words.at(k);
      const auto end = static_cast<std::int32_t>(k + 1);
      for (Index l = 0; l < L; ++l) {  // contiguous in memory, so that the compiler vectorizes it
        const auto below = static_cast<std::int32_t>(from[l]);  // adding 0.5 first would lose bits of large numbers
        to[l] = below + (from[l] - static_cast<S>(below) >= S(0.5) ? 1 : 0);
        lengths[l] = to[l] != 0 ? end : lengths[l];
      }
    }
    for (Index l = 0; x.lengths && l < L; ++l) lengths[l] = x.lengths[l] > 0 ? lengths[l] : 0;
    return words;
  }
};

}  // namespace heed::inline HEED_ISA
