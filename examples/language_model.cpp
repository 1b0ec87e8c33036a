/// A causal transformer that learns to write: takes sentences, one per line; prints perplexities and new sentences.
///
///     language_model --train train.en --validation val.en --test test.en --model captions.safetensors
///     language_model --model captions.safetensors --prompt "a man"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/command.hpp"
#include "support/file_names.hpp"
#include "support/options.hpp"
#include "support/perplexity.hpp"
#include "support/toy_corpus.hpp"
#include "support/training.hpp"

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
  heed::FitOptions fit{.epochs = 6, .learning_rate = 1e-3, .weight_decay = 0.01, .batch_size = 64, .clip_norm = 1};
  heed::SampleOptions sample{
      .temperature = 0.8, .top_k = 40, .never = {heed::Vocabulary::padding, heed::Vocabulary::unknown}};
};

constexpr heed::SentenceOptions reading{.labels = false, .lower = true};

/// Of words, or of characters.
heed::Sentences units(const heed::Sentences& sentences, bool characters) {
  return characters ? heed::to_characters(sentences) : sentences;
}

Model train(Arguments& a) {
  const bool built_in = a.train.empty();
  double best = 0;
  const heed::Key key{a.fit.seed};
  const auto part = [&](const std::filesystem::path& path, std::uint64_t number, heed::Index count) {
    return units(built_in ? support::toy_corpus(key.child(number), count, &best) : heed::read_sentences(path, reading),
                 a.characters);
  };
  const heed::Sentences text = part(a.train, 1, 4000);
  const auto vocabulary = heed::Vocabulary::from(text.words, a.min_count, 0, std::vector{boundary});
  const heed::NextTokens train = heed::next_tokens(text, vocabulary, boundary);
  const auto held_out = [&](const std::filesystem::path& path, std::uint64_t number) {
    return heed::next_tokens(part(path, number, 200), vocabulary, boundary, train.steps());
  };
  const heed::NextTokens validation = held_out(a.validation, 2);
  if (built_in) {
    a.options.transformer = {
        .d_model = 32, .num_heads = 2, .dim_feedforward = 64, .positions = heed::PositionKind::learned};
  }
  const heed::Index steps = a.fit.epochs * support::steps_an_epoch(train.count(), a.fit);
  a.fit.schedule = heed::CosineSchedule{.warmup = std::min<heed::Index>(200, steps / 10), .last = 1e-5};
  a.options.tokens = vocabulary.size();
  a.options.transformer.max_steps = train.steps();
  Model model(a.options);
  model.initialize(key);
  model.words = {vocabulary.words().begin(), vocabulary.words().end()};
  std::printf("%jd sentences of at most %jd %s, %jd of them known; %jd parameters\n", train.count(), train.steps() - 1,
              a.characters ? "characters" : "words", std::ssize(model.words) - 1, heed::parameter_count(model));
  a.fit.bucket_by_length = true;
  a.fit.early_stopping.patience = a.fit.epochs;  // the weights of the best epoch
  a.fit.callbacks.push_back(support::perplexity_progress());
  support::fit_and_keep(model, train.view(), a.fit, a.model, validation.view(),
                        {{"characters", a.characters ? "true" : "false"}});
  const bool tests = built_in || !a.test.empty();
  const heed::NextTokens test = tests ? held_out(a.test, 3) : validation;
  std::printf("%s perplexity %.2f, of counted words %.2f", tests ? "test" : "validation",
              support::perplexity_of(model, test, a.fit.threads),
              support::unigram_perplexity(train, test, vocabulary.size()));
  if (built_in && !a.characters) std::printf(", the best possible %.2f", best);
  std::puts("");
  return model;
}

void write_on(const Model& model, const Arguments& a) {
  const heed::Vocabulary vocabulary(model.words);
  std::vector<std::int32_t> prompt{vocabulary.token(boundary)};
  if (!a.prompt.empty()) {
    const auto text = units(heed::parse_sentences(a.prompt, "--prompt", reading), a.characters);
    for (const std::string& word : text.words.front()) prompt.push_back(vocabulary.token(word));
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
  if (a.train.empty() && !a.model.empty() && support::is_regular(a.model)) {
    const heed::SafetensorsFile file(a.model);
    const Model model = heed::load<Model>(file);
    a.characters = heed::get_bool(file.metadata(), "characters");
    if (!a.test.empty()) {
      const auto text = units(heed::read_sentences(a.test, reading), a.characters);
      const auto test =
          heed::next_tokens(text, heed::Vocabulary(model.words), boundary, model.options.transformer.max_steps);
      std::printf("test perplexity %.2f\n", support::perplexity_of(model, test, a.fit.threads));
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
  program.add_option("--samples", a.samples, "How many it writes")->check(support::whole_from(0));
  program.add_option("--temperature", a.sample.temperature, "0: always the likeliest word")
      ->check(support::number(heed::Range::at_least(0)));
  program.add_option("--top-k", a.sample.top_k, "Words it draws from; 0: all")->check(support::whole_from(0));
  program.add_flag("--characters", a.characters, "Learn characters instead of words");
  program.add_option("--min-count", a.min_count, "Rarer words are unknown ones")->check(support::whole_from(1));
  program.add_flag("!--untied", a.options.tied, "The output has weights of its own, not the embedding's");
  support::add_options(program, a.options, support::but({"tied", "norm", "activation", "positions", "distance"}));
  support::add_fit_options(program, a.fit, {"batch_size"});
  return support::run_command(program, argc, argv, [&] { run(a); });
}
