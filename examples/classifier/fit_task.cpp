#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/train/fit_ensemble.hpp"
#include "train_outputs.hpp"
#include "training.hpp"

namespace classifier {

heed::History fit_task(TextModel& model, const Task<TextModel>& task, bool tests, heed::Adam<TextModel>& adam,
                       const heed::FitOptions& options, const Processes& processes) {
  std::optional<heed::LabelledSequences<std::int32_t>> test;
  if (tests && task.test) test = task.test->view();
  return processes.fit(model, task.train.view(), adam, options, test);
}

heed::History fit_task(NumberModel& model, const Task<NumberModel>& task, bool tests, heed::Adam<NumberModel>& adam,
                       const heed::FitOptions& options, const Processes& processes) {
  using Numbers = heed::TargetSequences<float>;
  std::optional<heed::LabelledSequences<float>> test;
  if (tests && task.test) test = task.test->view();
  const heed::LabelledSequences<float> train = task.train.view();
  if (!task.numbers.numbers()) return processes.fit(model, train, adam, options, test);
  std::optional<Numbers> numbers;
  if (test) numbers = Numbers{test->x, task.test_targets.scaled, test->lengths, test->mask};
  return processes.fit(model, Numbers{train.x, task.targets.scaled, train.lengths, train.mask}, adam, options, numbers);
}

template <class M>
std::vector<heed::History> fit_members(const TrainArguments& a, StoredModel<M>& stored, const Task<M>& task, bool tests,
                                       const Processes& processes) {
  std::vector<M> all{std::move(stored.model)};
  std::move(stored.more.begin(), stored.more.end(), std::back_inserter(all));
  const auto train = [&](M& model, const heed::FitOptions& options) {
    TrainArguments own = outputs_of_member(a, &model - all.data());
    own.fit = options;
    add_files(own, processes);
    heed::Adam<M> adam(model, adam_options(a, classifier_of(model).options.cell));
    heed::History history = fit_task(model, task, tests, adam, own.fit, processes);
    if (processes.first()) write_files(own, history);  // now: another member may fail
    return history;
  };
  std::vector<heed::History> histories;
  if (processes.launched()) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      heed::FitOptions options = a.fit;
      options.seed += i;
      histories.push_back(train(all[i], options));
    }
  } else {
    histories = heed::fit_members(std::span<M>(all), a.fit, train);
  }
  stored.model = std::move(all.front());
  std::move(all.begin() + 1, all.end(), stored.more.begin());
  return histories;
}

heed::AdamOptions adam_options(const TrainArguments& a, heed::CellKind cell) {
  // where Keras has one bias, the second of heed's two stays 0
  const bool one_bias = a.keras() && cell != heed::CellKind::gru && cell != heed::CellKind::none;
  return {.learning_rate = a.fit.learning_rate,
          .epsilon = a.keras() ? 1e-7 : 1e-8,
          .weight_decay = a.fit.weight_decay,
          .decay_matrices_only = true,
          .decoupled = true,
          .epsilon_outside = a.keras(),
          .frozen = one_bias ? std::vector<std::string>{"bias_hh"} : std::vector<std::string>{}};
}

template std::vector<heed::History> fit_members(const TrainArguments&, StoredModel<NumberModel>&,
                                                const Task<NumberModel>&, bool, const Processes&);
template std::vector<heed::History> fit_members(const TrainArguments&, StoredModel<TextModel>&, const Task<TextModel>&,
                                                bool, const Processes&);

}  // namespace classifier
