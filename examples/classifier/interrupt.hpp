#pragma once

// Ctrl-C while training: the epoch ends, and what there is is written. A second one ends the program at once.

namespace classifier {

/// While it lives, SIGINT and SIGTERM are noted instead of obeyed, each once.
class InterruptGuard {
 public:
  InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard();
  bool interrupted() const;

 private:
  using Handler = void (*)(int);
  Handler before_int_, before_term_;
};

}  // namespace classifier
