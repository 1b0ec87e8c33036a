#pragma once

// Python's lock, and threads that still work when Python ends.

#include <nanobind/nanobind.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace heed_python {

namespace nb = nanobind;

/// Whether Python ends, and the thread that ends it.
struct Exit {
  static inline std::atomic<bool> begun{false};
  static inline std::thread::id thread;

  /// Python ends daemon threads where they ask for its lock, by unwinding their stacks, which no C++ code expects. Such a
  /// thread waits here instead, until the process is gone.
  static void stay_away() {
    while (begun && std::this_thread::get_id() != thread) std::this_thread::sleep_for(std::chrono::hours(1));
  }

  /// To be called once by each module. A subinterpreter may end without the process.
  static void expect() {
    if (PyInterpreterState_GetID(PyInterpreterState_Get()) != 0) return;
    nb::module_::import_("atexit").attr("register")(nb::cpp_function([] {
      thread = std::this_thread::get_id();
      begun = true;
    }));
  }
};

/// Python's lock is free during its lifetime.
class Released {
 public:
  Released() : state_(PyEval_SaveThread()) {}
  Released(const Released&) = delete;
  Released& operator=(const Released&) = delete;
  ~Released() {
    Exit::stay_away();
    PyEval_RestoreThread(state_);
  }

 private:
  PyThreadState* state_;
};

/// Python's lock is held during its lifetime.
class Acquired {
 public:
  Acquired() : state_((Exit::stay_away(), PyGILState_Ensure())) {}
  Acquired(const Acquired&) = delete;
  Acquired& operator=(const Acquired&) = delete;
  ~Acquired() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_;
};

}  // namespace heed_python
