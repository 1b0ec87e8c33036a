// How long single calls of real-time threads take: the median, two percentiles and the largest of 200,000, with other
// processes idle and with two spinning for each CPU; scheduled as usual, and with SCHED_FIFO and locked memory where
// the system permits it (as root, or with rights to real-time priorities and to lock memory).
//
//     build/release/benchmarks/realtime

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "heed/infer/predictor.hpp"
#include "heed/infer/stream.hpp"
#include "heed/models/sequence_classifier.hpp"

namespace {

using heed::Index;
using Clock = std::chrono::steady_clock;

constexpr Index calls = 200'000, steps = 10, features = 5;

/// Processes that spin while it lives.
class Load {
 public:
  explicit Load(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      const pid_t child = fork();
      if (child == 0) spin();
      if (child > 0) children_.push_back(child);
    }
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() {
    for (const pid_t child : children_) kill(child, SIGKILL);
    for (const pid_t child : children_) waitpid(child, nullptr, 0);
  }

 private:
  [[noreturn]] static void spin() {
    const pid_t parent = getppid();
    for (std::atomic<unsigned> i = 0;; ++i) {
      if (i % (1U << 24) == 0 && getppid() != parent) _exit(0);
    }
  }
  std::vector<pid_t> children_;
};

/// SCHED_FIFO and locked memory while it lives, if the system permits it.
class RealTime {
 public:
  RealTime() {
    const sched_param priority{.sched_priority = 50};
    locked_ = mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
    fifo_ = sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
  }
  RealTime(const RealTime&) = delete;
  RealTime& operator=(const RealTime&) = delete;
  ~RealTime() {
    const sched_param usual{};
    sched_setscheduler(0, SCHED_OTHER, &usual);
    munlockall();
  }
  bool permitted() const { return locked_ && fifo_; }

 private:
  bool locked_, fifo_;
};

template <class F>
void row(const char* call, const char* policy, const char* load, std::vector<double>& times, F&& f) {
  for (double& time : times) {
    const Clock::time_point begin = Clock::now();
    f();
    time = std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) { return times[static_cast<std::size_t>(share * (calls - 1))]; };
  std::printf("| %-11s | %-5s | %-8s | %7.2f | %7.2f | %7.2f | %8.1f |\n", call, policy, load, at(0.5), at(0.99),
              at(0.9999), times.back());
}

void rows(const char* policy, const char* load) {
  const heed::SequenceClassifier<float> model({.features = features, .classes = 10});
  std::vector<float> x(steps * features);
  std::uint64_t draw = 0;
  for (float& v : x) v = static_cast<float>(heed::Key{1}.normal(draw++));
  std::vector<double> times(calls);
  heed::Stream stream(model);
  heed::Predictor predictor(model, {.max_steps = steps, .min_steps = steps});
  Index t = 0, answers = 0;
  row("try_step", policy, load, times, [&] {
    answers += bool(stream.try_step(x.data() + t * features, features));
    t = (t + 1) % steps;
  });
  row("try_predict", policy, load, times, [&] { answers += bool(predictor.try_predict(x.data(), steps, features)); });
  if (answers != 2 * calls) std::abort();
}

void both_policies(const char* load) {
  rows("other", load);
  const RealTime realtime;
  if (realtime.permitted()) {
    rows("FIFO", load);
  } else {
    std::printf("SCHED_FIFO with locked memory is not permitted here\n");
  }
}

}  // namespace

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::printf("| call, us    | sched | load     |    50 %% |    99 %% | 99.99 %% |  largest |\n");
  std::printf("|---|---|---|---:|---:|---:|---:|\n");
  both_policies("none");
  const Load load(2 * std::thread::hardware_concurrency());
  both_policies("spinning");
}
