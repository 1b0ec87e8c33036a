#pragma once

/// @file
/// Whether a call writes outside of its memory: an inner part of check_layer.hpp.

#include <csignal>
#include <functional>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::testing::detail {

/// Runs `work`. Returns false if it accesses memory that does not exist: it then ends at once, and what it owned is
/// leaked. On systems other than POSIX such an access ends the program.
HEED_FUNCTION bool survives(const std::function<void()>& work);

}  // namespace heed::inline HEED_ISA::testing::detail

#if HEED_BODIES

#if !defined(_WIN32)
#include <csetjmp>
#endif

namespace heed::inline HEED_ISA::testing::detail {

#if defined(_WIN32)

HEED_FUNCTION bool survives(const std::function<void()>& work) {
  work();
  return true;
}

#else

inline thread_local sigjmp_buf* way_out = nullptr;

HEED_FUNCTION bool survives(const std::function<void()>& work) {
  static constexpr int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP};
  struct Handlers {
    struct sigaction before[4];
    ~Handlers() {
      way_out = nullptr;
      for (int i = 0; i < 4; ++i) sigaction(signals[i], &before[i], nullptr);
    }
  } handlers;
  struct sigaction leave {};
  leave.sa_handler = [](int signal) {
    if (way_out) siglongjmp(*way_out, 1);
    std::signal(signal, SIG_DFL);  // another thread's: default action
    std::raise(signal);
  };
  for (int i = 0; i < 4; ++i) sigaction(signals[i], &leave, &handlers.before[i]);
  sigjmp_buf here;
  way_out = &here;
  if (sigsetjmp(here, 1) != 0) return false;
  work();
  return true;
}

#endif

}  // namespace heed::inline HEED_ISA::testing::detail

#endif
