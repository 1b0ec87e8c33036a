// classifier import: a model that another program has saved becomes a file of heed.

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "../support/terminal.hpp"
#include "commands.hpp"
#include "heed/convert/keras.hpp"
#include "heed/core/error.hpp"
#include "heed/files/file.hpp"
#include "heed/io/safetensors.hpp"
#include "stored_model.hpp"
#ifdef HEED_CLASSIFIER_ZIP
#include "heed/archive/unzip.hpp"
#endif

namespace classifier {

using namespace support;

namespace {

struct ImportArguments {
  std::filesystem::path keras, config, model, words;
  std::vector<std::string> attention;
};

/// A word a line, as Keras' `TextVectorization.get_vocabulary()` lists them: the first two stand for padding and for
/// unknown words, and may be left out.
std::vector<std::string> read_words(const std::filesystem::path& path, heed::Index tokens) {
  const std::vector<std::byte> bytes = heed::read_file(path);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    words.push_back(text.substr(at, end - at - (end > at && text[end - 1] == '\r' ? 1 : 0)));
    at = end + 1;
  }
  if (std::ssize(words) == tokens) words.erase(words.begin(), words.begin() + std::min<std::ptrdiff_t>(2, tokens));
  heed::require(std::ssize(words) == tokens - 2, [&] {
    return heed::Fault{"wrong number of words", path.string(),
                       std::to_string(tokens - 2) + ", or " + std::to_string(tokens) + " with the first two tokens",
                       std::to_string(words.size())};
  });
  return words;
}

void keep(NumberModel&& model, const ImportArguments& a) {
  refuse_option(!a.words.empty(), "--words", "text", a.keras);
  std::printf("%s", wrapped(describe(model.options), 80, 0).c_str());
  save_model(StoredModel<NumberModel>{std::move(model), a.model});
}
void keep(TextModel&& model, const ImportArguments& a) {
  if (!a.words.empty()) model.words = read_words(a.words, model.options.tokens);
  std::printf("%s", wrapped(describe(model.options), 80, 0).c_str());
  if (a.words.empty())
    std::fprintf(stderr, "the file does not say which words the tokens are: --words FILE gives them\n");
  save_model(StoredModel<TextModel>{std::move(model), a.model});
}
void keep(heed::Chain<float>&& model, const ImportArguments& a) {
  refuse_option(!a.words.empty(), "--words", "text", a.keras);
  std::string text;
  for (const auto& layer : model.layers) text += (text.empty() ? "" : " > ") + std::string(layer.kind());
  std::printf("%s", wrapped(text, 80, 0).c_str());
  heed::save(model, a.model);
}

void import_keras(const ImportArguments& a) {
  heed::KerasOptions options{.model = a.config};
  if (!a.attention.empty()) options.attention_pools = a.attention;
#ifdef HEED_CLASSIFIER_ZIP
  options.unpack = heed::unzip;
#endif
  const heed::KerasFile file(a.keras, options);
  auto model = heed::load_keras_model<float>(file);
  if (file.reads_padding()) {
    std::fprintf(stderr,
                 "Embedding without mask_zero: Keras reads padding as words, and heed leaves it out. The\n"
                 "answers are the same for sentences that are not padded.\n");
  }
  std::visit([&](auto&& one) { keep(std::move(one), a); }, std::move(model));
}

}  // namespace

void add_import(CLI::App& program) {
  CLI::App& command = *program.add_subcommand("import", "Make a model file of what Keras has saved");
  const auto a = std::make_shared<ImportArguments>();
  command.add_option("--keras", a->keras, "The model (.keras, .weights.h5, .h5), required")
      ->required()
      ->option_text("FILE");
  command.add_option("--model", a->model, "Where to write it (.safetensors), required")
      ->required()
      ->option_text("FILE");
  command
      .add_option("--config", a->config,
                  "Of weights alone: the .keras or .h5 file, or the text\nof model.to_json(), that describes the model")
      ->option_text("FILE");
  command.add_option("--words", a->words, "Of a model of text: the words of its tokens, one a\nline")
      ->option_text("FILE");
  command
      .add_option("--attention-layer", a->attention,
                  "A class of one's own that is the sum weighted by the\nsoftmax of Dense(1) (AttentionLayer); may be "
                  "given\nseveral times")
      ->allow_extra_args(false)
      ->option_text("NAME");
  command.footer(
      "Prints the layers. Recurrent layers, a pooling and dense layers become a model\n"
      "as train makes it. Any other chain of layers becomes a Chain.");
  command.callback([a] { import_keras(*a); });
}

}  // namespace classifier
