#pragma once

// Python's lock, and threads that still work when Python ends.

#include <nanobind/nanobind.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace heed_python {

namespace nb = nanobind;

/// The end of Python. It ends daemon threads where they ask for its lock, by unwinding their stacks, which no C++ code
/// expects. Threads that use heed wait instead, in `stay_away`, until the process is gone.
class Exit {
 public:
  /// To be called once by each module. A subinterpreter may end without the process.
  static void expect() {
    if (PyInterpreterState_GetID(PyInterpreterState_Get()) != 0) return;
    nb::module_::import_("atexit").attr("register")(nb::cpp_function([] { begin(); }));
  }

  static bool has_begun() { return begun_; }

  static void stay_away() {
    thread_local const User user;
    if (!begun_ || std::this_thread::get_id() == thread_) return;
    ++away_;
    while (true) std::this_thread::sleep_for(std::chrono::hours(1));
  }

 private:
  struct User {
    User() { ++users_; }
    ~User() { --users_; }
    User(const User&) = delete;
    User& operator=(const User&) = delete;
  };

  /// The others may go on for a moment, to where they wait.
  static void begin() {
    stay_away();  // this thread is a user
    thread_ = std::this_thread::get_id();
    begun_ = true;
    for (int i = 0; i < 200 && away_ < users_ - 1; ++i) {
      PyThreadState* const state = PyEval_SaveThread();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      PyEval_RestoreThread(state);
    }
  }

  static inline std::atomic<bool> begun_{false};
  static inline std::atomic<int> users_{0}, away_{0};  // threads
  static inline std::thread::id thread_;               // that ends Python
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
