// heed::TextClassifier.

#include <optional>
#include <string>
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
  heed::require(!model.words.empty(), [] { return heed::Fault{"the model does not say which words it knows", "X"}; });
  heed::Sentences all;
  all.words = sentences;
  return {heed::to_tokens(all, heed::Vocabulary(model.words))};
}

bool fits_here(const heed::TensorFile& file) { return file.find("embedding.weight") != nullptr; }

void check_start(const M& model, Index classes) {
  heed::require(model.classifier.options.classes == classes, [&] {
    return heed::Fault{"wrong number of classes; new_head=True starts a new last layer", "y",
                       std::to_string(model.classifier.options.classes) + ", as init has", std::to_string(classes)};
  });
  heed::require(!model.words.empty(), [] { return heed::Fault{"init does not say which words it knows", "init"}; });
}

M new_model(const Words& sentences, const Training& training) {
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
  return model;
}

}  // namespace

Trained fit_text(const Words& sentences, const Targets& targets, const Training& training) {
  const heed::FitOptions fit = fit_options_of(training, true);
  const Index classes = static_cast<Index>(training.labels.size());
  std::optional<Kept<M>> start = start_of<M>(training, classes, fit, fits_here);
  std::vector<M> members;
  if (start) {
    check_start(start->members.front(), classes);
    members = std::move(start->members);
    members.front().classifier.labels = training.labels;
  } else {
    members = members_of(new_model(sentences, training), training, fit);
  }

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

std::shared_ptr<Model> read_text(const heed::TensorFile& file, const Reading& reading) {
  return read_of<M>(file, reading, fits_here, &encode);
}

}  // namespace heed_python
