#pragma once

/// @file
/// Training over many processes and machines, by MPI. Opt-in: needs MPI (CMake: `heed::mpi`).
///
///     heed::MpiSession session(argc, argv);                                 // in a program that mpirun launches
///     try {
///       heed::MpiReducer mpi;
///       const heed::IndexRange part = mpi.part(n);                          // which of the n sequences to have here
///       heed::Tensor<float, 3> x;
///       mpi.agree([&] { x = read_my_sequences(part); });                    // where one fails, all do
///       heed::fit(model, {x.view(), labels}, {.threads = mpi.threads()}, {}, mpi);   // labels: those of the part
///       mpi.agree([&] { if (mpi.rank() == 0) heed::save(model, "model.safetensors"); });
///     } catch (const std::exception& e) {
///       return session.failed(e, "my_program");                             // says it once, and nobody waits for ever
///     }
///
/// Every process calls `fit` with the same model, options and callbacks that do not throw, and has the same trained
/// model in the end: the same bits as one process that has all of the data. Faulty sequences of one process are an
/// error in all.
///
/// **What it costs.** A step's sequences are cut into shards: one a tile of 64 sequences, 16 at most up to 16,384
/// sequences a step, then one for every 1,024, 256 at most. Processes beyond their number have nothing to do; a step of
/// 64 sequences or fewer is the work of one. With P parameters of s bytes, R processes, a network of latency l and
/// b bytes a second, a step on one process of t seconds takes about
///
///     t / R + ceil(log2 R) (l + P s / b) + ceil(log2 R) (l + P s / b)      the tree of additions, the broadcast
///
/// Each process but the first sends its sum once when R is a power of two, else at most twice a level: (R - 1)
/// (P s + 16) bytes go up the tree and as many come back. More machines pay as long as t (1 - 1/R) is well above
/// 2 log2(R) (l + P s / b); benchmarks/mpi has a table. The classifier of 5 features and 32 hidden units has P = 5,723,
/// a message of 22.9 KB: over a network of 10 Gbit/s and 25 us two machines spend 0.09 ms a step.
/// Full batches move sequences once, if at all: not where each process reads `part(n)`, unless they are ragged (they
/// are sorted by length) or some are kept for validation. Shuffled mini-batches move (R - 1) / R of the data in each
/// epoch, in a few exchanges. Labels (or targets) and lengths, 8 bytes a sequence with one label, go to every process
/// once.
///
/// Of a checkpoint only one process may be the writer; all read it. A stop signal is asked for in all processes after
/// each step, one small message more: either all hand one in, or none.

#include <mpi.h>

#if defined(__linux__)
#include <sched.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <utility>

#include "heed/core/available_threads.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/types.hpp"
#include "heed/distributed/detail/mpi_message.hpp"
#include "heed/distributed/detail/mpi_rows.hpp"
#include "heed/distributed/detail/mpi_world.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/reducer.hpp"

namespace heed::inline HEED_ABI {

/// An error that all processes throw together, so that one of them may report it.
struct MpiAgreedError : Error {
  using Error::Error;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Starts MPI, and stops it at its end. MPI is used by one thread, the one that calls `fit`.
class MpiSession {
 public:
  MpiSession(int& argc, char**& argv) {
    int provided = 0;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_dup(MPI_COMM_WORLD, &failures_);
  }
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;
  /// Catch exceptions before they leave the session: the job is aborted otherwise, as other processes may be waiting.
  ~MpiSession() {
    if (std::uncaught_exceptions() > uncaught_) {
      std::fprintf(stderr, "heed: an exception leaves the MpiSession: the job is aborted\n");
      MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    }
    MPI_Comm_free(&failures_);
    MPI_Finalize();
  }

  /// For the last `catch` of a program: "program: what" stands on standard error, once where all processes fail.
  /// Returns 1, for `main` to return. Where the others have not failed two seconds later they may be waiting for this
  /// process: then the job is ended by `MPI_Abort`.
  int failed(const std::exception& e, const std::string& program) const {
    return failed(program, e.what(), EXIT_FAILURE, dynamic_cast<const MpiAgreedError*>(&e) != nullptr);
  }
  /// With an exit code of one's own. `agreed`: all processes call this, whenever that is.
  int failed(const std::string& program, const std::string& what, int code, bool agreed = false) const {
    int rank = 0;
    MPI_Comm_rank(failures_, &rank);
    const bool together = agreed || others_fail_too();
    if (rank == 0 || !together) {
      const std::string who = together || rank == 0 ? "" : "rank " + std::to_string(rank) + ": ";
      std::fflush(stdout);
      std::fprintf(stderr, "%s: %s%s\n", program.c_str(), who.c_str(), what.c_str());
    }
    if (!together) MPI_Abort(MPI_COMM_WORLD, code);
    return code;
  }

  /// Whether this process was launched by mpirun or its like (Open MPI, MPICH, srun): a program that also runs alone
  /// need not start MPI otherwise.
  static bool launched() {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"}) {
      if (std::getenv(name)) return true;
    }
    return false;
  }

 private:
  bool others_fail_too() const {
    using namespace std::chrono;
    MPI_Request all = MPI_REQUEST_NULL;
    MPI_Ibarrier(failures_, &all);
    int done = 0;
    for (const auto end = steady_clock::now() + seconds(2); !done && steady_clock::now() < end;) {
      std::this_thread::sleep_for(milliseconds(1));
      MPI_Test(&all, &done, MPI_STATUS_IGNORE);
    }
    return done != 0;
  }

  MPI_Comm failures_ = MPI_COMM_NULL;  // of those who fail
  int uncaught_ = std::uncaught_exceptions();
};

/// The processes of a communicator as a `Reducer` for `fit`. Where MPI has not been started: this process alone.
/// Its functions, `fit` with it included, are called by all processes together, and nobody else uses the communicator
/// meanwhile.
class MpiReducer {
 public:
  explicit MpiReducer(MPI_Comm communicator = MPI_COMM_WORLD) : world_(communicator) {}

  int rank() const { return world_.rank; }
  int size() const { return world_.size; }

  /// Which of `total` sequences this process should read so that full batches move none (of a large model some). Any
  /// other contiguous parts, in the order of the ranks, do as well.
  IndexRange part(Index total) const {
    const Index width = tile_width(total), tiles = tile_count(total, width);
    const Batch all{{0, total}, width, shard_count(tiles, 0)};
    return all.positions_of(all.tiles_of(own(all.shards)));
  }

  /// The threads that this process may use: the processors that it may run on, or its share of the machine's.
  int threads() const {
    int here = 1;  // processes on this machine
    if (world_.size > 1) {
      MPI_Comm local = MPI_COMM_NULL;
      MPI_Comm_split_type(world_.communicator, MPI_COMM_TYPE_SHARED, world_.rank, MPI_INFO_NULL, &local);
      MPI_Comm_size(local, &here);
      MPI_Comm_free(&local);
    }
    int threads = std::max(1, available_threads() / here);
#if defined(__linux__)
    cpu_set_t processors;
    if (here > 1 && sched_getaffinity(0, sizeof processors, &processors) == 0) {
      threads = std::clamp(CPU_COUNT(&processors), 1, threads);
    }
#endif
    return threads;
  }

  /// Calls f(). Where a process throws `heed::Error`, all throw that of the lowest such rank, which is named. What else
  /// f throws, nobody knows of: then the job must be ended by `MPI_Abort`.
  template <class F>
  void agree(F&& f) const {
    if (world_.size == 1) return f();
    Fault fault;
    bool failed = false;
    try {
      f();
    } catch (const Error& e) {
      failed = true;
      fault = e.fault();
    }
    const int lowest = world_.least(failed ? world_.rank : world_.size);
    if (lowest == world_.size) return;
    for (std::string* text : {&fault.what, &fault.where, &fault.expected, &fault.got}) {
      world_.broadcast_item(*text, lowest);
    }
    if (lowest > 0) fault.where = "rank " + std::to_string(lowest) + (fault.where.empty() ? "" : ", " + fault.where);
    throw MpiAgreedError(fault);
  }

  /// Calls f() rank after rank: each starts from the numbers that the one before left in `state`. In the end all have
  /// those of the last. For sums over all data, to the same bits as in one process.
  template <class T, class F>
  void in_turn(std::span<T> state, F&& f) const {
    const int last = world_.size - 1;
    if (world_.rank > 0) world_.exchange({}, 0, std::as_writable_bytes(state), world_.rank - 1);
    f();
    if (world_.rank < last) world_.exchange(std::as_bytes(state), world_.rank + 1, {}, 0);
    world_.broadcast(state, last);
  }

  IndexRange own(Index count) const { return world_.own(count, world_.rank); }

  template <class S>
  void reduce(std::span<Shard<S>> mine, Index count, ThreadPool& threads) {
    const IndexRange range = own(count);
    for (Index distance = 1; distance < count && range.count() > 0; distance *= 2) {
      add_pairs(mine, range.first, distance, threads);
      add_across(mine, range, count, distance);
    }
    if (world_.size == 1) return;
    world_.broadcast(world_.rank == 0 ? outgoing_.pack(mine.front()) : incoming_.room_for(mine.front()), 0);
    if (world_.rank > 0) incoming_.unpack(mine.front());
  }

  template <class T>
  void share(std::span<T> items) const {
    const auto count = static_cast<Index>(items.size());
    for (int p = 0; p < world_.size; ++p) {
      const IndexRange range = world_.own(count, p);
      world_.broadcast(items.subspan(static_cast<std::size_t>(range.first), static_cast<std::size_t>(range.count())),
                       p);
    }
  }

  bool all(bool yes) const { return world_.least(yes) != 0; }

  /// Throws, in all processes, where the sequences of one are faulty.
  template <class X, class T>
  detail::MpiRows<X, T> rows(const LabelledSequences<X, T>& part) const {
    agree([&] {
      if (part.count() > 0 || !part.labels.empty()) check_sequences(part);
    });
    return detail::MpiRows<X, T>(world_, part);
  }

 private:
  /// The pairs of a level of the tree whose halves are in two processes: of the shards of a process, which are a range,
  /// at most the first right half and the last left half.
  template <class S>
  void add_across(std::span<Shard<S>> mine, IndexRange range, Index count, Index distance) {
    const auto shard = [&](Index i) -> Shard<S>& { return mine[static_cast<std::size_t>(i - range.first)]; };
    const Index step = 2 * distance;
    const Index right = (range.first - distance + step - 1) / step * step + distance;
    const Index left = (range.last - 1) / step * step;
    const bool sends = right < range.last && right - distance < range.first;
    const bool receives = left >= range.first && left + distance >= range.last && left + distance < count;
    std::span<std::byte> out, in;
    if (sends) out = outgoing_.pack(shard(right));
    if (receives) in = incoming_.room_for(shard(left));
    world_.exchange(out, sends ? world_.owner(right - distance, count) : 0, in,
                    receives ? world_.owner(left + distance, count) : 0);
    if (receives) incoming_.add_to(shard(left));
  }

  detail::MpiWorld world_;
  detail::MpiMessage outgoing_, incoming_;
};

}  // namespace heed::inline HEED_ISA
