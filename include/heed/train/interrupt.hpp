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

struct InterruptToken {
  bool stop_requested() const { return interrupted.load(std::memory_order_relaxed) != 0; }
};

HEED_FUNCTION void on_interrupt(int signal);
}  // namespace detail

/// During its lifetime, SIGINT and SIGTERM make training stop after the current step:
///
///     heed::InterruptGuard guard;
///     const auto history = heed::fit(model, data, {.stop = guard.signal()});
///     if (history.outcome == heed::Outcome::cancelled) std::puts("interrupted: the best weights are kept");
///
/// A second signal acts as it would without a guard. An ignored signal (nohup) stays ignored. Only one guard may exist
/// at a time; create and destroy it in the main thread.
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

 private:
  using Handler = void (*)(int);
  static Handler take(int signal);

  Handler before_int_ = SIG_DFL, before_term_ = SIG_DFL;
};

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION void on_interrupt(int signal) {
  interrupted.store(1, std::memory_order_relaxed);
  std::signal(signal, SIG_DFL);  // a second one ends the program
}

}  // namespace detail

HEED_FUNCTION InterruptGuard::InterruptGuard() {
  detail::interrupted.store(0);
  before_int_ = take(SIGINT);
  before_term_ = take(SIGTERM);
}

HEED_FUNCTION InterruptGuard::~InterruptGuard() {
  std::signal(SIGINT, before_int_);
  std::signal(SIGTERM, before_term_);
}

HEED_FUNCTION InterruptGuard::Handler InterruptGuard::take(int signal) {
  const Handler before = std::signal(signal, detail::on_interrupt);
  if (before == SIG_IGN) std::signal(signal, SIG_IGN);
  return before;
}

}  // namespace heed::inline HEED_ISA

#endif
