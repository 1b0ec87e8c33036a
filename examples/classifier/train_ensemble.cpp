#include "train_ensemble.hpp"

#include <cstddef>
#include <cstdio>
#include <vector>

#include "heed/train/evaluate.hpp"
#include "numbers.hpp"
#include "report.hpp"
#include "train_outputs.hpp"

namespace classifier {

template <class M>
void train_ensemble(const TrainArguments& a, StoredModel<M>& stored, const Task<M>& task, const Processes& processes,
                    bool talks) {
  const std::vector<heed::History> histories = fit_members(a, stored, task, true, processes);
  if constexpr (!is_text<M>) {
    if (task.numbers.numbers()) to_units(stored, task.scale);
  }
  processes.agree([&] {
    if (processes.first() && !a.model.empty()) save_model(stored);
    for (std::size_t i = 0; i < histories.size(); ++i) {
      require_finished(histories[i], outputs_of_member(a, static_cast<heed::Index>(i)));
    }
  });
  if (!talks) return;
  for (std::size_t i = 0; i < histories.size(); ++i) {
    std::printf("seed %llu: ", static_cast<unsigned long long>(a.fit.seed + i));
    print_figures(histories[i]);
  }
  if (task.numbers.numbers()) {
    if constexpr (!is_text<M>) std::printf("together: %s", metrics_of(a, stored, task, processes).c_str());
  } else if (task.test && !processes.launched()) {
    const heed::Evaluation all = heed::evaluate(ensemble_of(stored), task.test->view(), a.fit.threads);
    std::printf("together: test accuracy %.4f, loss %.6f\n", all.accuracy, all.loss);
  }
  print_place(a);
}

template void train_ensemble(const TrainArguments&, StoredModel<NumberModel>&, const Task<NumberModel>&,
                             const Processes&, bool);
template void train_ensemble(const TrainArguments&, StoredModel<TextModel>&, const Task<TextModel>&, const Processes&,
                             bool);

}  // namespace classifier
