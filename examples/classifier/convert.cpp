// classifier convert: a model file of one format becomes one of another.

#include <cstdio>
#include <filesystem>
#include <memory>

#include "../support/outputs.hpp"
#include "architecture.hpp"
#include "commands.hpp"
#include "heed/core/error.hpp"
#include "model_formats.hpp"
#include "stored_model.hpp"

namespace classifier {

namespace {

struct ConvertArguments {
  std::filesystem::path in, out;
  Architecture architecture;
};

/// Writes a model in the format that the name of the file says.
template <class M>
void write(StoredModel<M> stored, const std::filesystem::path& path) {
  stored.path = path;
  save_model(stored);
}

void convert(const ConvertArguments& a) {
  format_to_read(a.in);
  format_to_write(a.out);
  support::check_output(a.out, {a.in});
  with_model(a.in, a.architecture, [&](const auto& stored) { write(stored, a.out); });
}

}  // namespace

void add_convert(CLI::App& program) {
  CLI::App& command = *program.add_subcommand("convert", "Write a model file in another format");
  const auto a = std::make_shared<ConvertArguments>();
  command.add_option("IN", a->in, "The model; the name says its format")->required()->option_text(" ");
  command.add_option("OUT", a->out, "The file to write; the name says its format")->required()->option_text(" ");
  add_architecture(command, a->architecture, true);
  command.callback([a] { convert(*a); });
}

}  // namespace classifier
