#include "architecture.hpp"

#include <sstream>

#include "heed/core/error.hpp"
#include "heed/core/metadata.hpp"
#include "heed/io/safetensors.hpp"

namespace classifier {

namespace {

using heed::Index;

constexpr Index most = 1'000'000;  // of any size: beyond it products of sizes overflow

template <class T>
void require_agreement(const std::string& option, const std::optional<T>& given, const T& found,
                       const std::filesystem::path& path) {
  if (!given || *given == found) return;
  std::ostringstream text;
  text << option << ' ' << *given << " contradicts " << path.string() << ", which has " << found;
  throw heed::Error({text.str()});
}

void require_agreement(const Architecture& a, const Model::Options& o, const std::filesystem::path& path) {
  require_agreement("--features", a.features, o.features, path);
  require_agreement("--classes", a.classes, o.classes, path);
  require_agreement("--hidden", a.hidden, o.hidden, path);
  require_agreement("--dense", a.dense, o.dense, path);
  require_agreement("--attention", a.attention, std::string(to_text(o.attention)), path);
  if (o.attention != heed::Attention::multihead) return;  // the others have neither heads nor a pooling
  require_agreement("--heads", a.heads, o.heads, path);
  require_agreement("--pooling", a.pooling, std::string(to_text(o.pooling)), path);
}

}  // namespace

Model::Options Architecture::options(Index data_features, Index data_classes) const {
  Model::Options o{.features = data_features, .classes = data_classes};
  o.hidden = hidden.value_or(o.hidden);
  o.dense = dense.value_or(o.dense);
  o.heads = heads.value_or(o.heads);
  if (attention) o.attention = heed::attention_from(*attention);
  if (pooling) o.pooling = heed::pooling_from(*pooling);
  heed::require(o.attention != heed::Attention::multihead || o.hidden % o.heads == 0, [&] {
    return heed::Fault{"--heads " + std::to_string(o.heads) + " does not divide --hidden " + std::to_string(o.hidden)};
  });
  return o;
}

void add_architecture(CLI::App& command, Architecture& a) {
  const auto size = [&](const char* name, std::optional<Index>& value, const char* text, const char* what) {
    command.add_option(name, value, what)->check(CLI::Range(Index(1), most))->option_text(text)->group("Architecture");
  };
  const auto choice = [&](const char* name, std::optional<std::string>& value, const auto& names, const char* what) {
    const auto known = std::vector<std::string>(names.begin(), names.end());
    command.add_option(name, value, what)->check(CLI::IsMember(known))->option_text("NAME")->group("Architecture");
  };
  size("--features", a.features, "F", "Numbers a step; needed to read a table (1)");
  size("--classes", a.classes, "C", "Number of classes, labelled 0 to C-1 (as in the data)");
  choice("--attention", a.attention, heed::attention_names, "pool, multihead, additive or none (pool)");
  size("--heads", a.heads, "N", "Heads of multihead; they divide hidden (2)");
  choice("--pooling", a.pooling, heed::pooling_names, "What follows multihead: last step or mean (last)");
  size("--hidden", a.hidden, "N", "Size of the LSTM's state (32)");
  size("--dense", a.dense, "N", "Size of the dense layer (16)");
}

StoredModel load_model(const std::filesystem::path& path, const Architecture& architecture) {
  const heed::SafetensorsFile file(path);
  const heed::Metadata& metadata = file.metadata();
  const auto format = metadata.find("format");
  const bool own = format != metadata.end() && format->second == "heed";
  heed::Metadata hints;  // what tensors do not show
  if (!own && architecture.heads) heed::set(hints, "heads", *architecture.heads);
  if (!own && architecture.pooling) heed::set(hints, "pooling", *architecture.pooling);

  StoredModel stored{heed::load<Model>(file, hints), path};
  require_agreement(architecture, stored.model.options, path);
  if (own && metadata.contains("steps")) stored.steps = heed::get_index(metadata, "steps");
  return stored;
}

void save_model(const StoredModel& stored) {
  heed::Metadata extra;
  heed::set(extra, "steps", stored.steps);
  heed::save(stored.model, stored.path, extra);
}

heed::LabelMap class_names(const Model& model) {
  return model.labels.empty() ? heed::LabelMap::fixed(model.options.classes) : heed::LabelMap{model.labels};
}

std::string describe(const Model::Options& o) {
  std::string text = "LSTM(" + std::to_string(o.hidden) + ")";
  if (o.attention == heed::Attention::multihead) {
    text += " > multihead(" + std::to_string(o.heads) + ") > " + std::string(to_text(o.pooling));
  } else {
    text += o.attention == heed::Attention::none ? " > last" : " > attention " + std::string(to_text(o.attention));
  }
  return text + " > Dense(" + std::to_string(o.dense) + ") > ReLU > Dense(" + std::to_string(o.classes) + ")";
}

}  // namespace classifier
