#pragma once

/// @file
/// The inline namespaces of heed. Users do not see them: they write `heed::Dense` and `heed::Error`.
///
/// - `HEED_ISA` names the instruction set that a source is compiled for, and the version. All code that computes stands
///   in it: `heed::avx512_v0_1::Dense`. So objects built with different `-march`, or with different versions, link into
///   one program without breaking the one-definition rule. Macros that change heed's types are part of the name:
///   EIGEN_DONT_VECTORIZE (`avx512_scalar_v0_1`) and _GLIBCXX_DEBUG.
/// - `HEED_ABI` names only the version (`v0_1`), and _GLIBCXX_DEBUG, which changes `std::vector`. Data that crosses
///   between such objects stands in it: shapes, options and their enums, the results of training and prediction, arrays
///   and their views. A source for one instruction set can pass them to a source for another.
/// - `HEED_ERROR_ABI` names only the version. Every source can catch an error that another source throws.
///
/// The rule: a type whose members are plain data, of `std` or of HEED_ABI, stands in HEED_ABI. Functions stand in
/// HEED_ISA, also those that take such data. The linker keeps one copy of each member function of an HEED_ABI type, so
/// these call only `std` and HEED_ABI. That is why `require` and `text_of` stand in HEED_ABI. What they share stands in
/// `abi_detail`, because `detail` belongs to HEED_ISA and the same name in both would be ambiguous. An HEED_ABI
/// template with an HEED_ISA argument, such as the `fields` of options, belongs to that instruction set.

#include "heed/version.hpp"

#define HEED_ABI_OF(variant, major, minor) variant##v##major##_##minor
#define HEED_ABI_OF_NUMBERS(variant, major, minor) HEED_ABI_OF(variant, major, minor)
#define HEED_ERROR_ABI HEED_ABI_OF_NUMBERS(, HEED_VERSION_MAJOR, HEED_VERSION_MINOR)
#if defined(_GLIBCXX_DEBUG)
#define HEED_ABI HEED_ABI_OF_NUMBERS(debug_, HEED_VERSION_MAJOR, HEED_VERSION_MINOR)
#else
#define HEED_ABI HEED_ERROR_ABI
#endif

// Without alignment, Eigen does not vectorize either.
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
