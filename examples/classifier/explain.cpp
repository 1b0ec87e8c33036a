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
#include "attention_table.hpp"
#include "attention_weights.hpp"
#include "commands.hpp"
#include "heat_map.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/infer/predictor.hpp"
#include "model_arguments.hpp"

namespace classifier {

namespace {

using heed::Index;

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
  if (shown < data.count()) std::printf("%jd of %jd sequences\n", shown, data.count());
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
  if (shown < data.count()) std::printf("%jd of %jd sentences\n", shown, data.count());
}

[[noreturn]] void refuse(const ModelArguments& a) {
  throw heed::Error(heed::Fault{"this model has no attention: there is nothing to explain", a.model.string()});
}
void explain(const StoredModel<RocketModel>&, const ModelArguments& a) { refuse(a); }
void explain(const StoredModel<MixedModel>&, const ModelArguments& a) { refuse(a); }

template <class M>
void explain(const StoredModel<M>& stored, const ModelArguments& a) {
  const heed::SequenceClassifierOptions& options = classifier_of(stored.model).options;
  heed::require(attends(options.attention), [&] {
    return heed::Fault{"this model has no attention: there is nothing to explain", a.model.string()};
  });
  const Index heads = options.attention == heed::Attention::multihead ? options.heads : 0;
  const auto data = load_data(stored, a, false);
  if constexpr (!is_text<M>) {
    const auto& unanswered = data.unanswered;
    heed::require(std::find(unanswered.begin(), unanswered.end(), true) == unanswered.end(), [&] {
      return heed::Fault{"no value to forecast from in some series; leave them out", a.data.data.string()};
    });
  }
  const heed::Ensemble<M> all = ensemble_of(stored);
  const Weights weights{
      heed::Predictor<heed::Ensemble<M>>(all).attention_weights(heed::view(data.x, data.lengths, data.step_mask())),
      heads, data.steps()};

  if (!a.output.empty()) write_weights(a.output, weights, data);
  if (!a.picture.empty()) support::draw(a.picture, heat_maps(stored, data, weights));
  if (is_terminal(stdout)) {
    show(stored, data, weights);
  } else if (a.output.empty() && a.picture.empty()) {
    std::fputs(weight_table(weights, data).text().c_str(), stdout);
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
