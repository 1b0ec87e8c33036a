#include "heed/io/checkpoint.hpp"

#include <gtest/gtest.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/optim/sgd.hpp"
#include "heed/train/fit.hpp"
#include "safetensors_bytes.hpp"

namespace {

using heed::FitOptions;
using heed::History;
using heed::Index;
using heed::Outcome;
using test_support::error_of;
using test_support::flat;
using test_support::Task;
using Model = test_support::SmallModel<float>;

const Model start({.features = 3, .classes = 4});
const Task<float> task(90, {5, 3}, 4, true), test(30, {5, 3}, 4, true, 2);

// Everything that has a state: shuffled batches, moments, a schedule, an average, a best epoch.
FitOptions everything(int epochs) {
  FitOptions o{.epochs = epochs,
               .learning_rate = 0.02,
               .schedule = heed::PlateauSchedule{.factor = 0.7, .patience = 1, .threshold = 0.01},
               .batch_size = 20,
               .bucket_by_length = true,
               .seed = 3,
               .threads = 1,
               .clip_norm = 1,
               .balance_classes = true,
               .validation = 0.2,
               .early_stopping = {.patience = 1000},
               .ema_decay = 0.9};
  return o;
}

struct Checkpoint : heed_test::InAFolder {
  std::filesystem::path file = folder / "run.safetensors";
  FitOptions kept(FitOptions o, heed::CheckpointOptions c = {}) const {
    o.checkpoint = heed::checkpoint(file, c);
    return o;
  }
};

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void expect_same(const History& a, const History& b) {
  ASSERT_EQ(a.epochs.size(), b.epochs.size());
  for (std::size_t e = 0; e < a.epochs.size(); ++e) {
    EXPECT_EQ(a.epochs[e].epoch, b.epochs[e].epoch);
    EXPECT_EQ(a.epochs[e].loss, b.epochs[e].loss) << "epoch " << e + 1;
    EXPECT_EQ(a.epochs[e].accuracy, b.epochs[e].accuracy);
    EXPECT_TRUE(same(a.epochs[e].validation_loss, b.epochs[e].validation_loss));
    EXPECT_TRUE(same(a.epochs[e].test_loss, b.epochs[e].test_loss));
    EXPECT_EQ(a.epochs[e].learning_rate, b.epochs[e].learning_rate);
    EXPECT_EQ(a.epochs[e].sequences, b.epochs[e].sequences);
  }
  EXPECT_EQ(a.best_epoch, b.best_epoch);
}

TEST_F(Checkpoint, ARunGoesOnToTheSameBits) {
  Model whole = start;
  const History expected = heed::fit(whole, task.view(), everything(12), test.view());
  for (const int first : {1, 5, 12}) {
    std::filesystem::remove(file);
    Model model = start;
    FitOptions o = kept(everything(12));
    o.callbacks = {[&](const heed::EpochRecord& r) { return r.epoch < first; }};
    heed::fit(model, task.view(), o, test.view());
    ASSERT_TRUE(std::filesystem::exists(file));
    Model resumed({.features = 3, .classes = 4});
    resumed.initialize({99});  // whatever it was
    int epochs = 0;
    o.callbacks = {[&](const heed::EpochRecord&) { return ++epochs > 0; }};
    const History history = heed::fit(resumed, task.view(), o, test.view());
    EXPECT_EQ(flat(resumed), flat(whole)) << first;
    EXPECT_EQ(epochs, 12 - first);
    expect_same(history, expected);
  }
}

TEST_F(Checkpoint, FullBatchesAndOtherOptimizersToo) {
  FitOptions o{.epochs = 9, .schedule = heed::OneCycleSchedule{}, .threads = 1};
  Model whole = start, model = start;
  heed::Sgd<Model> a(whole, {.learning_rate = 0.1, .momentum = 0.9}), b(whole, {.learning_rate = 0.1, .momentum = 0.9});
  const History expected = heed::fit(whole, task.view(), a, o);
  o = kept(o, {.every = 4});
  o.callbacks = {[](const heed::EpochRecord& r) -> bool {
    if (r.epoch == 7) throw 7;  // four epochs are kept
    return true;
  }};
  EXPECT_THROW(heed::fit(model, task.view(), b, o), int);
  o.callbacks.clear();
  Model resumed = start;
  heed::Sgd<Model> c(whole, {.learning_rate = 0.1, .momentum = 0.9});
  expect_same(heed::fit(resumed, task.view(), c, o), expected);
  EXPECT_EQ(flat(resumed), flat(whole));
  EXPECT_EQ(c.steps(), 9);
}

// Adam that raises a flag
struct Asking {  // after so many steps
  heed::Adam<Model> adam;
  std::atomic<bool>* flag;
  int left;
  heed::AdamOptions& options = adam.options;
  void step(Model& model, const Model& gradient) {
    adam.step(model, gradient);
    if (--left == 0) *flag = true;
  }
  void visit_state(auto&& f) { adam.visit_state(f); }
};

TEST_F(Checkpoint, AStopInTheMiddleOfAnEpochLosesNothing) {
  Model whole = start;
  const FitOptions o = everything(6);
  const History expected = heed::fit(whole, task.view(), o);
  int lives = 0;
  for (History history;; ++lives) {
    std::atomic<bool> flag{false};
    Model model = start;
    Asking asking{heed::Adam<Model>(model, {.learning_rate = 0.02}), &flag, 3 + lives % 3};
    FitOptions resumable = kept(o, {.every = 100});
    resumable.stop = flag;
    history = heed::fit(model, task.view(), asking, resumable);
    ASSERT_LT(lives, 20);
    if (history.outcome == Outcome::cancelled) continue;
    expect_same(history, expected);
    EXPECT_EQ(flat(model), flat(whole));
    break;
  }
  EXPECT_GE(lives, 4);
}

TEST_F(Checkpoint, MoreEpochsMayFollow) {
  FitOptions o = everything(10);
  Model whole = start, model = start;
  heed::fit(whole, task.view(), o);
  heed::fit(model, task.view(), kept(everything(4)));
  heed::fit(model, task.view(), kept(o));
  EXPECT_EQ(flat(model), flat(whole));
  // but not where the schedule says how many there are
  std::filesystem::remove(file);
  o.schedule = heed::CosineSchedule{};
  o.epochs = 4;
  heed::fit(model, task.view(), kept(o));
  o.epochs = 10;
  EXPECT_NE(error_of([&] { heed::fit(model, task.view(), kept(o)); }).find("option.schedule: expected"),
            std::string::npos);
}

TEST_F(Checkpoint, OfAnotherModelDataOrOptionsIsOneError) {
  Model model = start;
  heed::fit(model, task.view(), kept(everything(2)));
  const auto error = [&](const FitOptions& o, const Task<float>& data = task) {
    Model other = start;
    const auto before = flat(other);
    const std::string text = error_of([&] { heed::fit(other, data.view(), kept(o)); });
    EXPECT_EQ(flat(other), before);
    EXPECT_EQ(text.find(file.string() + ": a checkpoint of another model, data or options"), 0U) << text;
    return text;
  };
  const std::map<std::string, void (*)(FitOptions&)> changes = {
      {"option.batch_size: expected \"30\", got \"20\"", [](FitOptions& o) { o.batch_size = 30; }},
      {"option.seed: expected \"4\", got \"3\"", [](FitOptions& o) { o.seed = 4; }},
      {"option.clip_norm", [](FitOptions& o) { o.clip_norm = 2; }},
      {"option.validation", [](FitOptions& o) { o.validation = 0.3; }},
      {"option.shuffle", [](FitOptions& o) { o.shuffle = false; }},
      {"option.schedule", [](FitOptions& o) { o.schedule = {}; }},
      {"tensor \"ema.average.1.weight\": expected nothing", [](FitOptions& o) { o.ema_decay = 0; }},
      {"optimizer.learning_rate: expected \"0.5\", got \"0.02\"", [](FitOptions& o) { o.learning_rate = 0.5; }}};
  for (const auto& [expected, change] : changes) {
    FitOptions o = everything(2);
    change(o);
    const std::string text = error(o);
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
  }
  Task<float> other = task;
  other.x(40, 0, 1) += 1;
  EXPECT_NE(error(everything(2), other).find("data.sequences"), std::string::npos);
  other = task;
  other.labels[0] = (other.labels[0] + 1) % 4;
  EXPECT_NE(error(everything(2), other).find("data.labels"), std::string::npos);
  other = task;
  other.x(40, 4, 1) += 1;
  other.lengths[40] = 4;
  Task<float> same = other;
  same.x(40, 4, 1) = 1e9F;  // past its end
  std::filesystem::remove(file);
  heed::fit(model, other.view(), kept(everything(2)));
  EXPECT_EQ(error_of([&] { heed::fit(model, same.view(), kept(everything(2))); }), "no error");

  test_support::SmallModel<double> in_double({.features = 3, .classes = 4});
  const Task<double> doubles(90, {5, 3}, 4, true);
  EXPECT_NE(
      error_of([&] { heed::fit(in_double, doubles.view(), kept(everything(2))); }).find("expected F64 (4, 3), got F32"),
      std::string::npos);
}

TEST_F(Checkpoint, BrokenFilesAreErrorsAndLeftoversGo) {
  Model model = start;
  const auto error = [&] { return error_of([&] { heed::fit(model, task.view(), kept(everything(2))); }); };
  heed::save(start, file);
  EXPECT_NE(error().find("no checkpoint of training"), std::string::npos);
  std::ofstream(file) << "half";
  EXPECT_NE(error().find("too short for a safetensors file"), std::string::npos);
  std::filesystem::remove(file);
  std::ofstream(file.string() + ".4711.0.tmp") << "half";
  std::ofstream(file.string() + ".notes.tmp") << "somebody's";
  EXPECT_EQ(error(), "no error");
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".4711.0.tmp"));
  EXPECT_TRUE(std::filesystem::exists(file.string() + ".notes.tmp"));
  const auto nowhere = heed::checkpoint(folder / "missing" / "run.safetensors");
  FitOptions o = everything(1);
  o.checkpoint = nowhere;
  EXPECT_NE(error_of([&] { heed::fit(model, task.view(), o); }), "no error") << "before training, not after it";
  struct Stateless {
    void step(Model&, const Model&) {}
  } stateless;
  EXPECT_NE(error_of([&] { heed::fit(model, task.view(), stateless, kept({.epochs = 1})); }).find("visit_state"),
            std::string::npos);
}

TEST_F(Checkpoint, OnlyTheWriterWrites) {
  Model model = start;
  heed::fit(model, task.view(), kept(everything(1), {.write = false}));
  EXPECT_FALSE(std::filesystem::exists(file));
}

// Runs in a process of its own, until it is killed or done.
void live(const std::filesystem::path& file, const FitOptions& options, const std::filesystem::path& result) {
  FitOptions o = options;
  o.checkpoint = heed::checkpoint(file);
  Model model = start;
  heed::fit(model, task.view(), o, test.view());
  heed::save(model, result);
}

TEST_F(Checkpoint, KilledAtRandomMomentsItEndsWithTheSameBits) {
  const FitOptions o = everything(150);
  const auto begin = std::chrono::steady_clock::now();
  live(file, o, folder / "whole");
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  std::filesystem::remove(file);
  Model uninterrupted = start, killed = start;
  heed::load_weights(uninterrupted, heed::SafetensorsFile(folder / "whole"));
  EXPECT_NE(flat(uninterrupted), flat(start));
  int kills = 0;
  for (std::uint64_t lives = 0, runs = 0; kills < 50 || runs == 0; ++lives) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        live(file, o, folder / "killed");
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    if (kills < 50) {
      const auto longest = static_cast<double>(whole.count()) / 40;
      ::usleep(static_cast<useconds_t>(heed::Key{1}.uniform(lives, 0, longest)));
      ::kill(child, SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    kills += WIFSIGNALED(status);
    if (!WIFEXITED(status)) continue;
    ++runs;  // it came to its end: a fast machine begins another
    ASSERT_EQ(WEXITSTATUS(status), 0);
    heed::load_weights(killed, heed::SafetensorsFile(folder / "killed"));
    EXPECT_EQ(flat(killed), flat(uninterrupted));
    std::filesystem::remove(file);
  }
  EXPECT_EQ(kills, 50);
}

}  // namespace
