#pragma once

/// @file
/// Augmentation: random changes of the sequences in training, different in each epoch.

#include "heed/core/types.hpp"
#include "heed/options/fields.hpp"

namespace heed::inline HEED_ABI {

/// What `fit` does with a sequence of n valid steps each time it trains on it. Validation and tests use the sequences
/// unchanged. With all values 0, nothing changes. The changes are applied in this order (u is uniform in [0, 1), N is
/// standard normal):
///
///     window_slice  a window of (1 - window_slice u) (n - 1) steps, at a random place, stretched to n steps
///     time_warp     the steps at other times: speed exp(time_warp N) at five knots, linear between them
///     scaling       x_f (1 + scaling N), one N per feature
///     jitter        x_tf + jitter d_f N, d_f is the standard deviation of feature f over the n steps
///     mixup         l x + (1 - l) x', l = max(b, 1 - b), b from Beta(mixup, mixup), x' another sequence of the tile,
///                   stretched to n steps; the loss is l loss(y) + (1 - l) loss(y')
///
/// Values between steps are interpolated; lengths stay. All draws are functions of the seed, the epoch and the row of
/// the sequence: the bits are the same for any number of threads and processes, and after resuming from a checkpoint.
///
/// For models of numbers (tokens are an error). If labels belong to steps, or to several outputs, only jitter and
/// scaling are possible. (T. T. Um et al., "Data augmentation of wearable sensor data", 2017; A. Le Guennec et al.,
/// "Data augmentation for time series classification", 2016; H. Zhang et al., "mixup", 2018.)
struct Augmentation {
  double jitter = 0;
  double scaling = 0;
  double time_warp = 0;
  double window_slice = 0;
  double mixup = 0;

  /// Whether anything changes.
  bool active() const { return jitter > 0 || scaling > 0 || moves_steps() || mixup > 0; }
  bool moves_steps() const { return time_warp > 0 || window_slice > 0; }

  static void fields(auto&& f, auto&... o) {
    f({.name = "augment.jitter",
       .meaning = "Noise, in deviations of a feature",
       .range = Range::from(0, 100),
       .optional = true,
       .flag = ""},
      o.jitter...);
    f({.name = "augment.scaling",
       .meaning = "Deviation of a feature's factor",
       .range = Range::from(0, 100),
       .optional = true,
       .flag = ""},
      o.scaling...);
    f({.name = "augment.time_warp",
       .meaning = "Deviation of the logarithm of the speed",
       .range = Range::from(0, 10),
       .optional = true,
       .flag = ""},
      o.time_warp...);
    f({.name = "augment.window_slice",
       .meaning = "Largest share that a window leaves out",
       .range = Range::share(),
       .optional = true,
       .flag = ""},
      o.window_slice...);
    f({.name = "augment.mixup",
       .meaning = "Of the distribution of shares of two sequences",
       .range = Range::from(0, 1),
       .optional = true,
       .flag = ""},
      o.mixup...);
  }
};

}  // namespace heed::inline HEED_ABI
