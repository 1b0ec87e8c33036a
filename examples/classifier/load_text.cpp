#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "class_names.hpp"
#include "command_line.hpp"
#include "heed/core/error.hpp"
#include "model_arguments.hpp"
#include "notes.hpp"
#include "training.hpp"

namespace classifier {

heed::Vocabulary vocabulary_for(const TrainArguments& a, const StoredModel<TextModel>* init,
                                const heed::Sentences& sentences) {
  if (init) return heed::Vocabulary(init->model.words);
  heed::Vocabulary words = heed::Vocabulary::from(sentences.words, a.min_count.value_or(1));
  heed::require(!words.words().empty(), [&] {
    return heed::Fault{"no word occurs --min-count " + std::to_string(a.min_count.value_or(1)) + " times",
                       a.text.string()};
  });
  return words;
}

template <>
Task<TextModel> load_task(const TrainArguments& a, const StoredModel<TextModel>* init, const heed::Part& part) {
  heed::require(!init || !a.lower || init->lower, [&] {
    return heed::Fault{"--lower contradicts " + a.init.string() + ", which knows words as they are"};
  });
  const bool lower = init ? init->lower : a.lower;
  const auto read = [&](const std::filesystem::path& path) {
    heed::Sentences sentences =
        heed::read_sentences(path, {.lower = lower, .encoding = a.format.encoding, .header = text_header(a.format)});
    if (!a.quiet) note_encoding(sentences, path);
    return sentences;
  };
  const std::string where = a.text.string();
  heed::Sentences sentences = read(a.text);
  const heed::LabelMap names = names_for(a, init, sentences.labels, where);
  const heed::Vocabulary words = vocabulary_for(a, init, sentences);
  std::vector<std::vector<std::string>> kept = sentences.words;
  Task<TextModel> task{.names = names,
                       .train = {Tokens(std::move(sentences), words, where, part), names, where, part},
                       .test = {},
                       .words = {words.words().begin(), words.words().end()},
                       .lower = lower,
                       .sentences = std::move(kept)};
  if (a.test) {
    const std::string test = a.test->data.string();
    task.test.emplace(Tokens(read(a.test->data), words, test, part), names, test, part);
  }
  return task;
}

Tokens load_data(const StoredModel<TextModel>& stored, const ModelArguments& a, bool labels) {
  check_format(a.format, FormatOf::text);
  refuse_option(a.data.labels.has_value(), "--labels", "numbers", a.model);
  refuse_option(a.steps > 0, "--steps", "numbers", a.model);
  refuse_option(a.missing.has_value(), "--missing", "numbers", a.model);
  heed::Sentences sentences = heed::read_sentences(a.data.data, {.labels = labels || a.labelled,
                                                                 .lower = stored.lower,
                                                                 .blank_lines = !labels,  // an answer a line
                                                                 .encoding = a.format.encoding,
                                                                 .header = text_header(a.format)});
  note_encoding(sentences, a.data.data);
  Tokens tokens(std::move(sentences), heed::Vocabulary(stored.model.words), a.data.data.string());
  note_unknown_sentences(tokens, a.data.data);
  return tokens;
}

}  // namespace classifier
