// heed::RocketClassifier: random convolutions and a ridge regression.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "heed/models/rocket_classifier.hpp"
#include "heed/models/series_ensemble.hpp"
#include "heed/train/fit_rocket.hpp"
#include "heed/train/recipe.hpp"
#include "read.hpp"

namespace heed_python {

namespace {
using M = heed::RocketClassifier<float>;
}  // namespace

Trained fit_rocket(const Series& series, const Targets& targets, const Training& training) {
  const bool numbers = targets.numbers_a_sequence > 0;
  const heed::FitOptions fit = fit_options_of(training, false);  // its seed and threads
  Preparation preparation = preparation_of(training, {}, series.extents[2]);
  std::optional<heed::Standardize<float>> standardize;
  const std::vector<Index> relative = relative_outputs(training);
  const Prepared data = prepare_to_train(series, preparation, true, standardize, relative);  // channels are added up

  heed::RocketClassifierOptions o{
      .features = series.extents[2],
      .classes = numbers ? targets.numbers_a_sequence : static_cast<Index>(training.labels.size()),
      .steps = series.extents[1],
      .seed = fit.seed};
  heed::set_fields(o, heed::rocket_architecture());
  heed::set_fields(o, training.model);
  M model(o);
  if (!numbers) model.labels = training.labels;
  model.standardize = std::move(*standardize);
  const Index count = count_option(training, "ensemble", 1);
  heed::detail::check_members(count);
  std::optional<Learnt> learnt;
  if (numbers) learnt.emplace(targets, data.last);
  const heed::Tensor<float, 2> y = numbers ? learnt->scaled(targets, data.last) : heed::Tensor<float, 2>();

  std::vector<M> members;  // of the same kernels; each draws its biases from other series
  for (Index i = 0; i < count; ++i) {
    M member = model;
    member.rocket.options.seed += static_cast<std::uint64_t>(i);
    const heed::RocketFitOptions options{
        .seed = fit.seed + static_cast<std::uint64_t>(i), .threads = fit.threads, .stop = fit.stop};
    const heed::RocketFit done =
        numbers
            ? heed::fit_rocket(member, heed::TargetSequences<float>{data.x, y, data.lengths, data.step_mask()}, options)
            : heed::fit_rocket(member,
                               heed::LabelledSequences<float>{data.x, targets.classes, data.lengths, data.step_mask()},
                               options);
    if (done.cancelled) break;
    if (numbers) {
      to_units(member.head, learnt->scale());
      member.last_value = heed::LastValue<float>(relative);
    }
    members.push_back(std::move(member));
  }
  if (members.empty()) return {};
  Metadata extra;
  heed::set(extra, "steps", series.extents[1]);
  preparation.write(extra);
  if (numbers) learnt->write_task(extra, training);
  return {std::make_shared<ModelOf<M>>(std::move(members), std::move(extra), nullptr), {}};
}

std::shared_ptr<Model> read_rocket(const heed::TensorFile& file, const Reading& reading) {
  return read_of<M>(file, reading, [](const heed::TensorFile&) { return false; }, nullptr);
}

std::shared_ptr<Model> together(const std::vector<std::shared_ptr<Model>>& models) {
  Parts parts;
  for (const std::shared_ptr<Model>& model : models) model->give(parts);
  std::vector<heed::SeriesEnsemble<float>> all;
  all.emplace_back(std::move(parts.networks), std::move(parts.rockets));
  return std::make_shared<ModelOf<heed::SeriesEnsemble<float>>>(std::move(all), parts.extra.value_or(Metadata()),
                                                                nullptr);
}

std::shared_ptr<Model> read_series_ensemble(const heed::TensorFile& file, const Reading& reading) {
  return read_of<heed::SeriesEnsemble<float>>(file, reading, [](const heed::TensorFile&) { return false; }, nullptr);
}

}  // namespace heed_python
