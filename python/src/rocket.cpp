// heed::RocketClassifier: random convolutions and a ridge regression.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heed/io/safetensors.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/series_ensemble.hpp"
#include "heed/options/metadata.hpp"
#include "heed/train/fit_rocket.hpp"
#include "stored.hpp"

namespace heed_python {

namespace {
using M = heed::RocketClassifier<float>;

heed::Tensor<float, 2> narrowed(const Targets& targets) {
  const Index n = static_cast<Index>(targets.numbers.size()) / targets.numbers_a_sequence;
  return {{n, targets.numbers_a_sequence}, {targets.numbers.begin(), targets.numbers.end()}};
}
}  // namespace

Trained fit_rocket(const Series& series, const Targets& targets, const Training& training) {
  const bool numbers = targets.numbers_a_sequence > 0;
  const heed::FitOptions fit = fit_options_of(training, false);  // its seed and threads
  Preparation preparation{.missing = heed::from_text<heed::Missing>(option(training, "missing", "error"), "missing")};
  std::optional<heed::Standardize<float>> standardize;
  const Prepared data = prepare_to_train(series, preparation, true, standardize);  // channels are added up

  heed::RocketClassifierOptions o{
      .features = series.extents[2],
      .classes = numbers ? targets.numbers_a_sequence : static_cast<Index>(training.labels.size()),
      .steps = series.extents[1],
      .seed = fit.seed};
  o.statistics = heed::RocketStatistics::all;  // as the trainer's recipe
  o.groups = 64;
  heed::set_fields(o, training.model);
  std::vector<M> members;
  members.emplace_back(o);
  if (!numbers) members.front().labels = training.labels;
  members.front().standardize = std::move(*standardize);
  const Index count = count_option(training, "ensemble", 1);
  heed::detail::check_members(count);
  for (Index i = 1; i < count; ++i) {  // of the same kernels; each draws its biases from other series
    members.push_back(members.front());
    members.back().rocket.options.seed += static_cast<std::uint64_t>(i);
  }
  const heed::Tensor<float, 2> y = numbers ? narrowed(targets) : heed::Tensor<float, 2>();
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (training.stop && training.stop()) break;
    const heed::RocketFitOptions options{.seed = fit.seed + i, .threads = fit.threads};
    if (numbers) {
      heed::fit_rocket(members[i], heed::TargetSequences<float>{data.x, y, data.lengths, data.step_mask()}, options);
    } else {
      heed::fit_rocket(
          members[i], heed::LabelledSequences<float>{data.x, targets.classes, data.lengths, data.step_mask()}, options);
    }
  }
  Metadata extra;
  heed::set(extra, "steps", series.extents[1]);
  preparation.write(extra);
  if (numbers) write_task(extra, scale_of(targets));
  return {std::make_shared<ModelOf<M>>(std::move(members), std::move(extra), nullptr), {}};
}

std::shared_ptr<Model> read_rocket(std::span<const std::byte> bytes, const std::string& name) {
  return read_of<M>(bytes, name, [](const heed::SafetensorsFile&) { return false; }, nullptr);
}

namespace {

using Network = heed::SequenceClassifier<float>;

// Adds the models of a file, where they are of this kind; whether they are.
template <class Part>
bool add_members(const heed::SafetensorsFile& file, std::vector<Part>& to, Metadata& extra) {
  const std::string& said = heed::get_text(file.metadata(), "architecture");
  const bool several = said == heed::Ensemble<Part>::architecture;
  if (!several && said != Part::architecture) return false;
  if (several) {
    for (Part& member : heed::load<heed::Ensemble<Part>>(file).members) to.push_back(std::move(member));
  } else {
    to.push_back(heed::load<Part>(file));
  }
  extra = extra_of(to.back(), file.metadata());
  extra.erase("members");
  return true;
}

}  // namespace

std::shared_ptr<Model> together(const std::vector<std::shared_ptr<Model>>& parts) {
  std::vector<Network> networks;
  std::vector<M> rockets;
  Metadata extra;
  for (const std::shared_ptr<Model>& part : parts) {
    const heed::SafetensorsFile file(part->bytes());
    if (!add_members(file, networks, extra) && !add_members(file, rockets, extra)) {
      refuse("only models of sequences of numbers answer together", part->architecture());
    }
  }
  std::vector<heed::SeriesEnsemble<float>> all;
  all.emplace_back(std::move(networks), std::move(rockets));
  return std::make_shared<ModelOf<heed::SeriesEnsemble<float>>>(std::move(all), std::move(extra), nullptr);
}

std::shared_ptr<Model> read_series_ensemble(std::span<const std::byte> bytes, const std::string& name) {
  return read_of<heed::SeriesEnsemble<float>>(bytes, name, [](const heed::SafetensorsFile&) { return false; }, nullptr);
}

}  // namespace heed_python
