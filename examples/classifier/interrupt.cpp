#include "interrupt.hpp"

#include <atomic>
#include <csignal>

namespace classifier {

namespace {

std::atomic<bool> noted = false;  // lock-free: signal handlers may touch it
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void note(int signal) {
  noted = true;
  std::signal(signal, SIG_DFL);
}

// what is ignored (nohup) stays so
auto take(int signal) {
  const auto before = std::signal(signal, note);
  if (before == SIG_IGN) std::signal(signal, SIG_IGN);
  return before;
}

}  // namespace

InterruptGuard::InterruptGuard() : before_int_(take(SIGINT)), before_term_(take(SIGTERM)) { noted = false; }

InterruptGuard::~InterruptGuard() {
  std::signal(SIGINT, before_int_);
  std::signal(SIGTERM, before_term_);
}

bool InterruptGuard::interrupted() const { return noted; }

}  // namespace classifier
