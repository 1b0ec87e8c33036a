// heed::SequenceClassifier, for classes and for numbers.

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/models/sequence_classifier.hpp"
#include "read.hpp"
#include "trained.hpp"

namespace heed_python {

namespace {

using M = heed::SequenceClassifier<float>;
using Classes = heed::LabelledSequences<float>;
using Numbers = heed::TargetSequences<float>;

bool fits_here(const heed::TensorFile& file) { return !file.find("embedding.weight"); }

void check_start(const M& model, Index features, Index outputs, bool numbers) {
  heed::require(model.options.features == features, [&] {
    return heed::Fault{"wrong number of features", "X", std::to_string(model.options.features) + ", as init has",
                       std::to_string(features)};
  });
  heed::require(model.options.classes == outputs, [&] {
    return heed::Fault{"wrong number of targets; new_head=True starts a new last layer", "y",
                       std::to_string(model.options.classes) + ", as init has", std::to_string(outputs)};
  });
  heed::require(!numbers || heed::output_kind(model) == heed::OutputKind::numbers, [&] {
    return heed::Fault{"init is a model of classes; new_head=True starts a new last layer, for numbers", "init"};
  });
}

std::optional<Prepared> prepare_test(const Training& training, const Preparation& preparation,
                                     std::span<const Index> relative) {
  if (!training.test) return {};
  return prepare(training.test->series, preparation, relative);
}

}  // namespace

Trained fit_sequences(const Series& series, const Targets& targets, const Training& training) {
  const bool numbers = targets.numbers_a_sequence > 0;
  const heed::FitOptions fit = fit_options_of(training, !series.lengths.empty());
  const Index outputs = numbers ? targets.numbers_a_sequence : static_cast<Index>(training.labels.size());
  std::optional<Kept<M>> start = start_of<M>(training, outputs, fit, fits_here);
  if (start) check_start(start->members.front(), series.extents[2], outputs, numbers && !training.start->new_head);
  const std::vector<Index> relative = relative_outputs(training);
  if (start) check_relative(start->members.front().last_value.features_of_outputs(), relative);
  const bool standardized = start && start->members.front().standardize.active();  // it belongs to the weights
  Preparation preparation = preparation_of(training, start ? start->extra : Metadata(), series.extents[2]);
  std::optional<heed::Standardize<float>> standardize;
  const bool standardizes = (numbers || flag_option(training, "standardize")) && !standardized;
  const Prepared data = prepare_to_train(series, preparation, standardizes, standardize, relative);

  std::vector<M> members;
  if (start) {
    members = std::move(start->members);
  } else {
    heed::SequenceClassifierOptions o{.features = series.extents[2], .classes = outputs};
    heed::set_fields(o, training.model);
    members = members_of(M(o), training, fit);
  }
  for (M& member : members) {
    if (!numbers) member.labels = training.labels;
    if (standardize) member.standardize = *standardize;
    member.last_value = {};  // until it is trained: the windows are relative
  }

  const std::optional<Prepared> test = prepare_test(training, preparation, relative);
  Metadata extra;
  heed::set(extra, "steps", series.extents[1]);
  for (const char* column : {"label_column", "index_column"}) {
    if (start && start->extra.contains(column)) extra[column] = start->extra.at(column);
  }
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
    const Learnt learnt(targets, data.last);
    if (start && !training.start->new_head) from_units(members.front().fc2, learnt.scale());
    const heed::Tensor<float, 2> y = learnt.scaled(targets, data.last);
    heed::Tensor<float, 2> y_test;
    std::optional<Numbers> tested;
    if (test) {
      y_test = learnt.scaled(training.test->targets, test->last);
      tested = Numbers{test->x, y_test, test->lengths, test->step_mask()};
    }
    trained.histories =
        fit_members<M, float>(members, training, fit, Numbers{data.x, y, data.lengths, data.step_mask()}, tested);
    for (M& member : members) {
      to_units(member.fc2, learnt.scale());
      member.last_value = heed::LastValue<float>(relative);
    }
    learnt.write_task(extra, training);
  }
  trained.model = std::make_shared<ModelOf<M>>(std::move(members), std::move(extra), nullptr);
  return trained;
}

std::shared_ptr<Model> read_sequences(const heed::TensorFile& file, const Reading& reading) {
  return read_of<M>(file, reading, fits_here, nullptr);
}

}  // namespace heed_python
