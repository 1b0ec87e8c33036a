#pragma once

// Sequences of numbers for programs without data.

#include <cstdint>
#include <string>

#include "heed/core/rng.hpp"
#include "heed/core/tensor.hpp"
#include "heed/data/sequences.hpp"

namespace support {

/// Noise with two bumps somewhere, of one channel each: the class is which of three channels has the first one and
/// which the second. Six classes; sequences of 12 to 20 steps.
inline heed::Sequences<float> two_bumps(heed::Key key, heed::Index count) {
  constexpr heed::Index longest = 20, channels = 3;
  heed::Sequences<float> data{.x = heed::Tensor<float, 3>({count, longest, channels})};
  for (heed::Index i = 0; i < count; ++i) {
    const heed::Key draw = key.child(static_cast<std::uint64_t>(i));
    const auto length = static_cast<heed::Index>(12 + draw.below(0, 9));
    const auto first = static_cast<heed::Index>(draw.below(1, 3));
    const auto second = (first + 1 + static_cast<heed::Index>(draw.below(2, 2))) % channels;
    const auto begin = static_cast<heed::Index>(draw.below(3, 4)), gap = static_cast<heed::Index>(3 + draw.below(4, 4));
    for (heed::Index t = 0; t < length; ++t) {
      for (heed::Index f = 0; f < channels; ++f) {
        const bool bump = (f == first && t / 2 == begin / 2) || (f == second && t / 2 == (begin + gap) / 2);
        const double noise = draw.child(9).normal(static_cast<std::uint64_t>(t * channels + f));
        data.x(i, t, f) = static_cast<float>((bump ? 2.0 : 0.0) + 0.3 * noise);
      }
    }
    data.lengths.push_back(static_cast<std::int32_t>(length));
    data.labels.push_back(std::string(1, static_cast<char>('a' + first)) + static_cast<char>('a' + second));
  }
  return data;
}

}  // namespace support
