#pragma once

// The answers of a model, to a file or on standard output.

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

/// The first column of a table of answers: what the sequences are called; empty: there is none.
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

/// The class of each sequence, or with scores one a class.
template <class M>
void answer_by_classes(const StoredModel<M>& stored, const PredictArguments& arguments);
extern template void answer_by_classes(const StoredModel<NumberModel>&, const PredictArguments&);
extern template void answer_by_classes(const StoredModel<RocketModel>&, const PredictArguments&);
extern template void answer_by_classes(const StoredModel<MixedModel>&, const PredictArguments&);
extern template void answer_by_classes(const StoredModel<TextModel>&, const PredictArguments&);

/// Of a model whose outputs are no classes: numbers; of flags yes or no, as 1 or 0, or a probability.
template <class M>
void answer_by_numbers(const StoredModel<M>& stored, const PredictArguments& arguments);
extern template void answer_by_numbers(const StoredModel<NumberModel>&, const PredictArguments&);
extern template void answer_by_numbers(const StoredModel<RocketModel>&, const PredictArguments&);
extern template void answer_by_numbers(const StoredModel<MixedModel>&, const PredictArguments&);
extern template void answer_by_numbers(const StoredModel<TextModel>&, const PredictArguments&);

}  // namespace classifier
