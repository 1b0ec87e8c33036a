// classifier export: a model as a file for other runtimes.

#include <filesystem>
#include <memory>

#include "../support/outputs.hpp"
#include "architecture.hpp"
#include "commands.hpp"
#include "foreign_model.hpp"
#include "onnx_file.hpp"

namespace classifier {

namespace {

struct ExportArguments {
  std::filesystem::path model, onnx;
  bool lengths = false;
  Architecture architecture;
};

}  // namespace

void add_export(CLI::App& program) {
  CLI::App& command = *program.add_subcommand("export", "Write a model as a file for other runtimes");
  const auto a = std::make_shared<ExportArguments>();
  command.add_option("--model", a->model, "The model (.safetensors, .pt), required")->required()->option_text("FILE");
  command.add_option("--onnx", a->onnx, "The ONNX file to write, required")->required()->option_text("FILE");
  command.add_flag("--lengths", a->lengths, "Add an input for the length of each sequence")->option_text(" ");
  add_architecture(command, a->architecture, true);
  command.footer(
      "onnxruntime and others run the file, in many languages. Its input sequences is\n"
      "(batch, steps, features), of a model of text tokens (batch, steps, 1); with\n"
      "--lengths a second input, lengths, has the number of steps of each sequence.\n"
      "Its outputs are probabilities and logits; of a model of numbers it is numbers.\n"
      "The features stand in it as predict reads them, before they are standardised:\n"
      "missing values must be filled before. The names of the classes are the metadata\n"
      "labels.");
  command.callback([a] {
    support::check_output(a->onnx, {a->model});
    with_any_model(a->model, a->architecture, [&](const auto& model) { write_onnx(model, a->onnx, a->lengths); });
  });
}

}  // namespace classifier
