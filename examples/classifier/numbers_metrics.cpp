#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "baselines.hpp"
#include "heed/core/error.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/train/split.hpp"
#include "numbers.hpp"
#include "series.hpp"

namespace classifier {

using heed::Index;

template <class M>
heed::Tensor<float, 2> answers_of(const StoredModel<M>& stored, const LabelledData<float>& data,
                                  const Targets& targets) {
  const heed::LabelledSequences<float> view = data.view();
  heed::Tensor<float, 2> answers({view.count(), stored.model.options.classes});
  const heed::Ensemble<M> all = ensemble_of(stored);
  heed::Predictor<heed::Ensemble<M>> predictor(all);
  predictor(view.x, answers, view.lengths, view.mask, heed::Output::as_trained);
  for (Index i = 0; i < targets.last.size(); ++i) {
    answers.data()[i] += targets.last.data()[i];
  }
  return answers;
}

namespace {

template <class M>
std::string report(const std::string& what, const StoredModel<M>& stored, const heed::Tensor<float, 2>& answers,
                   const Targets& targets) {
  const std::vector<std::string> names = output_names(stored);
  return what + text_of(measured(answers, targets.exact)) + '\n' + comparison(answers, targets, stored.task, names) +
         target_table(answers, targets, stored.task, names);
}

}  // namespace

std::string text_of(const Metrics& m) {
  char text[120];
  std::snprintf(text, sizeof text, "mse %.6g, mae %.6g, r2 %.4f", m.mse, m.mae, m.r2);
  if (std::isnan(m.r2)) std::snprintf(text, sizeof text, "mse %.6g, mae %.6g, of one row no r2", m.mse, m.mae);
  return text;
}

template <class M>
Metrics metrics_of(const StoredModel<M>& stored, const LabelledData<float>& data, const Targets& targets) {
  const heed::Tensor<float, 2> answers = answers_of(stored, data, targets);
  Metrics m = measured(answers, targets.exact);
  if (stored.task.forecast()) m.skill = skill_of(answers, targets, stored.task);
  return m;
}

template <class M>
std::string metrics_of(const std::string& what, const StoredModel<M>& stored, const LabelledData<float>& data,
                       const Targets& targets) {
  return report(what, stored, answers_of(stored, data, targets), targets);
}

std::string metrics_of(const TrainArguments& a, const StoredModel<NumberModel>& stored, const Task<NumberModel>& task,
                       const Processes& processes) {
  if (!task.numbers.numbers()) return {};
  if (processes.count() > 1) return "classifier evaluate says how good the numbers are\n";  // no process has all
  if (task.test) return metrics_of("test ", stored, *task.test, task.test_targets);
  if (a.fit.validation == 0 || stored.members() > 1) {
    return metrics_of("on the training data ", stored, task.train, task.targets);
  }
  const std::vector<Index> rows =
      heed::random_split(task.train.count(), a.fit.validation, heed::validation_key(a.fit.seed)).validation;
  return report("validation ", stored, picked(answers_of(stored, task.train, task.targets), rows),
                {.exact = picked(task.targets.exact, rows)});
}

template <class M>
std::pair<NamedSequences, Targets> load_targets_of(const StoredModel<M>& stored, const ModelArguments& a) {
  NumberData read = load_exact(stored, a, true);
  Targets targets;
  targets.exact = std::exchange(read.targets, {});
  const Index outputs = targets.exact.extent(1);
  heed::require(outputs == stored.model.options.classes, [&] {
    return heed::Fault{"wrong number of targets", a.data.data.string(), std::to_string(stored.model.options.classes),
                       std::to_string(outputs)};
  });
  targets.last_values = std::move(read.last_values);
  targets.a_season_before = std::move(read.a_season_before);
  return {narrowed(stored, a, std::move(read)), std::move(targets)};
}

template <class M>
void evaluate_numbers(const StoredModel<M>& stored, const ModelArguments& a) {
  auto [sequences, targets] = load_targets_of(stored, a);
  const Index count = sequences.count(), outputs = targets.exact.extent(1);
  const LabelledData<float> data(std::move(sequences), count);
  const heed::Tensor<float, 2> answers = answers_of(stored, data, targets);
  const Metrics m = measured(answers, targets.exact);
  std::printf("%s\nmse %.9g\nmae %.9g\n", describe(data).c_str(), m.mse, m.mae);
  std::printf(std::isnan(m.r2) ? "of one row no r2\n" : "r2 %.6f\n", m.r2);
  const std::vector<std::string> names = output_names(stored);
  const std::string beside = comparison(answers, targets, stored.task, names);
  if (!beside.empty()) std::printf("\n%s", beside.c_str());
  if (outputs > 1) std::printf("\n%s", output_table(answers, targets, stored.task, names).c_str());
}

template heed::Tensor<float, 2> answers_of(const StoredModel<NumberModel>&, const LabelledData<float>&, const Targets&);
template heed::Tensor<float, 2> answers_of(const StoredModel<RocketModel>&, const LabelledData<float>&, const Targets&);
template heed::Tensor<float, 2> answers_of(const StoredModel<MixedModel>&, const LabelledData<float>&, const Targets&);
template Metrics metrics_of(const StoredModel<NumberModel>&, const LabelledData<float>&, const Targets&);
template Metrics metrics_of(const StoredModel<RocketModel>&, const LabelledData<float>&, const Targets&);
template Metrics metrics_of(const StoredModel<MixedModel>&, const LabelledData<float>&, const Targets&);
template std::string metrics_of(const std::string&, const StoredModel<NumberModel>&, const LabelledData<float>&,
                                const Targets&);
template std::string metrics_of(const std::string&, const StoredModel<RocketModel>&, const LabelledData<float>&,
                                const Targets&);
template std::string metrics_of(const std::string&, const StoredModel<MixedModel>&, const LabelledData<float>&,
                                const Targets&);
template std::pair<NamedSequences, Targets> load_targets_of(const StoredModel<NumberModel>&, const ModelArguments&);
template std::pair<NamedSequences, Targets> load_targets_of(const StoredModel<RocketModel>&, const ModelArguments&);
template std::pair<NamedSequences, Targets> load_targets_of(const StoredModel<MixedModel>&, const ModelArguments&);
template void evaluate_numbers(const StoredModel<NumberModel>&, const ModelArguments&);
template void evaluate_numbers(const StoredModel<RocketModel>&, const ModelArguments&);
template void evaluate_numbers(const StoredModel<MixedModel>&, const ModelArguments&);

}  // namespace classifier
