#include "architecture.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include "../support/checks.hpp"
#include "../support/options.hpp"
#include "heed/core/error.hpp"
#include "heed/options/fields.hpp"
#include "weights_options.hpp"

namespace classifier {

using heed::Index;

heed::SequenceClassifierOptions Architecture::options(Index data_features, Index data_classes) const {
  heed::SequenceClassifierOptions o{.features = data_features, .classes = data_classes};
  set_fields(o, given);
  const Index directions = o.bidirectional ? 2 : 1;
  const bool recurs = o.cell != heed::CellKind::none;
  heed::require(!recurs || o.attention != heed::Attention::multihead || directions * o.hidden % o.heads == 0, [&] {
    return heed::Fault{"--heads " + std::to_string(o.heads) + " does not divide " + (o.bidirectional ? "twice " : "") +
                       "--hidden " + std::to_string(o.hidden)};
  });
  return o;
}

heed::TextClassifierOptions Architecture::text_options(Index tokens, Index data_classes) const {
  heed::TextClassifierOptions o{.tokens = tokens};
  o.embedding = embedding.value_or(o.embedding);
  o.classifier = options(o.embedding, data_classes);
  return o;
}

void add_architecture(CLI::App& command, Architecture& a, bool in_file) {
  const char* const group = in_file ? "Sizes that a file of another program leaves open" : "Architecture";
  const auto size = [&](const char* name, std::optional<Index>& value, Index most, const char* text, const char* what) {
    command.add_option(name, value, what)->check(support::whole(1, most))->option_text(text)->group(group);
  };
  constexpr Index most = 1'000'000;  // beyond it products of sizes overflow
  size("--features", a.features, most, "F", "Numbers per step, in each row of a table (1)");
  size("--classes", a.classes, most, "C", "Number of classes; labels are 0 to C-1 (as in data)");
  support::add_given<heed::SequenceClassifierOptions>(command, a.given, group);
  size("--embedding", a.embedding, most, "N", "Numbers per word, in models of text (32)");
  add_weights(command, a.weights);
}

std::string describe(const heed::SequenceClassifierOptions& o) {
  std::string text;
  const auto then = [&](const std::string& part) { text += (text.empty() ? "" : " > ") + part; };
  if (!o.kernels.empty()) {
    const std::string kind = std::string(o.causal ? "causal " : "") + (o.residual ? "residual " : "");
    const char* const norm = o.norm == heed::ConvNorm::step ? "" : ", norm of a sequence";
    then(kind + "convolutions(" + to_text(o.channels) + " channels, widths " + to_text(o.kernels) + norm + ")");
  }
  if (o.cell != heed::CellKind::none) {
    const char* const cell = o.cell == heed::CellKind::lstm ? "LSTM(" : o.cell == heed::CellKind::gru ? "GRU(" : "RNN(";
    then((o.layers > 1 ? std::to_string(o.layers) + " x " : "") + (o.bidirectional ? "bidirectional " : "") + cell +
         std::to_string(o.hidden) + ")");
  }
  if (o.attention == heed::Attention::multihead) {
    then("multihead(" + std::to_string(o.heads) + ") > " + std::string(to_text(o.pooling)));
  } else if (attends(o.attention)) {
    then("attention " + std::string(to_text(o.attention)));
  } else {
    then(o.attention == heed::Attention::none      ? "last"
         : o.attention == heed::Attention::meanmax ? "mean and maximum"
                                                   : std::string(to_text(o.attention)));
  }
  if (o.dense > 0) text += " > Dense(" + std::to_string(o.dense) + ") > ReLU";
  return text + " > Dense(" + std::to_string(o.classes) + ")";
}

std::string describe(const heed::RocketClassifierOptions& o) {
  return std::to_string(heed::RocketClassifier<float>(o).rocket.output_features()) +
         " features of random convolutions > Dense(" + std::to_string(o.classes) + ")";
}

std::string describe(const heed::SeriesEnsembleOptions& o) {
  std::vector<std::string> all;
  std::vector<int> counts;
  for (std::size_t i = 0; i < o.parts.size(); ++i) {
    const heed::detail::SeriesPart part = heed::detail::part_from(o, i);
    const bool rocket = part.architecture == heed::RocketClassifier<float>::architecture;
    std::string text = rocket ? describe(heed::from_metadata<heed::RocketClassifierOptions>(part.options))
                              : describe(heed::from_metadata<heed::SequenceClassifierOptions>(part.options));
    if (all.empty() || all.back() != text) {
      all.push_back(std::move(text));
      counts.push_back(0);
    }
    ++counts.back();
  }
  std::string text;
  for (std::size_t i = 0; i < all.size(); ++i) {
    text += i == 0 ? "mean of " : ", and ";
    if (counts[i] > 1) text += std::to_string(counts[i]) + " of ";
    text += all[i];
  }
  return text;
}

std::string describe(const heed::TextClassifierOptions& o) {
  return "Embedding(" + std::to_string(o.tokens) + ", " + std::to_string(o.embedding) + ") > " + describe(o.classifier);
}

}  // namespace classifier
