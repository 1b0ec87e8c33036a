#include "model_options.hpp"

#include <string_view>

#include "heed/options/fields.hpp"
#include "missing_values.hpp"

namespace classifier {

namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

void add_size(Rows& rows, const char* name, heed::Index value) { rows.emplace_back(name, std::to_string(value)); }
void add_choice(Rows& rows, const char* name, std::string_view value) {
  rows.emplace_back(name, value.empty() ? "none" : value);
}

// what the kinds of models take
template <class M>
void add_input(Rows& rows, const StoredModel<M>& stored) {
  add_size(rows, "features", stored.model.options.features);
  const NumbersTask& task = stored.task;
  if (task.numbers()) add_choice(rows, "task", heed::to_text(task.kind));
  if (task.forecast()) add_size(rows, "window", task.window);
  if (task.forecast()) add_size(rows, "horizon", task.horizon);
  if (stored.missing.how != heed::Missing::error) add_choice(rows, "missing", to_text(stored.missing.how));
}
void add_input(Rows& rows, const StoredModel<TextModel>& stored) {
  add_size(rows, "words", static_cast<heed::Index>(stored.model.words.size()));
  add_choice(rows, "letters", stored.lower ? "small" : "as they are");
  add_size(rows, "embedding", stored.model.options.embedding);
}

template <class O>
void add_options(Rows& rows, O o) {
  const heed::FieldTable fields = heed::fields_of(o);
  for (const heed::FieldRecord& field : fields.records) {
    if (!fields.counts(field) || field.value == &o.features || field.kind == heed::FieldKind::texts) continue;
    const std::string value = field.text();
    const bool flag = field.kind == heed::FieldKind::flag;
    add_choice(rows, field.name, flag ? (value == "true" ? "yes" : "no") : value);
  }
}

}  // namespace

template <class M>
Rows options_of(const StoredModel<M>& stored) {
  Rows rows;
  if (const heed::Index members = members_of(stored); members > 1) add_size(rows, "members", members);
  add_input(rows, stored);
  add_options(rows, classifier_of(stored.model).options);
  const heed::OutputKind kind = output_kind_of(stored);
  if (kind != heed::OutputKind::classes) add_choice(rows, "outputs", to_text(kind));
  if (stored.steps > 0) rows.emplace_back("steps", std::to_string(stored.steps) + " in training");
  return rows;
}

template Rows options_of(const StoredModel<NumberModel>&);
template Rows options_of(const StoredModel<RocketModel>&);
template Rows options_of(const StoredModel<MixedModel>&);
template Rows options_of(const StoredModel<TextModel>&);

}  // namespace classifier
