#pragma once

/// @file
/// The namespaces of heed, which are inline: users write `heed::Dense` and `heed::Error`.
///
/// - `HEED_ISA` names the instruction set that this source is compiled for, and the version. All that computes stands in
///   it, so that objects built with different `-march`, or with different versions, link into one program without
///   breaking the one-definition rule: the linker sees `heed::avx512_v0_1::Dense`.
///   So do macros that change what heed is made of: EIGEN_DONT_VECTORIZE (`avx512_scalar_v0_1`) and
///   _GLIBCXX_DEBUG.
/// - `HEED_ABI` names the version alone (`v0_1`), and _GLIBCXX_DEBUG, which changes `std::vector`. Data that crosses
///   between such objects stands in it: shapes, options and their enums, what training and prediction give, arrays
///   and views of them. A source for one instruction set passes them to a source for another.
/// - `HEED_ERROR_ABI` names the version alone, whatever vectors are: an error that a source throws is caught by every
///   other one.
///
/// The rule: a type whose members are plain data, of `std` or of HEED_ABI, stands in HEED_ABI. Functions stand in
/// HEED_ISA, those that take such data too. What members of such a type call is of `std` or of HEED_ABI: the linker
/// keeps one copy of them. So `require` and `text_of` stand there, and what these share in `abi_detail`: `detail` is of
/// HEED_ISA, and one name of both would be ambiguous. A template of HEED_ABI that is given a type of HEED_ISA, as the
/// `fields` of options are, is that instruction set's own.

#include "heed/version.hpp"

#define HEED_ABI_OF(variant, major, minor) variant##v##major##_##minor
#define HEED_ABI_OF_NUMBERS(variant, major, minor) HEED_ABI_OF(variant, major, minor)
#define HEED_ERROR_ABI HEED_ABI_OF_NUMBERS(, HEED_VERSION_MAJOR, HEED_VERSION_MINOR)
#if defined(_GLIBCXX_DEBUG)
#define HEED_ABI HEED_ABI_OF_NUMBERS(debug_, HEED_VERSION_MAJOR, HEED_VERSION_MINOR)
#else
#define HEED_ABI HEED_ERROR_ABI
#endif

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
