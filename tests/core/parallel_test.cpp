#include "heed/core/parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"

namespace parallel_test {

using heed::Index;
using heed::ThreadPool;

TEST(ThreadPool, HandsOutEachIndexOnce) {
  for (const int threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    for (const Index count : {0, 1, 2, 3, 7, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<std::size_t>(count));
      pool.for_each(count, [&](Index i, int) { ++seen.at(static_cast<std::size_t>(i)); });
      for (const auto& times : seen) ASSERT_EQ(times, 1);
    }
  }
}

TEST(ThreadPool, GivesNoTwoCallsAtATimeTheSameWorker) {
  ThreadPool pool(4);
  std::atomic<bool> clash{false};
  std::vector<std::atomic<int>> busy(4);
  pool.for_each(2000, [&](Index, int worker) {
    if (busy.at(static_cast<std::size_t>(worker)).fetch_add(1) != 0) clash = true;
    std::this_thread::yield();
    --busy[static_cast<std::size_t>(worker)];
  });
  EXPECT_FALSE(clash);
}

TEST(ThreadPool, RunsOnSeveralThreadsAtATime) {
  ThreadPool pool(2);
  std::atomic<int> arrived{0};
  pool.for_each(2, [&](Index, int) {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();  // would wait for ever on one thread
  });
  EXPECT_EQ(arrived, 2);
}

TEST(ThreadPool, OfOneRunsInOrderOnTheCallersThread) {
  ThreadPool pool(1);
  EXPECT_EQ(pool.size(), 1);
  std::vector<Index> order;
  const auto caller = std::this_thread::get_id();
  pool.for_each(5, [&](Index i, int worker) {
    EXPECT_EQ(worker, 0);
    EXPECT_EQ(std::this_thread::get_id(), caller);
    order.push_back(i);
  });
  EXPECT_EQ(order, (std::vector<Index>{0, 1, 2, 3, 4}));
}

TEST(ThreadPool, BringsExceptionsToTheCaller) {
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    EXPECT_THROW(pool.for_each(100,
                               [](Index i, int) {
                                 if (i == 17) throw std::out_of_range("17");
                               }),
                 std::out_of_range);
    EXPECT_THROW(pool.for_each(100, [](Index, int) { throw std::out_of_range("all"); }), std::out_of_range);
    std::atomic<int> calls{0};
    pool.for_each(50, [&](Index, int) { ++calls; });  // and is as good as before
    EXPECT_EQ(calls, 50);
  }
}

TEST(ThreadPool, IsUsedAgainAndAgain) {
  ThreadPool pool(3);
  std::atomic<Index> sum{0};
  for (int round = 0; round < 500; ++round) pool.for_each(round % 5, [&](Index i, int) { sum += i + 1; });
  EXPECT_EQ(sum, 100 * (0 + 1 + 3 + 6 + 10));
}

TEST(ThreadPool, DoesNotAllocateOnceWarm) {
  for (const int threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    std::atomic<Index> sum{0};
    const auto work = [&] { pool.for_each(16, [&](Index i, int) { sum += i; }); };
    std::atomic<int> started{0};
    pool.for_each(threads, [&](Index, int) {  // a thread allocates when it starts: each takes one and waits for all
      for (++started; started < threads;) std::this_thread::yield();
    });
    const long before = test_support::allocations();
    for (int i = 0; i < 50; ++i) work();
    EXPECT_EQ(test_support::allocations(), before);
  }
  const auto one = std::make_unique<int>(1);
  EXPECT_GT(test_support::allocations(), 0);
}

TEST(ThreadPool, SizesItselfByTheMachineUnlessTold) {
  EXPECT_GE(ThreadPool().size(), 1);
  EXPECT_EQ(ThreadPool(3).size(), 3);
  EXPECT_EQ(test_support::error_of([] { ThreadPool(-1); }),
            "ThreadPool: number of threads (expected 0 to 4096, got -1)");
  EXPECT_EQ(test_support::error_of([] { ThreadPool(100000); }),
            "ThreadPool: number of threads (expected 0 to 4096, got 100000)");
}

// Threads of somebody's own: one a task.
struct OneEach {
  int most = 2;
  std::vector<std::thread> threads = {};
  int size() const { return most; }
  void run(std::function<void()> work) {
    if (static_cast<int>(threads.size()) == 3) throw std::runtime_error("no more");
    threads.emplace_back(std::move(work));
  }
  void join() {
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }
};

TEST(ThreadPool, TakesAnExecutor) {
  static_assert(heed::Executor<OneEach>);
  OneEach executor;
  ThreadPool pool{heed::ExecutorReference(executor)};
  EXPECT_EQ(pool.size(), 3);
  std::vector<std::atomic<int>> seen(100);
  pool.for_each(100, [&](heed::Index i, int worker) {
    ++seen[static_cast<std::size_t>(i)];
    EXPECT_LT(worker, 3);
  });
  EXPECT_EQ(executor.threads.size(), 2U);
  executor.join();
  for (const auto& times : seen) EXPECT_EQ(times, 1);
}

TEST(ThreadPool, WaitsForThoseThatRunWhereAnExecutorFails) {
  OneEach executor{.most = 5};
  ThreadPool pool{heed::ExecutorReference(executor)};
  EXPECT_THROW(pool.for_each(100, [](heed::Index, int) {}), std::runtime_error);
  executor.join();
  EXPECT_THROW(ThreadPool{heed::ExecutorReference()}, heed::Error);
}

// An executor that throws after it has taken a task: it runs the task before, or later on a thread.
struct TakesAndThrows {
  bool later;
  std::vector<std::function<void()>> tasks = {};
  int size() const { return 2; }
  void run(std::function<void()> task) {
    later ? tasks.push_back(std::move(task)) : task();
    throw std::runtime_error("taken");
  }
};

TEST(ThreadPool, OutlivesTasksThatAnExecutorTakesBeforeItThrows) {
  for (const bool later : {false, true}) {
    TakesAndThrows executor{later};
    ThreadPool pool{heed::ExecutorReference(executor)};
    std::atomic<int> calls{0};
    EXPECT_THROW(pool.for_each(100, [&](heed::Index, int) { ++calls; }), std::runtime_error);
    const int before = calls;
    for (const auto& task : executor.tasks) task();
    EXPECT_EQ(calls, before) << "the work is over";
  }
}

TEST(ThreadPool, RefusesAnExecutorOfImpossibleSize) {
  for (const int size : {-1, heed::most_threads, std::numeric_limits<int>::max()}) {
    OneEach executor{.most = size};
    EXPECT_EQ(test_support::error_of([&] { ThreadPool{heed::ExecutorReference(executor)}; }),
              "ThreadPool: number of threads of the executor (expected 0 to 4095, got " + std::to_string(size) + ")");
  }
}

}  // namespace parallel_test
