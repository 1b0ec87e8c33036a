// classifier predict: the class of each sequence, in the words of the training data; of a model that was trained on
// numbers its numbers.

#include "predict.hpp"

#include <memory>

#include "commands.hpp"

namespace classifier {

void add_predict(CLI::App& program) {
  CLI::App& command = *program.add_subcommand("predict", "Print or write the class of each sequence");
  const auto a = std::make_shared<PredictArguments>();
  add_model_and_data(command, *a);
  add_output(command, *a, "Where to write the answers (.npy or .csv)");
  auto* const logits = command.add_flag("--logits", a->logits, "Answer by a logit for each class");
  logits->option_text(" ");  // nothing of what it excludes
  command.add_flag("--probabilities", a->probabilities, "Answer by a probability for each class")
      ->excludes(logits)
      ->option_text(" ");
  command.footer(
      "A .npy holds the labels if all are integers, otherwise the numbers of the\n"
      "classes, from 0, in the order that classifier inspect shows; with --logits or\n"
      "--probabilities a row of them for each sequence. A model of text reads a\n"
      "sentence a line; the answer to a blank line is blank, in a .npy -1 or NaN. A\n"
      "model that was trained on numbers answers by numbers, a forecast by a row for\n"
      "each step that follows the data; one that a program trained on yes or no by\n"
      "1 or 0 for each output. A chain of layers that keeps the steps answers by a\n"
      "row for each step.");
  command.callback([a] {
    check_output(*a);
    if (const heed::TensorFile file = read_model_file(a->model); holds_chain(file)) return answer_by_chain(file, *a);
    with_model(a->model, a->architecture, [&](const auto& stored) {
      if (output_kind_of(stored) != heed::OutputKind::classes) return answer_by_numbers(stored, *a);
      answer_by_classes(stored, *a);
    });
  });
}

}  // namespace classifier
