// classifier explain: which steps a model attends to.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "../support/picture.hpp"
#include "../support/sentence_map.hpp"
#include "../support/terminal.hpp"
#include "attention_picture.hpp"
#include "attention_weights.hpp"
#include "commands.hpp"
#include "heat_map.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/data/csv.hpp"
#include "heed/data/npy.hpp"
#include "heed/infer/predictor.hpp"
#include "model_arguments.hpp"

namespace classifier {

namespace {

using heed::Index;

/// Columns "sequence", for multihead "head" and "query", and a weight for each step: "step 0" ...
heed::CsvWriter table(const Weights& w, const heed::Sequences<float>&) {
  std::vector<std::string> header{"sequence"};
  if (w.heads > 0) header.insert(header.end(), {"head", "query"});
  for (Index t = 0; t < w.steps; ++t) header.push_back("step " + std::to_string(t));
  heed::CsvWriter csv(header);
  for (Index i = 0; i < w.all.extent(0); ++i) {
    const auto sequence = w.all[i];
    if (w.heads == 0) csv.row(i, heed::TensorView<const float, 1>(sequence.data(), {w.steps}));
    for (Index r = 0; r < w.heads * w.steps; ++r) csv.row(i, r / w.steps, r % w.steps, sequence[r]);
  }
  return csv;
}

/// Columns "sentence", for multihead "head" and "query", "step", "word", "known" (1 or 0) and "weight".
heed::CsvWriter table(const Weights& w, const Tokens& data) {
  std::vector<std::string> header{"sentence"};
  if (w.heads > 0) header.insert(header.end(), {"head", "query"});
  header.insert(header.end(), {"step", "word", "known", "weight"});
  heed::CsvWriter csv(header);
  for (Index i = 0; i < data.count(); ++i) {
    const auto& words = data.words[static_cast<std::size_t>(i)];
    const auto length = static_cast<Index>(words.size());
    const auto row = [&](Index t, float weight, const auto&... place) {
      const int known = data.x(i, t, 0) != heed::Vocabulary::unknown;
      csv.row(i, place..., t, words[static_cast<std::size_t>(t)], known, weight);
    };
    for (Index t = 0; w.heads == 0 && t < length; ++t) row(t, w.all(i, t, 0));
    for (Index r = 0; r < w.heads * w.steps; ++r) {
      if (r % w.steps >= length) continue;
      for (Index t = 0; t < length; ++t) row(t, w.all(i, r, t), r / w.steps, r % w.steps);
    }
  }
  return csv;
}

template <class Data>
void write(const std::filesystem::path& path, const Weights& w, const Data& data) {
  if (!is_npy(path)) {
    table(w, data).write(path);
  } else if (w.heads == 0) {
    heed::write_npy(path, heed::TensorView<const float, 2>(w.all.data(), {w.all.extent(0), w.steps}));
  } else {
    heed::write_npy(path, heed::TensorView<const float, 4>(w.all.data(), {w.all.extent(0), w.heads, w.steps, w.steps}));
  }
}

void show(const StoredModel<NumberModel>& stored, const heed::Sequences<float>& data, const Weights& w) {
  const Colours colours = terminal_colours();
  const int width = terminal_width();
  std::fputs(legend(w.heads, colours).c_str(), stdout);
  const Index shown =
      for_the_first(w.heads == 0 ? 12 : 2, stored, data, [&](Index i, Index length, const std::string& answer) {
        const Attended attended{i, answer, w.all[i].data(), w.steps, length};
        std::fputs((w.heads == 0 ? strip(attended, colours, width) : maps(attended, w.heads, colours, width)).c_str(),
                   stdout);
      });
  if (shown < data.count()) std::printf("%td of %td sequences\n", shown, data.count());
}

void show(const StoredModel<TextModel>& stored, const Tokens& data, const Weights& w) {
  std::vector<std::vector<float>> weights(static_cast<std::size_t>(data.count()));
  std::vector<AttendedSentence> sentences;
  const Index shown = for_the_first(12, stored, data, [&](Index i, Index length, const std::string& answer) {
    const auto at = static_cast<std::size_t>(i);
    weights[at] = word_weights(w, stored.model.options.classifier.pooling, i, length);
    sentences.push_back({i, answer, data.words[at], data.x[i].data(), weights[at]});
  });
  print_sentences(sentences);
  if (shown < data.count()) std::printf("%td of %td sentences\n", shown, data.count());
}

void explain(const StoredModel<RocketModel>&, const ModelArguments& a) {
  throw heed::Error(heed::Fault{"this model has no attention: there is nothing to explain", a.model.string()});
}

template <class M>
void explain(const StoredModel<M>& stored, const ModelArguments& a) {
  const heed::SequenceClassifierOptions& options = classifier_of(stored.model).options;
  heed::require(attends(options.attention), [&] {
    return heed::Fault{"this model has no attention: there is nothing to explain", a.model.string()};
  });
  const Index heads = options.attention == heed::Attention::multihead ? options.heads : 0;
  const auto data = load_data(stored, a, false);
  const heed::Ensemble<M> all = ensemble_of(stored);
  const Weights weights{heed::Predictor<heed::Ensemble<M>>(all).attention_weights(data.x, data.lengths), heads,
                        data.steps()};

  if (!a.output.empty()) write(a.output, weights, data);
  if (!a.picture.empty()) support::draw(a.picture, heat_maps(stored, data, weights));
  if (is_terminal(stdout)) {
    show(stored, data, weights);
  } else if (a.output.empty() && a.picture.empty()) {
    std::fputs(table(weights, data).text().c_str(), stdout);
  }
}

}  // namespace

void add_explain(CLI::App& program) {
  CLI::App& command = *program.add_subcommand("explain", "Show or write the attention weights");
  const auto a = std::make_shared<ModelArguments>();
  add_model_and_data(command, *a);
  add_output(command, *a, "Where to write the weights (.npy or .csv)");
  command.add_option("--picture", a->picture, "Where to draw a heat map of the first (.png, .svg)")
      ->option_text("FILE");
  command.footer(
      "A .npy holds (sequences, steps), or for multihead (sequences, heads, steps,\n"
      "steps): a row for each step that asks. Without a file the table is printed;\n"
      "a terminal shows a heat map of the first sequences instead. A model of text\n"
      "reads a sentence a line, its table has a row a word, and its heat map shades\n"
      "the words: with multihead by the mean of what is used of the heads. Pictures\n"
      "need gnuplot.");
  command.callback([a] {
    check_output(*a);
    if (!a->picture.empty()) {
      check_output(a->picture, {a->model, a->data.data});
      support::check_picture(a->picture);
    }
    with_model(a->model, a->architecture, [&](const auto& stored) { explain(stored, *a); });
  });
}

}  // namespace classifier
