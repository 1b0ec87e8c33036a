#pragma once

/// @file
/// The words every header uses: `Index`, `IndexRange`, `Shape`, `Metadata`, and the inline namespace that names the
/// instruction set.

#include <Eigen/Core>

#include <cstdint>
#include <map>
#include <string>

#include "heed/core/compiled.hpp"

// Without IEEE arithmetic, roundings that the kernels rely on are optimised away, and with them every check for NaN.
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "heed needs IEEE arithmetic: compile without -ffast-math and -Ofast"
#endif

// All of heed sits in `heed::<instruction set>`, an inline namespace, so that objects built with different `-march`
// link into one program without breaking the one-definition rule: users write `heed::Dense`, the linker sees
// `heed::avx512::Dense`.
#if defined(__AVX512F__)
#define HEED_ISA avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define HEED_ISA avx2
#elif defined(__AVX__)
#define HEED_ISA avx
#elif defined(__SSE4_1__)
#define HEED_ISA sse4
#elif defined(__SSE2__)
#define HEED_ISA sse2
#elif defined(__ARM_NEON)
#define HEED_ISA neon
#else
#define HEED_ISA generic
#endif

// Kernels are built from small functions that must vanish: without this, compilers give up inlining at unrolled blocks.
#define HEED_INLINE inline __attribute__((always_inline))
#define HEED_LAMBDA __attribute__((always_inline))
// What runs once, or when something is wrong: not worth the compiler's time.
#define HEED_COLD __attribute__((noinline, cold))

namespace heed::inline HEED_ISA {

using Index = Eigen::Index;

/// What one sequence looks like: `steps` in time, `features` numbers each.
struct Shape {
  Index steps = 0;
  Index features = 0;
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// The indices first, first + 1, ... last - 1.
struct IndexRange {
  Index first = 0, last = 0;
  Index count() const { return last - first; }
  friend bool operator==(const IndexRange&, const IndexRange&) = default;
};

/// What a model says of itself in a file: its architecture and everything that prediction needs, as text.
using Metadata = std::map<std::string, std::string>;

}  // namespace heed::inline HEED_ISA
