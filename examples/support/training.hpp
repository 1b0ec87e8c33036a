#pragma once

// Training that ends well: the model is kept, Ctrl-C keeps what was learnt.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "heed/core/error.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/options/metadata.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/interrupt.hpp"

namespace support {

/// Steps of training in which `count` sequences are seen once.
inline heed::Index steps_an_epoch(heed::Index count, const heed::FitOptions& fit) {
  return (count - 1) / std::max<heed::Index>(fit.batch_size, 1) + 1;
}

/// Trains, and writes the model to `path` (empty: it is not kept) with `facts` about it. Ctrl-C keeps the weights so
/// far. Throws where the loss does not stay finite, and before all else where the model cannot be written.
template <class Model>
heed::History fit_and_keep(Model& model, const heed::LabelledSequences<typename Model::Input>& data,
                           heed::FitOptions fit, const std::filesystem::path& path,
                           const std::optional<heed::LabelledSequences<typename Model::Input>>& held_out = {},
                           const heed::Metadata& facts = {}) {
  if (!path.empty()) heed::check_save(model, path, facts);
  const heed::InterruptGuard guard;
  fit.stop = guard.signal();
  heed::History history = heed::fit(model, data, fit, held_out);
  heed::require(history.outcome != heed::Outcome::diverged, [] { return heed::Fault{"the training diverged"}; });
  if (history.outcome == heed::Outcome::cancelled) {
    std::printf("interrupted: the %s are kept\n", fit.early_stopping.patience > 0 ? "best weights" : "weights so far");
  }
  if (!path.empty()) heed::save(model, path, facts);
  return history;
}

}  // namespace support
