#pragma once

/// @file
/// Training over many processes and machines, with MPI. Optional: needs MPI (CMake: `heed::mpi`).
///
///     heed::MpiSession session(argc, argv);                                 // in a program that mpirun starts
///     try {
///       heed::MpiReducer mpi;
///       const heed::IndexRange part = mpi.part(n);                          // which of the n sequences to read here
///       heed::Tensor<float, 3> x;
///       mpi.agree([&] { x = read_my_sequences(part); });                    // if one process fails, all do
///       heed::fit(model, {x.view(), labels}, {.threads = mpi.threads()}, {}, mpi);   // labels of the part
///       mpi.agree([&] { if (mpi.rank() == 0) heed::save(model, "model.safetensors"); });
///     } catch (const std::exception& e) {
///       return session.failed(e, "my_program");                             // reports once; no process waits for ever
///     }
///
/// Every process calls `fit` with the same model and options; callbacks must not throw. At the end all have the same
/// trained model, with the same bits as one process with all of the data would have. Faulty sequences in one process
/// are an error in all of them.
///
/// **What it costs.** A step's sequences are divided into shards. Up to 16,384 sequences per step there is one shard
/// per tile of 64 sequences, at most 16. Beyond that there is one per 1,024 sequences, at most 256. More processes than
/// shards have nothing to do; a step of up to 64 sequences is the work of one process. With P parameters of s bytes, R
/// processes, and a network with latency l and b bytes per second, a step that takes t seconds in one process takes
/// about
///
///     t / R + ceil(log2 R) (l + P s / b) + ceil(log2 R) (l + P s / b)      the tree of additions, the broadcast
///
/// If R is a power of two, each process except the first sends its sum once; otherwise at most twice per level. (R - 1)
/// (P s + 16) bytes go up the tree, and as many come back. More machines pay off while t (1 - 1/R) is well above 2
/// log2(R) (l + P s / b); benchmarks/mpi has a table. The classifier with 5 features and 32 hidden units has P = 5,723,
/// a message of 22.9 KB. Over a network of 10 Gbit/s and 25 us, two machines spend 0.09 ms per step.
///
/// Full batches move sequences at most once. They move none if each process reads `part(n)`, unless the sequences are
/// ragged (they are sorted by length) or some are kept for validation. Shuffled mini-batches move (R - 1) / R of the
/// data in each epoch, in a few exchanges. Labels (or targets) and lengths, 8 bytes per sequence with one label, are
/// sent to every process once.
///
/// Only one process may write a checkpoint; all read it. A stop signal is exchanged between all processes after each
/// step, with one small message. Either all processes pass one, or none.

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
#include <thread>
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

/// An error that all processes throw together, so that one of them can report it.
struct MpiAgreedError : Error {
  using Error::Error;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Starts MPI, and ends it in its destructor. Only one thread uses MPI: the one that calls `fit`.
class MpiSession {
 public:
  MpiSession(int& argc, char**& argv) {
    int provided = 0;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_dup(MPI_COMM_WORLD, &failures_);
  }
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;
  /// Catch exceptions before they leave the session. Otherwise the job is aborted, because other processes may be
  /// waiting.
  ~MpiSession() {
    if (std::uncaught_exceptions() > uncaught_) {
      std::fprintf(stderr, "heed: an exception leaves the MpiSession: the job is aborted\n");
      MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    }
    MPI_Comm_free(&failures_);
    MPI_Finalize();
  }

  /// For the last `catch` of a program: prints "program: what" to standard error, once if all processes fail. Returns
  /// 1, for `main` to return. If the others have not failed two seconds later, they may be waiting for this process;
  /// then `MPI_Abort` ends the job.
  int failed(const std::exception& e, const std::string& program) const {
    return failed(program, e.what(), EXIT_FAILURE, dynamic_cast<const MpiAgreedError*>(&e) != nullptr);
  }
  /// The same with another exit code. `agreed`: all processes will call this, at any time.
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

  /// Whether mpirun or a similar launcher (Open MPI, MPICH, srun) started this process. A program that also runs alone
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

  MPI_Comm failures_ = MPI_COMM_NULL;  // of failing processes
  int uncaught_ = std::uncaught_exceptions();
};

/// The processes of a communicator as a `Reducer` for `fit`. If MPI has not been started, it is this process alone. All
/// processes call its functions together, including `fit` with it, and nothing else may use the communicator meanwhile.
class MpiReducer {
 public:
  explicit MpiReducer(MPI_Comm communicator = MPI_COMM_WORLD) : world_(communicator) {}

  int rank() const { return world_.rank; }
  int size() const { return world_.size; }

  /// The sequences, out of `total`, that this process should read so that full batches move none (for a large model
  /// some). Other contiguous parts, in the order of the ranks, also work.
  IndexRange part(Index total) const {
    const Index width = tile_width(total), tiles = tile_count(total, width);
    const Batch all{{0, total}, width, shard_count(tiles, 0)};
    return all.positions_of(all.tiles_of(own(all.shards)));
  }

  /// The threads that this process may use: the CPUs that it may run on, or its share of the machine.
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

  /// Calls f(). If processes throw `heed::Error`, all throw the error of the lowest such rank, which it names. Other
  /// exceptions of f are not shared: then `MPI_Abort` must end the job.
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

  /// Calls f() in one process after another: each starts from the numbers that the one before left in `state`. At the
  /// end all processes have the last numbers. For sums over all data, to the same bits as in one process.
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

  /// Throws in all processes if the sequences of one are faulty.
  template <class X, class T>
  detail::MpiRows<X, T> rows(const LabelledSequences<X, T>& part) const {
    agree([&] {
      if (part.count() > 0 || !part.labels.empty()) check_sequences(part);
    });
    return detail::MpiRows<X, T>(world_, part);
  }

 private:
  /// The pairs of a tree level whose halves are in two processes. A process has a range of shards, so these are at most
  /// the first right half and the last left half.
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
