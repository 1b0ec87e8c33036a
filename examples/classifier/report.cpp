#include "report.hpp"

#include <cmath>
#include <cstdio>
#include <optional>

#include "../support/terminal.hpp"
#include "data.hpp"
#include "heed/core/error.hpp"
#include "heed/data/csv.hpp"

namespace classifier {

using namespace support;

void print_plan(const std::string& data, const std::string& model, heed::Index weights, const Processes& processes,
                int threads) {
  const std::string by = processes.launched() ? counted(processes.count(), "process of ", "processes of ") : "";
  std::printf("%s%s%jd weights, %s%s\n", wrapped(data, 80, 0).c_str(), wrapped(model, 80, 0).c_str(), weights,
              by.c_str(), counted(threads, "thread", "threads").c_str());
}

void print_figures(const heed::History& history) {
  const int best = history.best_epoch;
  if (history.epochs.empty()) return;
  const heed::EpochRecord& r = best > 0 ? history.epochs[static_cast<std::size_t>(best - 1)] : history.epochs.back();
  if (std::isnan(r.accuracy)) {  // of numbers
    const bool validates = !std::isnan(r.validation_loss);
    std::printf("%sloss %.6f%s, of targets scaled to deviation 1\n", validates ? "validation " : "",
                validates ? r.validation_loss : r.loss, best > 0 ? "" : " in the last epoch");
    return;
  }
  const bool validates = !std::isnan(r.validation_accuracy), tests = !std::isnan(r.test_accuracy);
  if (validates) std::printf("validation accuracy %.4f, loss %.6f\n", r.validation_accuracy, r.validation_loss);
  if (tests) std::printf("test accuracy %.4f, loss %.6f\n", r.test_accuracy, r.test_loss);
  if (!validates && !tests) {
    std::printf("accuracy %.4f, loss %.6f in the last epoch, on the training data\n", r.accuracy, r.loss);
  }
}

void print_place(const TrainArguments& a) {
  if (a.model.empty()) {
    std::printf("the model is not kept: --model FILE.safetensors writes it\n");
  } else {
    std::printf("model written to %s\n", a.model.string().c_str());
  }
}

void print_result(const heed::History& history, const TrainArguments& a, const std::string& metrics) {
  const int best = history.best_epoch;
  if (best > 0) {
    std::printf("%sepoch %d of %zu was the best\n", history.outcome == heed::Outcome::early ? "stopped early: " : "",
                best, history.epochs.size());
  }
  std::fputs(metrics.c_str(), stdout);
  if (metrics.empty()) print_figures(history);
  print_place(a);
}

void require_finished(const heed::History& history, const TrainArguments& a) {
  const std::string where = a.model.empty() ? "" : " are in " + a.model.string();
  heed::require(history.outcome != heed::Outcome::diverged, [&] {
    const std::string what = "the loss is not finite any more at epoch " + std::to_string(history.diverged_at);
    if (where.empty()) return heed::Fault{what};
    return heed::Fault{what +
                       (history.best_epoch > 0
                            ? "; the weights of epoch " + std::to_string(history.best_epoch) + ", the best,"
                            : "; the last weights that gave a finite one") +
                       where};
  });
  heed::require(history.outcome != heed::Outcome::cancelled, [&] {
    std::string what = "interrupted after epoch " + std::to_string(history.epochs.size());
    if (!where.empty()) {
      what += history.best_epoch > 0 ? "; the weights of epoch " + std::to_string(history.best_epoch) + ", the best,"
                                     : "; its weights";
      what += where;
    }
    if (!a.checkpoint.empty()) what += "; --resume goes on from " + a.checkpoint.string();
    return heed::Fault{what};
  });
}

void write_history(const std::filesystem::path& path, const heed::History& history) {
  constexpr int digits = 9;
  heed::CsvWriter csv(
      {"epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "test_loss", "test_accuracy", "seconds"},
      digits);
  const auto if_any = [](double value) { return std::isnan(value) ? std::optional<double>() : value; };
  for (const heed::EpochRecord& r : history.epochs) {
    csv.row(r.epoch, r.loss, if_any(r.accuracy), if_any(r.validation_loss), if_any(r.validation_accuracy),
            if_any(r.test_loss), if_any(r.test_accuracy), r.seconds);
  }
  csv.write(path);
}

}  // namespace classifier
