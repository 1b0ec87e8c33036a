#pragma once

// The built-in task of the trainer: ten gestures of a hand.

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include "heed/core/rng.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/npy.hpp"
#include "heed/data/sequences.hpp"

namespace classifier {

/// Gestures as five channels of a motion sensor in ten steps. A gesture is a rotation in one of five planes, in one of
/// two directions. Each plane is spanned by two channels:
///
///     x_a(t) = s cos(p + w t),   x_b(t) = s sin(p + w t)   from its start on, for 6 to 8 steps; noise everywhere
///
/// Class 2 k rotates from channel k to channel k + 1 (w > 0), class 2 k + 1 back (w < 0). The start (step 0 to 3), the
/// phase p (any), the speed |w| (0.6 to 0.9 per step) and the strength s (0.7 to 1.3) vary. So each single number has
/// mean 0 in every class. Only the order of the channels tells the class, and a linear model cannot see it.
///
/// Sequence i depends only on the key and on i; all classes are equally frequent. The labels are those of `count`
/// sequences; the numbers are those of a part of them (by default all).
inline heed::Sequences<float> gestures(heed::Key key, heed::Index count, const heed::Part& chosen = {}) {
  constexpr heed::Index steps = 10, channels = 5, classes = 2 * channels;
  constexpr double deviation_of_noise = 0.25;
  const heed::IndexRange part = chosen ? chosen(count) : heed::IndexRange{0, count};
  heed::Sequences<float> data{heed::Tensor<float, 3>({part.count(), steps, channels}), {}, {}};
  for (heed::Index i = 0; i < count; ++i) data.labels.push_back(std::to_string(i % classes));
  for (heed::Index i = part.first; i < part.last; ++i) {
    const heed::Key gesture = key.child(static_cast<std::uint64_t>(i)), noise = gesture.child(0);
    const heed::Index label = i % classes, a = label / 2, b = (a + 1) % channels;
    const double phase = gesture.uniform(0, 0, 2 * std::numbers::pi);
    const double speed = gesture.uniform(1, 0.6, 0.9) * (label % 2 ? -1 : 1);
    const double strength = gesture.uniform(2, 0.7, 1.3);
    const double begin = gesture.uniform(3, 0, 3), end = begin + gesture.uniform(4, 6, 8);
    for (heed::Index t = 0; t < steps; ++t) {
      const auto time = static_cast<double>(t);
      std::array<double, channels> x{};
      if (time >= begin && time <= end) {
        x[static_cast<std::size_t>(a)] = strength * std::cos(phase + speed * time);
        x[static_cast<std::size_t>(b)] = strength * std::sin(phase + speed * time);
      }
      for (heed::Index f = 0; f < channels; ++f) {
        const double error = deviation_of_noise * noise.normal(static_cast<std::uint64_t>(t * channels + f));
        data.x(i - part.first, t, f) = static_cast<float>(x[static_cast<std::size_t>(f)] + error);
      }
    }
  }
  return data;
}

inline constexpr heed::Index gestures_to_train = 10'000, gestures_to_test = 2'000;

inline heed::Sequences<float> training_gestures(std::uint64_t seed, const heed::Part& part = {}) {
  return gestures(heed::Key{seed}.child(1), gestures_to_train, part);
}
inline heed::Sequences<float> test_gestures(std::uint64_t seed, const heed::Part& part = {}) {
  return gestures(heed::Key{seed}.child(2), gestures_to_test, part);
}

}  // namespace classifier
