// The answers of a chain of layers: its layers say how many features and how many classes there are.

#include "heed/core/error.hpp"
#include "heed/io/safetensors.hpp"
#include "predict.hpp"

namespace classifier {

using heed::Index;

void answer_by_chain(const heed::TensorFile& file, const PredictArguments& a) {
  const auto chain = heed::load<ChainModel>(file, {}, a.architecture.weights);
  for (const auto& said : a.architecture.given) {
    throw heed::Error(
        heed::Fault{"--" + said.first + " has no meaning for " + a.model.string() + ", which is a chain of layers"});
  }
  // the data are those of a model of numbers with as many features
  const Index features = a.architecture.features ? *a.architecture.features : chain.input_size();
  StoredModel<NumberModel> like{NumberModel({.features = 1, .classes = 2}), a.model};
  like.model.options.features = features;  // its weights are not used, and could be many
  const NamedSequences data = load_data(like, a, false);
  const heed::Shape shape = chain.output_shape({data.steps(), data.features()});
  const bool one = shape.features == 1 && chain.labels.empty();
  if (chain.outputs == heed::OutputKind::classes && !one && shape.steps == 1) {
    answer_by_classes(chain, shape.features, data, a);
  } else {
    answer_by_numbers(chain, shape, data, a);
  }
}

}  // namespace classifier
