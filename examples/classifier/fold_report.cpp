#include "fold_report.hpp"

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/train/folds.hpp"
#include "heed/train/history.hpp"
#include "numbers.hpp"

namespace classifier {

std::string name_of(const heed::FoldRows& fold) {
  return "fold " + std::to_string(fold.fold + 1) + " of repeat " + std::to_string(fold.repeat + 1);
}

void check_trained(const heed::History& history, const heed::FoldRows& fold) {
  heed::require(history.outcome != heed::Outcome::cancelled,
                [&] { return heed::Fault{"interrupted in " + name_of(fold)}; });
  heed::require(history.outcome != heed::Outcome::diverged, [&] {
    return heed::Fault{"the loss is not finite any more at epoch " + std::to_string(history.diverged_at),
                       name_of(fold)};
  });
}

void FoldReport::row(const heed::FoldResult& r) {
  const bool first = !std::exchange(begun_, true), numbers = !measured_.empty();
  if (first) {
    const bool forecast = numbers && measured_.back().skill;
    std::printf("repeat  fold  training  validation%s%s\n",
                numbers ? "          mse          mae       r2" : "  accuracy        loss",
                forecast ? "    skill" : "");
  }
  std::printf("%6d  %4d  %8td  %10td", r.repeat + 1, r.fold + 1, r.training, r.validation);
  if (numbers) {
    const Metrics& m = measured_.back();
    std::printf("  %11.6g  %11.6g  %7.4f", m.mse, m.mae, m.r2);
    if (m.skill) std::printf("  %7.4f", *m.skill);
    std::printf("\n");
  } else {
    std::printf("  %8.4f  %10.6f\n", r.accuracy, r.loss);
  }
  std::fflush(stdout);
}

void FoldReport::summary(const heed::CrossValidation& all) const {
  if (measured_.empty()) {
    std::printf("accuracy %.4f +- %.4f, loss %.6f +- %.6f", all.accuracy.mean, all.accuracy.deviation, all.loss.mean,
                all.loss.deviation);
  } else {
    const auto over_folds = [&](double Metrics::*figure) {
      std::vector<double> values;
      for (const Metrics& m : measured_) values.push_back(m.*figure);
      return heed::mean_and_deviation(values);
    };
    const auto mse = over_folds(&Metrics::mse), mae = over_folds(&Metrics::mae), r2 = over_folds(&Metrics::r2);
    std::printf("mse %.6g +- %.6g, mae %.6g +- %.6g, r2 %.4f +- %.4f", mse.mean, mse.deviation, mae.mean, mae.deviation,
                r2.mean, r2.deviation);
    if (measured_.back().skill) {
      std::vector<double> skills;
      for (const Metrics& m : measured_) skills.push_back(*m.skill);
      const auto skill = heed::mean_and_deviation(skills);
      std::printf(", skill %.4f +- %.4f", skill.mean, skill.deviation);
    }
  }
  std::printf(": mean and standard deviation of %zu folds\n", all.folds.size());
}

}  // namespace classifier
