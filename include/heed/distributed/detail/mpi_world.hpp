#pragma once

// The processes of a communicator, and their few ways to communicate. If a call of MPI fails, MPI's error handler ends
// the job.

#include <mpi.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

struct MpiWorld {
  MPI_Comm communicator = MPI_COMM_NULL;
  int rank = 0, size = 1;

  /// A single process if MPI is not running.
  explicit MpiWorld(MPI_Comm c) {
    int initialized = 0, finalized = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    if (!initialized || finalized) return;
    communicator = c;
    MPI_Comm_rank(c, &rank);
    MPI_Comm_size(c, &size);
  }

  /// The things, out of `count`, that belong to a process. Process 0 has the most, including thing 0.
  IndexRange own(Index count, int process) const {
    const auto begin = [&](Index p) { return (count * p + size - 1) / size; };
    return {begin(process), begin(process + 1)};
  }
  /// The process that thing i belongs to.
  int owner(Index i, Index count) const { return static_cast<int>(i * size / count); }

  /// Sends bytes to one process while receiving others from another; empty spans send or receive nothing. The other
  /// side must know the sizes.
  void exchange(std::span<const std::byte> out, int to, std::span<std::byte> in, int from) const {
    for (std::size_t at = 0; at < std::max(out.size(), in.size()); at += longest) {
      const auto sent = out.subspan(std::min(at, out.size()));
      const auto received = in.subspan(std::min(at, in.size()));
      MPI_Sendrecv(sent.data(), length(sent), MPI_BYTE, sent.empty() ? MPI_PROC_NULL : to, 0, received.data(),
                   length(received), MPI_BYTE, received.empty() ? MPI_PROC_NULL : from, 0, communicator,
                   MPI_STATUS_IGNORE);
    }
  }

  /// Sends from `root` to all.
  template <class T>
  void broadcast(std::span<T> items, int root) const {
    static_assert(std::is_trivially_copyable_v<T>);
    if (size == 1) return;
    const auto bytes = std::as_writable_bytes(items);
    for (std::size_t at = 0; at < bytes.size(); at += longest) {
      const auto rest = bytes.subspan(at);
      MPI_Bcast(rest.data(), length(rest), MPI_BYTE, root, communicator);
    }
  }
  template <class T>
  void broadcast_item(T& item, int root) const {
    broadcast(std::span(&item, 1), root);
  }
  void broadcast_item(std::string& text, int root) const {
    auto count = static_cast<std::uint64_t>(text.size());
    broadcast_item(count, root);
    text.resize(static_cast<std::size_t>(count));
    broadcast(std::span(text), root);
  }

  /// The smallest value of all processes.
  int least(int value) const {
    if (size > 1) MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT, MPI_MIN, communicator);
    return value;
  }

 private:
  static constexpr std::size_t longest = std::size_t(1) << 30;  // bytes per message: MPI counts in int
  static int length(std::span<const std::byte> bytes) { return static_cast<int>(std::min(bytes.size(), longest)); }
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
