#pragma once

/// @file
/// What heed asks of a compiler and its flags. Where it is not so, the first message says what to change.

#if defined(_MSVC_LANG)
#define HEED_LANGUAGE _MSVC_LANG
#else
#define HEED_LANGUAGE __cplusplus
#endif
#if HEED_LANGUAGE < 202002L
#error "heed needs C++20: compile with -std=c++20 or later (CMake: link heed::heed)"
#endif
#undef HEED_LANGUAGE

// Without IEEE arithmetic, roundings that the kernels rely on are optimised away, and with them every check for NaN.
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || defined(__ASSOCIATIVE_MATH__)
#error "heed needs IEEE arithmetic: compile without -ffast-math, -Ofast and -funsafe-math-optimizations"
#endif

// Every public boundary throws what it finds wrong. There is no other way in which it could say so.
#if (defined(__GNUC__) || defined(__clang__)) && !defined(__cpp_exceptions)
#error "heed reports wrong input by exceptions: compile without -fno-exceptions"
#endif

#if defined(__SIZEOF_POINTER__) && __SIZEOF_POINTER__ < 8
#error "heed needs 64-bit addresses: compile without -m32, for a 64-bit processor"
#endif
