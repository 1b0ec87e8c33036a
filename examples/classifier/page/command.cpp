// classifier report: a page on how good a model is, where it fails, and what it looks at.

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "../../support/checks.hpp"
#include "../../support/file_names.hpp"
#include "../commands.hpp"
#include "heed/files/file.hpp"
#include "make.hpp"

namespace classifier {

namespace {

// a word as a shell takes it
std::string quoted(const std::string& word) {
  constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./:,+@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

std::string in_one_line(const std::vector<std::string>& words) {
  std::string text = "classifier";
  for (const std::string& word : words) text += ' ' + quoted(word);
  return text;
}

}  // namespace

void add_report(CLI::App& program, const std::vector<std::string>& words) {
  CLI::App& command = *program.add_subcommand("report", "Write a page on a model and labelled data");
  const auto a = std::make_shared<page::ReportArguments>();
  add_model_and_data(command, *a);
  command.add_option("--labels", a->data.labels, "Labels of a .npy: .npy, .npz:NAME or text")->option_text("FILE");
  support::check_name(command.add_option("--output", a->output, "Where to write the page (.html), required")
                          ->required()
                          ->option_text("FILE"),
                      support::page_file);
  command.add_option("--log", a->log, "A log that train wrote, for its curves (.csv, .jsonl)")->option_text("FILE");
  command.footer(
      "The page is one file. It needs no network and no other program than a browser.\n"
      "It shows the training curves, the confusion matrix, figures of each class, how\n"
      "far probabilities can be believed, the worst mistakes, the attention, what the\n"
      "answers rest on, and the model as a diagram. Of a model that was trained on\n"
      "numbers it shows errors beside a baseline, answers against the truth and\n"
      "residuals. The data need labels, as those of evaluate.");
  a->command = in_one_line(words);
  command.callback([a] {
    std::vector<std::filesystem::path> inputs{a->model, a->data.data};
    if (a->data.labels) inputs.push_back(*a->data.labels);
    if (!a->log.empty()) inputs.push_back(a->log);
    check_output(a->output, inputs);
    with_model(a->model, a->architecture,
               [&](const auto& stored) { heed::write_file(a->output, page::page_on(stored, *a)); });
    std::printf("report written to %s\n", a->output.string().c_str());
  });
}

}  // namespace classifier
