#pragma once

// Training beside Python: its signals, its callbacks, its time.

#include <nanobind/nanobind.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "gil.hpp"
#include "heed/core/types.hpp"
#include "heed/train/history.hpp"

namespace heed_python {

namespace nb = nanobind;
using heed::Index;

inline nb::dict dict_of(const heed::EpochRecord& r) {
  nb::dict d;
  d["epoch"] = r.epoch;
  d["epochs"] = r.epochs;
  d["loss"] = r.loss;
  d["accuracy"] = r.accuracy;
  d["validation_loss"] = r.validation_loss;
  d["validation_accuracy"] = r.validation_accuracy;
  d["test_loss"] = r.test_loss;
  d["test_accuracy"] = r.test_accuracy;
  d["learning_rate"] = r.learning_rate;
  d["seconds"] = r.seconds;
  return d;
}

/// Where training ends without an end of its own.
struct Limits {
  double seconds = std::numeric_limits<double>::infinity();
  Index steps = std::numeric_limits<Index>::max();
};

/// Trains in a thread of its own, while the one that called waits without the GIL: it asks Python for signals, and calls
/// back. An exception that a handler of a signal throws ends training after the step.
class __attribute__((visibility("hidden"))) Watch {
 public:
  Watch(nb::handle callback, Limits limits) : callback_(callback), limits_(limits) {}

  /// Asked after every step, by any thread.
  bool stop() {
    if (ended_.load(std::memory_order_relaxed)) return true;
    const std::int64_t now = (Clock::now() - start_).count();
    std::int64_t none = -1;
    first_.compare_exchange_strong(none, now, std::memory_order_relaxed);
    last_.store(now, std::memory_order_relaxed);
    const Index asked = ++asked_;
    if (asked <= limits_.steps && std::chrono::duration<double>(Clock::duration(now)).count() <= limits_.seconds) {
      return false;
    }
    limited_ = true;
    return true;
  }

  /// Has the callback called by the thread that waits.
  bool epoch(const heed::EpochRecord& record) {
    std::unique_lock lock(mutex_);
    record_ = &record;
    changed_.notify_all();
    changed_.wait(lock, [&] { return record_ == nullptr; });
    if (fault_) std::rethrow_exception(std::exchange(fault_, nullptr));
    return goes_on_;
  }

  /// Throws what `train` throws, and what a handler throws that is no KeyboardInterrupt.
  template <class F>
  void run(F&& train) {
    const Released released;
    std::exception_ptr failure;
    bool done = false;
    std::thread worker([&] {
      try {
        train();
      } catch (...) {
        failure = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      done = true;
      changed_.notify_all();
    });
    {
      std::unique_lock lock(mutex_);
      while (!done) {
        changed_.wait_for(lock, pause, [&] { return done || record_; });
        if (Exit::has_begun()) ended_ = true;  // while this thread waits for the end of the process
        if (record_) call();
        if (!done) ask();
      }
    }
    worker.join();
    if (signal_) std::rethrow_exception(std::exchange(signal_, nullptr));
    if (failure) std::rethrow_exception(failure);
  }

  bool interrupted() const { return interrupted_; }
  /// Whether a limit ended it.
  bool limited() const { return limited_; }
  /// Of a step of a training by one thread, the first of which warms up; 0 where there were less than two.
  double step_seconds() const {
    const Index steps = asked_ - 1;
    if (steps < 1) return 0;
    return std::chrono::duration<double>(Clock::duration(last_ - first_)).count() / static_cast<double>(steps);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds pause{10};

  void call() {
    const Acquired gil;
    try {
      goes_on_ = nb::cast<bool>(callback_(dict_of(*record_)));
    } catch (nb::python_error& error) {
      goes_on_ = true;
      if (error.matches(PyExc_KeyboardInterrupt)) {  // a handler ran in it
        interrupted_ = ended_ = true;
      } else {
        fault_ = std::current_exception();
      }
    }
    record_ = nullptr;
    changed_.notify_all();
  }

  void ask() {
    const Acquired gil;
    if (PyErr_CheckSignals() == 0) return;
    try {
      throw nb::python_error();
    } catch (nb::python_error& error) {
      ended_ = true;
      if (error.matches(PyExc_KeyboardInterrupt)) {
        interrupted_ = true;
      } else {
        signal_ = std::current_exception();
      }
    }
  }

  nb::handle callback_;
  Limits limits_;
  const Clock::time_point start_ = Clock::now();
  std::atomic<std::int64_t> first_{-1}, last_{-1};
  std::atomic<Index> asked_{0};
  std::atomic<bool> limited_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> ended_{false};
  bool interrupted_ = false, goes_on_ = true;
  const heed::EpochRecord* record_ = nullptr;
  std::exception_ptr fault_, signal_;
};

}  // namespace heed_python
