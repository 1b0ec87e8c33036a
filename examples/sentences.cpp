/// Trains a classifier of sentences, embedding > LSTM > attention > Dense, and shows which words it looks at: shaded in
/// the terminal, and as a picture. Without data it learns five sentences.

#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/command.hpp"
#include "support/picture.hpp"
#include "support/sentence_map.hpp"

namespace {

using heed::Index;
using heed::Sentences;
using Model = heed::TextClassifier<float>;

struct Arguments {
  std::string data, test, model, picture, ask;
  std::optional<Index> embedding, hidden, batch;
  std::optional<double> dropout, learning_rate;
  std::optional<int> epochs;
  Index min_count = 1, show = 8;
  bool bidirectional = false, keep_case = false;
  std::uint64_t seed = 0;
  int threads = 0;
};

const char* const five_sentences =
    "positive i love cats\n"
    "positive i like dogs\n"
    "negative i hate homework\n"
    "negative homework is bad\n"
    "positive cats are great\n";

/// Sentences as the model takes them.
struct Data {
  heed::Sequences<std::int32_t> tokens;
  std::vector<std::int32_t> classes;

  Data(const Sentences& sentences, const Model& model, const std::string& where)
      : tokens(to_tokens(sentences, heed::Vocabulary(model.words))),
        classes(heed::LabelMap{model.classifier.labels}.encode(sentences.labels, where)) {}
  heed::LabelledSequences<std::int32_t> view() const { return {tokens.x, classes, tokens.lengths}; }
};

/// The model for these sentences: the small one of the five, or one for thousands of questions.
Model new_model(const Arguments& a, const Sentences& sentences, const std::string& where) {
  const bool small = a.data.empty();
  const auto vocabulary = heed::Vocabulary::from(sentences.words, a.min_count);
  heed::require(!vocabulary.words().empty(), [&] {
    return heed::Fault{"no word occurs --min-count " + std::to_string(a.min_count) + " times", where, {}, {}};
  });
  const auto names = heed::LabelMap::from(sentences.labels, where);
  Model model({.tokens = vocabulary.size(),
               .embedding = a.embedding.value_or(small ? 16 : 128),
               .classifier = {.classes = names.size(),
                              .hidden = a.hidden.value_or(small ? 32 : 64),
                              .dense = 0,
                              .bidirectional = a.bidirectional || !small,
                              .dropout = a.dropout.value_or(small ? 0 : 0.6)}});
  model.words.assign(vocabulary.words().begin(), vocabulary.words().end());
  model.classifier.labels = names.names;
  model.initialize(heed::Key{a.seed});
  return model;
}

Model train(const Arguments& a, const Sentences& sentences, const std::string& where) {
  Model model = new_model(a, sentences, where);
  const bool small = a.data.empty();
  const Data data(sentences, model, where);
  std::printf("%td sentences, %zu known words, %zu classes, %td weights\n", sentences.count(), model.words.size(),
              model.classifier.labels.size(), heed::parameter_count(model));
  const heed::InterruptGuard guard;  // Ctrl-C ends the training, not the program: what was learnt is kept
  heed::FitOptions fit{.epochs = a.epochs.value_or(small ? 60 : 10),
                       .learning_rate = a.learning_rate.value_or(small ? 0.01 : 0.003),
                       .schedule = heed::CosineSchedule{},
                       .batch_size = a.batch.value_or(small ? 2 : 32),
                       .bucket_by_length = true,
                       .seed = a.seed,
                       .threads = a.threads,
                       .stop = guard.signal()};
  if (support::is_terminal(stdout)) fit.callbacks.push_back(heed::live_progress(stdout));
  const heed::History history = heed::fit(model, data.view(), fit);
  if (!a.model.empty()) heed::save(model, a.model, {{"lower", a.keep_case ? "false" : "true"}});
  const int epochs = static_cast<int>(history.epochs.size());
  heed::require(history.outcome != heed::Outcome::diverged,
                [] { return heed::Fault{"the loss is not finite any more"}; });
  std::printf("%s%d epochs in %.1f s\n", epochs < fit.epochs ? "interrupted after " : "", epochs,
              epochs ? history.epochs.back().seconds : 0);
  return model;
}

/// How many answers are right.
void report(const char* name, const Model& model, const Sentences& sentences, const std::string& where) {
  const Data data(sentences, model, where);
  const auto result = heed::evaluate(model, data.view());
  const bool trec = std::filesystem::path(where).filename().string().starts_with("TREC.test");
  std::printf("%s accuracy %.4f of %td sentences%s\n", name, result.accuracy, sentences.count(),
              trec ? "; Kim's CNN without pretrained vectors 0.882" : "");
}

/// The first sentences with the weight of each word, and the answers to them.
void show(const Arguments& a, const Model& model, Sentences sentences) {
  sentences.words.resize(std::min(sentences.words.size(), static_cast<std::size_t>(a.show)));
  const auto tokens = to_tokens({.words = sentences.words, .labels = {}}, heed::Vocabulary(model.words));
  heed::Predictor<Model> predictor(model);
  const auto weights = predictor.attention_weights(tokens.x, tokens.lengths);
  const support::Colours colours = support::terminal_colours();
  support::HeatMaps page{.maps = {}, .across = 1, .title = "Attention over words"};
  std::printf("\n%s", support::sentence_legend(colours).c_str());
  for (Index i = 0; i < sentences.count(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::vector<std::string>& words = sentences.words[at];
    const auto answer = predictor(tokens.x[i].data(), tokens.lengths[at], 1);
    char text[32];
    std::snprintf(text, sizeof text, " (%.2f)",
                  static_cast<double>(answer.probabilities[static_cast<std::size_t>(answer.label)]));
    std::string title = model.classifier.labels[static_cast<std::size_t>(answer.label)] + text;
    if (!sentences.labels.empty()) title += ", in truth " + sentences.labels[at];
    const float* const of = weights[i].data();
    const auto known = std::make_unique<bool[]>(words.size());
    for (std::size_t t = 0; t < words.size(); ++t) known[t] = tokens.x[i].data()[t] != heed::Vocabulary::unknown;
    std::fputs(support::sentence_map({i, title, words, {known.get(), words.size()}, {of, words.size()}}, colours,
                                     support::terminal_width())
                   .c_str(),
               stdout);
    page.maps.push_back({.columns = words, .values = {of, of + words.size()}, .title = title, .numbers = true});
  }
  if (a.picture.empty()) return;
  support::draw(a.picture, page);
  std::printf("\nheat map drawn to %s\n", a.picture.c_str());
}

void run(const Arguments& a) {
  if (!a.picture.empty()) support::check_picture(a.picture);
  if (!a.ask.empty()) {  // a model of before answers
    const heed::SafetensorsFile file(a.model);
    const auto lower = file.metadata().find("lower");
    const Model model = heed::load<Model>(file);
    heed::require(!model.words.empty() && !model.classifier.labels.empty() &&
                      model.classifier.options.attention == heed::Attention::pool,
                  [&] {
                    return heed::Fault{"no classifier of sentences with its words and classes", a.model, {}, {}};
                  });
    const bool small_letters = lower != file.metadata().end() && lower->second == "true";
    return show(a, model, heed::parse_sentences(a.ask, "--ask", {.labels = false, .lower = small_letters}));
  }
  if (!a.model.empty()) heed::check_writable(a.model);
  for (const std::string& path : {a.data, a.test}) {
    std::error_code absent;
    heed::require(path.empty() || a.model.empty() || !std::filesystem::equivalent(path, a.model, absent), [&] {
      return heed::Fault{"this file is read, it must not be written", a.model, {}, {}};
    });
  }
  const heed::SentenceOptions options{.labels = true, .lower = !a.keep_case};
  const std::string where = a.data.empty() ? "the five sentences" : a.data;
  const Sentences sentences =
      a.data.empty() ? heed::parse_sentences(five_sentences, where) : heed::read_sentences(a.data, options);
  const std::optional<Sentences> test =
      a.test.empty() ? std::nullopt : std::optional(heed::read_sentences(a.test, options));
  Model model = train(a, sentences, where);
  if (!a.model.empty()) model = heed::load<Model>(a.model);  // from here on the saved one
  report("training", model, sentences, where);
  if (test) report("test", model, *test, a.test);
  show(a, model, test ? *test : sentences);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App program("Trains a classifier of sentences and shows which words it attends to", "sentences");
  auto* const data = program.add_option("--data", a.data, "Sentences, a line each: label, words (five sentences)");
  program.add_option("--test", a.test, "The same, to measure on and to show")->needs(data);
  auto* const model = program.add_option("--model", a.model, "Where the model is saved; with --ask, where it is");
  program.add_option("--ask", a.ask, "A sentence to answer, without training")->needs(model)->excludes(data);
  program.add_option("--picture", a.picture, "Where to draw the weights (.png, .svg)");
  program.add_option("--show", a.show, "Sentences to show (8)")->check(CLI::Range(1, 40));
  program.add_option("--embedding", a.embedding, "Numbers a word (16; with --data 128)")->check(CLI::Range(1, 4096));
  program.add_option("--hidden", a.hidden, "Units of the LSTM (32; 64)")->check(CLI::Range(1, 4096));
  program.add_flag("--bidirectional", a.bidirectional, "Read from both ends (with --data always)");
  program.add_option("--dropout", a.dropout, "Share that training drops (0; 0.6)")->check(CLI::Range(0.0, 0.99));
  program.add_option("--min-count", a.min_count, "How often known words occur (1)")->check(CLI::Range(1, 1 << 20));
  program.add_flag("--keep-case", a.keep_case, "Capital letters are not small ones");
  program.add_option("--epochs", a.epochs, "(60; 10)")->check(CLI::Range(1, 100000));
  program.add_option("--batch", a.batch, "Sentences a step (2; 32)")->check(CLI::Range(1, 1 << 20));
  program.add_option("--learning-rate", a.learning_rate, "Of Adam (0.01; 0.003)")->check(CLI::PositiveNumber);
  program.add_option("--seed", a.seed, "Of all random numbers (0)");
  program.add_option("--threads", a.threads, "(all)")->check(CLI::Range(1, 1024));
  return support::run_command(program, argc, argv, [&] { run(a); });
}
