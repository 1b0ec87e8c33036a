#pragma once

// Compares ways to train: cross-validates each on the same folds, within a time limit.

#include <chrono>
#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/parallel.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/folds.hpp"
#include "training.hpp"

namespace classifier {

inline constexpr int folds_of_a_round = 3;

/// A way to train, and its result.
struct Candidate {
  std::string name;                     ///< of a recipe; empty: the default
  std::string fault = {};               ///< why it does not count; empty: it counts
  std::string note = {};                ///< what was left out for lack of time
  std::vector<double> accuracies = {};  ///< of the folds, round by round; r2 of regressions, skill of forecasts
  std::vector<heed::Tensor<float, 2>> answers = {};  ///< to each fold's left-out sequences; of classes the logits
  double seconds = 0;
  double step_seconds = 0;        ///< of one training step on one thread; 0: not known
  std::exception_ptr error = {};  ///< other options contradict its own
  bool alone = true;              ///< may be taken by itself, and not only with others

  const char* shown() const { return name.empty() ? "default" : name.c_str(); }
  bool rocket() const { return name == "rocket"; }
  bool counts() const { return fault.empty(); }
  /// Only the first folds.
  void keep(std::size_t folds) {
    if (accuracies.size() > folds) accuracies.resize(folds);
    if (answers.size() > folds) answers.resize(folds);
  }
};

/// The number of steps of a training on this many sequences.
heed::Index steps_of(const TrainArguments& arguments, heed::Index count);

/// Compares candidates. Whatever a candidate computes from data, such as means, comes from the fold's training data.
///
/// If three folds would take more than a candidate's share of the remaining time, it gets one fold. If one fold of a
/// network would still take more, it gets fewer epochs; a few steps are timed first. Everything stops at the time
/// limit, and a candidate that has not finished does not count.
class RecipeTrials {
 public:
  RecipeTrials(const TrainArguments& arguments, const Task<NumberModel>& task, const Processes& processes);

  int rounds() const { return rounds_; }
  double limit() const { return deadline_.seconds; }
  int threads() const { return threads_; }

  /// Throws where options rule out every recipe.
  void run(std::vector<Candidate>& candidates);

  /// Candidates that have run, combined to one whose probabilities or numbers are their mean, on the folds that all of
  /// them have.
  Candidate together(const std::vector<const Candidate*>& parts) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Deadline {
    Clock::time_point start;
    double seconds;
    double spent() const { return std::chrono::duration<double>(Clock::now() - start).count(); }
    bool stop_requested() const { return spent() > seconds; }
  };

  void run(Candidate& candidate, int round, double share) const;
  Deadline within(double share, bool first) const;
  bool run_rocket(Candidate& candidate, std::span<const heed::FoldRows> folds, double share) const;
  bool run_trained(Candidate& candidate, std::span<const heed::FoldRows> folds, double share) const;
  /// Adds a fold's answers, and their score: of classes the accuracy, of a regression r2, of a forecast its skill.
  template <class M>
  void add_score(Candidate& candidate, const StoredModel<M>& stored, const Task<NumberModel>& fold,
                 const heed::FoldRows& rows) const;
  template <class S>
  double score_of(const heed::Tensor<S, 2>& answers, const heed::FoldRows& fold) const;
  /// The seconds per step, measured with a temporary model.
  double time_step(const TrainArguments& arguments, const heed::FoldRows& fold) const;
  /// Reduces folds and epochs so that they take no more than a share of the time.
  std::span<const heed::FoldRows> fit_into(double share, TrainArguments& arguments, Candidate& candidate,
                                           std::span<const heed::FoldRows> folds) const;

  TrainArguments a_;
  const Task<NumberModel>& task_;
  const Processes& processes_;
  Deadline deadline_;
  int threads_, rounds_;
  std::vector<heed::FoldRows> folds_;
};

}  // namespace classifier
