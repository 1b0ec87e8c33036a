#pragma once

// The answers of a model, to a file or on standard output.

#include "model_arguments.hpp"
#include "stored_model.hpp"

namespace classifier {

struct PredictArguments : ModelArguments {
  bool logits = false, probabilities = false;
};

/// The class of each sequence, or with scores one a class.
template <class M>
void answer_by_classes(const StoredModel<M>& stored, const PredictArguments& arguments);
extern template void answer_by_classes(const StoredModel<NumberModel>&, const PredictArguments&);
extern template void answer_by_classes(const StoredModel<RocketModel>&, const PredictArguments&);
extern template void answer_by_classes(const StoredModel<TextModel>&, const PredictArguments&);

/// Of a model whose outputs are no classes: numbers; of flags yes or no, as 1 or 0, or a probability.
template <class M>
void answer_by_numbers(const StoredModel<M>& stored, const PredictArguments& arguments);
extern template void answer_by_numbers(const StoredModel<NumberModel>&, const PredictArguments&);
extern template void answer_by_numbers(const StoredModel<RocketModel>&, const PredictArguments&);
extern template void answer_by_numbers(const StoredModel<TextModel>&, const PredictArguments&);

}  // namespace classifier
