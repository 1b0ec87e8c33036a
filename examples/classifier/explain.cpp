// classifier explain: which steps a model attends to.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "heat_map.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/data/csv.hpp"
#include "heed/data/npy.hpp"
#include "heed/infer/predictor.hpp"
#include "model_arguments.hpp"
#include "terminal.hpp"

namespace classifier {

namespace {

using heed::Index;

/// Columns "sequence", for multihead "head" and "query", and a weight for each step: "step 0" ...
heed::CsvWriter table(const heed::Tensor<float, 3>& weights, Index heads, Index steps) {
  std::vector<std::string> header{"sequence"};
  if (heads > 0) header.insert(header.end(), {"head", "query"});
  for (Index t = 0; t < steps; ++t) header.push_back("step " + std::to_string(t));
  heed::CsvWriter csv(header);
  for (Index i = 0; i < weights.extent(0); ++i) {
    const auto sequence = weights[i];
    if (heads == 0) csv.row(i, heed::TensorView<const float, 1>(sequence.data(), {steps}));
    for (Index r = 0; r < heads * steps; ++r) csv.row(i, r / steps, r % steps, sequence[r]);
  }
  return csv;
}

void write(const std::filesystem::path& path, const heed::Tensor<float, 3>& weights, Index heads, Index steps) {
  if (!is_npy(path)) {
    table(weights, heads, steps).write(path);
  } else if (heads == 0) {
    heed::write_npy(path, heed::TensorView<const float, 2>(weights.data(), {weights.extent(0), steps}));
  } else {
    heed::write_npy(path, heed::TensorView<const float, 4>(weights.data(), {weights.extent(0), heads, steps, steps}));
  }
}

void show(const StoredModel& stored, const heed::Sequences<float>& data, const heed::Tensor<float, 3>& weights,
          Index heads) {
  const Index shown = std::min<Index>(data.count(), heads == 0 ? 12 : 2);
  const std::vector<std::string> names = class_names(stored.model).names;
  const Colours colours = terminal_colours();
  const int width = terminal_width();
  heed::Predictor<Model> predictor(stored.model);
  std::fputs(legend(heads, colours).c_str(), stdout);
  for (Index i = 0; i < shown; ++i) {
    const Index length = data.lengths.empty() ? data.steps() : data.lengths[static_cast<std::size_t>(i)];
    const auto prediction = predictor(data.x[i].data(), length, data.features());
    const std::string& answer = names[static_cast<std::size_t>(prediction.label)];
    const Attended attended{i, answer, weights[i].data(), data.steps(), length};
    std::fputs((heads == 0 ? strip(attended, colours, width) : maps(attended, heads, colours, width)).c_str(), stdout);
  }
  if (shown < data.count()) std::printf("%td of %td sequences\n", shown, data.count());
}

void explain(const ModelArguments& a) {
  check_output(a);
  const StoredModel stored = load_model(a.model, a.architecture);
  const Model::Options& options = stored.model.options;
  heed::require(options.attention != heed::Attention::none, [&] {
    return heed::Fault{"this model has no attention: there is nothing to explain", a.model.string()};
  });
  const Index heads = options.attention == heed::Attention::multihead ? options.heads : 0;
  const heed::Sequences<float> data = load_data_for(stored, a.data, false, a.steps);
  heed::Predictor<Model> predictor(stored.model);
  const heed::Tensor<float, 3> weights = predictor.attention_weights(data.x, data.lengths);

  if (!a.output.empty()) write(a.output, weights, heads, data.steps());
  if (is_terminal(stdout)) {
    show(stored, data, weights, heads);
  } else if (a.output.empty()) {
    std::fputs(table(weights, heads, data.steps()).text().c_str(), stdout);
  }
}

}  // namespace

void add_explain(CLI::App& program) {
  CLI::App& command = *program.add_subcommand("explain", "Show or write the attention weights");
  const auto a = std::make_shared<ModelArguments>();
  add_model_and_data(command, *a);
  add_output(command, *a, "Where to write the weights (.npy or .csv)");
  command.footer(
      "A .npy holds (sequences, steps), or for multihead (sequences, heads, steps,\n"
      "steps): a row for each step that asks. Without --output the table is printed;\n"
      "a terminal shows a heat map of the first sequences instead.");
  command.callback([a] { explain(*a); });
}

}  // namespace classifier
