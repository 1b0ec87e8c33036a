// classifier inspect: what a model file holds.

#include <cstdio>
#include <memory>
#include <string>

#include "architecture.hpp"
#include "commands.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/visit.hpp"
#include "heed/io/safetensors_file.hpp"
#include "terminal.hpp"

namespace classifier {

namespace {

struct InspectArguments {
  std::filesystem::path file;
  Architecture architecture;
};

// names in lines of at most 80 columns, indented
void print_words(const std::vector<std::string>& words) {
  constexpr std::size_t width = 80;
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      std::puts(line.c_str());
      line.clear();
    }
    line += (line.empty() ? "  " : " ") + printable(word);
  }
  std::puts(line.c_str());
}

void inspect(const InspectArguments& a) {
  const StoredModel stored = load_model(a.file, a.architecture);
  const Model& model = stored.model;
  const Model::Options& o = model.options;
  std::printf("%s\n", std::string(Model::architecture).c_str());
  std::printf("  %s\n", describe(o).c_str());
  std::printf("  features   %td\n", o.features);
  std::printf("  classes    %td\n", o.classes);
  std::printf("  hidden     %td\n", o.hidden);
  std::printf("  dense      %td\n", o.dense);
  std::printf("  attention  %s\n", std::string(to_text(o.attention)).c_str());
  if (o.attention == heed::Attention::multihead) {
    std::printf("  heads      %td\n", o.heads);
    std::printf("  pooling    %s\n", std::string(to_text(o.pooling)).c_str());
  }
  if (stored.steps > 0) std::printf("  steps      %td in training\n", stored.steps);
  if (!model.labels.empty()) {
    std::printf("\nlabels\n");
    print_words(model.labels);
  }
  if (model.standardize.active()) {
    std::printf("\nstandardize  %14s %14s\n", "mean", "deviation");
    for (heed::Index f = 0; f < o.features; ++f) {
      std::printf("  feature %-4td %13.6g %14.6g\n", f, static_cast<double>(model.standardize.mean(f)),
                  static_cast<double>(model.standardize.deviation(f)));
    }
  }
  std::printf("\ntensors\n");
  const heed::SafetensorsFile file(a.file);
  for (const heed::TensorInfo& tensor : file.tensors()) {
    std::printf("  %-34s %-5s %16s %10td\n", printable(tensor.name).c_str(),
                std::string(heed::name_of(tensor.dtype)).c_str(), heed::to_text(tensor.extents).c_str(),
                heed::element_count(tensor.extents));
  }
  std::printf("parameters %td\n", heed::parameter_count(model));
}

}  // namespace

void add_inspect(CLI::App& program) {
  CLI::App& command = *program.add_subcommand("inspect", "Show what a model file holds");
  const auto a = std::make_shared<InspectArguments>();
  command.add_option("FILE", a->file, "The model (.safetensors)")->required()->option_text(" ");
  add_architecture(command, a->architecture);
  command.callback([a] { inspect(*a); });
}

}  // namespace classifier
