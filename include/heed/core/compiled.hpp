#pragma once

/// @file
/// The two ways to build heed. By headers alone: every function is compiled where it is used. Against the compiled
/// library (CMake: `heed::compiled`, which defines HEED_COMPILED): templates are instantiated there once for float and
/// double, plain functions are compiled there once.
///
/// - A template that the library has is named at the end of its header, outside of namespaces:
///   `HEED_COMPILED_TYPE(struct heed::Dense)`. CMake makes a source of each header that has such lines.
/// - A plain function is declared by `HEED_FUNCTION`. Its body stands at the end of its header between
///   `#if HEED_BODIES` and `#endif`, defined by `HEED_FUNCTION` too. What bodies alone need is included there. One that
///   is HEED_COLD is declared by neither and defined by both: GCC warns where only one of two says `noinline`.
/// - HEED_SHARED_FUNCTION is for the bodies of what sits in HEED_ABI: two compiled libraries, each for an instruction
///   set, may be linked into one program.
///
/// Members with their bodies inside of a class are instantiated again by every user, to be inlined: what takes the
/// compiler long stands outside.

#include "heed/core/requirements.hpp"

// In a user's source the library has the bodies, in one source of the library they are defined.
#if !defined(HEED_COMPILED)
#define HEED_BODIES 1
#define HEED_FUNCTION inline
#define HEED_SHARED_FUNCTION inline
#define HEED_DECLARED_ELSEWHERE(...)
#else
#if defined(HEED_COMPILING_BODIES)
#define HEED_BODIES 1
#else
#define HEED_BODIES 0
#endif
#define HEED_FUNCTION
#define HEED_SHARED_FUNCTION __attribute__((weak))
#define HEED_DECLARED_ELSEWHERE(...) extern template __VA_ARGS__;
#endif

// What runs once, or when something is wrong: not worth the compiler's time.
#define HEED_COLD __attribute__((noinline, cold))

/// `struct heed::Dense` for float and double.
#define HEED_COMPILED_TYPE(...)               \
  HEED_DECLARED_ELSEWHERE(__VA_ARGS__<float>) \
  HEED_DECLARED_ELSEWHERE(__VA_ARGS__<double>)
/// `(struct heed::Recurrent, heed::LstmCell)`: the first of the second, for float and double.
#define HEED_COMPILED_TYPE_OF(outer, inner)    \
  HEED_DECLARED_ELSEWHERE(outer<inner<float>>) \
  HEED_DECLARED_ELSEWHERE(outer<inner<double>>)
/// `heed::kernels::product`, a function of one template parameter, for float and double.
#define HEED_COMPILED_FUNCTION(...)                                        \
  HEED_DECLARED_ELSEWHERE(decltype(__VA_ARGS__<float>) __VA_ARGS__<float>) \
  HEED_DECLARED_ELSEWHERE(decltype(__VA_ARGS__<double>) __VA_ARGS__<double>)
/// One type, or one function, written out.
#define HEED_COMPILED_ONE(...) HEED_DECLARED_ELSEWHERE(__VA_ARGS__)
