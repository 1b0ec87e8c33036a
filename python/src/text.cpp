// heed::TextClassifier.

#include <optional>
#include <utility>
#include <vector>

#include "heed/data/sentences.hpp"
#include "heed/data/vocabulary.hpp"
#include "heed/models/text_classifier.hpp"
#include "trained.hpp"

namespace heed_python {

namespace {

using M = heed::TextClassifier<float>;
using Labelled = heed::LabelledSequences<std::int32_t>;

Tokens encode(const M& model, const Words& sentences) {
  heed::Sentences all;
  all.words = sentences;
  return {heed::to_tokens(all, heed::Vocabulary(model.words))};
}

}  // namespace

Trained fit_text(const Words& sentences, const Targets& targets, const Training& training) {
  const heed::FitOptions fit = fit_options_of(training, true);
  const Index least = count_option(training, "min_count", 1);
  const auto vocabulary = heed::Vocabulary::from(sentences, least);
  heed::require(!vocabulary.words().empty(),
                [&] { return heed::Fault{"no word occurs " + std::to_string(least) + " times", "X"}; });
  heed::TextClassifierOptions o{.tokens = vocabulary.size()};
  o.classifier.classes = static_cast<Index>(training.labels.size());
  heed::set_fields(o, training.model);
  M model(o);
  model.words.assign(vocabulary.words().begin(), vocabulary.words().end());
  model.classifier.labels = training.labels;
  std::vector<M> members = members_of(std::move(model), training, fit);

  const Tokens tokens = encode(members.front(), sentences);
  Tokens test_tokens;
  std::optional<Labelled> test;
  if (training.test) {
    test_tokens = encode(members.front(), training.test->words);
    test = Labelled{test_tokens.x(), labels_view(training.test->targets, test_tokens.sequences.count()),
                    test_tokens.sequences.lengths};
  }
  Metadata extra;
  heed::set(extra, "steps", tokens.sequences.steps());
  heed::set(extra, "lower", flag_option(training, "lower"));
  const Labelled data{tokens.x(), labels_view(targets, tokens.sequences.count()), tokens.sequences.lengths};
  Trained trained;
  trained.histories = fit_members<M, std::int32_t>(members, training, fit, data, test);
  trained.model = std::make_shared<ModelOf<M>>(std::move(members), std::move(extra), &encode);
  return trained;
}

std::shared_ptr<Model> read_text(std::span<const std::byte> bytes, const std::string& name) {
  std::shared_ptr<Model> model = read_of<M>(
      bytes, name, [](const heed::SafetensorsFile& file) { return file.find("embedding.weight") != nullptr; }, &encode);
  return model;
}

}  // namespace heed_python
