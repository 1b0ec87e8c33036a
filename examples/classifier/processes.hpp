#pragma once

// The processes that train together: those that mpirun has started, or only this one.

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "heed/core/types.hpp"
#include "heed/optim/adam.hpp"
#include "heed/train/fit_options.hpp"
#include "heed/train/tiles.hpp"
#include "stored_model.hpp"

namespace classifier {

/// All processes call the functions from `threads` on together. Only processes.cpp uses MPI.
class Processes {
 public:
  /// Starts MPI if mpirun or a similar launcher has started this process. Throws if it has but the program is built
  /// without MPI.
  Processes(int& argc, char**& argv);
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;
  ~Processes();

  bool launched() const;                               ///< by mpirun: standard output is not what it seems
  int count() const;                                   ///< 1 where it has not been
  bool first() const;                                  ///< the one that reports and writes files
  heed::IndexRange part(heed::Index sequences) const;  ///< those of all that this process reads

  /// The threads that each process may use.
  int threads() const;

  /// Calls f(). If it throws in one process, all processes throw that error.
  void agree(const std::function<void()>& f) const;

  /// Throws if this text, or the command line, differs between processes.
  void require_same(const std::string& text) const;

  /// Calls f() in one process after another: each continues with the sums of the one before, and all get the last ones.
  void in_turn(std::span<double> sums, const std::function<void()>& f) const;

  /// `heed::fit` with the parts of all processes. The result has the same bits for any number of them.
  template <class M>
  heed::History fit(M& model, const heed::LabelledSequences<typename M::Input>& part, heed::Adam<M>& adam,
                    const heed::FitOptions& options,
                    const std::optional<heed::LabelledSequences<typename M::Input>>& test_part) const;

  /// The same for numbers, with the mean squared error.
  heed::History fit(NumberModel& model, const heed::TargetSequences<float>& part, heed::Adam<NumberModel>& adam,
                    const heed::FitOptions& options,
                    const std::optional<heed::TargetSequences<float>>& test_part) const;

  /// Reports an error on standard error, once, and returns the exit code (1). Ends the job if other processes may be
  /// waiting for this one.
  int failed(const std::exception& error) const;
  int failed(const std::string& error, int code) const;

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;
};

extern template heed::History Processes::fit(NumberModel&, const heed::LabelledSequences<float>&,
                                             heed::Adam<NumberModel>&, const heed::FitOptions&,
                                             const std::optional<heed::LabelledSequences<float>>&) const;
extern template heed::History Processes::fit(TextModel&, const heed::LabelledSequences<std::int32_t>&,
                                             heed::Adam<TextModel>&, const heed::FitOptions&,
                                             const std::optional<heed::LabelledSequences<std::int32_t>>&) const;

}  // namespace classifier
