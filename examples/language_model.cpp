/// A causal transformer that learns to write: sentences in, one a line; perplexities and new sentences out.
///
///     language_model --train train.en --validation val.en --test test.en --model captions.safetensors
///     language_model --model captions.safetensors --prompt "a man"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/command.hpp"
#include "support/options.hpp"
#include "support/toy_corpus.hpp"

namespace {

using Model = heed::LanguageModel<float>;
const std::string boundary = "</s>";  // begins and ends a text

struct Arguments {
  std::filesystem::path train, validation, test, model;
  bool characters = false;
  heed::Index min_count = 2, samples = 5;
  std::string prompt;
  heed::LanguageModelOptions options{.tied = true,
                                     .transformer = {.d_model = 128,
                                                     .num_heads = 4,
                                                     .num_layers = 3,
                                                     .dim_feedforward = 512,
                                                     .dropout = 0.1,
                                                     .activation = heed::FeedForwardActivation::gelu,
                                                     .positions = heed::PositionKind::learned}};
  heed::FitOptions fit{.epochs = 6,
                       .learning_rate = 1e-3,
                       .weight_decay = 0.01,
                       .batch_size = 64,
                       .bucket_by_length = true,
                       .clip_norm = 1};
  heed::SampleOptions sample{
      .temperature = 0.8, .top_k = 40, .never = {heed::Vocabulary::padding, heed::Vocabulary::unknown}};
};

/// Of words, or of characters.
heed::Sentences units(const heed::Sentences& sentences, bool characters) {
  return characters ? heed::to_characters(sentences) : sentences;
}
heed::Sentences read(const std::filesystem::path& path, bool characters) {
  return units(heed::read_sentences(path, {.labels = false, .lower = true}), characters);
}

heed::Vocabulary vocabulary_of(const heed::Sentences& sentences, heed::Index min_count) {
  const heed::Vocabulary all = heed::Vocabulary::from(sentences.words, min_count);
  std::vector<std::string> words{boundary};
  for (const std::string& word : all.words()) {
    if (word != boundary) words.push_back(word);
  }
  return heed::Vocabulary(words);
}

heed::LabelledSequences<std::int32_t> view(const heed::NextTokens& t) { return {t.x.view(), t.labels, t.lengths}; }

/// Of guessing each token by how often it stands in the training text.
double unigram_perplexity(const heed::NextTokens& train, const heed::NextTokens& test, heed::Index tokens) {
  std::vector<double> counts(static_cast<std::size_t>(tokens), 1);
  double total = static_cast<double>(tokens), loss = 0, n = 0;
  for (const std::int32_t y : train.labels) {
    if (y >= 0) counts[static_cast<std::size_t>(y)] += 1, total += 1;
  }
  for (const std::int32_t y : test.labels) {
    if (y >= 0) loss -= std::log(counts[static_cast<std::size_t>(y)] / total), n += 1;
  }
  return std::exp(loss / n);
}

Model train(Arguments& a) {
  const bool built_in = a.train.empty();
  double best = 0;
  const heed::Key key{a.fit.seed};
  const auto part = [&](const std::filesystem::path& path, std::uint64_t number, heed::Index count) {
    return built_in ? units(support::toy_corpus(key.child(number), count, &best), a.characters)
                    : read(path, a.characters);
  };
  const heed::Sentences text = part(a.train, 1, 4000);
  const heed::Vocabulary vocabulary = vocabulary_of(text, a.min_count);
  const heed::NextTokens train = heed::next_tokens(text, vocabulary, boundary);
  const auto held_out = [&](const std::filesystem::path& path, std::uint64_t number) {
    return heed::next_tokens(part(path, number, 200), vocabulary, boundary, train.steps());
  };
  const heed::NextTokens validation = held_out(a.validation, 2);
  if (built_in) {
    a.options.transformer = {
        .d_model = 32, .num_heads = 2, .dim_feedforward = 64, .positions = heed::PositionKind::learned};
  }
  const heed::Index steps = a.fit.epochs * ((train.count() - 1) / a.fit.batch_size + 1);
  a.fit.schedule = heed::CosineSchedule{.warmup = std::min<heed::Index>(200, steps / 10), .last = 1e-5};
  a.options.tokens = vocabulary.size();
  a.options.transformer.max_steps = train.steps();
  Model model(a.options);
  model.initialize(key);
  model.words = {vocabulary.words().begin(), vocabulary.words().end()};
  std::printf("%d sentences of at most %d %s, %d of them known; %d parameters\n", static_cast<int>(train.count()),
              static_cast<int>(train.steps() - 1), a.characters ? "characters" : "words",
              static_cast<int>(model.words.size() - 1), static_cast<int>(heed::parameter_count(model)));
  a.fit.early_stopping.patience = a.fit.epochs;  // the weights of the best epoch
  a.fit.callbacks.push_back([](const heed::EpochRecord& r) {
    std::printf("epoch %d/%d  perplexity %.2f  validation %.2f  %.1f s\n", r.epoch, r.epochs, std::exp(r.loss),
                std::exp(r.test_loss), r.seconds);
    return std::fflush(stdout) == 0;
  });
  const heed::InterruptGuard guard;  // Ctrl-C ends the step: the best weights are kept
  a.fit.stop = guard.signal();
  if (!a.model.empty()) heed::check_save(model, a.model);
  const heed::History history = heed::fit(model, view(train), a.fit, view(validation));
  if (history.outcome == heed::Outcome::cancelled) std::printf("interrupted: the best weights are kept\n");
  heed::require(history.outcome != heed::Outcome::diverged, [] { return heed::Fault{"the training diverged"}; });
  if (!a.model.empty()) {
    heed::save(model, a.model, {{"characters", a.characters ? "true" : "false"}});
  }
  const heed::NextTokens test = built_in || !a.test.empty() ? held_out(a.test, 3) : validation;
  std::printf("%s perplexity %.2f, of counted words %.2f", built_in || !a.test.empty() ? "test" : "validation",
              std::exp(heed::evaluate(model, view(test), a.fit.threads).loss),
              unigram_perplexity(train, test, vocabulary.size()));
  if (built_in && !a.characters) std::printf(", the best possible %.2f", best);
  std::printf("\n");
  return model;
}

void write_on(const Model& model, const Arguments& a) {
  const heed::Vocabulary vocabulary(model.words);
  std::vector<std::int32_t> prompt{vocabulary.token(boundary)};
  if (!a.prompt.empty()) {
    const auto words =
        units(heed::parse_sentences(a.prompt, "--prompt", {.labels = false, .lower = true}), a.characters);
    for (const std::string& word : words.words.front()) prompt.push_back(vocabulary.token(word));
  }
  heed::Stream stream(model, {.max_steps = model.options.transformer.max_steps});
  heed::GenerateOptions options{.sample = a.sample, .end = prompt.front(), .most = stream.max_steps()};
  for (heed::Index i = 0; i < a.samples; ++i) {
    const heed::Key key = heed::Key{a.fit.seed}.child(100 + static_cast<std::uint64_t>(i));
    std::string text = a.prompt;
    for (const std::int32_t token : heed::generate(stream, prompt, options, key)) {
      if (!a.characters && !text.empty()) text += ' ';
      text += vocabulary.word(token);
    }
    std::printf("  %s\n", text.c_str());
  }
}

void run(Arguments& a) {
  if (a.train.empty() && !a.model.empty() && std::filesystem::exists(a.model)) {
    const heed::SafetensorsFile file(a.model);
    const Model model = heed::load<Model>(file);
    a.characters = heed::get_bool(file.metadata(), "characters");
    if (!a.test.empty()) {
      const heed::NextTokens test = heed::next_tokens(read(a.test, a.characters), heed::Vocabulary(model.words),
                                                      boundary, model.options.transformer.max_steps);
      std::printf("test perplexity %.2f\n", std::exp(heed::evaluate(model, view(test), a.fit.threads).loss));
    }
    return write_on(model, a);
  }
  write_on(train(a), a);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App program("Learns to write sentences; without --train of a corpus of its own", "language_model");
  auto* const train = program.add_option("--train", a.train, "Sentences to learn, one a line");
  program.add_option("--validation", a.validation, "Sentences that choose the best epoch")->needs(train);
  train->needs("--validation");
  program.add_option("--test", a.test, "Sentences to measure on in the end");
  program.add_option("--model", a.model, "Where the model is kept; without --train it is loaded from there");
  program.add_option("--prompt", a.prompt, "How the sentences begin that it writes");
  program.add_option("--samples", a.samples, "How many it writes")->check(CLI::NonNegativeNumber);
  program.add_option("--temperature", a.sample.temperature, "0: always the likeliest word")
      ->check(CLI::NonNegativeNumber);
  program.add_option("--top-k", a.sample.top_k, "Words it draws from; 0: all")->check(CLI::NonNegativeNumber);
  program.add_flag("--characters", a.characters, "Learn characters instead of words");
  program.add_option("--min-count", a.min_count, "Rarer words are unknown ones")->check(CLI::PositiveNumber);
  program.add_flag("!--untied", a.options.tied, "The output has weights of its own, not the embedding's");
  support::add_options(program, a.options, support::but({"tied", "norm", "activation", "positions", "distance"}));
  support::add_fit_options(program, a.fit, {"batch_size"});
  return support::run_command(program, argc, argv, [&] { run(a); });
}
