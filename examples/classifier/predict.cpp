// classifier predict: the class of each sequence, in the words of the training data; of a model that was trained on
// numbers its numbers.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../support/terminal.hpp"
#include "commands.hpp"
#include "heed/core/tensor.hpp"
#include "heed/data/csv.hpp"
#include "heed/data/npy.hpp"
#include "heed/data/text.hpp"
#include "heed/infer/predictor.hpp"
#include "model_arguments.hpp"

namespace classifier {

using namespace support;

namespace {

using heed::Index;

struct PredictArguments : ModelArguments {
  bool logits = false, probabilities = false;
};

/// What the classes are in a file of integers: the labels where all are integers, otherwise 0, 1, ...
std::vector<std::int64_t> integer_names(const std::vector<std::string>& names) {
  std::vector<std::int64_t> integers(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (heed::parse_number(names[i], integers[i]) == std::errc()) continue;
    for (std::size_t k = 0; k < names.size(); ++k) integers[k] = static_cast<std::int64_t>(k);
    break;
  }
  return integers;
}

constexpr std::size_t blank = static_cast<std::size_t>(-1);  // the answer to a blank line

struct Answers {
  heed::Tensor<float, 2> scores;  // one a class; of a blank line NaN
  std::vector<std::size_t> classes = {};

  const std::string& name(std::size_t i, const std::vector<std::string>& names) const {
    static const std::string nothing;
    return classes[i] == blank ? nothing : names[classes[i]];
  }
};

/// "label", and where the scores are asked for a column for each class.
heed::CsvWriter table(const Answers& answers, const std::vector<std::string>& names, bool with_scores) {
  std::vector<std::string> header{"label"};
  if (with_scores) header.insert(header.end(), names.begin(), names.end());
  heed::CsvWriter csv(header);
  const std::vector<std::optional<float>> nothing(names.size());
  for (std::size_t i = 0; i < answers.classes.size(); ++i) {
    const std::string& name = answers.name(i, names);
    if (!with_scores) {
      csv.row(name);
    } else if (answers.classes[i] == blank) {
      csv.row(name, nothing);
    } else {
      csv.row(name, answers.scores[static_cast<Index>(i)]);
    }
  }
  return csv;
}

// ---- models whose outputs are no classes

/// A column for each output; of a blank line nothing.
heed::CsvWriter table(const heed::Tensor<float, 2>& values, const std::vector<std::string>& names) {
  heed::CsvWriter csv(names);
  const std::vector<std::optional<float>> nothing(names.size());
  for (Index i = 0; i < values.extent(0); ++i) {
    if (std::isnan(values(i, 0))) {
      csv.row(nothing);
    } else {
      csv.row(values[i]);
    }
  }
  return csv;
}

/// Of forecasts a row for each step that follows, a column for each feature.
void step_by_step(const NumbersTask& task, heed::Tensor<float, 2>& values, std::vector<std::string>& names) {
  const auto columns = static_cast<Index>(task.forecasts.size());
  heed::Tensor<float, 2> rows({values.size() / columns, columns});
  std::copy(values.begin(), values.end(), rows.begin());
  values = std::move(rows);
  names.resize(task.forecasts.size());
  for (std::string& name : names) name.resize(name.rfind(" +"));
}

/// Numbers; of flags yes or no, as 1 or 0, or a probability.
template <class M>
void answer_by_numbers(const StoredModel<M>& stored, const PredictArguments& a) {
  const bool flags = output_kind_of(stored) == heed::OutputKind::flags;
  heed::require(flags || !a.probabilities, [&] {
    return heed::Fault{"--probabilities is for classes: this model gives numbers", stored.path.string()};
  });
  const auto data = load_data(stored, a, false);
  heed::Tensor<float, 2> values({data.count(), classifier_of(stored.model).options.classes});
  const heed::Ensemble<M> all = ensemble_of(stored);
  heed::Predictor predictor(all);
  predictor(data.x, values, data.lengths, a.logits ? heed::Output::logits : heed::Output::as_trained);
  for (Index i = 0; i < values.extent(0); ++i) {
    const bool none = !data.lengths.empty() && data.lengths[static_cast<std::size_t>(i)] == 0;
    for (float& value : values[i]) {
      if (none)
        value = std::numeric_limits<float>::quiet_NaN();
      else if (flags && !a.logits && !a.probabilities)
        value = value > 0.5f ? 1 : 0;
    }
  }
  std::vector<std::string> names;
  if constexpr (is_text<M>) {
    names = output_names(StoredModel<NumberModel>{stored.model.classifier, stored.path});
  } else {
    names = output_names(stored);
    if (stored.task.forecast()) step_by_step(stored.task, values, names);
  }
  if (is_npy(a.output)) return heed::write_npy(a.output, values);
  const heed::CsvWriter csv = table(values, names);
  if (!a.output.empty()) return csv.write(a.output);
  const std::string text = csv.text();
  const bool header = a.logits || a.probabilities;  // as with classes
  std::fputs(text.c_str() + (header ? 0 : text.find('\n') + 1), stdout);
}

template <class M>
Answers answers_of(const StoredModel<M>& stored, const PredictArguments& a) {
  const auto data = load_data(stored, a, false);
  Answers answers{heed::Tensor<float, 2>({data.count(), classifier_of(stored.model).options.classes})};
  heed::Tensor<float, 2>& scores = answers.scores;
  const heed::Ensemble<M> all = ensemble_of(stored);
  heed::Predictor predictor(all);
  predictor(data.x, scores, data.lengths,
            a.probabilities && scores.extent(1) > 1 ? heed::Output::probabilities : heed::Output::logits);
  if (a.probabilities && scores.extent(1) == 1) std::fill(scores.begin(), scores.end(), 1.0f);  // the only class
  for (Index i = 0; i < scores.extent(0); ++i) {
    const auto row = scores[i];
    const bool none = !data.lengths.empty() && data.lengths[static_cast<std::size_t>(i)] == 0;
    if (none) std::fill(row.begin(), row.end(), std::numeric_limits<float>::quiet_NaN());
    answers.classes.push_back(none ? blank
                                   : static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin()));
  }
  return answers;
}

void answer(const Answers& answers, const std::vector<std::string>& names, const PredictArguments& a) {
  const heed::Tensor<float, 2>& scores = answers.scores;
  const std::vector<std::size_t>& classes = answers.classes;
  const bool with_scores = a.logits || a.probabilities;
  if (!is_npy(a.output)) {
    const heed::CsvWriter csv = table(answers, names, with_scores);
    if (!a.output.empty()) {
      csv.write(a.output);
    } else if (with_scores) {
      std::fputs(csv.text().c_str(), stdout);
    } else {
      const bool terminal = is_terminal(stdout);
      for (std::size_t i = 0; i < classes.size(); ++i) {
        const std::string& name = answers.name(i, names);
        std::puts((terminal ? printable(name) : name).c_str());
      }
    }
  } else if (with_scores) {
    heed::write_npy(a.output, scores);
  } else {
    const std::vector<std::int64_t> integers = integer_names(names);
    heed::Tensor<std::int64_t, 1> labels({scores.extent(0)});
    for (Index i = 0; i < labels.size(); ++i) {
      const std::size_t c = classes[static_cast<std::size_t>(i)];
      labels(i) = c == blank ? -1 : integers[c];
    }
    heed::write_npy(a.output, labels);
  }
}

}  // namespace

void add_predict(CLI::App& program) {
  CLI::App& command = *program.add_subcommand("predict", "Print or write the class of each sequence");
  const auto a = std::make_shared<PredictArguments>();
  add_model_and_data(command, *a);
  add_output(command, *a, "Where to write the answers (.npy or .csv)");
  auto* const logits = command.add_flag("--logits", a->logits, "Answer by a logit for each class");
  logits->option_text(" ");  // nothing of what it excludes
  command.add_flag("--probabilities", a->probabilities, "Answer by a probability for each class")
      ->excludes(logits)
      ->option_text(" ");
  command.footer(
      "A .npy holds the labels if all are integers, otherwise the numbers of the\n"
      "classes, from 0, in the order that classifier inspect shows; with --logits or\n"
      "--probabilities a row of them for each sequence. A model of text reads a\n"
      "sentence a line; the answer to a blank line is blank, in a .npy -1 or NaN. A\n"
      "model that was trained on numbers answers by numbers, a forecast by a row for\n"
      "each step that follows the data; one that a program trained on yes or no by\n"
      "1 or 0 for each output.");
  command.callback([a] {
    check_output(*a);
    with_model(a->model, a->architecture, [&](const auto& stored) {
      if (output_kind_of(stored) != heed::OutputKind::classes) return answer_by_numbers(stored, *a);
      answer(answers_of(stored, *a), class_names(stored.model).names, *a);
    });
  });
}

}  // namespace classifier
