#include "model_arguments.hpp"

#include "heed/data/load.hpp"

namespace classifier {

void add_model_and_data(CLI::App& command, ModelArguments& a) {
  command.add_option("--model", a.model, "The model (.safetensors), required")->required()->option_text("FILE");
  command.add_option("--data", a.data.data, "Sequences: .npy, .ts or a table, required")
      ->required()
      ->option_text("FILE");
  add_architecture(command, a.architecture);
}

void add_output(CLI::App& command, ModelArguments& a, const char* what) {
  const auto known = [](const std::string& path) {
    const std::string extension = heed::detail::extension(path);
    return extension == ".npy" || extension == ".csv" ? "" : "a file named .npy or .csv; got " + path;
  };
  command.add_option("--output", a.output, what)->check(known)->option_text("FILE");
  command.add_option("--steps", a.steps, "Steps of a table's rows (as in the training data)")
      ->check(CLI::Range(1, 1'000'000'000))
      ->option_text("N");
}

void check_output(const ModelArguments& a) {
  if (!a.output.empty()) check_output(a.output, {a.model, a.data.data});
}

bool is_npy(const std::filesystem::path& path) { return heed::detail::extension(path) == ".npy"; }

}  // namespace classifier
