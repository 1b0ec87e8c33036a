#include "recipe_table.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "heed/train/folds.hpp"

namespace classifier {

heed::MeanAndDeviation accuracy_of(const Candidate& c, std::size_t folds) {
  return heed::mean_and_deviation(std::span(c.accuracies).first(folds));
}

void print_candidates(const std::vector<Candidate>& candidates, std::size_t best, std::size_t taken_one,
                      const NumbersTask& task) {
  std::size_t longest = 9;
  for (const Candidate& c : candidates) longest = std::max(longest, c.name.size());
  const int width = static_cast<int>(longest);
  const char* const score = task.forecast() ? "skill" : task.numbers() ? "r2" : "accuracy";
  std::printf("%-*s  %8s  deviation  seconds\n", width, "recipe", score);
  for (const Candidate& c : candidates) {
    if (!c.fault.empty()) {
      std::printf("%-*s  %s\n", width, c.shown(), c.fault.c_str());
      continue;
    }
    const heed::MeanAndDeviation m = accuracy_of(c, c.accuracies.size());
    std::string note = c.note.empty() ? "" : "  " + c.note;
    if (!c.alone) note += "  only with others: it has no epochs to write of";
    std::printf("%-*s  %8.4f  %9.4f  %7.1f%s\n", width, c.shown(), m.mean, m.deviation, c.seconds, note.c_str());
  }
  const Candidate& taken = candidates[taken_one];
  std::printf("%s%s is taken: ", taken.name.empty() ? "the " : "", taken.shown());
  if (taken.fault.empty()) {
    const std::size_t folds = taken.accuracies.size();
    const std::string of = folds == 1 ? "one fold" : std::to_string(folds) + " folds";
    if (taken_one == best) {
      std::printf("the best of %s\n", of.c_str());
    } else {
      std::printf("a mean, and as good as %s within the noise of %s\n", candidates[best].shown(), of.c_str());
    }
  } else {
    std::printf("none came to its end\n");
  }
  std::fflush(stdout);
}

}  // namespace classifier
