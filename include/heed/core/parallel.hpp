#pragma once

/// @file
/// Threads: Eigen's pool, or the user's, with one interface.

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// The user's own threads: `run(task)` calls the task once, soon, on one of them. `size()` is the number of tasks that
/// run at a time. A task never waits for another task.
template <class E>
concept Executor = requires(E& executor, std::function<void()> task) {
  { executor.size() } -> std::convertible_to<int>;
  executor.run(std::move(task));
};

/// A reference to any executor, which must outlive it.
class ExecutorReference {
 public:
  ExecutorReference() = default;  ///< none
  template <Executor E>
    requires(!std::same_as<E, ExecutorReference>)
  ExecutorReference(E& executor)
      : size_(static_cast<int>(executor.size())),
        run_([&executor](std::function<void()> task) { executor.run(std::move(task)); }) {}

  explicit operator bool() const { return static_cast<bool>(run_); }
  int size() const { return size_; }
  void run(std::function<void()> task) const { run_(std::move(task)); }

 private:
  int size_ = 0;
  std::function<void(std::function<void()>)> run_;
};

/// More threads than any machine can use.
inline constexpr int most_threads = 4096;

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// A number of threads, including the caller's. Eigen's thread pool or an executor runs the work.
class ThreadPool {
 public:
  /// `threads` = 0: as many as `available_threads`. Throws if it is not in 0 .. `most_threads`, or if the system does
  /// not start so many.
  explicit ThreadPool(int threads = 0);
  /// The caller's thread and those of an executor.
  explicit ThreadPool(ExecutorReference executor);
  ThreadPool(ThreadPool&&) noexcept;
  ThreadPool& operator=(ThreadPool&&) noexcept;
  ~ThreadPool();

  int size() const { return threads_; }

  /// Calls f(index, worker) once for each index below `count`; free threads take the next index. `worker` is below
  /// `size()`, and no two calls at the same time have the same one. Returns when all calls are done; rethrows the first
  /// exception. Does not allocate, unless an executor does. Denormal numbers are zeros in each call (`FlushDenormals`).
  template <class F>
  void for_each(Index count, F&& f) {
    run(count, {&f, [](const void* function, Index i, int worker) {
                  (*static_cast<std::remove_reference_t<F>*>(const_cast<void*>(function)))(i, worker);
                }});
  }

 private:
  // one function type, so that the rest is compiled only once
  struct Work {
    const void* function;
    void (*call)(const void* function, Index i, int worker);
    void operator()(Index i, int worker) const { call(function, i, worker); }
  };
  struct Job;
  struct Environment;
  struct Threads;  // of Eigen

  void run(Index count, Work work);

  int threads_ = 1;
  std::unique_ptr<Threads> pool_;
  ExecutorReference executor_;
};

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "heed/core/available_threads.hpp"

#if __has_include(<Eigen/ThreadPool>)
#include <Eigen/ThreadPool>
#else
#include <unsupported/Eigen/CXX11/ThreadPool>
#endif

namespace heed::inline HEED_ISA {

/// Gives Eigen threads that run already and wait for their work. The constructor of Eigen's pool starts to use the first
/// ones before it has asked for the last one, so asking must not fail.
struct ThreadPool::Environment : Eigen::StlThreadEnvironment {
  class EnvThread {
   public:
    EnvThread() = default;
    EnvThread(const EnvThread&) = delete;
    EnvThread& operator=(const EnvThread&) = delete;
    ~EnvThread() {
      if (begun_.load() == 0) begin({});
      thread_.join();
    }
    void begin(std::function<void()> work) noexcept {
      work_ = std::move(work);
      begun_.store(1);
      begun_.notify_one();
    }
    void OnCancel() {}

   private:
    std::function<void()> work_;
    std::atomic<int> begun_{0};   // 1 once it may; an int is what the system waits for
    std::thread thread_{[this] {  // last: it uses the others
      begun_.wait(0);
      if (work_) work_();
    }};
  };
  using Waiting = std::vector<std::unique_ptr<EnvThread>>;

  explicit Environment(int threads) : waiting(std::make_shared<Waiting>()) {
    for (int i = 0; i < threads; ++i) waiting->push_back(std::make_unique<EnvThread>());
  }
  EnvThread* CreateThread(std::function<void()> work) noexcept {
    EnvThread* const thread = waiting->back().release();
    waiting->pop_back();
    thread->begin(std::move(work));
    return thread;
  }

  std::shared_ptr<Waiting> waiting;
};

struct ThreadPool::Threads : Eigen::ThreadPoolTempl<Environment> {
  explicit Threads(int threads) : ThreadPoolTempl(threads, Environment(threads)) {}
};

struct ThreadPool::Job {
  Job(Work work_, Index count_, unsigned helpers) : work(work_), count(count_), done(helpers) {}
  void run(int worker) {
    const FlushDenormals flush;  // on every thread, so that results do not depend on the thread
    for (Index i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
      try {
        work(i, worker);
      } catch (...) {
        fail();
      }
    }
  }
  void fail() {
    const std::lock_guard lock(mutex);
    if (!error) error = std::current_exception();
    next.store(count, std::memory_order_relaxed);
  }
  const Work work;
  const Index count;
  std::atomic<Index> next{0};
  Eigen::Barrier done;
  std::mutex mutex;
  std::exception_ptr error;
};

HEED_COLD HEED_FUNCTION ThreadPool::ThreadPool(int threads) {
  require(threads >= 0 && threads <= most_threads, [&] {
    return Fault{"number of threads", "ThreadPool", "0 to " + text_of(Index(most_threads)), std::to_string(threads)};
  });
  threads_ = threads > 0 ? threads : available_threads();
  try {
    if (threads_ > 1) pool_ = std::make_unique<Threads>(threads_ - 1);
  } catch (const std::system_error& e) {
    throw Error(Fault{"the system does not start " + std::to_string(threads_) + " threads: " + e.code().message(),
                      "ThreadPool"});
  } catch (...) {
    detail::rethrow_as_error("ThreadPool");
  }
}

HEED_COLD HEED_FUNCTION ThreadPool::ThreadPool(ExecutorReference executor) : executor_(std::move(executor)) {
  require(executor_ && executor_.size() >= 0 && executor_.size() < most_threads, [&] {
    return Fault{"number of threads of the executor", "ThreadPool", "0 to " + text_of(Index(most_threads - 1)),
                 std::to_string(executor_.size())};
  });
  threads_ = executor_.size() + 1;
}

HEED_FUNCTION ThreadPool::ThreadPool(ThreadPool&&) noexcept = default;
HEED_FUNCTION ThreadPool& ThreadPool::operator=(ThreadPool&&) noexcept = default;
HEED_FUNCTION ThreadPool::~ThreadPool() = default;

HEED_FUNCTION void ThreadPool::run(Index count, Work work) {
  const int helpers = static_cast<int>(std::min<Index>(threads_, count)) - 1;
  if (helpers <= 0) {
    const FlushDenormals flush;
    for (Index i = 0; i < count; ++i) work(i, 0);
    return;
  }
  Job job{work, count, static_cast<unsigned>(helpers)};
  Job* shared = &job;
  for (int worker = 1; worker <= helpers; ++worker) {
    const auto task = [shared, worker] {
      shared->run(worker);
      shared->done.Notify();
    };
    if (pool_) {
      pool_->Schedule(task);
      continue;
    }
    const auto taken = std::make_shared<std::atomic<bool>>(false);  // it may run after the executor has thrown
    try {
      executor_.run([task, taken] {
        if (!taken->exchange(true)) task();
      });
    } catch (...) {  // calls that have started must end first
      job.fail();
      if (!taken->exchange(true)) job.done.Notify();
    }
  }
  job.run(0);
  job.done.Wait();
  if (job.error) std::rethrow_exception(job.error);
}

}  // namespace heed::inline HEED_ISA

#endif
