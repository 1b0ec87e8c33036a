#include "architecture.hpp"

#include <vector>

#include "command_line.hpp"
#include "heed/core/error.hpp"

namespace classifier {

using heed::Index;

heed::SequenceClassifierOptions Architecture::options(Index data_features, Index data_classes) const {
  heed::SequenceClassifierOptions o{.features = data_features, .classes = data_classes};
  o.hidden = hidden.value_or(o.hidden);
  o.dense = dense.value_or(o.dense);
  o.heads = heads.value_or(o.heads);
  o.layers = layers.value_or(o.layers);
  o.dropout = dropout.value_or(o.dropout);
  o.bidirectional = bidirectional;
  if (cell) o.cell = heed::cell_from(*cell);
  if (attention) o.attention = heed::attention_from(*attention);
  if (pooling) o.pooling = heed::pooling_from(*pooling);
  const Index directions = bidirectional ? 2 : 1;
  heed::require(o.attention != heed::Attention::multihead || directions * o.hidden % o.heads == 0, [&] {
    return heed::Fault{"--heads " + std::to_string(o.heads) + " does not divide " + (bidirectional ? "twice " : "") +
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

void add_architecture(CLI::App& command, Architecture& a) {
  const char* const group = "Architecture";
  const auto size = [&](const char* name, std::optional<Index>& value, Index most, const char* text, const char* what) {
    command.add_option(name, value, what)->check(CLI::Range(Index(1), most))->option_text(text)->group(group);
  };
  const auto choice = [&](const char* name, std::optional<std::string>& value, const auto& names, const char* what) {
    const auto known = std::vector<std::string>(names.begin(), names.end());
    command.add_option(name, value, what)->check(CLI::IsMember(known))->option_text("NAME")->group(group);
  };
  constexpr Index most = 1'000'000;  // beyond it products of sizes overflow
  size("--features", a.features, most, "F", "Numbers a step; needed to read a table (1)");
  size("--classes", a.classes, most, "C", "Number of classes, labelled 0 to C-1 (as in the data)");
  choice("--cell", a.cell, heed::cell_names, "lstm, gru or rnn (lstm)");
  size("--hidden", a.hidden, most, "N", "Size of the cell's state (32)");
  size("--layers", a.layers, 1000, "N", "Recurrent layers, one on another (1)");
  command.add_flag("--bidirectional", a.bidirectional, "Read from both ends")->group(group);
  choice("--attention", a.attention, heed::attention_names, "pool, multihead, additive or none (pool)");
  size("--heads", a.heads, most, "N", "Heads of multihead; they divide hidden (2)");
  choice("--pooling", a.pooling, heed::pooling_names, "What follows multihead: last step or mean (last)");
  command.add_option("--dense", a.dense, "Size of the dense layer; 0: there is none (16)")
      ->check(CLI::Range(Index(0), most))
      ->option_text("N")
      ->group(group);
  command.add_option("--dropout", a.dropout, "Share of the states that training drops (0)")
      ->check(from_to_below(0, 1))
      ->option_text("X")
      ->group(group);
  size("--embedding", a.embedding, most, "N", "Numbers a word, in models of text (32)");
}

std::string describe(const heed::SequenceClassifierOptions& o) {
  std::string text = o.layers > 1 ? std::to_string(o.layers) + " x " : "";
  if (o.bidirectional) text += "bidirectional ";
  text += o.cell == heed::CellKind::lstm ? "LSTM(" : o.cell == heed::CellKind::gru ? "GRU(" : "RNN(";
  text += std::to_string(o.hidden) + ")";
  if (o.attention == heed::Attention::multihead) {
    text += " > multihead(" + std::to_string(o.heads) + ") > " + std::string(to_text(o.pooling));
  } else {
    text += o.attention == heed::Attention::none ? " > last" : " > attention " + std::string(to_text(o.attention));
  }
  if (o.dense > 0) text += " > Dense(" + std::to_string(o.dense) + ") > ReLU";
  return text + " > Dense(" + std::to_string(o.classes) + ")";
}

std::string describe(const heed::TextClassifierOptions& o) {
  return "Embedding(" + std::to_string(o.tokens) + ", " + std::to_string(o.embedding) + ") > " + describe(o.classifier);
}

}  // namespace classifier
