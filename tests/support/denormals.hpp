#pragma once

// What denormal numbers are to the thread that asks.

#include <cstdint>
#include <limits>

#include "heed/core/parameter.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace test_support {

// Whether a denormal number is taken for zero, and none is made.
inline bool denormals_are_zeros() {
  volatile float denormal = std::numeric_limits<float>::denorm_min() * 1000, small = std::numeric_limits<float>::min();
  volatile float from = denormal * 1e30f, made = small * 0.5f;
  return from == 0 && made == 0;
}
#if defined(__SSE2__)
// Without its record of what was rounded, which any computation changes.
inline std::uint32_t float_mode() { return __builtin_ia32_stmxcsr() & ~std::uint32_t(0x3f); }
#elif defined(__aarch64__)
inline std::uint64_t float_mode() {
  std::uint64_t mode;
  asm volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
}
#else
inline int float_mode() { return 0; }
#endif

inline bool denormals_are_numbers() {
  volatile float denormal = std::numeric_limits<float>::denorm_min() * 1000, small = std::numeric_limits<float>::min();
  volatile float from = denormal * 1e30f, made = small * 0.5f;
  return from > 0 && made > 0;
}

// y = x + weight, and 1 where denormals are zeros while it runs, forward and backward.
template <class S>
struct DenormalProbe {
  using Scalar = S;
  using Input = S;
  struct Cache {};
  heed::Vector<S> weight = heed::Vector<S>(1);
  static constexpr bool stepwise = true;
  static heed::Index input_size() { return 1; }
  heed::Shape output_shape(heed::Shape) const { return {1, 2}; }
  void forward(heed::Tile<const S> x, heed::Tile<S> y, Cache&, const heed::Pass&) const {
    for (heed::Index l = 0; l < x.lanes; ++l) {
      y.at(0, 0)[l] = weight(0);
      y.at(0, 1)[l] = denormals_are_zeros() ? S(1) : S(-1);
    }
  }
  void backward(heed::Tile<const S>, heed::Tile<const S>, heed::Tile<const S>, heed::Into<S> dx, Cache&,
                DenormalProbe& grad, const heed::Pass&) const {
    if (dx) heed::fill(dx.tile, S(0));
    grad.weight(0) += denormals_are_zeros() ? S(1) : S(-1);
  }
  template <class F, class... D>
  static void visit(F&& f, D&... d) {
    f("weight", d.weight...);
  }
};

}  // namespace test_support
