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
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/compose/residual.hpp"
#include "heed/files/detail/replace.hpp"
#include "heed/files/file.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/losses/binary_cross_entropy.hpp"
#include "heed/losses/huber.hpp"
#include "heed/optim/sgd.hpp"
#include "heed/train/fit.hpp"
#include "safetensors_bytes.hpp"

namespace checkpoint_test {

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

// Somebody's loss, whose number nobody sees.
struct OwnLoss {
  using Target = float;
  double power;
  static double target_weight(std::span<const float> targets) { return static_cast<double>(targets.size()); }
  static void check(heed::TensorView<const float, 2>, Index) {}
  double operator()(heed::Tile<const float> y, heed::Tile<const float> target, const float* weights, double scale,
                    heed::Tile<float> dy, const heed::Pass&) const {
    double sum = 0;
    for (Index i = 0; i < y.size(); ++i) {
      const double d = y.data[i] - target.data[i], w = scale * weights[i % y.lanes];
      sum += w * std::pow(std::abs(d), power);
      if (dy) dy.data[i] = static_cast<float>(w * power * std::pow(std::abs(d), power - 1) * (d < 0 ? -1 : 1));
    }
    return sum;
  }
};

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

// The weights after two epochs are not in it.
TEST_F(Checkpoint, OfMoreEpochsThanTheRunIsAnError) {
  Model model = start, other = start;
  heed::fit(model, task.view(), kept(everything(4)));
  const auto before = flat(other);
  EXPECT_EQ(error_of([&] { heed::fit(other, task.view(), kept(everything(2))); }),
            "fit: the checkpoint has more epochs than this run (expected at least 4 epochs, or another checkpoint, got "
            "2)");
  EXPECT_EQ(flat(other), before);
  heed::fit(other, task.view(), kept(everything(4)));  // it has ended
  EXPECT_EQ(flat(other), flat(model));
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

TEST_F(Checkpoint, TheTemporaryFileOfALivingWriterStays) {
  heed::detail::TemporaryFile living(file);
  ASSERT_EQ(living.error(), 0);
  Model model = start;
  heed::fit(model, task.view(), kept(everything(2)));
  EXPECT_TRUE(living.file().close());
  heed::fit(model, task.view(), kept(everything(3)));
  EXPECT_TRUE(living.replace(file)) << "also between its closing and its renaming";
}

TEST_F(Checkpoint, BrokenFilesAreErrorsAndLeftoversGo) {
  Model model = start;
  const auto error = [&] { return error_of([&] { heed::fit(model, task.view(), kept(everything(2))); }); };
  heed::save(start, file);
  EXPECT_NE(error().find("no checkpoint of training"), std::string::npos);
  std::ofstream(file) << "half";
  EXPECT_NE(error().find("too short for a safetensors file"), std::string::npos);
  std::filesystem::remove(file);
  const std::string half = ".4711.0.heed.tmp";
  std::ofstream(file.string() + half) << "half";
  const std::vector<std::string> others{".notes.tmp", "..heed.tmp",     ".2026.11.tmp",      ".1.4711.0.heed.tmp",
                                        ".heed.tmp",  ".4711.heed.tmp", ".4711..0.heed.tmp", ".4711.0.heed.tmp2"};
  for (const std::string& name : others) std::ofstream(file.string() + name) << "somebody's";
  EXPECT_EQ(error(), "no error");
  EXPECT_FALSE(std::filesystem::exists(file.string() + half));
  for (const std::string& name : others) EXPECT_TRUE(std::filesystem::exists(file.string() + name)) << name;
  std::ofstream(file.string() + half) << "half";
  std::filesystem::create_directory(folder / "link");
  const auto link = folder / "link" / "run";
  std::filesystem::create_symlink(file, link);
  FitOptions through = everything(3);
  through.checkpoint = heed::checkpoint(link);
  EXPECT_EQ(error_of([&] { heed::fit(model, task.view(), through); }), "no error");
  EXPECT_FALSE(std::filesystem::exists(file.string() + half)) << "beside the file to which the link leads";
  EXPECT_EQ(error_of([] { heed::checkpoint(""); }),
            "checkpoint: no path of a checkpoint (expected a path, got nothing)");
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

TEST_F(Checkpoint, OfAnotherLossIsAnError) {
  const heed::Tensor<float, 2> y = [] {
    heed::Tensor<float, 2> numbers({90, 4});
    for (Index i = 0; i < 90; ++i) {
      for (Index k = 0; k < 4; ++k) numbers(i, k) = static_cast<float>(task.labels[static_cast<std::size_t>(i)] == k);
    }
    return numbers;
  }();
  const heed::TargetSequences<float, float> numbers{task.x.view(), y.view(), task.lengths};
  const auto error = [&](auto loss) {
    Model model = start;
    const auto before = test_support::flat(model);
    const std::string text = error_of([&] { heed::fit(model, numbers, loss, kept({.epochs = 2})); });
    EXPECT_TRUE(text == "no error" || test_support::flat(model) == before);
    return text;
  };
  EXPECT_EQ(error(heed::MeanSquaredError<float>()), "no error");
  EXPECT_NE(error(heed::Huber<float>()).find("loss: expected \"Huber\", got \"MeanSquaredError\""), std::string::npos);
  EXPECT_NE(error(heed::BinaryCrossEntropy<float>()).find("\"MeanSquaredError\""), std::string::npos);
  EXPECT_NE(error(OwnLoss{3}), "no error");
  std::filesystem::remove(file);
  EXPECT_EQ(error(heed::Huber<float>()), "no error");
  EXPECT_NE(error(heed::Huber<float>({.delta = 2})).find("loss.delta: expected \"2\", got \"1\""), std::string::npos);
  std::filesystem::remove(file);
  EXPECT_EQ(error(OwnLoss{3}), "no error");
  EXPECT_EQ(error(OwnLoss{3}), "no error");
  EXPECT_NE(error(OwnLoss{4}).find("the loss is another one"), std::string::npos) << "its number is nowhere listed";
  std::filesystem::remove(file);

  Model model = start;
  const auto labels_error = [&](const FitOptions& o) {
    return error_of(
        [&] { heed::fit(model, task.view(), heed::CrossEntropy<float>({.class_weights = {1, 2, 3, 4}}), o); });
  };
  EXPECT_EQ(labels_error(kept({.epochs = 1})), "no error");
  EXPECT_EQ(labels_error(kept({.epochs = 1})), "no error");
  EXPECT_NE(error_of([&] { heed::fit(model, task.view(), kept({.epochs = 1})); }).find("loss.class_weights"),
            std::string::npos);
}

// What stands behind an attention pool and has no weights.
template <class... Layers>
std::string error_behind(const FitOptions& o, const Layers&... layers) {
  heed::Sequential model(heed::AttentionPool<float>({.features = 3}), layers...,
                         heed::Dense<float>({.in_features = 3, .out_features = 4}));
  model.initialize({7});
  const auto before = test_support::flat(model);
  const std::string text = error_of([&] { heed::fit(model, task.view(), o); });
  EXPECT_TRUE(text == "no error" || test_support::flat(model) == before);
  return text;
}

TEST_F(Checkpoint, OfOtherLayersWithoutWeightsIsAnError) {
  const FitOptions o = kept({.epochs = 2, .learning_rate = 0.02, .batch_size = 30});
  const std::string other = "the model is another one";
  EXPECT_EQ(error_behind(o, heed::Relu<float>()), "no error");
  EXPECT_EQ(error_behind(o, heed::Relu<float>()), "no error");
  EXPECT_NE(error_behind(o, heed::Tanh<float>()).find(other), std::string::npos);
  EXPECT_NE(error_behind(o, heed::LeakyRelu<float>()).find(other), std::string::npos);
  EXPECT_NE(error_behind(o).find("tensor"), std::string::npos) << "the names of parameters";
  EXPECT_NE(error_behind(o, heed::Residual(heed::Relu<float>())).find(other), std::string::npos);
  std::filesystem::remove(file);
  EXPECT_EQ(error_behind(o, heed::Dropout<float>({.rate = 0.2})), "no error");
  EXPECT_EQ(error_behind(o, heed::Dropout<float>({.rate = 0.2})), "no error");
  EXPECT_NE(error_behind(o, heed::Dropout<float>({.rate = 0.3})).find(other), std::string::npos);
  EXPECT_NE(error_behind(o, heed::Dropout<float>()).find(other), std::string::npos);
  std::filesystem::remove(file);
  EXPECT_EQ(error_behind(o, heed::LeakyRelu<float>(0.01F)), "no error");
  EXPECT_NE(error_behind(o, heed::LeakyRelu<float>(0.02F)).find(other), std::string::npos);
}

TEST_F(Checkpoint, OfAnotherSetThatEarlyStoppingWatchesIsAnError) {
  const Task<float> more(30, {5, 3}, 4, true, 5);
  const auto error = [&](FitOptions o, const std::optional<heed::LabelledSequences<float>>& watched) {
    Model model = start;
    return error_of([&] { heed::fit(model, task.view(), kept(o), watched); });
  };
  const FitOptions stopping{.epochs = 2, .early_stopping = {.patience = 5}};
  EXPECT_EQ(error(stopping, test.view()), "no error");
  EXPECT_EQ(error(stopping, test.view()), "no error");
  EXPECT_NE(error(stopping, more.view()).find("watched.sequences"), std::string::npos);
  EXPECT_NE(error(stopping, {}).find("watched.count: expected nothing"), std::string::npos);
  std::filesystem::remove(file);
  EXPECT_EQ(error(stopping, {}), "no error");
  EXPECT_NE(error(stopping, test.view()).find("watched.count: expected \"30\", got nothing"), std::string::npos);
  std::filesystem::remove(file);
  const FitOptions plateau{.epochs = 2, .schedule = heed::PlateauSchedule{}};
  EXPECT_EQ(error(plateau, test.view()), "no error");
  EXPECT_NE(error(plateau, more.view()).find("watched.labels"), std::string::npos);
  std::filesystem::remove(file);
  EXPECT_EQ(error({.epochs = 2}, test.view()), "no error");
  EXPECT_EQ(error({.epochs = 2}, more.view()), "no error") << "nothing depends on it";
}

TEST_F(Checkpoint, ADamagedFileIsAnError) {
  Model model = start;
  heed::fit(model, task.view(), kept(everything(2)));
  const auto bytes = heed::read_file(file);
  const auto after = flat(model);
  for (std::size_t at : {bytes.size() - 1, bytes.size() - 100, bytes.size() / 2, std::size_t(200)}) {
    auto damaged = bytes;
    damaged[at] ^= std::byte{1};
    heed::write_file(file, {damaged});
    EXPECT_NE(error_of([&] { heed::fit(model, task.view(), kept(everything(2))); }).find(file.string()),
              std::string::npos)
        << at;
    EXPECT_EQ(flat(model), after);
  }
  heed::write_file(file, {bytes});
  EXPECT_EQ(error_of([&] { heed::fit(model, task.view(), kept(everything(2))); }), "no error");
}

TEST_F(Checkpoint, NumbersThatNoRunHasAreErrors) {
  const std::map<std::string, std::pair<const char*, std::vector<double>>> wrong = {
      {"NaN epochs", {"progress", {NAN, 0, 0, 0, 0, 1, 1, 0, 0}}},
      {"a batch before the first", {"progress", {2, -1, 0, 0, 0, 1, 1, 0, 0}}},
      {"a batch behind the last", {"progress", {2, 1000, 0, 0, 0, 1, 1, 0, 0}}},
      {"half a batch", {"progress", {2, 0.5, 0, 0, 0, 1, 1, 0, 0}}},
      {"epochs beyond an int", {"progress", {1e10, 0, 0, 0, 0, 1, 1, 0, 0}}},
      {"a best epoch to come", {"progress", {2, 0, 0, 0, 0, 1, 1, 3, 0}}},
      {"infinite seconds", {"progress", {2, 0, 0, 0, 0, 1, HUGE_VAL, 0, 0}}},
      {"an epoch without a record", {"progress", {3, 0, 0, 0, 0, 1, 1, 0, 0}}},
      {"half a record", {"history", {1, 0, 0, 0, 0}}},
      {"a cooling of NaN", {"plateau", {0.1, 1, 0, NAN}}},
      {"steps of NaN", {"optimizer.step", {NAN}}},
      {"a negative number of steps", {"ema.updates", {-1}}}};
  for (const auto& [what, series] : wrong) {
    std::filesystem::remove(file);
    Model model = start;
    FitOptions o = kept(everything(2));
    heed::fit(model, task.view(), o);
    const auto load = o.checkpoint.load;
    bool known = false;
    o.checkpoint.load = [&, change = series](heed::TrainingState& state) {
      const bool there = load(state);
      for (auto& [name, values] : state.series) {
        if (!name.starts_with(change.first)) continue;
        known = true;
        values = change.second;
      }
      return there;
    };
    model = start;
    const auto before = test_support::flat(model);
    EXPECT_NE(error_of([&] { heed::fit(model, task.view(), o); }).find("checkpoint"), std::string::npos) << what;
    EXPECT_TRUE(known) << what;
    EXPECT_EQ(flat(model), before) << what << ": the weights are as they were";
  }
}

TEST_F(Checkpoint, OfTheFirstVersionGoesOn) {
  std::filesystem::copy_file(std::filesystem::path(__FILE__).parent_path() / "data" / "checkpoint_1.safetensors", file);
  Model model = start, whole = start;
  const History on = heed::fit(model, task.view(), kept(everything(4)));
  const History expected = heed::fit(whole, task.view(), everything(4));
  ASSERT_EQ(on.epochs.size(), 4U);
  for (std::size_t e = 0; e < 4; ++e) EXPECT_NEAR(on.epochs[e].loss, expected.epochs[e].loss, 1e-4);
  // Not the weights: where a gradient is 0 but for rounding, as that of the attention's bias, Adam goes by its sign.
  EXPECT_NEAR(heed::evaluate(model, task.view()).loss, heed::evaluate(whole, task.view()).loss, 1e-4);
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

// HEED_KILLS says how often; fifty times where it says nothing.
TEST_F(Checkpoint, KilledAtRandomMomentsItEndsWithTheSameBits) {
  const char* const asked = std::getenv("HEED_KILLS");
  const int wanted = asked ? std::atoi(asked) : 50;
  ASSERT_GT(wanted, 0);
  const FitOptions o = everything(150);
  const auto begin = std::chrono::steady_clock::now();
  live(file, o, folder / "whole");
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  std::filesystem::remove(file);
  Model uninterrupted = start, killed = start;
  heed::load_weights(uninterrupted, heed::SafetensorsFile(folder / "whole"));
  EXPECT_NE(flat(uninterrupted), flat(start));
  int kills = 0;
  for (std::uint64_t lives = 0, runs = 0; kills < wanted || runs == 0; ++lives) {
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
    if (kills < wanted) {
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
  EXPECT_EQ(kills, wanted);
}

}  // namespace checkpoint_test
