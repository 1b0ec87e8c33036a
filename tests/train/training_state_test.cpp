#include "heed/train/training_state.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/train/fit.hpp"

namespace training_state_test {

using heed::TrainingState;
using Model = test_support::SmallModel<double>;

TEST(TrainingState, NamesWhereEachParameterLives) {
  Model model({.features = 3, .classes = 2});
  TrainingState state;
  state.add("model", model);
  ASSERT_EQ(state.tensors.size(), 4U);
  EXPECT_EQ(state.tensors[0].name, "model.0.attention.weight");
  EXPECT_EQ(state.tensors[3].name, "model.1.bias");
  const auto* bias = std::get<heed::ParameterArray<double>*>(state.tensors[3].array);
  EXPECT_EQ(bias->data(), std::get<1>(model.layers).bias.data());
}

// What anybody could do instead of a file: keeps all numbers of the last state.
struct Memory {
  std::vector<std::vector<double>> tensors = {};
  TrainingState rest = {};
  int saves = 0;

  heed::Checkpoint checkpoint(int every) {
    return {.every = every,
            .load =
                [this](TrainingState& state) {
                  if (tensors.empty()) return false;
                  EXPECT_EQ(state.identity, rest.identity);
                  for (std::size_t i = 0; i < tensors.size(); ++i) {
                    auto* to = std::get<heed::ParameterArray<double>*>(state.tensors[i].array);
                    std::copy(tensors[i].begin(), tensors[i].end(), to->begin());
                  }
                  state.series = rest.series;
                  return true;
                },
            .save =
                [this](const TrainingState& state) {
                  ++saves;
                  tensors.clear();
                  for (const auto& tensor : state.tensors) {
                    const auto* from = std::get<heed::ParameterArray<double>*>(tensor.array);
                    tensors.emplace_back(from->begin(), from->end());
                  }
                  rest.series = state.series;
                  rest.identity = state.identity;
                }};
  }
};

TEST(TrainingState, CanBeKeptAnywhere) {
  const test_support::Task<double> task(70, {5, 3}, 4, true);
  Model whole({.features = 3, .classes = 4}), model = whole;
  Memory memory;
  heed::FitOptions o{.epochs = 7, .batch_size = 16, .threads = 1, .ema_decay = 0.8};
  heed::fit(whole, task.view(), o);
  o.checkpoint = memory.checkpoint(2);
  o.epochs = 5;
  heed::fit(model, task.view(), o);
  EXPECT_EQ(memory.saves, 3) << "2, 4, and the last one";
  o.epochs = 7;
  const heed::History history = heed::fit(model, task.view(), o);
  EXPECT_EQ(test_support::flat(model), test_support::flat(whole));
  EXPECT_EQ(history.epochs.size(), 7U);
  EXPECT_EQ(memory.saves, 5);
  const auto& identity = memory.rest.identity;
  EXPECT_EQ(identity.at("option.batch_size"), "16");
  EXPECT_EQ(identity.at("data.count"), "70");
  EXPECT_EQ(identity.at("optimizer.learning_rate"), "0.001");
}

TEST(TrainingState, ASeriesOfAnotherLengthIsAnError) {
  TrainingState state;
  state.series["progress"] = {1, 2};
  heed::TrainingProgress progress;
  EXPECT_NE(test_support::error_of([&] { heed::detail::transfer(true, state, progress); }).find("another length"),
            std::string::npos);
}

}  // namespace training_state_test
