#include <string>
#include <utility>
#include <vector>

#include "heed/io/safetensors.hpp"
#include "heed/options/metadata.hpp"
#include "stored_model.hpp"

namespace classifier {

using heed::Index;

namespace {
template <class M>
heed::Metadata kept_metadata(const StoredModel<M>& stored) {
  heed::Metadata extra;
  heed::set(extra, "steps", stored.steps);
  if (is_text<M>) heed::set(extra, "lower", stored.lower);
  if (!stored.shift.empty()) heed::set(extra, "shift", number_list(stored.shift));
  stored.missing.write(extra);
  stored.task.write(extra);
  stored.columns.write(extra);
  if (!stored.label_column.empty()) heed::set(extra, "label_column", stored.label_column);
  return extra;
}
}  // namespace

namespace {
template <class M>
std::vector<std::string> names_of_outputs(const StoredModel<M>& stored) {
  const M& model = stored.model;
  if (!model.labels.empty()) return model.labels;
  const NumbersTask& task = stored.task;
  const Index outputs = model.options.classes;
  std::vector<std::string> names;
  for (Index k = 0; k < outputs; ++k) {
    std::string name = outputs == 1 ? "value" : "value " + std::to_string(k);
    if (task.forecast()) {
      const Index per_step = std::ssize(task.forecasts),
                  column = task.forecasts[static_cast<std::size_t>(k % per_step)];
      const bool known = column < std::ssize(stored.columns.names);
      name = known ? stored.columns.names[static_cast<std::size_t>(column)] : "value " + std::to_string(column);
      name += " +" + std::to_string(k / per_step + 1);
    }
    names.push_back(std::move(name));
  }
  return names;
}
}  // namespace

std::vector<std::string> output_names(const StoredModel<NumberModel>& stored) { return names_of_outputs(stored); }
std::vector<std::string> output_names(const StoredModel<RocketModel>& stored) { return names_of_outputs(stored); }
std::vector<std::string> output_names(const StoredModel<MixedModel>& stored) { return names_of_outputs(stored); }

template <class M>
void save_model(const StoredModel<M>& stored) {
  if (stored.more.empty()) {
    heed::save(stored.model, stored.path, kept_metadata(stored));
  } else {
    heed::save(ensemble_of(stored), stored.path, kept_metadata(stored));
  }
}

template <class M>
void check_save(const StoredModel<M>& stored) {
  if (stored.more.empty()) {
    heed::check_save(stored.model, stored.path, kept_metadata(stored));
  } else {
    heed::check_save(ensemble_of(stored), stored.path, kept_metadata(stored));
  }
}

template void save_model(const StoredModel<NumberModel>&);
template void save_model(const StoredModel<RocketModel>&);
template void save_model(const StoredModel<MixedModel>&);
template void save_model(const StoredModel<TextModel>&);
template void check_save(const StoredModel<NumberModel>&);
template void check_save(const StoredModel<RocketModel>&);
template void check_save(const StoredModel<MixedModel>&);
template void check_save(const StoredModel<TextModel>&);

}  // namespace classifier
