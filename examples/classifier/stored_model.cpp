#include "stored_model.hpp"

#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/metadata.hpp"
#include "read_members.hpp"

namespace classifier {

using heed::Index;

namespace {

template <class T>
void require_agreement(const std::string& option, const std::optional<T>& given, const T& found,
                       const std::filesystem::path& path) {
  if (!given || *given == found) return;
  std::ostringstream text;
  text << option << ' ' << *given << " contradicts " << path.string() << ", which has " << found;
  throw heed::Error({text.str()});
}

void require_agreement(const Architecture& a, const heed::SequenceClassifierOptions& o,
                       const std::filesystem::path& path) {
  require_agreement("--classes", a.classes, o.classes, path);
  heed::SequenceClassifierOptions copy = o;
  const heed::FieldTable fields = heed::fields_of(copy);
  for (const heed::FieldRecord& field : fields.records) {
    const auto said = a.given.find(field.name);
    if (said == a.given.end() || !fields.counts(field)) continue;  // the others have neither heads nor a pooling
    const std::string value = field.kind == heed::FieldKind::flag ? "" : ' ' + said->second;
    heed::require(said->second == field.text(), [&] {
      return heed::Fault{"--" + said->first + value + " contradicts " + path.string() + ", which has " + field.text()};
    });
  }
}

void refuse_architecture(const Architecture& a, const std::filesystem::path& path, const std::string& kind) {
  for (const auto& said : a.given) {
    throw heed::Error(heed::Fault{"--" + said.first + " has no meaning for " + path.string() + ", which is " + kind});
  }
}

void require_agreement(const Architecture& a, const heed::RocketClassifierOptions& o,
                       const std::filesystem::path& path) {
  require_agreement("--classes", a.classes, o.classes, path);
  refuse_architecture(a, path, "a model of random convolutions");
}

void require_agreement(const Architecture& a, const heed::SeriesEnsembleOptions& o, const std::filesystem::path& path) {
  require_agreement("--classes", a.classes, o.classes, path);
  refuse_architecture(a, path, "several models of different kinds");
}

}  // namespace

bool holds_text(const heed::TensorFile& file) {
  const heed::Metadata& m = file.metadata();
  const auto architecture = m.find("architecture");
  if (architecture != m.end()) {
    return architecture->second == TextModel::architecture ||
           architecture->second == heed::Ensemble<TextModel>::architecture;
  }
  return file.find("embedding.weight") != nullptr;
}

bool holds_rocket(const heed::TensorFile& file) {
  const auto architecture = file.metadata().find("architecture");
  return architecture != file.metadata().end() && (architecture->second == RocketModel::architecture ||
                                                   architecture->second == heed::Ensemble<RocketModel>::architecture);
}

bool holds_mixed(const heed::TensorFile& file) {
  const auto architecture = file.metadata().find("architecture");
  return architecture != file.metadata().end() && architecture->second == MixedModel::architecture;
}

bool holds_chain(const heed::TensorFile& file) {
  const auto architecture = file.metadata().find("architecture");
  return architecture != file.metadata().end() && architecture->second == ChainModel::architecture;
}

void refuse_option(bool given, const std::string& option, const std::string& kind, const std::filesystem::path& model) {
  heed::require(!given, [&] {
    return heed::Fault{option + " is for models of " + kind + ", which " + model.string() + " is not"};
  });
}

template <class M>
StoredModel<M> load_model(const heed::TensorFile& file, const std::filesystem::path& path,
                          const Architecture& architecture) {
  const heed::Metadata& metadata = file.metadata();
  const auto format = metadata.find("format");
  const bool own = format != metadata.end() && format->second == "heed";
  heed::Metadata hints;  // what tensors do not show
  for (const char* name : {"heads", "pooling", "last_state", "dropout"}) {
    const auto said = architecture.given.find(name);
    if (!own && said != architecture.given.end()) hints.insert(*said);
  }

  std::vector<M> members = read_members<M>(file, hints, architecture, path);
  StoredModel<M> stored{std::move(members.front()), path};
  stored.more.assign(std::make_move_iterator(members.begin() + 1), std::make_move_iterator(members.end()));
  require_agreement(architecture, classifier_of(stored.model).options, path);
  if (own && metadata.contains("steps")) stored.steps = heed::get_index(metadata, "steps");
  if constexpr (is_text<M>) {
    refuse_option(architecture.features.has_value(), "--features", "numbers", path);
    require_agreement("--embedding", architecture.embedding, stored.model.options.embedding, path);
    heed::require(!stored.model.words.empty(),
                  [&] { return heed::Fault{"this model of text does not say which words it knows", path.string()}; });
    if (metadata.contains("lower")) stored.lower = heed::get_bool(metadata, "lower");
  } else {
    refuse_option(architecture.embedding.has_value(), "--embedding", "text", path);
    require_agreement("--features", architecture.features, stored.model.options.features, path);
    if (own && metadata.contains("shift")) {
      stored.shift = read_number_list(metadata, "shift", stored.model.options.features, path);
    }
    if (own) stored.missing = MissingValues::read(metadata, stored.model.options.features, path);
    const auto& o = stored.model.options;
    if (own) stored.task = NumbersTask::read(metadata, o.features, o.classes, path);
    stored.task.relative = stored.model.last_value.active();
    const std::vector<Index>& last = stored.model.last_value.features_of_outputs();
    heed::require(!stored.task.forecast() || last.empty() || last == stored.task.features_of_outputs(), [&] {
      return heed::Fault{"malformed metadata", path.string(), "the same features in last_value and in forecasts", {}};
    });
    if (own) stored.columns = Columns::read(metadata, path);
    if (own && metadata.contains("label_column")) stored.label_column = metadata.at("label_column");
  }
  return stored;
}

template StoredModel<NumberModel> load_model(const heed::TensorFile&, const std::filesystem::path&,
                                             const Architecture&);
template StoredModel<RocketModel> load_model(const heed::TensorFile&, const std::filesystem::path&,
                                             const Architecture&);
template StoredModel<MixedModel> load_model(const heed::TensorFile&, const std::filesystem::path&, const Architecture&);
template StoredModel<TextModel> load_model(const heed::TensorFile&, const std::filesystem::path&, const Architecture&);

}  // namespace classifier
