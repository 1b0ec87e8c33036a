#pragma once

// Writes a model's predictions to a file or to standard output.

#include <cstddef>
#include <string>
#include <vector>

#include "heed/data/csv.hpp"
#include "model_arguments.hpp"
#include "stored_model.hpp"

namespace classifier {

struct PredictArguments : ModelArguments {
  bool logits = false, probabilities = false;
};

/// The first column of a table of predictions: the names of the sequences; empty: none.
struct Ids {
  std::string name = {};
  std::vector<std::string> all = {};

  std::vector<std::string> header(std::vector<std::string> names) const {
    if (!all.empty()) names.insert(names.begin(), name);
    return names;
  }
  template <class... Values>
  void row(heed::CsvWriter& csv, std::size_t i, const Values&... values) const {
    if (all.empty()) {
      csv.row(values...);
    } else {
      csv.row(all[i], values...);
    }
  }
};
template <class Data>
Ids ids_of(const Data& data) {
  if constexpr (requires { data.id_column; }) {
    return {data.id_column, data.ids};
  } else {
    return {};
  }
}

/// The class of each sequence; with scores, one score per class.
template <class M>
void answer_by_classes(const StoredModel<M>& stored, const PredictArguments& arguments);
extern template void answer_by_classes(const StoredModel<NumberModel>&, const PredictArguments&);
extern template void answer_by_classes(const StoredModel<RocketModel>&, const PredictArguments&);
extern template void answer_by_classes(const StoredModel<MixedModel>&, const PredictArguments&);
extern template void answer_by_classes(const StoredModel<TextModel>&, const PredictArguments&);

/// Answers of a chain of layers, by classes, numbers or flags; of one that keeps the steps, by a row of numbers for each
/// step.
void answer_by_chain(const heed::TensorFile& file, const PredictArguments& arguments);
void answer_by_classes(const ChainModel& chain, heed::Index classes, const NamedSequences& data,
                       const PredictArguments& arguments);
void answer_by_numbers(const ChainModel& chain, heed::Shape shape, const NamedSequences& data,
                       const PredictArguments& arguments);

/// For models whose outputs are not classes: numbers; for flags 1 or 0, or a probability.
template <class M>
void answer_by_numbers(const StoredModel<M>& stored, const PredictArguments& arguments);
extern template void answer_by_numbers(const StoredModel<NumberModel>&, const PredictArguments&);
extern template void answer_by_numbers(const StoredModel<RocketModel>&, const PredictArguments&);
extern template void answer_by_numbers(const StoredModel<MixedModel>&, const PredictArguments&);
extern template void answer_by_numbers(const StoredModel<TextModel>&, const PredictArguments&);

}  // namespace classifier
