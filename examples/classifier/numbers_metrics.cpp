#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/metrics/regression.hpp"
#include "heed/train/split.hpp"
#include "numbers.hpp"
#include "series.hpp"

namespace classifier {

using heed::Index;

namespace {

Metrics measured(const auto& answers, const heed::Tensor<double, 2>& targets) {
  return {heed::mse(answers.view(), targets.view()), heed::mae(answers.view(), targets.view()),
          heed::r2(answers.view(), targets.view())};
}
std::string line(const Metrics& m) {
  char text[120];
  std::snprintf(text, sizeof text, "mse %.6g, mae %.6g, r2 %.4f", m.mse, m.mae, m.r2);
  return text;
}

// A forecast of changes answers to relative windows changes: what they are relative to is added.
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

// beside those of the baseline
std::string compared(const std::string& what, const heed::Tensor<float, 2>& answers, const Targets& targets,
                     const NumbersTask& task) {
  const Metrics own = measured(answers, targets.exact);
  const std::string text = what + line(own) + '\n';
  const heed::Tensor<double, 2> baseline = baseline_of(targets, task);
  if (baseline.empty()) return text;
  const Metrics simple = measured(baseline, targets.exact);
  const std::string name = baseline_name(task);
  return text + name + ": " + line(simple) + '\n' +
         (own.mse > simple.mse ? "the model is worse than " + name + '\n' : "");
}

heed::Tensor<double, 2> column(const auto& from, Index k) {
  heed::Tensor<double, 2> one({from.extent(0), 1});
  for (Index i = 0; i < one.extent(0); ++i) one(i, 0) = static_cast<double>(from(i, k));
  return one;
}

}  // namespace

template <class M>
Metrics metrics_of(const StoredModel<M>& stored, const LabelledData<float>& data, const Targets& targets) {
  return measured(answers_of(stored, data, targets), targets.exact);
}

template <class M>
std::string metrics_of(const std::string& what, const StoredModel<M>& stored, const LabelledData<float>& data,
                       const Targets& targets) {
  return compared(what, answers_of(stored, data, targets), targets, stored.task);
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
  return compared("validation ", picked(answers_of(stored, task.train, task.targets), rows),
                  {.exact = picked(task.targets.exact, rows)}, stored.task);
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
  targets.baseline = std::move(read.last_values);
  return {narrowed(stored, a, std::move(read)), std::move(targets)};
}

template <class M>
void evaluate_numbers(const StoredModel<M>& stored, const ModelArguments& a) {
  auto [sequences, targets] = load_targets_of(stored, a);
  const Index count = sequences.count(), outputs = targets.exact.extent(1);
  const LabelledData<float> data(std::move(sequences), count);
  const heed::Tensor<float, 2> answers = answers_of(stored, data, targets);
  const Metrics m = measured(answers, targets.exact);
  std::printf("%s\nmse %.9g\nmae %.9g\nr2 %.6f\n", describe(data).c_str(), m.mse, m.mae, m.r2);
  const heed::Tensor<double, 2> baseline = baseline_of(targets, stored.task);
  if (!baseline.empty()) {
    std::printf("\n%s: %s\n", baseline_name(stored.task), line(measured(baseline, targets.exact)).c_str());
  }
  if (outputs == 1) return;
  std::printf("\n");
  const std::vector<std::string> names = output_names(stored);
  for (Index k = 0; k < outputs; ++k) {
    std::printf("%s: %s\n", names[static_cast<std::size_t>(k)].c_str(),
                line(measured(column(answers, k), column(targets.exact, k))).c_str());
  }
}

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
