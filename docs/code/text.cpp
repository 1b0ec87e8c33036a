// The code of the pages "Text" and "Translation".

#include <heed/heed.hpp>
#include <heed/io/safetensors.hpp>

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace {

void classify() {
  // [classify]
  const heed::Sentences sentences = heed::parse_sentences(
      "place where is the station\n"
      "time when does the train leave\n"
      "place where can i sleep\n"
      "time when is breakfast\n",
      "questions");
  const auto vocabulary = heed::Vocabulary::from(sentences.words);
  const heed::Labelled<std::int32_t> data(heed::to_tokens(sentences, vocabulary),
                                          "questions");

  heed::TextClassifier<float> model(
      {.tokens = vocabulary.size(), .classifier = {.classes = 2}});
  model.words.assign(vocabulary.words().begin(), vocabulary.words().end());
  heed::fit(model, data.view(), {.epochs = 60, .learning_rate = 0.01});
  heed::save(model, "questions.safetensors");  // with its vocabulary
  // [/classify]
  std::printf("accuracy %.2f\n", heed::evaluate(model, data.view()).accuracy);
}

void translate() {
  // [translate]
  const heed::ParallelText text{
      .source = {{"ein", "hund"}, {"ein", "mann"}, {"zwei", "hunde"}},
      .target = {{"a", "dog"}, {"a", "man"}, {"two", "dogs"}}};
  const std::vector<std::string> marks{heed::Vocabulary::start_mark,
                                       heed::Vocabulary::end_mark};
  const auto source = heed::Vocabulary::from(text.source, 1, 0, marks);
  const auto target = heed::Vocabulary::from(text.target, 1, 0, marks);

  heed::Seq2Seq<float> model({.source_tokens = source.size(),
                              .target_tokens = target.size(),
                              .embedding = 16,
                              .hidden = 32,
                              .layers = 1,
                              .dropout = 0});
  const heed::TokenPairs pairs = heed::to_tokens(text, source, target);
  heed::fit(model, pairs.view(), {.epochs = 100, .learning_rate = 0.01});
  // [/translate]

  // [decode]
  heed::SequenceDecoder decoder(
      model, {.start = target.start(), .end = target.end(), .max_steps = 10, .beam = 5});
  const std::vector<std::int32_t> tokens = heed::to_tokens(text.source[2], source);
  const auto length = static_cast<std::int32_t>(tokens.size());
  const auto answers = decoder(heed::view(tokens, {1, length, 1}), std::vector{length});
  for (const std::int32_t token : answers[0].tokens) {
    std::printf("%s ", target.word(token).c_str());
  }
  // [/decode]
  std::puts("");
}

}  // namespace

int main() {
  classify();
  translate();
}
