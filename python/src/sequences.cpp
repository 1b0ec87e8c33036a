// heed::SequenceClassifier, for classes and for numbers.

#include <optional>
#include <utility>
#include <vector>

#include "heed/models/sequence_classifier.hpp"
#include "trained.hpp"

namespace heed_python {

namespace {

using M = heed::SequenceClassifier<float>;
using Classes = heed::LabelledSequences<float>;
using Numbers = heed::TargetSequences<float>;

// Outputs of mean 0 and deviation 1 become those of the data, by the last layer.
void to_units(M& model, const TargetScale& scale) {
  heed::Dense<float>& last = model.fc2;
  for (Index k = 0; k < last.out_features(); ++k) {
    const double mean = scale.mean[static_cast<std::size_t>(k)],
                 deviation = scale.deviation[static_cast<std::size_t>(k)];
    for (Index i = 0; i < last.in_features(); ++i) {
      last.weight(k, i) = static_cast<float>(static_cast<double>(last.weight(k, i)) * deviation);
    }
    last.bias(k) = static_cast<float>(static_cast<double>(last.bias(k)) * deviation + mean);
  }
}

std::optional<Prepared> prepare_test(const Training& training, const Preparation& preparation) {
  if (!training.test) return {};
  return prepare(training.test->series, preparation);
}

}  // namespace

Trained fit_sequences(const Series& series, const Targets& targets, const Training& training) {
  const bool numbers = targets.numbers_a_sequence > 0;
  const heed::FitOptions fit = fit_options_of(training, !series.lengths.empty());
  Preparation preparation{.missing = heed::from_text<heed::Missing>(option(training, "missing", "error"), "missing")};
  std::optional<heed::Standardize<float>> standardize;
  const Prepared data =
      prepare_to_train(series, preparation, numbers || flag_option(training, "standardize"), standardize);

  heed::SequenceClassifierOptions o{
      .features = series.extents[2],
      .classes = numbers ? targets.numbers_a_sequence : static_cast<Index>(training.labels.size())};
  heed::set_fields(o, training.model);
  M model(o);
  if (!numbers) model.labels = training.labels;
  if (standardize) model.standardize = std::move(*standardize);
  std::vector<M> members = members_of(std::move(model), training, fit);

  const std::optional<Prepared> test = prepare_test(training, preparation);
  Metadata extra;
  heed::set(extra, "steps", series.extents[1]);
  preparation.write(extra);
  Trained trained;
  if (!numbers) {
    std::optional<Classes> tested;
    if (test) {
      tested =
          Classes{test->x, labels_view(training.test->targets, test->x.extent(0)), test->lengths, test->step_mask()};
    }
    const Classes all{data.x, labels_view(targets, data.x.extent(0)), data.lengths, data.step_mask()};
    trained.histories = fit_members<M, std::int32_t>(members, training, fit, all, tested);
  } else {
    const TargetScale scale = scale_of(targets);
    const heed::Tensor<float, 2> y = scaled(targets, scale);
    heed::Tensor<float, 2> y_test;
    std::optional<Numbers> tested;
    if (test) {
      y_test = scaled(training.test->targets, scale);
      tested = Numbers{test->x, y_test, test->lengths, test->step_mask()};
    }
    trained.histories =
        fit_members<M, float>(members, training, fit, Numbers{data.x, y, data.lengths, data.step_mask()}, tested);
    for (M& member : members) to_units(member, scale);
    write_task(extra, scale);
  }
  trained.model = std::make_shared<ModelOf<M>>(std::move(members), std::move(extra), nullptr);
  return trained;
}

std::shared_ptr<Model> read_sequences(std::span<const std::byte> bytes, const std::string& name) {
  return read_of<M>(
      bytes, name, [](const heed::SafetensorsFile& file) { return !file.find("embedding.weight"); }, nullptr);
}

}  // namespace heed_python
