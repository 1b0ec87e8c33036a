#pragma once

// The sequences of a run in which each process has a part: labels (or targets) and lengths of all sequences, and the
// numbers of those that this process needs next.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/core/buffer.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/distributed/detail/mpi_world.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/rows.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Does for several processes what `LocalRows` does for one. Numbers are sent when a step needs sequences that are not
/// here. Then those of several steps are sent: as many steps as possible without any process receiving more sequences
/// than the largest part has. All processes call `prepare` together.
template <class X, class T>
class MpiRows {
 public:
  MpiRows(const MpiWorld& world, const LabelledSequences<X, T>& part) : world_(world), part_(part), here_(part) {
    struct Extent {
      Index count, steps, features, ragged, targets;
    };
    std::vector<Extent> parts(static_cast<std::size_t>(world.size));
    parts[static_cast<std::size_t>(world.rank)] = {part.count(), part.x.extent(1), part.x.extent(2),
                                                   !part.lengths.empty(), as_rows(part.labels).extent(1)};
    Extent all{};
    begins_.push_back(0);
    for (int p = 0; p < world.size; ++p) {
      Extent& e = parts[static_cast<std::size_t>(p)];
      world.broadcast_item(e, p);
      begins_.push_back(begins_.back() + e.count);
      largest_ = std::max(largest_, e.count);
      if (e.count == 0) continue;
      if (all.count == 0) all = e;
      all.ragged |= e.ragged;
      require(e.steps == all.steps && e.features == all.features, [&] {
        return Fault{"processes have sequences of different shapes", "sequences of rank " + std::to_string(p),
                     to_text(Extents<2>{all.steps, all.features}), to_text(Extents<2>{e.steps, e.features})};
      });
      require(e.targets == all.targets, [&] {
        return Fault{"processes have different numbers of targets", "targets of rank " + std::to_string(p),
                     std::to_string(all.targets), std::to_string(e.targets)};
      });
    }
    require(count() > 0,
            [&] { return Fault{"no data", "sequences", "(n, steps, features)", to_text(part.x.extents())}; });
    shape_ = {all.steps, all.features};
    targets_ = all.targets;
    all_labels_ = gathered<T>({part.labels.data(), static_cast<std::size_t>(part.labels.size())}, targets_);
    const std::vector<std::int32_t> full(part.lengths.empty() ? static_cast<std::size_t>(part.count()) : 0,
                                         static_cast<std::int32_t>(shape_.steps));
    if (all.ragged) all_lengths_ = gathered<std::int32_t>(part.lengths.empty() ? full : part.lengths, 1);
  }
  MpiRows(const MpiRows&) = delete;  // it has views of its own memory
  MpiRows& operator=(const MpiRows&) = delete;

  Index count() const { return begins_.back(); }
  Shape shape() const { return shape_; }
  TargetsView<T> labels() const { return targets_view(all_labels_); }
  std::span<const std::int32_t> lengths() const { return all_lengths_; }

  void prepare(std::span<const Index> order, std::span<const Batch> batches, Index step) {
    order_ = order;
    if (world_.size == 1) return;
    if (step == 0 || step >= window_.last) fetch(batches, step);
    shift_ = shifts_[static_cast<std::size_t>(step - window_.first)];
  }

  Index at(Index position) const { return order_.empty() ? position : order_[static_cast<std::size_t>(position)]; }
  std::span<const T> targets(Index position) const {
    return targets_of(labels(), lengths(), shape_.steps, at(position));
  }

  template <class S>
  SequenceTile<X, T, S> gather(TileStore<X, T, S>& store, Index i, IndexRange positions) const {
    return store.gather(i, here_.x, here_.lengths, here_.labels, positions.count(), [&](Index l) {
      const Index position = positions.first + l;
      return world_.size == 1 ? at(position) : position + shift_;
    });
  }

  /// The same as in a single process with all sequences.
  std::uint64_t fingerprint() const {
    std::vector<std::uint64_t> sums(static_cast<std::size_t>(world_.size));
    std::uint64_t& sum = sums[static_cast<std::size_t>(world_.rank)];
    const IndexRange mine = part_of(world_.rank);
    for (Index i = mine.first; i < mine.last; ++i) {
      const Index steps = all_lengths_.empty() ? shape_.steps : all_lengths_[static_cast<std::size_t>(i)];
      sum += detail::fingerprint(i, part_row(i - mine.first), steps * shape_.features);
    }
    std::uint64_t total = 0;
    for (int p = 0; p < world_.size; ++p) {
      world_.broadcast_item(sums[static_cast<std::size_t>(p)], p);
      total += sums[static_cast<std::size_t>(p)];
    }
    return total;
  }

  void release() {
    here_ = {};
    x_ = {};
    sending_ = {};
    receiving_ = {};
    labels_ = {};
    lengths_ = {};
    for (auto* memory : {&outgoing_, &incoming_, &shifts_}) *memory = {};
  }

 private:
  /// Gathers `each` numbers per sequence from all processes.
  template <class N>
  std::vector<N> gathered(std::span<const N> mine, Index each) const {
    std::vector<N> all(static_cast<std::size_t>(count() * each));
    std::copy(mine.begin(), mine.end(), all.begin() + each * begins_[static_cast<std::size_t>(world_.rank)]);
    for (int p = 0; p < world_.size; ++p) {
      const IndexRange range = part_of(p);
      world_.broadcast(std::span(all).subspan(static_cast<std::size_t>(each * range.first),
                                              static_cast<std::size_t>(each * range.count())),
                       p);
    }
    return all;
  }
  TargetsView<T> targets_view(const std::vector<T>& values) const {
    return TensorView<const T, 2>(values.data(), {static_cast<Index>(values.size()) / targets_, targets_});
  }

  /// The sequences that a process contributes.
  IndexRange part_of(int process) const {
    const auto p = static_cast<std::size_t>(process);
    return {begins_[p], begins_[p + 1]};
  }
  /// The positions of the sequences that a process needs for a step.
  IndexRange needs(const Batch& batch, int process) const {
    return batch.positions_of(batch.tiles_of(world_.own(batch.shards, process)));
  }

  void fetch(std::span<const Batch> batches, Index step) {
    window_ = {step, step + 1};
    const auto batch = [&](Index i) -> const Batch& { return batches[static_cast<std::size_t>(i)]; };
    const auto end = static_cast<Index>(batches.size());
    Index most = needs(batch(step), 0).count();  // process 0 has the most
    while (window_.last < end && (most += needs(batch(window_.last), 0).count()) <= largest_) ++window_.last;

    shifts_.clear();
    Index rows = 0;
    for (Index i = window_.first; i < window_.last; ++i) {
      const IndexRange mine = needs(batch(i), world_.rank);
      shifts_.push_back(rows - mine.first);
      rows += mine.count();
    }
    const auto window = batches.subspan(static_cast<std::size_t>(step), static_cast<std::size_t>(window_.count()));
    if (window.size() == 1 && order_.empty() && has(needs(window.front(), world_.rank))) {
      here_ = part_;
      shifts_.front() = -part_of(world_.rank).first;
    } else {
      arrange(window, rows);
    }
    send_and_receive(window);
  }
  bool has(IndexRange rows) const {
    const IndexRange mine = part_of(world_.rank);
    return rows.first >= mine.first && rows.last <= mine.last;
  }

  /// Makes room for the sequences that this process needs, in the order of their positions, and fills in those that are
  /// here.
  void arrange(std::span<const Batch> window, Index rows) {
    x_.reserve(rows * row_size());
    labels_.resize(static_cast<std::size_t>(rows * targets_));
    lengths_.resize(all_lengths_.empty() ? 0 : static_cast<std::size_t>(rows));
    const IndexRange mine = part_of(world_.rank);
    Index slot = 0;
    for_each_row(window, world_.rank, [&](Index row) {
      std::copy_n(all_labels_.begin() + row * targets_, targets_, labels_.begin() + slot * targets_);
      if (!lengths_.empty()) {
        lengths_[static_cast<std::size_t>(slot)] = all_lengths_[static_cast<std::size_t>(row)];
      }
      if (row >= mine.first && row < mine.last) copy_row(part_row(row - mine.first), x_.data() + slot * row_size());
      ++slot;
    });
    here_ = {{x_.data(), {rows, shape_.steps, shape_.features}}, targets_view(labels_), lengths_};
  }

  /// Every process sends each other process what it needs of its part, some megabytes at a time.
  void send_and_receive(std::span<const Batch> window) {
    const Index chunk = std::max<Index>(1, (Index(4) << 20) / (row_size() * static_cast<Index>(sizeof(X))));
    for (int k = 1; k < world_.size; ++k) {
      const int to = (world_.rank + k) % world_.size, from = (world_.rank - k + world_.size) % world_.size;
      const IndexRange mine = part_of(world_.rank), theirs = part_of(from);
      outgoing_.clear();
      outgoing_.reserve(static_cast<std::size_t>(mine.count()));
      for_each_row(window, to, [&](Index row) {
        if (row >= mine.first && row < mine.last) outgoing_.push_back(row - mine.first);
      });
      incoming_.clear();
      incoming_.reserve(static_cast<std::size_t>(here_.count()));
      Index slot = 0;
      for_each_row(window, world_.rank, [&](Index row) {
        if (row >= theirs.first && row < theirs.last) incoming_.push_back(slot);
        ++slot;
      });
      const auto out = static_cast<Index>(outgoing_.size()), in = static_cast<Index>(incoming_.size());
      for (Index first = 0; first < std::max(out, in); first += chunk) {
        const Index sent = std::clamp<Index>(out - first, 0, chunk), received = std::clamp<Index>(in - first, 0, chunk);
        sending_.reserve(std::min(mine.count(), chunk) * row_size());  // how many are sent varies with the order
        receiving_.reserve(std::min(here_.count(), chunk) * row_size());
        for (Index i = 0; i < sent; ++i) {
          copy_row(part_row(outgoing_[static_cast<std::size_t>(first + i)]), sending_.data() + i * row_size());
        }
        world_.exchange(bytes(sending_, sent), to, bytes(receiving_, received), from);
        for (Index i = 0; i < received; ++i) {
          copy_row(receiving_.data() + i * row_size(),
                   x_.data() + incoming_[static_cast<std::size_t>(first + i)] * row_size());
        }
      }
    }
  }

  /// Calls f(row of the data set) for every sequence that a process needs, in the order of their positions.
  template <class F>
  void for_each_row(std::span<const Batch> window, int process, F&& f) const {
    for (const Batch& batch : window) {
      const IndexRange positions = needs(batch, process);
      for (Index p = positions.first; p < positions.last; ++p) f(at(p));
    }
  }

  Index row_size() const { return shape_.steps * shape_.features; }
  const X* part_row(Index i) const { return part_.x.data() + i * row_size(); }
  void copy_row(const X* from, X* to) const { std::copy_n(from, row_size(), to); }
  std::span<std::byte> bytes(Buffer<X>& buffer, Index rows) const {
    return std::as_writable_bytes(std::span(buffer.data(), static_cast<std::size_t>(rows * row_size())));
  }

  MpiWorld world_;
  LabelledSequences<X, T> part_, here_;  // this process's own part; where it finds what it needs now
  std::vector<Index> begins_;            // of the parts, and the number of all sequences
  Index largest_ = 0;                    // of the parts
  Shape shape_;
  Index targets_ = 1;  // per sequence
  std::vector<T> all_labels_;
  std::vector<std::int32_t> all_lengths_;

  std::span<const Index> order_;
  IndexRange window_;          // the steps whose sequences are here
  std::vector<Index> shifts_;  // for each of them: from a position to a row of `here_`
  Index shift_ = 0;            // of the present step
  Buffer<X> x_;                // holds `here_`, unless that is `part_`
  std::vector<T> labels_;
  std::vector<std::int32_t> lengths_;
  std::vector<Index> outgoing_, incoming_;  // rows of `part_`, rows of `x_`
  Buffer<X> sending_, receiving_;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
