// classifier evaluate: how good a model is on labelled data.

#include "heed/train/evaluate.hpp"

#include <cstdio>
#include <memory>
#include <optional>

#include "../support/terminal.hpp"
#include "commands.hpp"
#include "confusion.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/tensor.hpp"
#include "model_arguments.hpp"
#include "numbers.hpp"

namespace classifier {

using namespace support;

namespace {

template <class M>
void evaluate(const StoredModel<M>& stored, const ModelArguments& a) {
  if constexpr (!is_text<M>) {
    if (output_kind_of(stored) == heed::OutputKind::numbers) return evaluate_numbers(stored, a);
  }
  require_classes(stored, "evaluate");
  const heed::LabelMap names = class_names(stored.model);
  const LabelledData<typename M::Input> data(load_data(stored, a, true), names, a.data.labels_path().string());

  const heed::Ensemble<M> all = ensemble_of(stored);
  heed::ThreadPool threads;
  heed::Tensor<float, 2> logits({data.sequences.count(), names.size()});
  const heed::Evaluation result = heed::Evaluator<heed::Ensemble<M>>(all, data.view(), threads)(all, logits);

  std::printf("%s\naccuracy %.6f\nloss %.9f\n", describe(data).c_str(), result.accuracy, result.loss);
  std::printf("always the most frequent class: accuracy %.6f\n", share_of_largest(data.classes));
  if (names.size() > most_classes_compared) {  // their pairs would take the memory
    std::printf("more than %ld classes: no tables\n", static_cast<long>(most_classes_compared));
    return;
  }
  const heed::Tensor<heed::Index, 2> confusion = confusion_matrix(logits, data.classes);
  const int width = is_terminal(stdout) ? terminal_width() : 0;
  std::printf("\n%s\n%s", class_table(confusion, names.names).c_str(),
              confusion_table(confusion, names.names, width).c_str());
}

}  // namespace

void add_evaluate(CLI::App& program) {
  CLI::App& command = *program.add_subcommand("evaluate", "Test a model on labelled data");
  const auto a = std::make_shared<ModelArguments>();
  add_model_and_data(command, *a);
  command.add_option("--labels", a->data.labels, "Labels of a .npy: .npy, .npz:NAME or text")->option_text("FILE");
  command.callback([a] { with_model(a->model, a->architecture, [&](const auto& stored) { evaluate(stored, *a); }); });
}

}  // namespace classifier
