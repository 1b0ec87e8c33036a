#include "attention_table.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include "heed/core/tensor.hpp"
#include "heed/data/npy.hpp"

namespace classifier {

using heed::Index;

heed::CsvWriter weight_table(const Weights& w, const NamedSequences& data) {
  const bool named = !data.ids.empty();
  std::vector<std::string> header{named ? data.id_column : "sequence"};
  if (w.heads > 0) header.insert(header.end(), {"head", "query"});
  for (Index t = 0; t < w.steps; ++t) header.push_back("step " + std::to_string(t));
  heed::CsvWriter csv(header);
  for (Index i = 0; i < w.all.extent(0); ++i) {
    const auto sequence = w.all[i];
    const std::string name = named ? data.ids[static_cast<std::size_t>(i)] : std::to_string(i);
    if (w.heads == 0) csv.row(name, heed::TensorView<const float, 1>(sequence.data(), {w.steps}));
    for (Index r = 0; r < w.heads * w.steps; ++r) csv.row(name, r / w.steps, r % w.steps, sequence[r]);
  }
  return csv;
}

heed::CsvWriter weight_table(const Weights& w, const Tokens& data) {
  std::vector<std::string> header{"sentence"};
  if (w.heads > 0) header.insert(header.end(), {"head", "query"});
  header.insert(header.end(), {"step", "word", "known", "weight"});
  heed::CsvWriter csv(header);
  for (Index i = 0; i < data.count(); ++i) {
    const auto& words = data.words[static_cast<std::size_t>(i)];
    const auto length = static_cast<Index>(words.size());
    const auto row = [&](Index t, float weight, const auto&... place) {
      const int known = data.x(i, t, 0) != heed::Vocabulary::unknown;
      csv.row(i, place..., t, words[static_cast<std::size_t>(t)], known, weight);
    };
    for (Index t = 0; w.heads == 0 && t < length; ++t) row(t, w.all(i, t, 0));
    for (Index r = 0; r < w.heads * w.steps; ++r) {
      if (r % w.steps >= length) continue;
      for (Index t = 0; t < length; ++t) row(t, w.all(i, r, t), r / w.steps, r % w.steps);
    }
  }
  return csv;
}

template <class Data>
void write_weights(const std::filesystem::path& path, const Weights& w, const Data& data) {
  if (!is_npy(path)) {
    weight_table(w, data).write(path);
  } else if (w.heads == 0) {
    heed::write_npy(path, heed::TensorView<const float, 2>(w.all.data(), {w.all.extent(0), w.steps}));
  } else {
    heed::write_npy(path, heed::TensorView<const float, 4>(w.all.data(), {w.all.extent(0), w.heads, w.steps, w.steps}));
  }
}

template void write_weights(const std::filesystem::path&, const Weights&, const NamedSequences&);
template void write_weights(const std::filesystem::path&, const Weights&, const Tokens&);

}  // namespace classifier
