// How good the answers of a trial are, alone and together with those of others.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "baselines.hpp"
#include "heed/train/evaluate.hpp"
#include "numbers.hpp"
#include "recipe_trials.hpp"

namespace classifier {

using heed::Index;

namespace {

// Adds the softmax of logits to `sum`.
void add_probabilities(std::span<const float> logits, std::span<double> sum) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  for (const float z : logits) total += std::exp(static_cast<double>(z) - largest);
  for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += std::exp(static_cast<double>(logits[k]) - largest) / total;
}

}  // namespace

template <class S>
double RecipeTrials::score_of(const heed::Tensor<S, 2>& answers, const heed::FoldRows& fold) const {
  const std::vector<Index>& rows = fold.rows.validation;
  if (task_.numbers.numbers()) {
    const Targets targets = some_targets(task_.targets, rows);
    if (task_.numbers.forecast()) return skill_of(answers, targets, task_.numbers);
    return heed::r2(answers.view(), targets.exact.view());
  }
  Index correct = 0;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto row = answers[static_cast<Index>(r)];
    const Index answer = std::max_element(row.begin(), row.end()) - row.begin();
    if (answer == Index(task_.train.classes[static_cast<std::size_t>(rows[r])])) ++correct;
  }
  return static_cast<double>(correct) / static_cast<double>(rows.size());
}

template <class M>
void RecipeTrials::add_score(Candidate& c, const StoredModel<M>& stored, const Task<NumberModel>& fold,
                             const heed::FoldRows& rows) const {
  heed::Tensor<float, 2> answers({fold.test->count(), fold.outputs()});
  if (fold.numbers.numbers()) {
    answers = answers_of(stored, *fold.test, fold.test_targets);
  } else {
    const heed::Ensemble<M> all = ensemble_of(stored);
    heed::ThreadPool pool(threads_);
    const heed::LabelledSequences<float> test = fold.test->view();
    heed::Evaluator<heed::Ensemble<M>>(all, test, pool)(all, answers);
  }
  c.accuracies.push_back(score_of(answers, rows));
  c.answers.push_back(std::move(answers));
}
template void RecipeTrials::add_score(Candidate&, const StoredModel<NumberModel>&, const Task<NumberModel>&,
                                      const heed::FoldRows&) const;
template void RecipeTrials::add_score(Candidate&, const StoredModel<RocketModel>&, const Task<NumberModel>&,
                                      const heed::FoldRows&) const;

Candidate RecipeTrials::together(const std::vector<const Candidate*>& parts) const {
  Candidate all;
  std::size_t folds = folds_.size();
  for (const Candidate* part : parts) {
    all.name += (all.name.empty() ? "" : "+") + part->name;
    if (all.note.empty()) all.note = part->note;
    all.step_seconds += part->step_seconds;
    folds = std::min(folds, part->answers.size());
  }
  for (std::size_t i = 0; i < folds; ++i) {
    heed::Tensor<double, 2> mean(parts.front()->answers[i].extents());
    for (const Candidate* part : parts) {
      const heed::Tensor<float, 2>& answers = part->answers[i];
      for (Index r = 0; r < mean.extent(0) && !task_.numbers.numbers(); ++r) add_probabilities(answers[r], mean[r]);
      for (Index k = 0; k < mean.size() && task_.numbers.numbers(); ++k) {
        mean.data()[k] += static_cast<double>(answers.data()[k]) / static_cast<double>(parts.size());
      }
    }
    all.accuracies.push_back(score_of(mean, folds_[i]));
  }
  if (folds == 0) all.fault = "not ended in time";
  return all;
}

}  // namespace classifier
