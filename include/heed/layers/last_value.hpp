#pragma once

/// @file
/// Forecasts of changes: a model sees and answers differences from the last value.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
/// to += sign from
template <int sign, class S>
void add_lanes(S* to, const S* from, Index count) {
  using namespace simd;
  for_each_lane<S>(count, [&]<class P>(Index i) HEED_LAMBDA {
    const P a = load<P>(to + i), b = load<P>(from + i);
    store(to + i, sign > 0 ? simd::add(a, b) : sub(a, b));
  });
}
}  // namespace detail

/// Turns a forecasting model f into one of differences from the last value, as NLinear (Zeng et al., 2023):
///
///     y_k = f(x - l)_k + l_g(k)
///
/// x (steps, features) is the input, and g(k) the feature that output k forecasts. l_f is the value of feature f at the
/// last valid step, and 0 for features that no output forecasts. So a level or a trend that training has not seen changes
/// nothing, and a model that has learnt nothing answers the last value.
///
///     model.last_value = heed::LastValue<float>({0, 0, 0});   // three steps ahead, all of feature 0
///
/// It is for models of numbers. Without features it is switched off (`active()` is false) and must not be called.
/// `forward` is x - l; `add` adds l to the answer. There is nothing to train. It does not stream: a new step would change
/// what earlier steps are.
template <class S>
struct LastValue {
  using Scalar = S;
  using Input = S;
  struct Cache {
    typename LastPool<S>::Cache pool;
    TileBuffer<S> last;
  };

  LastValue() = default;
  /// The feature that each output forecasts. Throws if a number is negative.
  HEED_COLD explicit LastValue(std::vector<Index> features_of_outputs);

  bool active() const { return !of_outputs_.empty(); }
  const std::vector<Index>& features_of_outputs() const { return of_outputs_; }

  /// Throws if it is on, and a model of these sizes has no such feature or another number of outputs.
  HEED_COLD void check(Index features, Index outputs) const;
  /// Throws if x lacks a feature.
  Shape output_shape(Shape x) const;

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, LastValue& grad,
                const Pass& pass) const;
  HEED_COLD Index prepare_stream(Shape, Cache&) const;

  /// y_k += l_g(k), after `forward` with the same cache.
  void add(Tile<S> y, const Cache& cache) const;
  /// dx += the gradient of what `add` added.
  void backward_of_add(Tile<const S> x, Tile<const S> dy, Tile<S> dx, Cache& cache, const Pass& pass) const;

  static void visit(auto&&, auto&...) {}

  /// Writes the features under `key`, if there are any.
  HEED_COLD void write(Metadata& metadata, const std::string& key) const;
  /// Throws unless there is one for each of `outputs`.
  HEED_COLD void read(const Metadata& metadata, const std::string& key, Index outputs);

 private:
  // the gradient of l becomes one of the last step
  void put_last(Tile<const S> x, Tile<const S> dlast, Tile<S> dx, Cache& cache, const Pass& pass) const;

  std::vector<Index> of_outputs_, features_;  // the second in order, each once
};

template <class S>
LastValue<S>::LastValue(std::vector<Index> features_of_outputs)
    : of_outputs_(std::move(features_of_outputs)), features_(of_outputs_) {
  std::sort(features_.begin(), features_.end());
  features_.erase(std::unique(features_.begin(), features_.end()), features_.end());
  require(features_.empty() || features_.front() >= 0,
          [&] { return Fault{"not a feature", "LastValue", "numbers from 0", text_of(features_.front())}; });
}

template <class S>
void LastValue<S>::check(Index features, Index outputs) const {
  if (!active()) return;
  output_shape({1, features});
  require(static_cast<Index>(of_outputs_.size()) == outputs,
          [&] { return Fault{"wrong number of outputs", "LastValue", text_of(outputs), text_of(of_outputs_.size())}; });
}

template <class S>
Shape LastValue<S>::output_shape(Shape x) const {
  require(features_.empty() || features_.back() < x.features, [&] {
    return Fault{"no such feature", "LastValue", "0 to " + text_of(x.features - 1), text_of(features_.back())};
  });
  return x;
}

template <class S>
void LastValue<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  const Tile<S> last = cache.last.take({1, x.features}, x.lanes);
  LastPool<S>().forward(x, last, cache.pool, pass);
  copy(x, y);
  for (const Index f : features_) {
    for (Index t = 0; t < y.steps; ++t) detail::add_lanes<-1>(y.at(t, f), last.at(0, f), y.lanes);
  }
}

template <class S>
void LastValue<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, LastValue&,
                            const Pass& pass) const {
  if (!dx) return;
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dlast = pass.scratch.template tile<S>({1, x.features}, x.lanes);
  fill(dlast, S(0));
  for (const Index f : features_) {
    for (Index t = 0; t < dy.steps; ++t) detail::add_lanes<-1>(dlast.at(0, f), dy.at(t, f), dy.lanes);
  }
  if (dx.add) {
    detail::add_lanes<1>(dx.tile.data, dy.data, dy.size());
  } else {
    copy(dy, dx.tile);
  }
  put_last(x, dlast, dx.tile, cache, pass);
}

template <class S>
Index LastValue<S>::prepare_stream(Shape, Cache&) const {
  throw Error(Fault{"a stream cannot subtract the last value: a new step would change what earlier steps are",
                    "LastValue",
                    "a model that forecasts values as they are (--absolute, absolute=True)",
                    {}});
}

template <class S>
void LastValue<S>::add(Tile<S> y, const Cache& cache) const {
  const Tile<const S> last = cache.last.view();
  for (Index k = 0; k < y.features; ++k) {
    detail::add_lanes<1>(y.at(0, k), last.at(0, of_outputs_[static_cast<std::size_t>(k)]), y.lanes);
  }
}

template <class S>
void LastValue<S>::backward_of_add(Tile<const S> x, Tile<const S> dy, Tile<S> dx, Cache& cache,
                                   const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dlast = pass.scratch.template tile<S>({1, x.features}, x.lanes);
  fill(dlast, S(0));
  for (Index k = 0; k < dy.features; ++k) {
    detail::add_lanes<1>(dlast.at(0, of_outputs_[static_cast<std::size_t>(k)]), dy.at(0, k), dy.lanes);
  }
  put_last(x, dlast, dx, cache, pass);
}

template <class S>
void LastValue<S>::put_last(Tile<const S> x, Tile<const S> dlast, Tile<S> dx, Cache& cache, const Pass& pass) const {
  LastPool<S> grad;
  LastPool<S>().backward(x, cache.last.view(), dlast, onto(dx), cache.pool, grad, pass);
}

template <class S>
void LastValue<S>::write(Metadata& metadata, const std::string& key) const {
  if (active()) set(metadata, key, std::vector<double>(of_outputs_.begin(), of_outputs_.end()));
}

template <class S>
void LastValue<S>::read(const Metadata& metadata, const std::string& key, Index outputs) {
  std::vector<Index> features;
  const bool on = metadata.contains(key);
  for (const double number : on ? get_doubles(metadata, key) : std::vector<double>()) {
    constexpr double most = 1 << 30;
    require(number >= 0 && number <= most && number == std::floor(number), [&] {
      return Fault{"not a feature", "metadata, " + key, "whole numbers from 0", get_text(metadata, key)};
    });
    features.push_back(static_cast<Index>(number));
  }
  require(!on || static_cast<Index>(features.size()) == outputs, [&] {
    return Fault{"wrong number of values", "metadata, " + key, text_of(outputs), text_of(features.size())};
  });
  *this = LastValue(std::move(features));
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::LastValue)
