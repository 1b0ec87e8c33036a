#pragma once

/// @file
/// What heed requires of the compiler and its flags. If a requirement is not met, the first error says what to change.

#if defined(_MSVC_LANG)
#define HEED_LANGUAGE _MSVC_LANG
#else
#define HEED_LANGUAGE __cplusplus
#endif
#if HEED_LANGUAGE < 202002L
#error "heed needs C++20: compile with -std=c++20 or later (CMake: link heed::heed)"
#endif
#undef HEED_LANGUAGE

// Without IEEE arithmetic the compiler removes roundings that the kernels rely on, and all checks for NaN.
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || defined(__ASSOCIATIVE_MATH__)
#error "heed needs IEEE arithmetic: compile without -ffast-math, -Ofast and -funsafe-math-optimizations"
#endif

// Every public function reports errors by exceptions. There is no other way.
#if (defined(__GNUC__) || defined(__clang__)) && !defined(__cpp_exceptions)
#error "heed reports wrong input by exceptions: compile without -fno-exceptions"
#endif
