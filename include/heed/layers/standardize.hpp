#pragma once

/// @file
/// Standardisation of the input with fixed numbers.

#include <cmath>
#include <string>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

/// y_f = (x_f - mean_f) / deviation_f, per feature. The numbers are computed from data and not trained: `visit` skips
/// them. Without numbers the layer is switched off (`active()` is false) and must not be called.
template <class S>
struct Standardize {
  using Scalar = S;
  using Input = S;
  static constexpr bool stepwise = true;
  struct Cache {};

  Vector<S> mean, deviation;

  Standardize() = default;
  /// Throws if the sizes differ, if a number is not finite, or if a deviation is not positive.
  Standardize(const std::vector<double>& means, const std::vector<double>& deviations);

  bool active() const { return !mean.empty(); }

  Shape output_shape(Shape x) const;

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;

  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, Standardize&, const Pass&) const;

  static void visit(auto&&, auto&...) {}

  /// Writes the numbers under `key`.mean and `key`.deviation, if there are any.
  HEED_COLD void write(Metadata& metadata, const std::string& key) const;
  /// Throws unless there are `features` of each.
  HEED_COLD void read(const Metadata& metadata, const std::string& key, Index features);

 private:
  template <class F>
  HEED_INLINE static void each_feature(Tile<const S> x, F&& f) {
    for (Index t = 0; t < x.steps; ++t) {
      for (Index feature = 0; feature < x.features; ++feature) f(feature, (t * x.features + feature) * x.lanes);
    }
  }
};

template <class S>
Standardize<S>::Standardize(const std::vector<double>& means, const std::vector<double>& deviations) {
  require(means.size() == deviations.size(),
          [&] { return Fault{"sizes differ", "Standardize", text_of(means.size()), text_of(deviations.size())}; });
  mean = Vector<S>(static_cast<Index>(means.size()));
  deviation = Vector<S>(static_cast<Index>(means.size()));
  for (Index f = 0; f < mean.size(); ++f) {
    mean(f) = static_cast<S>(means[static_cast<std::size_t>(f)]);
    deviation(f) = static_cast<S>(deviations[static_cast<std::size_t>(f)]);
    require(
        std::isfinite(mean(f)) && std::isfinite(deviation(f)) && deviation(f) > 0 && std::isfinite(1 / deviation(f)),
        [&] {
          return Fault{"not a finite mean and a positive deviation", "Standardize, feature " + text_of(f), {}, {}};
        });
  }
}

template <class S>
void Standardize<S>::write(Metadata& metadata, const std::string& key) const {
  if (!active()) return;
  set(metadata, key + ".mean", std::vector<S>(mean.begin(), mean.end()));
  set(metadata, key + ".deviation", std::vector<S>(deviation.begin(), deviation.end()));
}

template <class S>
void Standardize<S>::read(const Metadata& metadata, const std::string& key, Index features) {
  const std::string names[] = {key + ".mean", key + ".deviation"};
  std::vector<double> numbers[2];
  if (metadata.contains(names[0]) || metadata.contains(names[1])) {
    for (std::size_t i = 0; i < 2; ++i) {
      numbers[i] = get_doubles(metadata, names[i]);
      require(static_cast<Index>(numbers[i].size()) == features, [&] {
        return Fault{"wrong number of values", "metadata, " + key, text_of(features), text_of(numbers[i].size())};
      });
    }
  }
  *this = Standardize(numbers[0], numbers[1]);
}

template <class S>
Shape Standardize<S>::output_shape(Shape x) const {
  require(x.features == mean.size(),
          [&] { return Fault{"wrong number of features", "Standardize", text_of(mean.size()), text_of(x.features)}; });
  return x;
}

template <class S>
void Standardize<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  using namespace simd;
  each_feature(x, [&](Index f, Index at) HEED_LAMBDA {
    const S shift = mean(f), factor = 1 / deviation(f);
    for_each_lane<S>(x.lanes, [&]<class P>(Index l) HEED_LAMBDA {
      store(y.data + at + l, mul(sub(load<P>(x.data + at + l), set1<P>(shift)), set1<P>(factor)));
    });
  });
}

template <class S>
void Standardize<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, Standardize&,
                              const Pass&) const {
  using namespace simd;
  if (!dx) return;
  each_feature(x, [&](Index f, Index at) HEED_LAMBDA {
    const S factor = 1 / deviation(f);
    for_each_lane<S>(x.lanes, [&]<class P>(Index l)
                                  HEED_LAMBDA { put(dx, at + l, mul(load<P>(dy.data + at + l), set1<P>(factor))); });
  });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Standardize)
