#pragma once

// The log of a training run, as `classifier train --log` and `--history` write it.

#include <filesystem>
#include <vector>

#include "findings.hpp"
#include "heed/train/history.hpp"

namespace classifier::page {

struct TrainingLog {
  std::vector<heed::EpochRecord> epochs = {};  // of the last run in the file
  int runs = 0;
};

/// Reads a .csv or .jsonl. Throws where it is no such log.
TrainingLog read_log(const std::filesystem::path& path);

/// What a model is trained on and by.
struct CurveKind {
  bool numbers = false;      // its loss is of scaled targets
  bool closed_form = false;  // there are no epochs
};
/// Loss and accuracy over epochs. An empty path: no log was given.
Section curve_section(const std::filesystem::path& path, CurveKind kind);

}  // namespace classifier::page
