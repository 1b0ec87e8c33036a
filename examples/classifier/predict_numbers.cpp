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
  for (std::string& name : names) name.resize(name.rfind(" +"));
}

}  // namespace

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
  std::vector<std::string> names;
  if constexpr (is_text<M>) {
    names = output_names(StoredModel<NumberModel>{stored.model.classifier, stored.path});
  } else {
    names = output_names(stored);
    if (stored.task.forecast()) step_by_step(stored.task, values, names);
  }
  if (is_npy(a.output)) return heed::write_npy(a.output, values);
  const bool header = a.logits || a.probabilities;  // as with classes
  const heed::CsvWriter csv = table(values, names, header || !a.output.empty() ? ids_of(data) : Ids());
  if (!a.output.empty()) return csv.write(a.output);
  const std::string text = csv.text();
  std::fputs(text.c_str() + (header ? 0 : text.find('\n') + 1), stdout);
}

template void answer_by_numbers(const StoredModel<NumberModel>&, const PredictArguments&);
template void answer_by_numbers(const StoredModel<RocketModel>&, const PredictArguments&);
template void answer_by_numbers(const StoredModel<MixedModel>&, const PredictArguments&);
template void answer_by_numbers(const StoredModel<TextModel>&, const PredictArguments&);

}  // namespace classifier
