/// Translation: trains sequence to sequence with attention on two files of sentences, measures BLEU, and shows the
/// attention of each word. Without data it uses a small corpus of its own.
///
///     translate --train train.de train.en --val val.de val.en --test test.de test.en --model de-en.safetensors
///     translate --model de-en.safetensors --translate "ein mann schläft auf dem sofa ."

#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/checkpoint.hpp"
#include "heed/io/safetensors.hpp"
#include "support/alignment_map.hpp"
#include "support/command.hpp"
#include "support/options.hpp"
#include "support/picture.hpp"
#include "support/small_corpus.hpp"
#include "support/training.hpp"
#include "support/translator.hpp"

namespace {

using support::Translator;

constexpr heed::ParallelTextOptions reading{.lower = true};

struct Arguments {
  std::vector<std::string> train, val, test;
  std::string model, checkpoint, sentence, picture;
  heed::Seq2SeqOptions options{.embedding = 128, .hidden = 128, .layers = 1, .bidirectional = true, .dropout = 0.2};
  heed::FitOptions fit{.epochs = 12, .learning_rate = 2e-3, .batch_size = 64, .bucket_by_length = true, .clip_norm = 1};
  heed::Index min_count = 2, beam = 5, most = 50;
};

void define(CLI::App& app, Arguments& a) {
  app.add_option("--train", a.train, "Training text: source and target file")->expected(2)->type_name("FILE FILE");
  app.add_option("--val", a.val, "Text that chooses the epoch")->expected(2)->type_name("FILE FILE");
  app.add_option("--test", a.test, "Text that is translated in the end")->expected(2)->type_name("FILE FILE");
  app.add_option("--model", a.model, "Where the model is kept; without --train it is read")->type_name("FILE");
  app.add_option("--checkpoint", a.checkpoint, "Kept after every epoch; training goes on from it")->type_name("FILE");
  app.add_option("--translate", a.sentence, "Translate one sentence and show what its words looked at");
  app.add_option("--picture", a.picture, "Draw that as a heat map, .png or .svg; needs gnuplot")->type_name("FILE");
  support::add_options(app, a.options);
  support::add_fit_options(app, a.fit, {"clip_norm", "batch_size"});
  app.add_option("--min-count", a.min_count, "Words that are rarer are unknown")->capture_default_str();
  app.add_option("--beam", a.beam, "Hypotheses of the beam search")
      ->check(support::whole_from(1))
      ->capture_default_str();
  app.add_option("--max-words", a.most, "Of a translation")->check(support::whole_from(1))->capture_default_str();
}

heed::ParallelText read(const std::vector<std::string>& files) {
  return heed::read_parallel_text(files[0], files[1], reading);
}

void show(const Translator& translator, const support::Sentence& sentence, const Arguments& a,
          heed::ThreadPool& threads) {
  const support::Translation t = translator({sentence}, a.beam, a.most, threads).front();
  std::printf("\n%s\n%s  (log p a word %.3f)\n\n%s", heed::joined(sentence).c_str(), heed::joined(t.words).c_str(),
              t.score, support::alignment_map(t.from, t.to, t.alignment).c_str());
  if (a.picture.empty()) return;
  support::draw(a.picture, support::HeatMap{.columns = t.from, .rows = t.to, .values = t.alignment});
}

Translator trained(Arguments& a, const heed::ParallelText& train, const std::optional<heed::ParallelText>& val,
                   heed::ThreadPool& threads) {
  Translator translator(a.options, train, a.min_count, a.fit.seed);
  const heed::TokenPairs pairs = translator.tokens(train, a.most);
  std::optional<heed::TokenPairs> val_pairs;
  std::optional<heed::LabelledSequences<std::int32_t>> checked;
  if (val) checked = val_pairs.emplace(translator.tokens(*val)).view();
  std::printf("%jd sentences; %jd source and %jd target words; %jd parameters\n", pairs.count(),
              translator.source.size(), translator.target.size(), heed::parameter_count(translator.model));
  a.fit.callbacks.push_back([&](const heed::EpochRecord& r) {
    std::printf("epoch %2d  loss %.4f", r.epoch, r.loss);
    if (val) {
      std::printf("  val perplexity %.2f  BLEU %.2f", heed::perplexity(r.test_loss),
                  translator.bleu(*val, 1, a.most, threads).score);
    }
    std::printf("  %s\n", heed::clock_text(r.seconds).c_str());
    std::fflush(stdout);
    return true;
  });
  if (val) a.fit.early_stopping = {.patience = 3};
  if (!a.checkpoint.empty()) a.fit.checkpoint = heed::checkpoint(a.checkpoint);
  const heed::History history = support::fit_and_keep(translator.model, pairs.view(), a.fit, a.model, checked);
  if (history.best_epoch > 0) std::printf("the weights of epoch %d are kept\n", history.best_epoch);
  return translator;
}

void run(Arguments& a) {
  if (!a.picture.empty()) support::check_picture(a.picture);
  heed::ThreadPool threads(a.fit.threads);
  std::optional<heed::ParallelText> val, test;
  if (!a.val.empty()) val = read(a.val);
  if (!a.test.empty()) test = read(a.test);
  std::optional<Translator> translator;
  if (!a.train.empty()) {
    translator = trained(a, read(a.train), val, threads);
  } else if (!a.model.empty()) {
    translator.emplace(heed::load<Translator::Model>(a.model));
  } else {
    support::SmallCorpus small;
    std::printf("no --train: captions of one pattern\n");
    a.options.embedding = a.options.hidden = 32;
    a.options.dropout = 0.1;
    a.fit.batch_size = 32;
    a.fit.learning_rate = 0.01;
    test = std::move(small.test);
    translator = trained(a, small.train, test, threads);
  }
  if (test) {
    std::printf("test BLEU %.2f greedy", translator->bleu(*test, 1, a.most, threads).score);
    std::fflush(stdout);
    std::printf(", %.2f with a beam of %jd\n", translator->bleu(*test, a.beam, a.most, threads).score, a.beam);
  }
  if (!a.sentence.empty()) {
    show(*translator, heed::words_of(a.sentence, reading), a, threads);
  } else if (test) {
    show(*translator, test->source.front(), a, threads);
    std::printf("\nreference: %s\n", heed::joined(test->target.front()).c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App app("Trains a translator, measures it, and shows what its words look at", "translate");
  define(app, a);
  return support::run_command(app, argc, argv, [&] { run(a); });
}
