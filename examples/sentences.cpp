/// Trains a classifier of sentences, embedding > LSTM > attention > Dense, and shows its attention to the words: shaded
/// in the terminal, and as a picture. Without data it learns five sentences.

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/answer.hpp"
#include "support/command.hpp"
#include "support/five_sentences.hpp"
#include "support/options.hpp"
#include "support/outputs.hpp"
#include "support/sentence_picture.hpp"
#include "support/training.hpp"

namespace {

using heed::Index;
using heed::Sentences;
using Model = heed::TextClassifier<float>;

struct Arguments {
  std::string data, test, model, picture, ask;
  Index min_count = 1, show = 8;
  bool keep_case = false;
  heed::TextClassifierOptions options{.embedding = 16, .classifier = {.hidden = 32, .dense = 0}};  // five sentences
  heed::FitOptions fit{.epochs = 60, .learning_rate = 0.01, .batch_size = 2, .bucket_by_length = true};

  void for_thousands() {
    options = {.embedding = 128, .classifier = {.hidden = 64, .dense = 0, .bidirectional = true, .dropout = 0.6}};
    fit.epochs = 10;
    fit.learning_rate = 0.003;
    fit.batch_size = 32;
  }
};

/// Sentences as the model takes them.
heed::Labelled<std::int32_t> labelled(const Sentences& sentences, const Model& model, const std::string& where) {
  return {to_tokens(sentences, heed::Vocabulary(model.words)), {model.classifier.labels}, where};
}

Model new_model(Arguments& a, const Sentences& sentences, const std::string& where) {
  const auto vocabulary = heed::Vocabulary::from(sentences.words, a.min_count);
  heed::require(!vocabulary.words().empty(), [&] {
    return heed::Fault{"no word occurs --min-count " + std::to_string(a.min_count) + " times", where, {}, {}};
  });
  const auto names = heed::LabelMap::from(sentences.labels, where);
  a.options.tokens = vocabulary.size();
  a.options.classifier.classes = names.size();
  Model model(a.options);
  model.words.assign(vocabulary.words().begin(), vocabulary.words().end());
  model.classifier.labels = names.names;
  model.initialize(heed::Key{a.fit.seed});
  return model;
}

Model train(Arguments& a, const Sentences& sentences, const std::string& where) {
  Model model = new_model(a, sentences, where);
  const auto data = labelled(sentences, model, where);
  std::printf("%jd sentences, %zu known words, %zu classes, %jd weights\n", sentences.count(), model.words.size(),
              model.classifier.labels.size(), heed::parameter_count(model));
  a.fit.schedule = heed::CosineSchedule{};
  if (support::is_terminal(stdout)) a.fit.callbacks.push_back(heed::live_progress(stdout));
  const heed::Metadata facts{{"lower", a.keep_case ? "false" : "true"}};
  const auto epochs = support::fit_and_keep(model, data.view(), a.fit, a.model, {}, facts).epochs;
  std::printf("%zu epochs in %.1f s\n", epochs.size(), epochs.empty() ? 0 : epochs.back().seconds);
  return model;
}

/// The number of right answers.
void report(const char* name, const Model& model, const Sentences& sentences, const std::string& where) {
  const auto data = labelled(sentences, model, where);
  const bool trec = where.find("TREC.test") != std::string::npos;
  std::printf("%s accuracy %.4f of %jd sentences%s\n", name, heed::evaluate(model, data.view()).accuracy, data.count(),
              trec ? "; Kim's CNN without pretrained vectors 0.882" : "");
}

/// The first sentences with the weight of each word, and the model's answers.
void show(const Arguments& a, const Model& model, Sentences sentences) {
  sentences.words.resize(std::min(sentences.words.size(), static_cast<std::size_t>(a.show)));
  const auto tokens = to_tokens({.words = sentences.words, .labels = {}}, heed::Vocabulary(model.words));
  heed::Predictor<Model> predictor(model);
  const auto weights = predictor.attention_weights(tokens.x, tokens.lengths);
  std::vector<support::AttendedSentence> shown;
  for (Index i = 0; i < sentences.count(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::vector<std::string>& words = sentences.words[at];
    const auto prediction = predictor(tokens.x[i].data(), tokens.lengths[at], 1);
    std::string answer = support::answer_text(prediction, model.classifier.labels);
    if (!sentences.labels.empty()) answer += ", in truth " + sentences.labels[at];
    shown.push_back({i, answer, words, tokens.x[i].data(), {weights[i].data(), words.size()}});
  }
  std::puts("");
  support::print_sentences(shown);
  if (a.picture.empty()) return;
  support::draw(a.picture, support::sentence_pictures(shown));
  std::printf("\nheat map drawn to %s\n", a.picture.c_str());
}

void run(Arguments& a) {
  if (!a.picture.empty()) support::check_picture(a.picture);
  if (!a.ask.empty()) {  // a model of before answers
    const heed::SafetensorsFile file(a.model);
    const bool lower = file.metadata().contains("lower") && heed::get_bool(file.metadata(), "lower");
    const Model model = heed::load<Model>(file);
    const bool pools = model.classifier.options.attention == heed::Attention::pool;
    heed::require(!model.words.empty() && !model.classifier.labels.empty() && pools, [&] {
      return heed::Fault{"no classifier of sentences with its words and classes", a.model, {}, {}};
    });
    return show(a, model, heed::parse_sentences(a.ask, "--ask", {.labels = false, .lower = lower}));
  }
  if (!a.model.empty()) support::check_output(a.model, {a.data, a.test});
  const heed::SentenceOptions options{.labels = true, .lower = !a.keep_case};
  const std::string where = a.data.empty() ? "the five sentences" : a.data;
  const Sentences sentences =
      a.data.empty() ? heed::parse_sentences(support::five_sentences, where) : heed::read_sentences(a.data, options);
  std::optional<Sentences> test;
  if (!a.test.empty()) test = heed::read_sentences(a.test, options);
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
  data->each([&](const std::string&) { a.for_thousands(); });  // before the options below
  program.add_option("--test", a.test, "The same, to measure on and to show")->needs(data);
  auto* const model = program.add_option("--model", a.model, "Where the model is saved; with --ask, where it is");
  program.add_option("--ask", a.ask, "A sentence to answer, without training")->needs(model)->excludes(data);
  program.add_option("--picture", a.picture, "Where to draw the weights (.png, .svg)");
  program.add_option("--show", a.show, "Sentences to show")->check(support::whole(1, 40));
  program.add_option("--min-count", a.min_count, "How often known words occur")->check(support::whole(1, 1 << 20));
  program.add_flag("--keep-case", a.keep_case, "Capital letters are not small ones");
  support::add_options(program, a.options, support::only({"embedding", "hidden", "bidirectional", "dropout"}));
  support::add_fit_options(program, a.fit, {"batch_size"});
  program.footer(
      "With --data: --embedding 128 --hidden 64 --bidirectional --dropout 0.6\n--batch 32 --epochs 10 "
      "--learning-rate 0.003");
  return support::run_command(program, argc, argv, [&] { run(a); });
}
