// classifier inspect: what a model file holds.

#include <cstdio>
#include <memory>
#include <string>

#include "../support/file_names.hpp"
#include "../support/terminal.hpp"
#include "architecture.hpp"
#include "commands.hpp"
#include "foreign_model.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/visit.hpp"
#include "heed/io/tensor_file.hpp"
#include "inspect_onnx.hpp"
#include "model_formats.hpp"
#include "model_options.hpp"
#include "stored_model.hpp"

namespace classifier {

using namespace support;

namespace {

struct InspectArguments {
  std::filesystem::path file;
  Architecture architecture;
};

void print_tensors(const heed::TensorFile& file) {
  std::printf("tensors\n");
  for (const heed::TensorInfo& tensor : file.tensors()) {
    std::printf("  %-34s %-5s %16s %10td\n", printable(tensor.name).c_str(),
                std::string(heed::name_of(tensor.dtype)).c_str(), heed::to_text(tensor.extents).c_str(),
                heed::element_count(tensor.extents));
  }
}

/// The parameters of a model from a file whose arrays have other names.
template <class M>
void print_parameters(const M& model) {
  std::printf("parameters\n");
  heed::for_each_parameter(
      [](const heed::Path& path, const auto& parameter) {
        std::printf("  %-34s %-5s %16s %10td\n", printable(path.text()).c_str(), "F32",
                    heed::to_text(parameter.extents()).c_str(), parameter.size());
      },
      model);
}

void inspect(const ChainModel& chain) {
  std::printf("%s\n", std::string(ChainModel::architecture).c_str());
  for (const std::string& layer : chain.options.layers) std::printf("  %s\n", printable(layer).c_str());
  std::printf("  gives %s\n\n", std::string(to_text(chain.outputs)).c_str());
  print_parameters(chain);
  std::printf("parameters %jd\n", heed::parameter_count(chain));
}

/// What the model knows of the table it was trained on.
template <class M>
void print_table(const StoredModel<M>& stored) {
  heed::Metadata said;
  stored.columns.write(said);
  if (!stored.label_column.empty()) said["label_column"] = stored.label_column;
  if (said.empty()) return;
  std::printf("\ntable\n");
  for (const auto& [name, value] : said) {
    std::string line = name + ": ";
    for (const char c : printable(value)) line += c == ',' ? std::string(", ") : std::string(1, c);
    std::fputs(wrapped(line, 80, 2).c_str(), stdout);
  }
}

template <class M>
void inspect(const StoredModel<M>& stored) {
  const auto& model = classifier_of(stored.model);
  std::printf("%s\n%s", std::string(stored.more.empty() ? M::architecture : heed::Ensemble<M>::architecture).c_str(),
              wrapped(describe(stored.model.options), 80, 2).c_str());
  for (const auto& [name, value] : options_of(stored)) std::printf("  %-13s  %s\n", name.c_str(), value.c_str());
  if (!model.labels.empty()) {
    std::printf("\nlabels\n");
    std::string labels;
    for (const std::string& label : model.labels) labels += (labels.empty() ? "" : " ") + printable(label);
    std::fputs(wrapped(labels, 80, 2).c_str(), stdout);
  }
  if constexpr (!is_text<M>) {
    if (model.last_value.active()) std::printf("\nforecasts changes from the last value\n");
    print_table(stored);
  }
  if (model.standardize.active()) {
    std::printf("\nstandardize  %14s %14s\n", "mean", "deviation");
    for (heed::Index f = 0; f < model.options.features; ++f) {
      std::printf("  feature %-4td %13.6g %14.6g\n", f, static_cast<double>(model.standardize.mean(f)),
                  static_cast<double>(model.standardize.deviation(f)));
    }
  }
  std::printf("\n");
  if (format_to_read(stored.path).format == Format::tensors) {
    print_tensors(read_model_file(stored.path));
  } else {
    print_parameters(stored.model);
  }
  std::printf("parameters %jd\n", stored.members() * heed::parameter_count(stored.model));
}

}  // namespace

void add_inspect(CLI::App& program) {
  CLI::App& command = *program.add_subcommand("inspect", "Show what a model file holds");
  const auto a = std::make_shared<InspectArguments>();
  command.add_option("FILE", a->file, "The model; its name says the format")->required()->option_text(" ");
  add_architecture(command, a->architecture, true);
  command.callback([a] {
    if (support::lower_extension(a->file.string()) == ".onnx") return inspect_onnx(a->file);
    const bool tensors = format_to_read(a->file).format == Format::tensors;
    try {
      with_any_model(a->file, a->architecture, [](const auto& model) { inspect(model); });
    } catch (const heed::Error&) {  // what other programs wrote may be no model of these: its tensors are worth seeing
      if (!tensors) throw;
      const heed::TensorFile file = read_model_file(a->file);
      if (!file.metadata().contains("format_version")) print_tensors(file);
      throw;
    }
  });
}

}  // namespace classifier
