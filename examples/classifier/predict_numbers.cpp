#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/tensor.hpp"
#include "heed/data/csv.hpp"
#include "heed/data/npy.hpp"
#include "heed/infer/predictor.hpp"
#include "predict.hpp"

namespace classifier {

namespace {

using heed::Index;

/// A column for each output; of a blank line nothing. A sequence may have several rows.
heed::CsvWriter table(const heed::Tensor<float, 2>& values, const std::vector<std::string>& names, const Ids& ids) {
  heed::CsvWriter csv(ids.header(names));
  const std::vector<std::optional<float>> nothing(names.size());
  const auto rows = static_cast<std::size_t>(values.extent(0)), each = rows / std::max<std::size_t>(ids.all.size(), 1);
  for (std::size_t r = 0; r < rows; ++r) {
    const auto i = static_cast<Index>(r);
    if (std::isnan(values(i, 0))) {
      ids.row(csv, r / each, nothing);
    } else {
      ids.row(csv, r / each, values[i]);
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
  for (std::string& name : names) name.resize(std::min(name.size(), name.rfind(" +")));
}

void check_flags(bool flags, const PredictArguments& a) {
  heed::require(flags || !(a.probabilities || a.logits), [&] {
    const std::string option = a.logits ? "--logits" : "--probabilities";
    return heed::Fault{option + " is for classes: this model gives numbers", a.model.string()};
  });
}

template <class M, class Data>
heed::Tensor<float, 2> values_of(const M& model, Index outputs, const Data& data, bool flags,
                                 const PredictArguments& a) {
  heed::Tensor<float, 2> values({data.count(), outputs});
  heed::Predictor predictor(model);
  predictor(heed::view(data.x, data.lengths, data.step_mask()), values,
            a.logits ? heed::Output::logits : heed::Output::as_trained);
  for (Index i = 0; i < values.extent(0); ++i) {
    const bool none = steps_there(data, i) == 0;
    for (float& value : values[i]) {
      if (none)
        value = std::numeric_limits<float>::quiet_NaN();
      else if (flags && !a.logits && !a.probabilities)
        value = value > 0.5f ? 1 : 0;
    }
  }
  return values;
}

void answer(const heed::Tensor<float, 2>& values, const std::vector<std::string>& names, const Ids& ids,
            const PredictArguments& a) {
  if (is_npy(a.output)) return heed::write_npy(a.output, values);
  const bool header = a.logits || a.probabilities;  // as with classes
  const heed::CsvWriter csv = table(values, names, header || !a.output.empty() ? ids : Ids());
  if (!a.output.empty()) return csv.write(a.output);
  const std::string text = csv.text();
  std::fputs(text.c_str() + (header ? 0 : text.find('\n') + 1), stdout);
}

// of a chain that keeps the steps a row for each step, past a sequence's end of NaN
heed::Tensor<float, 2> values_of_steps(const ChainModel& chain, const NamedSequences& data, heed::Shape shape) {
  const Index steps = data.steps(), features = data.features();
  heed::require(data.mask.empty(), [] { return heed::Fault{"missing steps for a model that answers each step"}; });
  heed::Tensor<float, 2> values({data.count() * shape.steps, shape.features});
  std::fill(values.begin(), values.end(), std::numeric_limits<float>::quiet_NaN());
  ChainModel::Cache cache;
  heed::Scratch scratch;
  for (Index i = 0; i < data.count(); ++i) {
    const heed::Tile<const float> x(data.x.data() + i * steps * features, {steps_there(data, i), features}, 1);
    if (x.steps == 0) continue;
    const heed::Tile<float> y(values.data() + i * shape.steps * shape.features, chain.output_shape(x.shape()), 1);
    chain.forward(x, y, cache, heed::Pass::inference(scratch));
  }
  return values;
}

}  // namespace

template <class M>
void answer_by_numbers(const StoredModel<M>& stored, const PredictArguments& a) {
  const bool flags = output_kind_of(stored) == heed::OutputKind::flags;
  check_flags(flags, a);
  const auto data = load_data(stored, a, false);
  heed::Tensor<float, 2> values =
      values_of(ensemble_of(stored), classifier_of(stored.model).options.classes, data, flags, a);
  std::vector<std::string> names;
  if constexpr (is_text<M>) {
    names = output_names(StoredModel<NumberModel>{stored.model.classifier, stored.path});
  } else {
    for (std::size_t i = 0; i < data.unanswered.size(); ++i) {
      for (float& value : values[static_cast<Index>(i)]) {
        if (data.unanswered[i]) value = std::numeric_limits<float>::quiet_NaN();
      }
    }
    names = output_names(stored);
    if (stored.task.forecast()) step_by_step(stored.task, values, names);
  }
  answer(values, names, ids_of(data), a);
}

void answer_by_numbers(const ChainModel& chain, heed::Shape shape, const NamedSequences& data,
                       const PredictArguments& a) {
  const bool flags = chain.outputs == heed::OutputKind::flags && shape.steps == 1;
  check_flags(flags, a);
  std::vector<std::string> names = chain.labels;
  names.resize(static_cast<std::size_t>(shape.features));
  for (Index k = 0; chain.labels.empty() && k < shape.features; ++k) {
    names[static_cast<std::size_t>(k)] = shape.features == 1 ? "value" : "value " + std::to_string(k);
  }
  answer(shape.steps == 1 ? values_of(chain, shape.features, data, flags, a) : values_of_steps(chain, data, shape),
         names, ids_of(data), a);
}

template void answer_by_numbers(const StoredModel<NumberModel>&, const PredictArguments&);
template void answer_by_numbers(const StoredModel<RocketModel>&, const PredictArguments&);
template void answer_by_numbers(const StoredModel<MixedModel>&, const PredictArguments&);
template void answer_by_numbers(const StoredModel<TextModel>&, const PredictArguments&);

}  // namespace classifier
