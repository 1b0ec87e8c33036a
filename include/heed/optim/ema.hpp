#pragma once

/// @file
/// The exponential moving average of weights.

#include <cstdint>
#include <string>
#include <type_traits>

#include "heed/core/error.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA {

/// average = decay average + (1 - decay) weights after every step, from the weights after the first one.
/// torch.optim.swa_utils.AveragedModel with that average. It often generalises better than the weights themselves
/// (Polyak and Juditsky 1992).
template <Visitable Model>
class MovingAverage {
 public:
  /// For models like this one. Throws where the decay is not in 0 .. 1.
  HEED_COLD MovingAverage(const Model& like, double decay) : average_(like), decay_(decay) {
    require(decay >= 0 && decay < 1, [&] {
      return Fault{"decay out of range", "MovingAverage", "0 to below 1", text_of(decay)};
    });
  }

  void update(const Model& model) {
    const double decay = updates_++ == 0 ? 0 : decay_;
    for_each_parameter(
        [&](const Path&, auto& a, const auto& w) {
          using namespace simd;
          using S = typename std::remove_reference_t<decltype(a)>::Scalar;
          for_each_packet<S>(a.size(), [&]<class P>(Index i) HEED_LAMBDA {
            const P fresh = load<P>(w.data() + i);
            store(a.data() + i, fma(set1<P>(static_cast<S>(decay)), sub(load<P>(a.data() + i), fresh), fresh));
          });
        },
        average_, model);
  }

  /// The model with averaged weights; before the first update that it was built like.
  const Model& average() const { return average_; }
  std::int64_t updates() const { return updates_; }

  /// What a checkpoint keeps: `f(name, part)`, parts being models and whole numbers.
  template <class F>
  void visit_state(F&& f) {
    f("average", average_);
    f("updates", updates_);
  }

 private:
  Model average_;
  double decay_;
  std::int64_t updates_ = 0;
};

}  // namespace heed::inline HEED_ISA
