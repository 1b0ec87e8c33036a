#pragma once

/// @file
/// Cross-entropy between logits and class labels.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/labels_view.hpp"
#include "heed/core/math.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/options/fields.hpp"

namespace heed::inline HEED_ABI {

/// Options of `CrossEntropy`.
struct CrossEntropyOptions {
  std::vector<double> class_weights = {};  ///< one per class; empty: all 1
  double label_smoothing = 0;              ///< e, in [0, 1]
  /// Targets with this value do not count. `fit` takes it where each step has a label.
  std::int32_t ignore_index = -100;

  static void fields(auto&& f, auto&... o) {
    f({"class_weights", "One a class; none: all 1", Range::at_least(0)}, o.class_weights...);
    f({"label_smoothing", "Share of a label that is spread over all classes", Range::from(0, 1)}, o.label_smoothing...);
    f({"ignore_index", "Targets with this value are ignored", Range::any()}, o.ignore_index...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// torch.nn.CrossEntropyLoss with mean reduction, over the targets that are not ignored:
///
///     loss = sum_n [(1 - e) w_y nll_n + e / C sum_c w_c nll_nc] / sum_n w_y,   nll_nc = -log softmax(z_n)_c
///
/// w are class weights, e is the label smoothing, C is the number of classes. A batch is processed tile by tile, so the
/// denominator must be known first: `scale = 1 / sum of target_weight(y)`. If all targets are ignored, scale, loss and
/// gradient are 0.
template <class S>
struct CrossEntropy {
  using Target = std::int32_t;
  using Options = CrossEntropyOptions;
  static constexpr const char* name = "CrossEntropy";

  CrossEntropy() = default;
  /// Throws if e is not in [0, 1], or if a class weight is negative or not finite.
  explicit CrossEntropy(Options o);

  const Options& options() const { return options_; }

  /// What a target adds to the denominator.
  double target_weight(std::int32_t target) const {
    if (target == options_.ignore_index) return 0;
    return class_weight(target);
  }
  double target_weight(std::span<const std::int32_t> targets) const;
  /// How many of these targets are not ignored.
  double counted(std::span<const std::int32_t> targets) const {
    return static_cast<double>(targets.size()) -
           static_cast<double>(std::count(targets.begin(), targets.end(), options_.ignore_index));
  }

  /// Throws if a target is neither ignored nor in 0 .. classes - 1, or if the number of class weights differs from the
  /// number of classes.
  void check(LabelsView targets, Index classes) const;

  /// The scaled loss of a tile of logits (steps, classes). `targets` is (steps or more, 1): a class for each step and
  /// lane. `weights` has one weight per lane (null: all 1); padding lanes have 0. Steps past a lane's end do not count.
  /// `dlogits` gets the gradient, unless it is empty.
  double operator()(Tile<const S> logits, Tile<const std::int32_t> targets, const S* weights, double scale,
                    Tile<S> dlogits, const Pass& pass) const;

  /// The weighted number of targets that are the class with the largest logit; the lower class wins a tie.
  double count_correct(Tile<const S> logits, Tile<const std::int32_t> targets, const S* weights) const;

 private:
  HEED_COLD static Fault label_fault(LabelsView targets, Index i, Index classes);
  double class_weight(Index c) const {
    return options_.class_weights.empty() ? 1 : options_.class_weights[static_cast<std::size_t>(c)];
  }

  double step(Tile<const S> z, const std::int32_t* targets, const std::int32_t* lengths, Index t, const S* weights,
              double scale, Tile<S> dz, const Pass& pass) const;

  Options options_;
};

template <class S>
CrossEntropy<S>::CrossEntropy(Options o) : options_(std::move(o)) {
  const double e = options_.label_smoothing;
  require(e >= 0 && e <= 1, [&] { return Fault{"label smoothing", "CrossEntropy", "0 to 1", text_of(e)}; });
  for (const double w : options_.class_weights) {
    require(std::isfinite(w) && w >= 0,
            [&] { return Fault{"class weight", "CrossEntropy", "a finite number of at least 0", text_of(w)}; });
  }
  const auto counts = [](double w) { return w > 0; };
  require(options_.class_weights.empty() ||
              std::any_of(options_.class_weights.begin(), options_.class_weights.end(), counts),
          [] { return Fault{"class weights", "CrossEntropy", "one above 0", "zeros: no label counts"}; });
}

template <class S>
double CrossEntropy<S>::target_weight(std::span<const std::int32_t> targets) const {
  double sum = 0;
  for (const std::int32_t y : targets) sum += target_weight(y);
  return sum;
}

template <class S>
void CrossEntropy<S>::check(LabelsView targets, Index classes) const {
  const auto count = static_cast<Index>(options_.class_weights.size());
  require(count == 0 || count == classes,
          [&] { return Fault{"wrong number of class weights", "CrossEntropy", text_of(classes), text_of(count)}; });
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::int32_t y = targets[i];
    if (y == options_.ignore_index || (y >= 0 && y < classes)) continue;
    throw Error(label_fault(targets, static_cast<Index>(i), classes));
  }
}

template <class S>
double CrossEntropy<S>::operator()(Tile<const S> logits, Tile<const std::int32_t> targets, const S* weights,
                                   double scale, Tile<S> dlogits, const Pass& pass) const {
  double total = 0;
  for (Index t = 0; t < logits.steps; ++t) {
    total += step(logits.step(t), targets.at(t), logits.lengths, t, weights, scale, dlogits ? dlogits.step(t) : dlogits,
                  pass);
  }
  return total * scale;
}

template <class S>
double CrossEntropy<S>::count_correct(Tile<const S> logits, Tile<const std::int32_t> targets, const S* weights) const {
  using namespace simd;
  const Index C = logits.features;
  double correct = 0;
  for (Index t = 0; t < logits.steps; ++t) {
    for_each_lane<S>(logits.lanes, [&]<class P>(Index first) HEED_LAMBDA {
      P top = load<P>(logits.at(t, 0) + first);
      for (Index c = 1; c < C; ++c) top = max(top, load<P>(logits.at(t, c) + first));
      S largest[static_cast<std::size_t>(width<P>)];
      store(largest, top);
      for (Index i = 0; i < width<P>; ++i) {
        const Index l = first + i;
        const std::int32_t y = targets.at(t)[l];
        if (t >= logits.length(l) || y == options_.ignore_index || weights[l] == S(0)) continue;
        const auto is_top = [&](Index c) { return logits.at(t, c)[l] == largest[i]; };
        Index c = 0;
        while (c < y && !is_top(c)) ++c;
        if (c == y && is_top(y)) correct += static_cast<double>(weights[l]);
      }
    });
  }
  return correct;
}

template <class S>
Fault CrossEntropy<S>::label_fault(LabelsView targets, Index i, Index classes) {
  const Index each = targets.each();
  const std::string where =
      each > 1 ? "labels, sequence " + text_of(i / each) + ", step " + text_of(i % each) : "label " + text_of(i);
  return {"label out of range", where + " (counted from 0)", "0 to " + text_of(classes - 1),
          text_of(targets[static_cast<std::size_t>(i)])};
}

template <class S>
double CrossEntropy<S>::step(Tile<const S> z, const std::int32_t* targets, const std::int32_t* lengths, Index t,
                             const S* weights, double scale, Tile<S> dz, const Pass& pass) const {
  using namespace simd;
  const Index C = z.features, L = z.lanes;
  const double e = options_.label_smoothing;
  const Scratch::Mark mark(pass.scratch);
  // p = softmax(z), and log sum e^z = largest + log(total)
  const Tile<S> p = pass.scratch.template tile<S>({1, C}, L);
  S* largest = pass.scratch.template take<S>(L);
  S* sum = pass.scratch.template take<S>(L);
  for_each_lane<S>(L, [&]<class P>(Index l) HEED_LAMBDA {
    P top = load<P>(z.at(0, 0) + l);
    for (Index c = 1; c < C; ++c) top = max(top, load<P>(z.at(0, c) + l));
    P s = set1<P>(0);
    for (Index c = 0; c < C; ++c) {
      const P x = simd::exp(sub(load<P>(z.at(0, c) + l), top));
      store(p.at(0, c) + l, x);
      s = add(s, x);
    }
    store(largest + l, top);
    store(sum + l, s);
    const P inverse = div(set1<P>(1), s);
    for (Index c = 0; c < C; ++c) store(p.at(0, c) + l, mul(inverse, load<P>(p.at(0, c) + l)));
  });

  double all_classes = 0;  // sum_c w_c
  if (e > 0) {
    for (Index c = 0; c < C; ++c) all_classes += class_weight(c);
  }
  double total = 0;
  S* factor = pass.scratch.template take<S>(L);  // the factor of p in the gradient
  S* hit = pass.scratch.template take<S>(L);     // what is subtracted for the target's class
  S* smooth = pass.scratch.template take<S>(L);  // what is subtracted for class c, divided by w_c
  for (Index l = 0; l < L; ++l) {
    const bool counts = (!lengths || t < lengths[l]) && targets[l] != options_.ignore_index;
    const double lane = counts ? (weights ? static_cast<double>(weights[l]) : 1.0) : 0.0;
    factor[l] = hit[l] = smooth[l] = 0;
    if (lane == 0) continue;
    const double log_sum = static_cast<double>(largest[l]) + std::log(static_cast<double>(sum[l]));
    const double w = class_weight(targets[l]) * (1 - e);
    total += lane * w * (log_sum - static_cast<double>(z.at(0, targets[l])[l]));
    if (e > 0) {
      double nll = 0;
      for (Index c = 0; c < C; ++c) nll += class_weight(c) * (log_sum - static_cast<double>(z.at(0, c)[l]));
      total += lane * e / static_cast<double>(C) * nll;
    }
    const double s = lane * scale;
    hit[l] = static_cast<S>(s * w);
    smooth[l] = static_cast<S>(s * e / static_cast<double>(C));
    factor[l] = static_cast<S>(s * (w + e / static_cast<double>(C) * all_classes));
  }
  if (!dz) return total;
  for (Index c = 0; c < C; ++c) {
    const S w = static_cast<S>(class_weight(c));
    for_each_lane<S>(L, [&]<class P>(Index l) HEED_LAMBDA {
      const P less = mul(set1<P>(w), load<P>(smooth + l));
      store(dz.at(0, c) + l, sub(mul(load<P>(factor + l), load<P>(p.at(0, c) + l)), less));
    });
  }
  for (Index l = 0; l < L; ++l) {
    if (hit[l] != 0) dz.at(0, targets[l])[l] -= hit[l];
  }
  return total;
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::CrossEntropy)
