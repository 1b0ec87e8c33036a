#pragma once

/// @file
/// Callbacks for `fit`, written as a user's own would be.

#include <cstdio>
#include <string>

#include "heed/core/error.hpp"
#include "heed/train/history.hpp"

namespace heed::inline HEED_ISA {

/// "1:05", "2:13:40"
std::string clock_text(double seconds);

/// "epoch 12/100  loss 0.123457  acc 0.9512  test 0.9431  340k seq/s  0:07 left": at most 79 columns, so that a
/// terminal of 80 columns can overwrite it.
std::string progress_text(const EpochRecord& r);

/// Shows one line that is overwritten after each epoch: for terminals.
Callback live_progress(std::FILE* out = stderr);

/// Prints a line every `every` epochs, and for the first and the last epoch: for pipes and logs.
Callback plain_progress(std::FILE* out = stdout, int every = 1);

/// Stops if the monitored loss has not fallen by more than `least` for `patience` epochs. The monitored loss is that of
/// the validation; without one that of the test; without either that of training. `FitOptions::early_stopping` also
/// restores the best weights, and goes on where a resumed run was; this function then starts to count anew. Throws if
/// `patience` is below 1, or if `least` is negative or not finite.
Callback stop_early(int patience, double least = 0);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <limits>

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION std::string clock_text(double seconds) {
  const auto total = static_cast<long long>(std::min(seconds, 1e15) + 0.5);
  char text[48];
  if (total >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", total / 3600, total / 60 % 60, total % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld", total / 60, total % 60);
  }
  return text;
}

HEED_COLD HEED_FUNCTION std::string progress_text(const EpochRecord& r) {
  std::string line = "epoch ";
  const auto add = [&](const char* format, auto... values) {
    char text[160];
    const int n = std::snprintf(text, sizeof text, format, values...);
    line.append(text, std::min(static_cast<std::size_t>(std::max(n, 0)), sizeof text - 1));
  };
  add("%d/%d", r.epoch, r.epochs);
  add(std::abs(r.loss) < 1000 ? "  loss %.6f" : "  loss %.3e", r.loss);
  if (!std::isnan(r.accuracy)) add("  acc %.4f", r.accuracy);
  if (!std::isnan(r.validation_accuracy)) {
    add("  val %.4f", r.validation_accuracy);
  } else if (std::isnan(r.accuracy) && !std::isnan(r.validation_loss)) {
    add(std::abs(r.validation_loss) < 1000 ? "  val %.6f" : "  val %.3e", r.validation_loss);
  }
  if (!std::isnan(r.test_accuracy)) {
    add("  test %.4f", r.test_accuracy);
  } else if (std::isnan(r.accuracy) && !std::isnan(r.test_loss)) {
    add(std::abs(r.test_loss) < 1000 ? "  test %.6f" : "  test %.3e", r.test_loss);
  }
  const double rate = r.seconds > 0 ? static_cast<double>(r.sequences) * r.epoch / r.seconds : 0;
  if (rate >= 1e7) {
    add("  %.0fM seq/s", rate / 1e6);
  } else if (rate >= 1e4) {
    add("  %.0fk seq/s", rate / 1e3);
  } else {
    add("  %.0f seq/s", rate);
  }
  line += "  " + clock_text(r.seconds / r.epoch * (r.epochs - r.epoch)) + " left";
  constexpr std::size_t widest = 79;
  if (line.size() > widest) line.erase(0, 6);  // "epoch "
  if (line.size() > widest) line.resize(widest);
  return line;
}

HEED_COLD HEED_FUNCTION Callback live_progress(std::FILE* out) {
  return [out](const EpochRecord& r) {
    std::fprintf(out, "\r\x1b[K%s%s", progress_text(r).c_str(), r.epoch == r.epochs ? "\n" : "");
    std::fflush(out);
    return true;
  };
}

HEED_COLD HEED_FUNCTION Callback plain_progress(std::FILE* out, int every) {
  require(every > 0,
          [&] { return Fault{"epochs between lines", "plain_progress", "at least 1", std::to_string(every)}; });
  return [out, every](const EpochRecord& r) {
    if (r.epoch == 1 || r.epoch == r.epochs || r.epoch % every == 0) {
      std::fprintf(out, "%s\n", progress_text(r).c_str());
      std::fflush(out);
    }
    return true;
  };
}

HEED_COLD HEED_FUNCTION Callback stop_early(int patience, double least) {
  require(patience >= 1,
          [&] { return Fault{"patience out of range", "stop_early", "at least 1", std::to_string(patience)}; });
  require(least >= 0 && std::isfinite(least), [&] {
    return Fault{"least improvement out of range", "stop_early", "a finite number of at least 0",
                 std::to_string(least)};
  });
  return [patience, least, best = std::numeric_limits<double>::infinity(), waited = 0](const EpochRecord& r) mutable {
    const double loss = r.monitored_loss();
    if (r.epoch == 1) best = std::numeric_limits<double>::infinity();  // another run with the same options
    if (loss < best - least) {
      best = loss;  // only then, so that small improvements add up
      waited = 0;
    } else {
      ++waited;
    }
    return waited < patience;
  };
}

}  // namespace heed::inline HEED_ISA

#endif
