// classifier export: a model as a file for other runtimes.

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "../support/outputs.hpp"
#include "architecture.hpp"
#include "commands.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/io/self_test.hpp"
#include "stored_model.hpp"

#ifdef HEED_CLASSIFIER_ONNX
#include "heed/convert/onnx.hpp"
#endif

namespace classifier {

namespace {

struct ExportArguments {
  std::filesystem::path model, onnx;
  bool lengths = false;
  Architecture architecture;
};

#ifdef HEED_CLASSIFIER_ONNX

template <class M>
void export_model(const StoredModel<M>& stored, const ExportArguments& a) {
  heed::OnnxOptions options{.lengths = a.lengths, .shift = stored.shift};
  options.metadata = read_model_file(a.model).metadata();
  for (const char* of_safetensors : {"format", "format_version"}) options.metadata.erase(of_safetensors);
  heed::detail::erase_self_test(options.metadata);
  if (stored.more.empty()) {
    heed::save_onnx(stored.model, a.onnx, options);
  } else {
    heed::save_onnx(ensemble_of(stored), a.onnx, options);
  }
}

void export_model(const ExportArguments& a) {
  with_model(a.model, a.architecture, [&](const auto& stored) { export_model(stored, a); });
}

#else

void export_model(const ExportArguments&) {
  throw heed::Error(
      heed::Fault{"this classifier was built without protozero (Debian: libprotozero-dev), which writes ONNX files"});
}

#endif

}  // namespace

void add_export(CLI::App& program) {
  CLI::App& command = *program.add_subcommand("export", "Write a model as a file for other runtimes");
  const auto a = std::make_shared<ExportArguments>();
  command.add_option("--model", a->model, "The model (.safetensors, .pt)")->required()->option_text("FILE");
  command.add_option("--onnx", a->onnx, "The ONNX file to write")->required()->option_text("FILE");
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
    export_model(*a);
  });
}

}  // namespace classifier
