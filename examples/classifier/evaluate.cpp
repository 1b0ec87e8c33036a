// classifier evaluate: how good a model is on labelled data.

#include "heed/train/evaluate.hpp"

#include <cstdio>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "confusion.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/tensor.hpp"
#include "model_arguments.hpp"
#include "terminal.hpp"

namespace classifier {

namespace {

void evaluate(const ModelArguments& a) {
  const StoredModel stored = load_model(a.model, a.architecture);
  const Model& model = stored.model;
  const heed::LabelMap names = class_names(model);
  const LabelledData data(load_data_for(stored, a.data, true), names, a.data.labels_path().string());

  heed::ThreadPool threads;
  heed::Tensor<float, 2> logits({data.sequences.count(), model.options.classes});
  const heed::Evaluation result = heed::Evaluator<Model>(model, data.view(), threads)(model, logits);
  const heed::Tensor<heed::Index, 2> confusion = confusion_matrix(logits, data.classes);

  std::printf("%s\naccuracy %.6f\nloss %.9f\n", describe(data).c_str(), result.accuracy, result.loss);
  const int width = is_terminal(stdout) ? terminal_width() : 0;
  std::printf("\n%s\n%s", class_table(confusion, names.names).c_str(),
              confusion_table(confusion, names.names, width).c_str());
}

}  // namespace

void add_evaluate(CLI::App& program) {
  CLI::App& command = *program.add_subcommand("evaluate", "Test a model on labelled data");
  const auto a = std::make_shared<ModelArguments>();
  add_model_and_data(command, *a);
  command.add_option("--labels", a->data.labels, "Labels of a .npy, as .npy or text")->option_text("FILE");
  command.callback([a] { evaluate(*a); });
}

}  // namespace classifier
