#pragma once

/// @file
/// The namespaces of heed, which are inline: users write `heed::Dense` and `heed::Error`.
///
/// - `HEED_ISA` names the instruction set that this source is compiled for, and the version. Nearly all of heed sits in
///   it, so that objects built with different `-march`, or with different versions, link into one program without
///   breaking the one-definition rule: the linker sees `heed::avx512_v0_1::Dense`.
///   So do macros that change what heed is made of: EIGEN_DONT_VECTORIZE (`avx512_scalar_v0_1`) and
///   _GLIBCXX_DEBUG.
/// - `HEED_ABI` names the version alone. What crosses between such objects sits in it: an error that a source for one
///   instruction set throws is caught by a source for another.

#include "heed/version.hpp"

#define HEED_ABI_OF(major, minor) v##major##_##minor
#define HEED_ABI_OF_NUMBERS(major, minor) HEED_ABI_OF(major, minor)
#define HEED_ABI HEED_ABI_OF_NUMBERS(HEED_VERSION_MAJOR, HEED_VERSION_MINOR)

// Without alignment Eigen makes no packets either.
#if defined(EIGEN_DONT_VECTORIZE) || defined(EIGEN_DONT_ALIGN) || \
    (defined(EIGEN_MAX_ALIGN_BYTES) && EIGEN_MAX_ALIGN_BYTES == 0)
#define HEED_ISA_IS_SCALAR 1
#else
#define HEED_ISA_IS_SCALAR 0
#endif

#if HEED_ISA_IS_SCALAR && defined(_GLIBCXX_DEBUG)
#define HEED_ISA_VARIANT _scalar_debug_
#elif HEED_ISA_IS_SCALAR
#define HEED_ISA_VARIANT _scalar_
#elif defined(_GLIBCXX_DEBUG)
#define HEED_ISA_VARIANT _debug_
#else
#define HEED_ISA_VARIANT _
#endif

#define HEED_ISA_OF(name, variant, major, minor) name##variant##v##major##_##minor
#define HEED_ISA_OF_NUMBERS(name, variant, major, minor) HEED_ISA_OF(name, variant, major, minor)
#define HEED_ISA_OF_NAME(name) HEED_ISA_OF_NUMBERS(name, HEED_ISA_VARIANT, HEED_VERSION_MAJOR, HEED_VERSION_MINOR)

#if defined(__AVX512F__)
#define HEED_ISA HEED_ISA_OF_NAME(avx512)
#elif defined(__AVX2__) && defined(__FMA__)
#define HEED_ISA HEED_ISA_OF_NAME(avx2)
#elif defined(__AVX__)
#define HEED_ISA HEED_ISA_OF_NAME(avx)
#elif defined(__SSE4_1__)
#define HEED_ISA HEED_ISA_OF_NAME(sse4)
#elif defined(__SSE2__)
#define HEED_ISA HEED_ISA_OF_NAME(sse2)
#elif defined(__ARM_NEON)
#define HEED_ISA HEED_ISA_OF_NAME(neon)
#else
#define HEED_ISA HEED_ISA_OF_NAME(generic)
#endif
