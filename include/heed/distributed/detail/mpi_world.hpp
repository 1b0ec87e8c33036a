#pragma once

// The processes of a communicator, and the few ways in which they talk. Where a call of MPI fails, MPI's own error
// handler ends the job.

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

  /// One process alone where MPI is not running.
  explicit MpiWorld(MPI_Comm c) {
    int initialized = 0, finalized = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    if (!initialized || finalized) return;
    communicator = c;
    MPI_Comm_rank(c, &rank);
    MPI_Comm_size(c, &size);
  }

  /// Those of `count` things that a process takes care of. Process 0 has the most, thing 0 among them.
  IndexRange own(Index count, int process) const {
    const auto begin = [&](Index p) { return (count * p + size - 1) / size; };
    return {begin(process), begin(process + 1)};
  }
  /// The process that takes care of thing i.
  int owner(Index i, Index count) const { return static_cast<int>(i * size / count); }

  /// Sends bytes to one process while it receives others from another; nothing where they are empty. The other side
  /// must know how many.
  void exchange(std::span<const std::byte> out, int to, std::span<std::byte> in, int from) const {
    for (std::size_t at = 0; at < std::max(out.size(), in.size()); at += longest) {
      const auto sent = out.subspan(std::min(at, out.size()));
      const auto received = in.subspan(std::min(at, in.size()));
      MPI_Sendrecv(sent.data(), length(sent), MPI_BYTE, sent.empty() ? MPI_PROC_NULL : to, 0, received.data(),
                   length(received), MPI_BYTE, received.empty() ? MPI_PROC_NULL : from, 0, communicator,
                   MPI_STATUS_IGNORE);
    }
  }

  /// From `root` to all.
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

  /// The least that any process says.
  int least(int value) const {
    if (size > 1) MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT, MPI_MIN, communicator);
    return value;
  }

 private:
  static constexpr std::size_t longest = std::size_t(1) << 30;  // bytes of a message: MPI counts in int
  static int length(std::span<const std::byte> bytes) { return static_cast<int>(std::min(bytes.size(), longest)); }
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
