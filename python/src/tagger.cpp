// heed::Tagger.

#include "heed/models/tagger.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heed/data/word_features.hpp"
#include "trained.hpp"

namespace heed_python {

namespace {

using M = heed::Tagger<float>;
using Labelled = heed::LabelledSequences<std::int32_t>;

Tokens encode(const M& model, const Words& sentences) { return {heed::WordFeatures(model.features).encode(sentences)}; }

// "lower:100,shape:16"
void read_features(const std::string& text, std::vector<std::string>& names, std::vector<Index>& sizes) {
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string one = text.substr(at, end - at);
    const std::size_t colon = one.find(':');
    Index size = 0;
    const bool number =
        colon != std::string::npos && heed::detail::parse(std::string_view(one).substr(colon + 1), size);
    heed::require(number && size > 0, [&] {
      return heed::Fault{"not a feature of words", "features", "a name and a size, such as lower:100", one};
    });
    names.push_back(one.substr(0, colon));
    sizes.push_back(size);
    at = end + 1;
  }
}

}  // namespace

Trained fit_tagger(const Words& sentences, const Targets& targets, const Training& training) {
  heed::FitOptions fit = fit_options_of(training, true);
  heed::TaggerOptions o{.classes = static_cast<Index>(training.labels.size())};
  std::vector<std::string> names;
  read_features(option(training, "features", ""), names, o.embedding);
  const auto words = heed::WordFeatures::from(sentences, names, count_option(training, "min_count", 2));
  o.tokens = words.sizes();
  heed::set_fields(o, training.model);
  M model(o);
  model.features = words.features();
  model.labels = training.labels;
  std::vector<M> members = members_of(std::move(model), training, fit);

  const Tokens tokens = encode(members.front(), sentences);
  Tokens test_tokens;
  std::optional<Labelled> test;
  if (training.test) {
    test_tokens = encode(members.front(), training.test->words);
    test = Labelled{test_tokens.x(), labels_view(training.test->targets, test_tokens.sequences.count()),
                    test_tokens.sequences.lengths};
  }
  const Labelled data{tokens.x(), labels_view(targets, tokens.sequences.count()), tokens.sequences.lengths};
  Trained trained;
  trained.histories = fit_members<M, std::int32_t>(members, training, fit, data, test);
  trained.model = std::make_shared<ModelOf<M>>(std::move(members), Metadata(), &encode);
  return trained;
}

std::shared_ptr<Model> read_tagger(const heed::TensorFile& file, const Reading& reading) {
  const auto fits = [](const heed::TensorFile& tensors) { return tensors.find("bilstm.weight_ih_l0") != nullptr; };
  return read_of<M>(file, reading, fits, &encode);
}

}  // namespace heed_python
