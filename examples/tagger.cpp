/// Trains a BiLSTM tagger with attention on sentences with a tag for each word (parts of speech, or entities as BIO).
/// Measures it, saves it, and tags new sentences. Without data it learns a small task of its own.

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/command.hpp"
#include "support/entity_task.hpp"
#include "support/options.hpp"
#include "support/tag_score.hpp"
#include "support/tagged_text.hpp"
#include "support/training.hpp"
#include "support/word_features_option.hpp"

namespace {

using heed::Index;
using heed::TaggedSentences;
using Model = heed::Tagger<float>;
using support::tag_score;
using support::Tags;
using support::tags_of;

struct Arguments {
  std::string train, dev, test, model, tag;
  std::vector<std::string> features{"lower:100",  "prefix1:8",  "prefix2:16", "prefix3:24", "suffix1:8",
                                    "suffix2:16", "suffix3:32", "suffix4:32", "shape:16"};
  Index min_count = 2;
  heed::TaggerOptions options{.hidden = 100, .dropout = 0.5};
  heed::FitOptions fit{
      .epochs = 12, .learning_rate = 0.003, .batch_size = 32, .bucket_by_length = true, .clip_norm = 1};
};

/// Sentences as the model takes them.
heed::Labelled<std::int32_t> labelled(const TaggedSentences& sentences, const Model& model, const std::string& where) {
  auto tokens = heed::WordFeatures(model.features).encode(sentences.words);
  auto classes = tag_classes(sentences, {model.labels}, tokens.steps(), where);
  return {std::move(tokens), std::move(classes), model.labels, where};
}

Model new_model(const Arguments& a, const TaggedSentences& train) {
  heed::TaggerOptions options = a.options;
  const auto names = support::names_and_sizes(a.features, options.embedding);
  const auto words = heed::WordFeatures::from(train.words, names, a.min_count);
  const heed::LabelMap labels = tag_names(train);
  options.tokens = words.sizes();
  options.classes = labels.size();
  Model model(options);
  model.initialize(heed::Key{a.fit.seed});
  model.features = words.features();
  model.labels = labels.names;
  return model;
}

Model train(const Arguments& a, const TaggedSentences& sentences, const TaggedSentences& dev_sentences) {
  Model model = new_model(a, sentences), best = model;
  const auto data = labelled(sentences, model, a.train), dev = labelled(dev_sentences, model, a.dev);
  std::printf("%jd sentences, %jd words, %zu tags; %jd sentences to choose on; %jd parameters\n", sentences.count(),
              sentences.word_count(), model.labels.size(), dev.count(), parameter_count(model));
  double highest = -1;
  heed::FitOptions fit = a.fit;
  const Index steps = support::steps_an_epoch(sentences.count(), fit) * fit.epochs;
  fit.schedule = heed::CosineSchedule{.base = fit.learning_rate, .steps = steps};
  fit.callbacks.push_back([&](const heed::EpochRecord& r) {
    const support::TagScore s = tag_score(dev_sentences.tags, tags_of(model, dev.sequences), model.labels);
    const bool better = s.value() > highest;
    std::printf("epoch %2d/%d  loss %.4f  accuracy %.4f  dev %s %.4f%s  %.1f s\n", r.epoch, r.epochs, r.loss,
                r.accuracy, s.name(), s.value(), better ? " *" : "  ", r.seconds);
    std::fflush(stdout);
    if (better) highest = s.value(), best = model;
    return true;
  });
  const heed::InterruptGuard guard;
  fit.stop = guard.signal();
  if (heed::fit(model, data.view(), fit).outcome == heed::Outcome::cancelled) std::puts("interrupted");
  return best;
}

void report(const Model& model, const TaggedSentences& test, const std::optional<TaggedSentences>& train,
            const std::string& where) {
  const Tags tags = tags_of(model, labelled(test, model, where).sequences);
  const support::TagScore s = tag_score(test.tags, tags, model.labels);
  if (s.entities) support::print(*s.entities);
  std::printf("\ntest %s %.4f (%jd sentences)\n", s.name(), s.value(), test.count());
  if (train) {
    const Tags simple = support::most_frequent_tags(*train, test);
    std::printf("each word's most frequent tag gives %.4f\n", tag_score(test.tags, simple, model.labels).value());
  }
  std::puts("");
  for (std::size_t i = 0; i < test.words.size(); ++i) {  // the first that shows something
    if (test.words[i].size() < 8 || (s.entities && heed::entities_of(tags[i]).empty())) continue;
    return support::print_tagged(test.words[i], tags[i], model.labels);
  }
}

void run(const Arguments& a) {
  const bool stored = a.train.empty() && !a.model.empty() && !(a.test.empty() && a.tag.empty());
  std::optional<TaggedSentences> sentences, dev, test;
  if (!a.test.empty()) test = heed::read_conll(a.test);
  Model model;
  if (stored) {
    model = heed::load<Model>(a.model);
    heed::require(!model.features.empty() && !model.labels.empty(),
                  [&] { return heed::Fault{"the model does not know its words and tags", a.model}; });
  } else {
    if (!a.model.empty()) heed::check_writable(a.model);
    const auto made_up = [&](std::uint64_t part, Index count) {
      return support::entity_sentences(heed::Key{a.fit.seed}.child(part), count);
    };
    sentences = a.train.empty() ? made_up(1, 600) : heed::read_conll(a.train);
    dev = a.train.empty() ? made_up(2, 200) : heed::read_conll(a.dev);
    if (a.train.empty() && !test) test = made_up(3, 400);
    model = train(a, *sentences, *dev);
    if (!a.model.empty()) heed::save(model, a.model);
  }
  if (test) report(model, *test, sentences, a.test);
  if (a.tag.empty()) return;
  const Tags words{heed::tokenize_english(a.tag)};
  const Tags tags = tags_of(model, heed::WordFeatures(model.features).encode(words));
  support::print_tagged(words[0], tags[0], model.labels);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App program("Trains, tests and runs a tagger: a label for each word of a sentence", "tagger");
  program.add_option("--train", a.train, "Words and tags in columns, blank lines between sentences, or .conllu");
  program.add_option("--dev", a.dev, "The same, to choose the best epoch on")->needs("--train");
  program.add_option("--test", a.test, "The same, to measure on");
  program.add_option("--model", a.model, "Where the model is saved; or read, for --test and --tag without --train");
  program.add_option("--tag", a.tag, "A sentence to tag");
  program.add_option("--features", a.features, "Of words, with the size of their vectors")
      ->delimiter(',')
      ->check(support::name_and_size);
  program.add_option("--min-count", a.min_count, "Rarer words and endings are unknown")->check(support::whole_from(1));
  support::add_options(program, a.options);
  support::add_fit_options(program, a.fit, {"batch_size", "weight_decay", "label_smoothing"});
  program.callback([&] {
    if (!a.train.empty() && a.dev.empty()) throw CLI::RequiredError("--dev");
    if (a.train.empty() && a.model.empty() && !a.test.empty()) throw CLI::RequiredError("--train or --model");
  });
  return support::run_command(program, argc, argv, [&] { run(a); });
}
