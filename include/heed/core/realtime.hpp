#pragma once

/// @file
/// Marks the functions that real-time threads call: audio callbacks, control loops.

/// Stands after `noexcept`: the function allocates nothing, takes no lock and makes no system call. Clang 20 and later
/// check it, while compiling with `-Wfunction-effects` and while running with `-fsanitize=realtime`. Other compilers see
/// nothing.
#if __has_cpp_attribute(clang::nonblocking)
#define HEED_NONBLOCKING [[clang::nonblocking]]
#else
#define HEED_NONBLOCKING
#endif

/// Around statements of such a function that call a model. Layers take memory where theirs does not suffice, which clang
/// sees while compiling. That the memory suffices is known only while running, so this is left to the sanitizer.
#if __has_cpp_attribute(clang::nonblocking)
#define HEED_ONCE_WARM(...)                                                                                \
  _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wfunction-effects\"") __VA_ARGS__; \
  _Pragma("clang diagnostic pop")
#else
#define HEED_ONCE_WARM(...) __VA_ARGS__;
#endif
