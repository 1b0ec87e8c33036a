#pragma once

// Models out of files, of heed and of other programs.

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "advice.hpp"
#include "heed/core/error.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/options/model_metadata.hpp"
#include "stored.hpp"

namespace heed_python {

/// What a file says beside what the model itself writes.
template <class M>
Metadata extra_of(const M& model, const Metadata& metadata) {
  Metadata extra = metadata;
  heed::detail::erase_self_test(extra);  // it is written anew
  const Metadata own = heed::detail::file_metadata(model, {});
  for (const auto& entry : own) extra.erase(entry.first);
  return extra;
}

/// What a file holds: models, and what it says beside what they write themselves.
template <class M>
struct Kept {
  std::vector<M> members = {};
  Metadata extra = {};
  std::vector<std::string> notes = {};
};

/// Whether a file holds an M. `fits` tells by its tensors, where it does not say its architecture.
template <class M, class Fits>
bool holds(const heed::TensorFile& file, const Reading& reading, Fits&& fits) {
  const auto said = file.metadata().find("architecture");
  if (said == file.metadata().end()) return fits(file.renamed(reading.weights));
  return said->second == M::architecture || said->second == heed::Ensemble<M>::architecture;
}

template <class M>
bool loads_partially(const heed::TensorFile& file, Reading reading) {
  if (std::exchange(reading.weights.partial, true)) return false;
  heed::LoadedWeights report;
  try {
    heed::load<M>(file, reading.hints, reading.weights, &report);
  } catch (const heed::Error&) {
    return false;
  }
  return report.kept.empty();
}

template <class M>
Kept<M> kept_in(const heed::TensorFile& file, const Reading& reading) {
  const auto said = file.metadata().find("architecture");
  const bool own = said != file.metadata().end();
  Kept<M> kept;
  try {
    if (own && said->second == heed::Ensemble<M>::architecture) {
      heed::Ensemble<M> ensemble = heed::load<heed::Ensemble<M>>(file, reading.hints, reading.weights);
      kept.extra = extra_of(ensemble, file.metadata());
      const Metadata of_one = heed::metadata_of(ensemble.members.front());
      for (const auto& entry : of_one) kept.extra.erase(entry.first);
      kept.members = std::move(ensemble.members);
      return kept;
    }
    heed::LoadedWeights report;
    kept.members.push_back(heed::load<M>(file, reading.hints, reading.weights, &report));
    kept.notes = notes_of(report, file.name());
  } catch (const heed::TensorMismatch& error) {
    with_advice(error, error.renames().empty() && loads_partially<M>(file, reading));
  }
  if (own) kept.extra = extra_of(kept.members.front(), file.metadata());
  return kept;
}

/// Null where the file is of another kind.
template <class M, class Fits>
std::shared_ptr<Model> read_of(const heed::TensorFile& file, const Reading& reading, Fits&& fits,
                               typename ModelOf<M>::Encode encode) {
  if (!holds<M>(file, reading, fits)) return nullptr;
  Kept<M> kept = kept_in<M>(file, reading);
  return std::make_shared<ModelOf<M>>(std::move(kept.members), std::move(kept.extra), encode, std::move(kept.notes));
}

}  // namespace heed_python
