#include "heed/train/fit_ensemble.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/losses/huber.hpp"
#include "heed/models/ensemble.hpp"

namespace fit_ensemble_test {

using heed::FitOptions;
using heed::Index;
using test_support::error_of;
using test_support::flat;
using test_support::Task;
using Model = test_support::SmallModel<float>;
using Ensemble = heed::Ensemble<Model>;

Ensemble untrained(Index n = 3) {
  return Ensemble(std::vector<Model>(static_cast<std::size_t>(n), Model({.features = 2, .classes = 3})));
}

TEST(FitEnsemble, TrainsEachMemberAsFitDoes) {
  const Task<float> task(30, {4, 2}, 3, true);
  const FitOptions options{.epochs = 3, .batch_size = 7, .seed = 11};
  Ensemble ensemble = untrained();
  const auto histories = heed::fit_ensemble(ensemble, task.view(), options, {task.view()});
  ASSERT_EQ(histories.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    Model alone = untrained(1).members[0];
    FitOptions own = options;
    own.seed += i;
    const heed::History history = heed::fit(alone, task.view(), own);
    EXPECT_EQ(flat(ensemble.members[i]), flat(alone));
    ASSERT_EQ(histories[i].epochs.size(), 3U);
    EXPECT_EQ(histories[i].epochs[2].loss, history.epochs[2].loss);
    EXPECT_GT(histories[i].epochs[2].test_loss, 0);
  }
  EXPECT_NE(flat(ensemble.members[0]), flat(ensemble.members[1]));
}

TEST(FitEnsemble, GivesTheSameBitsForAnyNumberOfThreads) {
  const Task<float> task(30, {4, 2}, 3);
  const auto weights = [&](int threads) {
    Ensemble ensemble = untrained();
    heed::fit_ensemble(ensemble, task.view(), {.epochs = 3, .batch_size = 7, .threads = threads});
    return flat(ensemble);
  };
  const auto one = weights(1);
  EXPECT_EQ(weights(2), one);
  EXPECT_EQ(weights(7), one);
}

TEST(FitEnsemble, TakesNumbersAndLosses) {
  const Task<float> task(12, {4, 2}, 3);
  heed::Tensor<float, 2> y({12, 3});
  const heed::TargetSequences<float> data{task.x, y};
  Ensemble by_default = untrained(2), huber = untrained(2);
  heed::fit_ensemble(by_default, data, {.epochs = 2});
  heed::fit_ensemble(huber, data, heed::Huber<float>({.delta = 0.01}), {.epochs = 2});
  EXPECT_NE(flat(by_default), flat(huber));
}

TEST(FitEnsemble, RefusesWhatIsOfOneTraining) {
  const Task<float> task(12, {4, 2}, 3);
  Ensemble ensemble = untrained();
  heed::History history;
  EXPECT_NE(error_of([&] { heed::fit_ensemble(ensemble, task.view(), {.history = &history}); }).find("history"),
            std::string::npos);
  EXPECT_NE(error_of([&] { heed::fit_ensemble(ensemble, task.view(), {.epochs = -1}); }).find("epochs"),
            std::string::npos);
}

}  // namespace fit_ensemble_test
