#pragma once

// A training run as curves: loss and accuracy against epochs.

#include <cmath>
#include <string>

#include "curves.hpp"
#include "heed/train/history.hpp"

namespace support {

/// Training, validation and test, as far as the run has them; the accuracy where there is one.
inline Curves training_curves(const heed::History& history, const std::string& title = {}) {
  using Record = heed::EpochRecord;
  const auto panel = [&](const char* label, double Record::*training, double Record::*validation,
                         double Record::*test) {
    Panel result{label, {}};
    for (const auto& [name, member] : {std::pair{"training", training}, {"validation", validation}, {"test", test}}) {
      Curve curve{name, {}};
      bool any = false;
      for (const Record& record : history.epochs) {
        curve.y.push_back(record.*member);
        any = any || std::isfinite(record.*member);
      }
      if (any) result.curves.push_back(curve);
    }
    return result;
  };
  Curves page{.x_label = "epoch", .panels = {}, .title = title};
  page.panels.push_back(panel("loss", &Record::loss, &Record::validation_loss, &Record::test_loss));
  const Panel accuracy = panel("accuracy", &Record::accuracy, &Record::validation_accuracy, &Record::test_accuracy);
  if (!accuracy.curves.empty()) page.panels.push_back(accuracy);
  return page;
}

}  // namespace support
