// classifier convert: a model file of one format becomes one of another.

#include <filesystem>
#include <memory>

#include "../support/outputs.hpp"
#include "architecture.hpp"
#include "commands.hpp"
#include "foreign_model.hpp"
#include "heed/core/error.hpp"
#include "heed/io/safetensors.hpp"
#include "model_formats.hpp"
#include "onnx_file.hpp"
#include "rtneural_file.hpp"
#include "stored_model.hpp"

namespace classifier {

namespace {

struct ConvertArguments {
  std::filesystem::path in, out;
  bool lengths = false;
  Architecture architecture;
};

template <class M>
void write(StoredModel<M> stored, const std::filesystem::path& path) {
  stored.path = path;
  save_model(stored);
}
void write(const ChainModel& chain, const std::filesystem::path& path) { heed::save(chain, path); }

void convert(const ConvertArguments& a) {
  format_to_read(a.in);
  const Format format = format_to_write(a.out).format;
  heed::require(format == Format::onnx || !a.lengths,
                [&] { return heed::Fault{"--lengths is for ONNX files, which this is not", a.out.string()}; });
  support::check_output(a.out, {a.in});
  with_any_model(a.in, a.architecture, [&](const auto& model) {
    if (format == Format::onnx) return write_onnx(model, a.out, a.lengths);
    if (format == Format::rtneural) return write_rtneural(model, a.out);
    write(model, a.out);
  });
}

}  // namespace

void add_convert(CLI::App& program) {
  CLI::App& command = *program.add_subcommand("convert", "Write a model file in another format");
  const auto a = std::make_shared<ConvertArguments>();
  command.add_option("IN", a->in, "The model; the name says its format")->required()->option_text(" ");
  command.add_option("OUT", a->out, "The file to write; the name says its format")->required()->option_text(" ");
  command.add_flag("--lengths", a->lengths, "Of ONNX: add an input for the length of each sequence")->option_text(" ");
  add_architecture(command, a->architecture, true);
  command.callback([a] { convert(*a); });
}

}  // namespace classifier
