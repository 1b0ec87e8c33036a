#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../support/terminal.hpp"
#include "heed/core/tensor.hpp"
#include "heed/data/csv.hpp"
#include "heed/data/npy.hpp"
#include "heed/data/text.hpp"
#include "heed/infer/predictor.hpp"
#include "predict.hpp"

namespace classifier {

using namespace support;

namespace {

using heed::Index;

/// What the classes are in a file of integers: the labels where all are different integers, otherwise 0, 1, ...
std::vector<std::int64_t> integer_names(const std::vector<std::string>& names) {
  std::vector<std::int64_t> integers(names.size());
  std::set<std::int64_t> different;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (heed::parse_number(names[i], integers[i]) == std::errc()) different.insert(integers[i]);
  }
  if (different.size() < names.size()) std::iota(integers.begin(), integers.end(), std::int64_t(0));
  return integers;
}

constexpr std::size_t blank = static_cast<std::size_t>(-1);  // the answer to a blank line

struct Answers {
  heed::Tensor<float, 2> scores;  // one a class; of a blank line NaN
  std::vector<std::size_t> classes = {};
  Ids ids = {};

  const std::string& name(std::size_t i, const std::vector<std::string>& names) const {
    static const std::string nothing;
    return classes[i] == blank ? nothing : names[classes[i]];
  }
};

/// "label", and where the scores are asked for a column for each class.
heed::CsvWriter table(const Answers& answers, const std::vector<std::string>& names, bool with_scores) {
  std::vector<std::string> header{"label"};
  if (with_scores) header.insert(header.end(), names.begin(), names.end());
  heed::CsvWriter csv(answers.ids.header(header));
  const std::vector<std::optional<float>> nothing(names.size());
  for (std::size_t i = 0; i < answers.classes.size(); ++i) {
    const std::string& name = answers.name(i, names);
    if (!with_scores) {
      answers.ids.row(csv, i, name);
    } else if (answers.classes[i] == blank) {
      answers.ids.row(csv, i, name, nothing);
    } else {
      answers.ids.row(csv, i, name, answers.scores[static_cast<Index>(i)]);
    }
  }
  return csv;
}

template <class M, class Data>
Answers answers_of(const M& model, Index classes, const Data& data, const PredictArguments& a) {
  Answers answers{heed::Tensor<float, 2>({data.count(), classes})};
  answers.ids = ids_of(data);
  heed::Tensor<float, 2>& scores = answers.scores;
  heed::Predictor predictor(model);
  predictor(heed::view(data.x, data.lengths, data.step_mask()), scores,
            a.probabilities && scores.extent(1) > 1 ? heed::Output::probabilities : heed::Output::logits);
  if (a.probabilities && scores.extent(1) == 1) std::fill(scores.begin(), scores.end(), 1.0f);  // the only class
  for (Index i = 0; i < scores.extent(0); ++i) {
    const auto row = scores[i];
    const bool none = steps_there(data, i) == 0;
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
    const bool has_blanks = std::find(classes.begin(), classes.end(), blank) != classes.end();
    heed::require(!has_blanks || std::find(integers.begin(), integers.end(), -1) == integers.end(), [&] {
      return heed::Fault{"a sequence has no answer, for which -1 would stand, and -1 is a class",
                         a.output.string(),
                         "a .csv, where no answer is an empty line",
                         {}};
    });
    heed::Tensor<std::int64_t, 1> labels({scores.extent(0)});
    for (Index i = 0; i < labels.size(); ++i) {
      const std::size_t c = classes[static_cast<std::size_t>(i)];
      labels(i) = c == blank ? -1 : integers[c];
    }
    heed::write_npy(a.output, labels);
  }
}

}  // namespace

template <class M>
void answer_by_classes(const StoredModel<M>& stored, const PredictArguments& a) {
  const auto data = load_data(stored, a, false);
  const Index classes = classifier_of(stored.model).options.classes;
  answer(answers_of(ensemble_of(stored), classes, data, a), class_names(stored.model).names, a);
}

void answer_by_classes(const ChainModel& chain, Index classes, const NamedSequences& data, const PredictArguments& a) {
  const std::vector<std::string> names = chain.labels.empty() ? heed::LabelMap::fixed(classes).names : chain.labels;
  answer(answers_of(chain, classes, data, a), names, a);
}

template void answer_by_classes(const StoredModel<NumberModel>&, const PredictArguments&);
template void answer_by_classes(const StoredModel<RocketModel>&, const PredictArguments&);
template void answer_by_classes(const StoredModel<MixedModel>&, const PredictArguments&);
template void answer_by_classes(const StoredModel<TextModel>&, const PredictArguments&);

}  // namespace classifier
