#pragma once

/// @file
/// Ctrl-C ends training and keeps the weights. It takes effect only in programs that create an `InterruptGuard`.

#include <atomic>
#include <csignal>

#include "heed/core/types.hpp"
#include "heed/train/stop.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
inline std::atomic<int> interrupted{0};                // 0 or 1: some processors have no atomic bytes
static_assert(std::atomic<int>::is_always_lock_free);  // a signal handler may do little else

/// What happens on a signal.
#if defined(_WIN32)
using SignalAction = void (*)(int);
#else
using SignalAction = struct sigaction;
#endif
inline SignalAction before_interrupt{}, before_termination{};  // of SIGINT and SIGTERM, without the guard

struct InterruptToken {
  bool stop_requested() const { return interrupted.load(std::memory_order_relaxed) != 0; }
};
}  // namespace detail

/// During its lifetime, SIGINT and SIGTERM make training stop after the current step:
///
///     heed::InterruptGuard guard;
///     const auto history = heed::fit(model, data, {.stop = guard.signal()});
///     if (history.outcome == heed::Outcome::cancelled) std::puts("interrupted: the best weights are kept");
///
/// A second signal acts as it would without a guard: the program's own handler, if it has one, gets it. An ignored signal
/// (nohup) stays ignored. Only one guard may exist at a time; create and destroy it in the main thread.
class InterruptGuard {
 public:
  InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard();

  bool interrupted() const { return detail::InterruptToken().stop_requested(); }
  /// What `FitOptions::stop` takes. Of a temporary guard it would be a signal that never comes.
  StopSignal signal() const& { return detail::InterruptToken(); }
  StopSignal signal() const&& = delete;
};

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <cerrno>

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION void act_on(int signal, const SignalAction& action) {
#if defined(_WIN32)
  std::signal(signal, action);
#else
  sigaction(signal, &action, nullptr);
#endif
}

HEED_FUNCTION void on_interrupt(int signal) {
  const int error = errno;
  interrupted.store(1, std::memory_order_relaxed);
  act_on(signal, signal == SIGINT ? before_interrupt : before_termination);  // on a second one
  errno = error;
}

/// Lets `on_interrupt` handle a signal, unless it is ignored. Returns what happened on it before.
HEED_FUNCTION SignalAction handle_interrupt(int signal) {
#if defined(_WIN32)
  const SignalAction before = std::signal(signal, on_interrupt);
  if (before == SIG_IGN) std::signal(signal, SIG_IGN);
#else
  SignalAction before{}, own{};
  sigaction(signal, nullptr, &before);
  own.sa_handler = on_interrupt;
  own.sa_flags = SA_RESTART;
  sigemptyset(&own.sa_mask);
  const bool ignored = (before.sa_flags & SA_SIGINFO) == 0 && before.sa_handler == SIG_IGN;
  if (!ignored) sigaction(signal, &own, nullptr);
#endif
  return before;
}

}  // namespace detail

HEED_FUNCTION InterruptGuard::InterruptGuard() {
  detail::interrupted.store(0);
  detail::before_interrupt = detail::handle_interrupt(SIGINT);
  detail::before_termination = detail::handle_interrupt(SIGTERM);
}

HEED_FUNCTION InterruptGuard::~InterruptGuard() {
  detail::act_on(SIGINT, detail::before_interrupt);
  detail::act_on(SIGTERM, detail::before_termination);
}

}  // namespace heed::inline HEED_ISA

#endif
