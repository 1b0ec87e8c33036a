#pragma once

// Two images side by side, and what is to be said of them: "three left of seven".

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "digit_images.hpp"
#include "heed/core/error.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/tensor.hpp"
#include "heed/data/parallel_text.hpp"
#include "heed/data/vocabulary.hpp"
#include "heed/models/image_and_tokens.hpp"

namespace support {

using Caption = std::vector<std::string>;

/// "three" for the class "3", and so on; other names stay.
inline std::string class_word(const std::string& name) {
  constexpr std::array<std::string_view, 10> digits{"zero", "one", "two",   "three", "four",
                                                    "five", "six", "seven", "eight", "nine"};
  const bool digit = name.size() == 1 && name[0] >= '0' && name[0] <= '9';
  return std::string(digit ? digits[static_cast<std::size_t>(name[0] - '0')] : name);
}

/// All words that captions of these classes can have, with the marks.
inline heed::Vocabulary caption_words(const std::vector<std::string>& classes) {
  Caption words{heed::Vocabulary::start_mark, heed::Vocabulary::end_mark, "left", "of"};
  for (const std::string& name : classes) words.push_back(class_word(name));
  return heed::Vocabulary(words);
}

/// Pairs of images, drawn by a key, with their captions.
struct CaptionTask {
  static constexpr heed::Index most = 5;  // tokens of a caption with one of its marks

  heed::ImageAndTokens input;
  heed::Tensor<float, 3> x;              // (n, 1, pixels + most)
  heed::Tensor<std::int32_t, 2> labels;  // (n, most)
  std::vector<Caption> captions;

  /// Throws where there are no images, or not of this size, and at a class that has no word. `varied`: half of the
  /// images are moved by up to a pixel, and all are somewhat brighter or darker.
  CaptionTask(const Images& images, heed::ImageShape one, const heed::Vocabulary& words, heed::Key key,
              heed::Index count, bool varied)
      : input{{1, one.height, 2 * one.width}, most}, x({count, 1, input.size()}), labels({count, most}) {
    heed::require(images.count() > 0, [] { return heed::Fault{"no images to make pairs of", "captions"}; });
    heed::require(images.sequences.features() == one.size(), [&] {
      return heed::Fault{"images of another size", "captions", std::to_string(one.size()) + " pixels",
                         std::to_string(images.sequences.features())};
    });
    for (const std::string& name : images.names) {
      heed::require(words.contains(class_word(name)), [&] {
        return heed::Fault{"unknown label", "captions", heed::joined(words.words()), heed::in_quotes(name)};
      });
    }
    std::fill(labels.begin(), labels.end(), heed::TokenPairs::ignored);
    std::vector<float> pair(static_cast<std::size_t>(input.image.size()));
    for (heed::Index i = 0; i < count; ++i) {
      const heed::Key draw = key.child(static_cast<std::uint64_t>(i));
      const auto any = [&](std::uint64_t k) {
        return static_cast<heed::Index>(draw.below(k, static_cast<std::uint64_t>(images.count())));
      };
      const std::array of{any(0), any(1)};
      std::fill(pair.begin(), pair.end(), 0.0F);
      for (std::size_t side = 0; side < 2; ++side) {
        const heed::Key vary = draw.child(side);
        const bool moves = varied && vary.below(0, 2) == 0;
        const heed::Index down = moves ? static_cast<heed::Index>(vary.below(1, 3)) - 1 : 0;
        const heed::Index right = moves ? static_cast<heed::Index>(vary.below(2, 3)) - 1 : 0;
        const auto bright = static_cast<float>(varied ? vary.uniform(3, 0.8, 1.2) : 1);
        const auto pixels = pixels_of(images, of[side]);
        for (heed::Index p = 0; p < one.pixels(); ++p) {
          const heed::Index y = p / one.width + down, u = p % one.width + right;
          if (y < 0 || y >= one.height || u < 0 || u >= one.width) continue;
          const heed::Index to = input.image.at(y, u + static_cast<heed::Index>(side) * one.width);
          pair[static_cast<std::size_t>(to)] = bright * pixels[static_cast<std::size_t>(p)];
        }
      }
      const auto word = [&](heed::Index k) { return class_word(images.name_of(k)); };
      captions.push_back({word(of[0]), "left", "of", word(of[1])});
      std::vector<std::int32_t> tokens = heed::to_tokens(captions.back(), words);
      std::copy(tokens.begin(), tokens.end(), labels[i].data());
      tokens.insert(tokens.begin(), words.start());  // the decoder is told what comes before each
      tokens.pop_back();
      input.join<float>(pair, tokens, {x[i].data(), static_cast<std::size_t>(input.size())});
    }
  }

  heed::Index count() const { return x.extent(0); }
  heed::LabelledSequences<float> view() const { return {x.view(), labels.view()}; }
  /// Without the tokens.
  std::span<const float> image(heed::Index i) const {
    return {x[i].data(), static_cast<std::size_t>(input.image.size())};
  }
};

}  // namespace support
