#pragma once

/// @file
/// The two ways to build heed. Header-only: every function is compiled where it is used. With the compiled library
/// (CMake: `heed::compiled`, which defines HEED_COMPILED): the library instantiates templates once for float and double
/// and compiles plain functions once.
///
/// - The end of a header, outside of namespaces, names each template that the library contains:
///   `HEED_COMPILED_TYPE(struct heed::Dense)`. CMake makes one source of each header with such lines.
/// - `HEED_FUNCTION` declares a plain function. Its body stands at the end of its header between `#if HEED_BODIES` and
///   `#endif`, again with `HEED_FUNCTION`. Includes that only bodies need go there. If the function is
///   HEED_COLD, its declaration has neither word and its definition has both: GCC warns if only one of two says
///   `noinline`.
/// - HEED_SHARED_FUNCTION is for the bodies of what stands in HEED_ABI. It allows linking two compiled libraries, for
///   two instruction sets, into one program.
///
/// A member function defined inside its class is instantiated again by every user, so that it can be inlined. Functions
/// that are slow to compile are defined outside of the class.

#include "heed/core/requirements.hpp"

// In a user's source, the library has the bodies. One source of the library defines them.
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

// For code that runs once, or only on errors: it is not worth inlining.
#define HEED_COLD __attribute__((noinline, cold))

/// For `struct heed::Dense` with float and double.
#define HEED_COMPILED_TYPE(...)               \
  HEED_DECLARED_ELSEWHERE(__VA_ARGS__<float>) \
  HEED_DECLARED_ELSEWHERE(__VA_ARGS__<double>)
/// For `(struct heed::Recurrent, heed::LstmCell)`: the first with the second as argument, with float and double.
#define HEED_COMPILED_TYPE_OF(outer, inner)    \
  HEED_DECLARED_ELSEWHERE(outer<inner<float>>) \
  HEED_DECLARED_ELSEWHERE(outer<inner<double>>)
/// For `heed::kernels::product`, a function with one template parameter, with float and double.
#define HEED_COMPILED_FUNCTION(...)                                        \
  HEED_DECLARED_ELSEWHERE(decltype(__VA_ARGS__<float>) __VA_ARGS__<float>) \
  HEED_DECLARED_ELSEWHERE(decltype(__VA_ARGS__<double>) __VA_ARGS__<double>)
/// For one type or function, written out.
#define HEED_COMPILED_ONE(...) HEED_DECLARED_ELSEWHERE(__VA_ARGS__)
