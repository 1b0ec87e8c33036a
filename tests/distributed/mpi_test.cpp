// Runs under mpirun with any number of processes. All run the same tests together; each compares what it gets with what
// one process alone gets.

#include "heed/distributed/mpi.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/train/fit.hpp"

namespace {

using heed::FitOptions;
using heed::History;
using heed::Index;
using heed::IndexRange;
using heed::MpiReducer;
using heed::Shard;
using test_support::flat;
using test_support::Task;

template <class S>
using Model = test_support::SmallModel<S>;

static_assert(heed::Reducer<MpiReducer, float>);

// The sequences that a process has of a task.
template <class S>
struct Part {
  heed::LabelledSequences<S> view;
  Part(const Task<S>& task, IndexRange range) {
    const auto [n, steps, features] = task.x.extents();
    const auto first = static_cast<std::size_t>(range.first), count = static_cast<std::size_t>(range.count());
    view.x = {task.x.data() + range.first * steps * features, {range.count(), steps, features}};
    view.labels = std::span(task.labels).subspan(first, count);
    if (!task.lengths.empty()) view.lengths = std::span(task.lengths).subspan(first, count);
  }
};

// Ways to deal n sequences: as the reducer says, all to the last process, unevenly to all.
using Deal = IndexRange (*)(const MpiReducer&, Index);
const std::map<std::string, Deal> deals = {
    {"part", [](const MpiReducer& mpi, Index n) { return mpi.part(n); }},
    {"last",
     [](const MpiReducer& mpi, Index n) { return mpi.rank() + 1 == mpi.size() ? IndexRange{0, n} : IndexRange{}; }},
    {"uneven", [](const MpiReducer& mpi, Index n) {
       const auto begin = [&](Index r) { return n * r * r / (mpi.size() * mpi.size()); };
       return IndexRange{begin(mpi.rank()), begin(mpi.rank() + 1)};
     }}};

template <class S>
void expect_like_one_process(Index n, bool ragged, FitOptions o) {
  const MpiReducer mpi;
  const Task<S> task(n, {6, 3}, 4, ragged), test(n / 3 + 1, {6, 3}, 4, ragged, 2);
  Model<S> reference({.features = 3, .classes = 4});
  const Model<S> start = reference;
  o.threads = 1;
  const History expected = heed::fit(reference, task.view(), o, test.view());
  for (const auto& [name, deal] : deals) {
    for (const int threads : {1, 2}) {
      Model<S> model = start;
      o.threads = threads;
      const Part<S> mine(task, deal(mpi, n)), to_test(test, deal(mpi, n / 3 + 1));
      const History history = heed::fit(model, mine.view, o, to_test.view, mpi);
      EXPECT_EQ(flat(model), flat(reference)) << n << ' ' << name << ", batch " << o.batch_size;
      ASSERT_EQ(history.epochs.size(), expected.epochs.size());
      for (std::size_t e = 0; e < history.epochs.size(); ++e) {
        EXPECT_EQ(history.epochs[e].loss, expected.epochs[e].loss);
        EXPECT_EQ(history.epochs[e].accuracy, expected.epochs[e].accuracy);
        EXPECT_EQ(history.epochs[e].test_loss, expected.epochs[e].test_loss);
        EXPECT_EQ(history.epochs[e].test_accuracy, expected.epochs[e].test_accuracy);
        EXPECT_EQ(history.epochs[e].sequences, expected.epochs[e].sequences);
      }
    }
  }
}

TEST(Mpi, AFullBatchGivesTheBitsOfOneProcess) {
  const FitOptions o{.epochs = 3, .learning_rate = 0.05};
  for (const Index n : {1, 63, 64, 130, 700, 2000}) {
    for (const bool ragged : {false, true}) {
      expect_like_one_process<float>(n, ragged, o);
      expect_like_one_process<double>(n, ragged, o);
    }
  }
}

TEST(Mpi, MiniBatchesGiveTheBitsOfOneProcess) {
  for (const Index batch : {1, 32, 150, 699}) {
    const FitOptions o{.epochs = 3, .learning_rate = 0.05, .batch_size = batch, .seed = 5};
    for (const bool ragged : {false, true}) {
      expect_like_one_process<float>(700, ragged, o);
      expect_like_one_process<double>(131, ragged, o);
    }
  }
  expect_like_one_process<float>(700, true, {.epochs = 2, .batch_size = 150, .shuffle = false, .clip_norm = 0.1});
  expect_like_one_process<float>(700, true, {.epochs = 2, .batch_size = 90, .class_weights = {1, 2, 0, 1}});
}

TEST(Mpi, EveryWayToTrainGivesTheBitsOfOneProcess) {
  for (const bool ragged : {false, true}) {
    for (const Index batch : {0, 90}) {
      FitOptions o{.epochs = 3, .learning_rate = 0.05, .batch_size = batch};
      o.bucket_by_length = true;
      o.balance_classes = true;
      o.validation = 0.2;
      o.early_stopping = {.patience = 2};
      o.ema_decay = 0.8;
      o.schedule = heed::CosineSchedule{.warmup = 2};
      std::atomic<bool> never{false};
      o.stop = never;
      expect_like_one_process<float>(500, ragged, o);
    }
  }
}

TEST(Mpi, TargetsGiveTheBitsOfOneProcess) {
  const MpiReducer mpi;
  const Task<double> task(300, {6, 3}, 4, true);
  heed::Tensor<double, 2> y({300, 2});
  for (Index i = 0; i < 300; ++i) y(i, i % 2) = task.x(i, 0, 1);
  for (const Index batch : {0, 70}) {
    Model<double> model({.features = 3, .classes = 2}), reference = model;
    const FitOptions o{.epochs = 3, .batch_size = batch, .threads = 1, .validation = 0.2};
    const IndexRange mine = mpi.part(300);
    const Part<double> part(task, mine);
    const heed::TargetSequences<double> here{
        part.view.x, {y.data() + 2 * mine.first, {mine.count(), 2}}, part.view.lengths};
    const heed::MeanSquaredError<double> loss;
    const History expected = heed::fit(reference, {task.x.view(), y.view(), task.lengths}, loss, o);
    const History history = heed::fit(model, here, loss, o, {}, mpi);
    EXPECT_EQ(flat(model), flat(reference));
    EXPECT_EQ(history.epochs[2].validation_loss, expected.epochs[2].validation_loss);
  }
}

TEST(Mpi, LabelsOfEveryStepGiveTheBitsOfOneProcess) {
  using Tagger = heed::Sequential<heed::Lstm<double>, heed::Dense<double>>;
  const MpiReducer mpi;
  const Task<double> task(300, {6, 3}, 4, true);
  heed::Tensor<std::int32_t, 2> labels({300, 6});
  for (Index i = 0; i < 300; ++i) {
    for (Index t = 0; t < 6; ++t) labels(i, t) = (i + t) % 11 == 0 ? -100 : task.x(i, t, 1) > 0;
  }
  for (const Index batch : {0, 70}) {
    Tagger model(heed::Lstm<double>({.input_size = 3, .hidden_size = 5}),
                 heed::Dense<double>({.in_features = 5, .out_features = 2}));
    Tagger reference = model;
    const FitOptions o{.epochs = 3, .batch_size = batch, .threads = 1, .validation = 0.2};
    const IndexRange mine = mpi.part(300);
    const Part<double> part(task, mine);
    const heed::TensorView<const std::int32_t, 2> own(labels.data() + 6 * mine.first, {mine.count(), 6});
    const History expected = heed::fit(reference, {task.x.view(), labels, task.lengths}, o);
    const History history = heed::fit(model, {part.view.x, own, part.view.lengths}, o, {}, mpi);
    EXPECT_EQ(flat(model), flat(reference));
    EXPECT_EQ(history.epochs[2].accuracy, expected.epochs[2].accuracy);
    EXPECT_EQ(history.epochs[2].validation_loss, expected.epochs[2].validation_loss);
  }
}

TEST(Mpi, AStateIsThatOfOneProcess) {
  const MpiReducer mpi;
  const Task<float> task(200, {6, 3}, 4, true);
  heed::Metadata identities[2];
  for (const bool together : {false, true}) {
    Model<float> model({.features = 3, .classes = 4});
    FitOptions o{.epochs = 1, .batch_size = 50, .threads = 1};
    o.checkpoint.load = [](heed::TrainingState&) { return false; };
    o.checkpoint.save = [&](const heed::TrainingState& state) { identities[together] = state.identity; };
    if (together) {
      heed::fit(model, Part<float>(task, mpi.part(200)).view, o, {}, mpi);
    } else {
      heed::fit(model, task.view(), o);
    }
  }
  EXPECT_EQ(identities[0], identities[1]);
  EXPECT_FALSE(identities[0].empty());
}

TEST(Mpi, ReducesInTheTreeOfOneProcess) {
  using Numbers = heed::Dense<float>;
  MpiReducer mpi;
  heed::ThreadPool pool(2);
  for (Index count = 1; count <= 40; ++count) {
    std::vector<Shard<float>> all, mine;
    const heed::Key key{static_cast<std::uint64_t>(count)};
    std::uint64_t draw = 0;
    for (Index i = 0; i < count; ++i) {
      all.push_back({heed::OwnModel<float>(Numbers({.in_features = 5, .out_features = 7})),
                     {key.normal(draw++), key.uniform(draw++)}});
      for (float& v : all.back().gradient.as<Numbers>().weight)
        v = static_cast<float>(std::exp(4 * key.normal(draw++)));
    }
    const IndexRange own = mpi.own(count);
    mine.assign(all.begin() + own.first, all.begin() + own.last);
    if (mine.empty()) mine.push_back(all.back());
    heed::InProcessReducer().reduce(std::span(all), count, pool);
    mpi.reduce(std::span(mine), count, pool);
    EXPECT_EQ(flat(mine[0].gradient.as<Numbers>()), flat(all[0].gradient.as<Numbers>())) << count;
    EXPECT_EQ(mine[0].totals.loss, all[0].totals.loss);
    EXPECT_EQ(mine[0].totals.correct, all[0].totals.correct);
  }
}

TEST(Mpi, EachThingHasOneOwnerAndPartsAreWhatFullBatchesNeed) {
  const MpiReducer mpi;
  for (const Index n : {0, 1, 64, 65, 1000, 100'000}) {
    std::vector<int> owners(static_cast<std::size_t>(n));
    const auto count = [&](IndexRange mine) {
      std::fill(owners.begin(), owners.end(), 0);
      for (Index i = mine.first; i < mine.last; ++i) owners[static_cast<std::size_t>(i)] = 1;
      if (n > 0) MPI_Allreduce(MPI_IN_PLACE, owners.data(), static_cast<int>(n), MPI_INT, MPI_SUM, MPI_COMM_WORLD);
      EXPECT_TRUE(std::all_of(owners.begin(), owners.end(), [](int times) { return times == 1; })) << n;
    };
    count(mpi.own(n));
    count(mpi.part(n));
    EXPECT_EQ(mpi.own(n).first == 0 && mpi.own(n).last > 0, n > 0 && mpi.rank() == 0);
  }
  EXPECT_GE(mpi.threads(), 1);
}

TEST(Mpi, SharesWhatEachOwns) {
  const MpiReducer mpi;
  for (const Index n : {0, 1, 3, 100}) {
    std::vector<double> items(static_cast<std::size_t>(n), -1);
    const IndexRange own = mpi.own(n);
    for (Index i = own.first; i < own.last; ++i) items[static_cast<std::size_t>(i)] = static_cast<double>(i * i);
    mpi.share(std::span(items));
    for (Index i = 0; i < n; ++i) EXPECT_EQ(items[static_cast<std::size_t>(i)], static_cast<double>(i * i));
  }
}

TEST(Mpi, AllIsTrueWhereEveryProcessSaysSo) {
  const MpiReducer mpi;
  EXPECT_TRUE(mpi.all(true));
  EXPECT_FALSE(mpi.all(false));
  EXPECT_EQ(mpi.all(mpi.rank() == 0), mpi.size() == 1);
}

TEST(Mpi, InTurnContinuesFromTheRankBefore) {
  const MpiReducer mpi;
  std::vector<double> state{1, 0};
  mpi.in_turn(std::span(state), [&] {
    state[0] = state[0] / 3 + mpi.rank();
    state[1] += 1;
  });
  double expected = 1;
  for (int r = 0; r < mpi.size(); ++r) expected = expected / 3 + r;
  EXPECT_EQ(state[0], expected);
  EXPECT_EQ(state[1], mpi.size());
}

TEST(Mpi, AgreeThrowsTheErrorOfTheLowestRankInAll) {
  const MpiReducer mpi;
  const int last = mpi.size() - 1;
  EXPECT_NO_THROW(mpi.agree([] {}));
  const std::string error = test_support::error_of([&] {
    mpi.agree([&] {
      if (mpi.rank() >= last / 2) throw heed::Error({"broken", "file", "one", std::to_string(mpi.rank())});
    });
  });
  const std::string rank = std::to_string(last / 2);
  EXPECT_EQ(error, (last / 2 > 0 ? "rank " + rank + ", " : "") + "file: broken (expected one, got " + rank + ")");
}

template <class S>
std::string error_of_fit(const MpiReducer& mpi, const heed::LabelledSequences<S>& data) {
  Model<S> model({.features = 3, .classes = 4});
  return test_support::error_of([&] { heed::fit(model, data, {.epochs = 2, .threads = 1}, {}, mpi); });
}

TEST(Mpi, FaultyDataOfOneProcessAreAnErrorInAll) {
  const MpiReducer mpi;
  const Index n = 400;
  Task<float> task(n, {6, 3}, 4);
  const Part<float> mine(task, mpi.part(n));
  EXPECT_EQ(error_of_fit(mpi, mine.view), "no error");
  task.x(n - 1, 2, 1) = std::numeric_limits<float>::quiet_NaN();  // the last process has it
  EXPECT_NE(error_of_fit(mpi, mine.view).find("step 2, feature 1 (counted from 0): value is not finite"),
            std::string::npos);
  task.x(n - 1, 2, 1) = 0;
  task.labels[n - 1] = 4;
  EXPECT_EQ(error_of_fit(mpi, mine.view), "label 399 (counted from 0): label out of range (expected 0 to 3, got 4)");
  EXPECT_NE(error_of_fit(mpi, heed::LabelledSequences<float>{}).find("no data"), std::string::npos);
  if (mpi.size() == 1) return;
  const Task<float> other(5, {7, 3}, 4);
  const Task<float> same(5, {6, 3}, 4);
  EXPECT_NE(error_of_fit(mpi, mpi.rank() == 1 ? other.view() : same.view()).find("different shapes"),
            std::string::npos);
}

TEST(Mpi, SequencesAreRaggedWhereThoseOfAnyProcessAre) {
  const MpiReducer mpi;
  const Index n = 300, ragged = 100;  // the first 100 are ragged, and those of rank 0
  Task<double> task(n, {6, 3}, 4, true);
  std::fill(task.lengths.begin() + ragged, task.lengths.end(), 6);
  const IndexRange mine = mpi.size() == 1   ? IndexRange{0, n}
                          : mpi.rank() == 0 ? IndexRange{0, ragged}
                          : mpi.rank() == 1 ? IndexRange{ragged, n}
                                            : IndexRange{n, n};
  Part<double> part(task, mine);
  if (mpi.rank() > 0) part.view.lengths = {};
  for (const Index batch : {0, 70}) {
    Model<double> model({.features = 3, .classes = 4}), reference = model;
    heed::fit(model, part.view, {.epochs = 2, .batch_size = batch, .threads = 1}, {}, mpi);
    heed::fit(reference, task.view(), {.epochs = 2, .batch_size = batch, .threads = 1});
    EXPECT_EQ(flat(model), flat(reference));
  }
}

TEST(Mpi, DivergesWhereOneProcessDoes) {
  const MpiReducer mpi;
  const Task<double> task(200, {6, 3}, 4);
  for (const Index batch : {0, 70}) {
    FitOptions o{.epochs = 50, .learning_rate = 1e308, .batch_size = batch, .threads = 1};
    Model<double> model({.features = 3, .classes = 4}), reference = model;
    const History expected = heed::fit(reference, task.view(), o);
    const History history = heed::fit(model, Part<double>(task, mpi.part(200)).view, o, {}, mpi);
    EXPECT_EQ(history.outcome, heed::Outcome::diverged);
    EXPECT_EQ(history.diverged_at, expected.diverged_at);
    EXPECT_EQ(flat(model), flat(reference));
  }
}

TEST(Mpi, ACallbackOfOneProcessStopsAll) {
  const MpiReducer mpi;
  const Task<float> task(200, {6, 3}, 4);
  Model<float> model({.features = 3, .classes = 4});
  FitOptions o{.epochs = 10, .threads = 1};
  o.callbacks = {[&](const heed::EpochRecord& r) { return mpi.rank() + 1 < mpi.size() || r.epoch < 3; }};
  const History history = heed::fit(model, Part<float>(task, mpi.part(200)).view, o, {}, mpi);
  EXPECT_EQ(history.outcome, heed::Outcome::stopped);
  EXPECT_EQ(history.epochs.size(), 3U);
}

TEST(Mpi, DoesNotAllocateInAWarmEpoch) {
#ifdef HEED_TEST_SANITIZED
  GTEST_SKIP() << "a sanitizer counts what MPI itself allocates, too";
#endif
  const MpiReducer mpi;
  const Task<float> task(500, {6, 3}, 4, true), test(100, {6, 3}, 4);
  for (const Index batch : {0, 32, 200}) {
    Model<float> model({.features = 3, .classes = 4});
    long warm = 0, end = 0;
    FitOptions o{.epochs = 8, .batch_size = batch, .threads = 1};
    o.callbacks = {[&](const heed::EpochRecord& r) {
      (r.epoch <= 4 ? warm : end) = test_support::allocations();
      return true;
    }};
    heed::fit(model, Part<float>(task, mpi.part(500)).view, o, Part<float>(test, mpi.part(100)).view, mpi);
    EXPECT_GT(warm, 0);
    EXPECT_EQ(end - warm, 0) << "batch " << batch;
  }
}

}  // namespace

int main(int argc, char** argv) {
  EXPECT_EQ(MpiReducer().size(), 1);  // MPI is not running yet
  heed::MpiSession session(argc, argv);
  if (MpiReducer().rank() > 0) GTEST_FLAG_SET(brief, true);  // failures alone
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
