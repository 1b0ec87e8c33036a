#pragma once

/// @file
/// The exponential moving average of weights.

#include <cstdint>
#include <utility>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA {

/// average = decay average + (1 - decay) weights, after every step; it starts as the weights after the first step.
/// torch.optim.swa_utils.AveragedModel with that average. The averaged weights often generalise better than the weights
/// themselves (Polyak and Juditsky 1992).
///
/// This class works on lists of parameters of any model. `MovingAverage` is for one model type.
template <class S>
class BasicMovingAverage {
 public:
  /// For parameters like these. Throws if the decay is not in [0, 1).
  HEED_COLD BasicMovingAverage(const Parameters<S>& like, double decay);

  void update(const Parameters<S>& weights);

  /// The averaged weights. Before the first update: the weights it was constructed with.
  ParameterList<S>& list() { return average_; }
  std::int64_t updates() const { return updates_; }

  /// What a checkpoint keeps: calls f(name, part); parts are lists of parameters, and integers.
  template <class F>
  void visit_state(F&& f) {
    f("average", average_);
    f("updates", updates_);
  }

 private:
  ParameterList<S> average_;
  double decay_;
  std::int64_t updates_ = 0;
};

/// The moving average of models of one type.
template <Visitable Model>
class MovingAverage : public BasicMovingAverage<typename Model::Scalar> {
 public:
  using S = typename Model::Scalar;
  using BasicMovingAverage<S>::update;

  /// For models like this one. Throws if the decay is not in [0, 1).
  MovingAverage(const Model& like, double decay) : BasicMovingAverage<S>(parameters_of(like), decay), like_(like) {}

  void update(const Model& model) { update(parameters_of(model)); }
  /// A model with the averaged weights.
  const Model& average() {
    Parameters<S> to(like_);
    detail::copy_parameters(std::as_const(this->list()).view(), to);
    return like_;
  }

 private:
  Model like_;
};

template <class S>
BasicMovingAverage<S>::BasicMovingAverage(const Parameters<S>& like, double decay) : average_(like), decay_(decay) {
  require(decay >= 0 && decay < 1,
          [&] { return Fault{"decay out of range", "MovingAverage", "0 to below 1", text_of(decay)}; });
}

template <class S>
void BasicMovingAverage<S>::update(const Parameters<S>& weights) {
  const FlushDenormals flush;
  detail::check_same_sizes(average_.view(), weights);
  using namespace simd;
  const double decay = updates_++ == 0 ? 0 : decay_;
  for (Index k = 0; k < weights.count(); ++k) {
    S* a = average_.view()[k].data();
    const S* w = weights[k].data();
    for_each_packet<S>(weights[k].size(), [&]<class P>(Index i) HEED_LAMBDA {
      const P fresh = load<P>(w + i);
      store(a + i, fma(set1<P>(static_cast<S>(decay)), sub(load<P>(a + i), fresh), fresh));
    });
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(class heed::BasicMovingAverage)
