#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "numbers.hpp"
#include "training.hpp"

namespace classifier {

namespace {

template <class T>
std::vector<T> picked(const std::vector<T>& all, std::span<const heed::Index> rows) {
  std::vector<T> some;
  if (all.empty()) return some;
  for (const heed::Index row : rows) some.push_back(all[static_cast<std::size_t>(row)]);
  return some;
}

template <class S>
heed::Sequences<S> picked(const heed::Sequences<S>& all, std::span<const heed::Index> rows) {
  if (all.count() == 0) return {};
  heed::Sequences<S> some{heed::Tensor<S, 3>({static_cast<heed::Index>(rows.size()), all.steps(), all.features()}),
                          picked(all.lengths, rows), picked(all.labels, rows)};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto from = all.x[rows[i]];
    std::copy(from.begin(), from.end(), some.x[static_cast<heed::Index>(i)].begin());
  }
  if (all.mask.empty()) return some;
  some.mask = heed::Tensor<std::uint8_t, 2>({static_cast<heed::Index>(rows.size()), all.steps()});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto from = all.mask[rows[i]];
    std::copy(from.begin(), from.end(), some.mask[static_cast<heed::Index>(i)].begin());
  }
  return some;
}

}  // namespace

Targets some_targets(const Targets& all, std::span<const heed::Index> rows) {
  const auto some = [&](const auto& values) { return values.empty() ? values : picked(values, rows); };
  return {.exact = some(all.exact),
          .last_values = some(all.last_values),
          .a_season_before = some(all.a_season_before),
          .last = some(all.last)};
}

template <>
Task<NumberModel> fold_task(const TrainArguments& a, const Task<NumberModel>& all, const heed::Split& rows,
                            const StoredModel<NumberModel>*) {
  const std::string where = a.data ? a.data->labels_path().string() : "built-in task";
  MissingValues missing = all.missing;
  const bool read = a.data.has_value();      // otherwise it is the built-in task, of floats
  const bool refills = all.raw.count() > 0;  // by means of the training data alone
  const heed::Sequences<double>& from = refills ? all.raw : all.exact;
  heed::Sequences<double> exact = picked(from, rows.training), exact_test = picked(from, rows.validation);
  if (refills) {
    missing.means.clear();
    missing.learn(exact);
    for (auto* data : {&exact, &exact_test}) missing.fill(*data, a.data->data);
  }
  const bool numbers = all.numbers.numbers();
  Targets targets = some_targets(all.targets, rows.training), test_targets = some_targets(all.targets, rows.validation);
  if (refills && all.numbers.relative) {
    targets.last = subtract_last(exact, all.numbers, all.offsets, a.data->data);
    test_targets.last = subtract_last(exact_test, all.numbers, all.offsets, a.data->data);
  }
  heed::Sequences<float> train = read ? without_numbers(exact) : picked(all.train.sequences, rows.training);
  heed::Sequences<float> test = read ? without_numbers(exact_test) : picked(all.train.sequences, rows.validation);
  const auto labelled = [&](heed::Sequences<float>& data, const std::vector<heed::Index>& which) {
    return numbers ? LabelledData<float>(std::move(data), static_cast<heed::Index>(which.size()))
                   : LabelledData<float>(std::move(data), all.names, where);
  };
  Task<NumberModel> task{
      .names = all.names, .train = labelled(train, rows.training), .test = labelled(test, rows.validation)};
  task.numbers = all.numbers;
  if (numbers) set_targets(task, std::move(targets), std::move(test_targets), {});
  task.offsets = all.offsets;
  task.missing = std::move(missing);
  task.exact = std::move(exact);
  task.exact_test = std::move(exact_test);
  return task;
}

template <>
Task<TextModel> fold_task(const TrainArguments& a, const Task<TextModel>& all, const heed::Split& rows,
                          const StoredModel<TextModel>* init) {
  const auto some = [&](std::span<const heed::Index> which) {
    return heed::Sentences{.words = picked(all.sentences, which), .labels = picked(all.train.sequences.labels, which)};
  };
  const std::string where = a.text.string();
  heed::Sentences training = some(rows.training);
  const heed::Vocabulary words = vocabulary_for(a, init, training);
  return {.names = all.names,
          .train = {Tokens(std::move(training), words, where), all.names, where},
          .test = LabelledData<std::int32_t>(Tokens(some(rows.validation), words, where), all.names, where),
          .words = {words.words().begin(), words.words().end()},
          .lower = all.lower};
}

}  // namespace classifier
