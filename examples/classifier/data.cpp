#include "data.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/core/file.hpp"

namespace classifier {

using heed::Index;

heed::Sequences<float> load_data(const DataFiles& files, std::optional<Index> features, heed::LoadOptions options) {
  options.features = features.value_or(1);
  heed::Sequences<float> data = heed::load_sequences<float>(files.data, files.labels, options);
  heed::require(!features || data.features() == *features, [&] {
    return heed::Fault{"wrong number of features", files.data.string(), std::to_string(*features),
                       std::to_string(data.features())};
  });
  return data;
}

heed::Sequences<float> load_data_for(const StoredModel& stored, const DataFiles& files, bool labels, Index steps) {
  heed::LoadOptions options{.steps = steps > 0 ? steps : stored.steps, .labels = labels};
  if (labels) options.steps = 0;  // rows end with a label: any number of steps will do
  return load_data(files, stored.model.options.features, options);
}

LabelledData::LabelledData(heed::Sequences<float> data, const heed::LabelMap& names, const std::string& where,
                           const heed::Part& chosen)
    : sequences(std::move(data)),
      classes(names.encode(sequences.labels, where)),
      part(chosen ? chosen(count()) : heed::IndexRange{0, count()}) {}

heed::LabelledSequences<float> LabelledData::view() const {
  const auto of_part = [&](std::span<const std::int32_t> all) {
    return all.empty() ? all
                       : all.subspan(static_cast<std::size_t>(part.first), static_cast<std::size_t>(part.count()));
  };
  return {sequences.x, of_part(classes), of_part(sequences.lengths)};
}

std::string counted(Index count, const char* one, const char* many) {
  return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

std::string describe(const LabelledData& data) {
  std::string text = counted(data.count(), "sequence", "sequences") + " of ";
  const auto& lengths = data.sequences.lengths;
  if (!lengths.empty()) text += std::to_string(*std::min_element(lengths.begin(), lengths.end())) + " to ";
  return text + counted(data.sequences.steps(), "step", "steps");
}

void check_output(const std::filesystem::path& path, const std::vector<std::filesystem::path>& inputs) {
  for (const auto& input : inputs) {
    std::error_code absent;
    heed::require(!std::filesystem::equivalent(path, input, absent), [&] {
      return heed::Fault{"this file is read, it must not be written", path.string()};
    });
  }
  heed::check_writable(path);
}

}  // namespace classifier
