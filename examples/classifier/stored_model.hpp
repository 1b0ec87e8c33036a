#pragma once

// Reads and writes models. There are four kinds: for sequences of numbers with trained weights, with random
// convolutions or with both; and for sentences.

#include <concepts>
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "architecture.hpp"
#include "heed/compose/chain.hpp"
#include "heed/core/types.hpp"
#include "heed/data/labels.hpp"
#include "heed/io/tensor_file.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/series_ensemble.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/options/output_kind.hpp"
#include "missing_values.hpp"
#include "model_file.hpp"
#include "task.hpp"

namespace classifier {

using NumberModel = heed::SequenceClassifier<float>;
using RocketModel = heed::RocketClassifier<float>;
using MixedModel = heed::SeriesEnsemble<float>;
using TextModel = heed::TextClassifier<float>;
using ChainModel = heed::Chain<float>;  // of other programs' files; it predicts

template <class M>
inline constexpr bool is_text = std::same_as<M, TextModel>;
template <class M>
inline constexpr bool is_rocket = std::same_as<M, RocketModel>;

/// The common part of all kinds: a classifier of sequences of numbers.
template <class M>
auto& classifier_of(M& model) {
  if constexpr (is_text<std::remove_const_t<M>>) {
    return model.classifier;
  } else {
    return model;
  }
}

/// A model, and the further contents of its file.
template <class M>
struct StoredModel {
  M model;
  std::filesystem::path path;
  heed::Index steps = 0;           // of the longest training sequence; 0: the file does not tell
  bool lower = false;              // text: its words are in lower case
  std::vector<double> shift = {};  // numbers: subtracted from the features in double before the model; empty: nothing
  MissingValues missing = {};      // of the data
  NumbersTask task = {};           // of a model of numbers
  Columns columns = {};            // of the table it was trained on
  std::string label_column = {};   // of its training table; empty: the last, or it was not a table
  std::vector<M> more = {};        // the other members of an ensemble

  heed::Index members() const { return static_cast<heed::Index>(more.size()) + 1; }
};

/// Takes over the contents of a file besides the model.
template <class M, class From>
void take_notes(StoredModel<M>& to, const StoredModel<From>& from) {
  to.steps = from.steps;
  to.shift = from.shift;
  to.missing = from.missing;
  to.task = from.task;
  to.columns = from.columns;
  to.label_column = from.label_column;
}

/// All members together. A single one is the model itself.
template <class M>
heed::Ensemble<M> ensemble_of(const StoredModel<M>& stored) {
  std::vector<M> all{stored.model};
  all.insert(all.end(), stored.more.begin(), stored.more.end());
  return heed::Ensemble<M>(std::move(all));
}

/// Whether a file contains a model of sentences.
bool holds_text(const heed::TensorFile& file);
/// Whether a file contains a model of random convolutions.
bool holds_rocket(const heed::TensorFile& file);
/// Whether a file contains models of different kinds as one.
bool holds_mixed(const heed::TensorFile& file);
/// Whether a file contains a chain of layers.
bool holds_chain(const heed::TensorFile& file);

/// Throws if an option is given that is for models of another kind ("text", "numbers").
void refuse_option(bool given, const std::string& option, const std::string& kind, const std::filesystem::path& model);

/// Reads a model. The architecture completes what a file without metadata leaves open. Throws if it contradicts the
/// file, if a model of sentences has no words, and as heed::load does.
template <class M>
StoredModel<M> load_model(const heed::TensorFile& file, const std::filesystem::path& path,
                          const Architecture& architecture);
extern template StoredModel<NumberModel> load_model(const heed::TensorFile&, const std::filesystem::path&,
                                                    const Architecture&);
extern template StoredModel<RocketModel> load_model(const heed::TensorFile&, const std::filesystem::path&,
                                                    const Architecture&);
extern template StoredModel<MixedModel> load_model(const heed::TensorFile&, const std::filesystem::path&,
                                                   const Architecture&);
extern template StoredModel<TextModel> load_model(const heed::TensorFile&, const std::filesystem::path&,
                                                  const Architecture&);

/// Calls f(StoredModel) with the kind of the file.
template <class F>
void with_model(const std::filesystem::path& path, const Architecture& architecture, F&& f) {
  const heed::TensorFile file = read_model_file(path);
  if (holds_text(file.renamed(architecture.weights))) {
    f(load_model<TextModel>(file, path, architecture));
  } else if (holds_rocket(file)) {
    f(load_model<RocketModel>(file, path, architecture));
  } else if (holds_mixed(file)) {
    f(load_model<MixedModel>(file, path, architecture));
  } else {
    f(load_model<NumberModel>(file, path, architecture));
  }
}

/// Writes a model, with the steps of its training data.
template <class M>
void save_model(const StoredModel<M>& stored);
extern template void save_model(const StoredModel<NumberModel>&);
extern template void save_model(const StoredModel<RocketModel>&);
extern template void save_model(const StoredModel<MixedModel>&);
extern template void save_model(const StoredModel<TextModel>&);

/// Throws if it could not be written. Call it before training.
template <class M>
void check_save(const StoredModel<M>& stored);
extern template void check_save(const StoredModel<NumberModel>&);
extern template void check_save(const StoredModel<RocketModel>&);
extern template void check_save(const StoredModel<MixedModel>&);
extern template void check_save(const StoredModel<TextModel>&);

/// The kind of a model's outputs. A single output without a label is not a choice among classes.
template <class M>
heed::OutputKind output_kind_of(const StoredModel<M>& stored) {
  const heed::OutputKind kind = heed::output_kind(stored.model);
  const auto& classifier = classifier_of(stored.model);
  const bool one = classifier.options.classes == 1 && classifier.labels.empty();
  return kind == heed::OutputKind::classes && one ? heed::OutputKind::numbers : kind;
}

/// The names of the outputs, for a model of numbers or flags.
std::vector<std::string> output_names(const StoredModel<NumberModel>& stored);
std::vector<std::string> output_names(const StoredModel<RocketModel>& stored);
std::vector<std::string> output_names(const StoredModel<MixedModel>& stored);

/// Throws if the outputs are not classes, which `what` needs.
template <class M>
void require_classes(const StoredModel<M>& stored, const char* what) {
  const heed::OutputKind kind = output_kind_of(stored);
  heed::require(kind == heed::OutputKind::classes, [&] {
    return heed::Fault{std::string(what) + " is for classes, this model gives " + std::string(to_text(kind)),
                       stored.path.string()};
  });
}

/// The names of a model's classes; 0, 1, ... if it has none.
template <class M>
heed::LabelMap class_names(const M& model) {
  const auto& classifier = classifier_of(model);
  return classifier.labels.empty() ? heed::LabelMap::fixed(classifier.options.classes)
                                   : heed::LabelMap{classifier.labels};
}

}  // namespace classifier
