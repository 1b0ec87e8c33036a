#pragma once

// The sequences of a run, of any type, for the training engine.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/borrowed.hpp"
#include "heed/core/check.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/options/metadata.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/detail/any_loss.hpp"
#include "heed/train/present_steps.hpp"
#include "heed/train/reducer.hpp"
#include "heed/train/rows.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// A tile of sequences. Only the model and the loss know its types.
template <class S>
struct AnySequenceTile {
  AnyTile x, targets;
  const S* weights = nullptr;
  Index rows = 0;
};

template <class S>
class AnyRows {
 public:
  virtual ~AnyRows() = default;

  virtual Index count() const = 0;
  virtual Shape shape() const = 0;
  virtual std::span<const std::int32_t> lengths() const = 0;
  /// Empty if targets are numbers.
  virtual LabelsView labels() const = 0;
  virtual bool have_labels() const = 0;
  /// Whether steps hold numbers of S, not tokens.
  virtual bool have_numbers() const = 0;
  /// Targets per sequence.
  virtual Index each() const = 0;
  virtual AnyTargets targets_of_row(Index row) const = 0;
  virtual AnyTargets targets(Index position) const = 0;
  /// Throws if the loss rejects a target, or if the model rejects a sequence of this process.
  virtual void check_targets(const AnyLoss<S>& loss, Index outputs) const = 0;
  virtual void check_input(const ModelReference<S>& model) const = 0;
  /// Adds what identifies these data: "data.count", ... if `name` is "data".
  virtual void add_identity(Metadata& identity, const std::string& name) const = 0;

  /// As `LocalRows::prepare` and `release`.
  virtual void prepare(std::span<const Index> order, std::span<const Batch> batches, Index step) = 0;
  virtual void release() = 0;
  /// Makes room for `tiles` tiles in each of `stores` memories. They have at least so many steps.
  virtual void reserve(Index stores, Index tiles, Index width, Index least_steps) = 0;
  /// Copies the sequences at these positions into tile i of a memory.
  virtual AnySequenceTile<S> gather(Index store, Index i, IndexRange positions) = 0;
};

template <class S, class X, class T, class Rows = LocalRows<X, T>>
class RowsOf final : public AnyRows<S> {
 public:
  template <class R>
  RowsOf(const LabelledSequences<X, T>& data, const R& reducer)
      : given_(data), present_(data), data_(present_.view()), rows_(checked(reducer)) {}

  /// Switches to other data, reusing the memory, if neither data have a mask. Throws as the constructor does; the data
  /// then stay as they were.
  template <class R>
  void look_at(const LabelledSequences<X, T>& data, const R& reducer) {
    rows_ = reducer.rows(data);
    given_ = data_ = data;
  }

  Index count() const override { return rows_.count(); }
  Shape shape() const override { return rows_.shape(); }
  std::span<const std::int32_t> lengths() const override { return rows_.lengths(); }
  LabelsView labels() const override {
    if constexpr (labels_are_classes) {
      return rows_.labels();
    } else {
      return {};
    }
  }
  bool have_labels() const override { return labels_are_classes; }
  bool have_numbers() const override { return std::same_as<X, S>; }
  Index each() const override { return as_rows(rows_.labels()).extent(1); }
  AnyTargets targets_of_row(Index row) const override {
    return heed::targets_of(rows_.labels(), rows_.lengths(), rows_.shape().steps, row);
  }
  AnyTargets targets(Index position) const override { return rows_.targets(position); }
  void check_targets(const AnyLoss<S>& loss, Index outputs) const override {
    const TargetsView<T> targets = rows_.labels();
    if constexpr (labels_are_classes) {
      if (labels_steps(each(), shape().steps) && !lengths().empty()) return check_labels_that_count(loss, outputs);
    }
    loss.check(&targets, outputs);
  }
  void check_input(const ModelReference<S>& model) const override {
    check_gaps(present_.has_gaps(), model.reads_distances(), "sequences");
    name_steps([&] { model.check_input(data_.x, data_.lengths, "sequences"); },
               [&](const Tensor<X, 3>& x) { model.check_input(x.view(), given_.lengths, "sequences"); });
  }
  void add_identity(Metadata& identity, const std::string& name) const override;

  void prepare(std::span<const Index> order, std::span<const Batch> batches, Index step) override {
    rows_.prepare(order, batches, step);
  }
  void release() override { rows_.release(); }
  void reserve(Index stores, Index tiles, Index width, Index least_steps) override {
    stores_.resize(static_cast<std::size_t>(stores));
    for (auto& store : stores_) store.reserve(tiles, rows_.shape(), width, each(), least_steps);
  }
  AnySequenceTile<S> gather(Index store, Index i, IndexRange positions) override {
    const SequenceTile<X, T, S> tile = rows_.gather(stores_[static_cast<std::size_t>(store)], i, positions);
    return {tile.x, tile.labels, tile.weights, tile.rows};
  }

 private:
  static constexpr bool labels_are_classes = std::same_as<T, std::int32_t>;

  template <class R>
  Rows checked(const R& reducer) const {
    return name_steps([&] { return reducer.rows(data_); },
                      [&](const Tensor<X, 3>& x) { check_sequences(x.view(), given_.lengths); });
  }
  // an error of `check` names the user's own step, if `again` finds it there
  template <class F, class G>
  auto name_steps(F&& check, G&& again) const {
    try {
      return check();
    } catch (const Error&) {
      if (!given_.mask.empty() && given_.count() > 0) again(zeros_at_missing<X>(given_.x, given_.mask));
      throw;
    }
  }
  void check_labels_that_count(const AnyLoss<S>& loss, Index outputs) const;

  LabelledSequences<X, T> given_;  // by the user, perhaps with a mask
  PresentSteps<X, T> present_;
  LabelledSequences<X, T> data_;  // the sequences of this process
  Rows rows_;
  std::vector<TileStore<X, T, S>> stores_;
};

// of steps; an error names the user's own step, if the labels are those of this process alone
template <class S, class X, class T, class Rows>
void RowsOf<S, X, T, Rows>::check_labels_that_count(const AnyLoss<S>& loss, Index outputs) const {
  if constexpr (labels_are_classes) {
    try {
      for (Index i = 0; i < count(); ++i) {
        const std::span<const std::int32_t> valid =
            heed::targets_of(rows_.labels(), rows_.lengths(), rows_.shape().steps, i);
        if (valid.empty()) continue;
        const TargetsView<T> targets(BorrowedSpan<std::int32_t>(valid), std::ssize(valid));
        loss.check(&targets, outputs);
      }
    } catch (const Error&) {
      const bool own = rows_.labels().data() == data_.labels.data();
      const Tensor<std::int32_t, 2> labels = own ? labels_that_count(given_.labels, given_.lengths, given_.mask)
                                                 : labels_that_count(rows_.labels(), rows_.lengths(), {});
      const TargetsView<T> targets(labels);
      loss.check(&targets, outputs);
      throw;
    }
  }
}

template <class S, class X, class T, class Rows>
void RowsOf<S, X, T, Rows>::add_identity(Metadata& identity, const std::string& name) const {
  const auto targets = as_rows(rows_.labels());
  const auto lengths = rows_.lengths();
  set(identity, name + ".count", rows_.count());
  set(identity, name + ".steps", rows_.shape().steps);
  set(identity, name + ".features", rows_.shape().features);
  set(identity, name + ".sequences", rows_.fingerprint());
  set(identity, name + ".labels", fingerprint(0, targets.data(), targets.size()));
  set(identity, name + ".lengths", fingerprint(0, lengths.data(), static_cast<Index>(lengths.size())));
}

/// The sequences of a run. Throws if they are faulty.
template <class S, class X, class T, class R>
std::unique_ptr<AnyRows<S>> rows_of(const LabelledSequences<X, T>& data, const R& reducer) {
  using Rows = decltype(std::declval<const R&>().rows(data));
  return std::make_unique<RowsOf<S, X, T, Rows>>(data, reducer);
}

/// The number of a model's outputs for these sequences. Throws if labels or targets fit neither the model nor the loss.
/// One label or k numbers per sequence need one output step; a label per step needs as many output steps.
template <class S>
Index check_targets_of(const AnyRows<S>& rows, const AnyLoss<S>& loss, const ModelReference<S>& model,
                       const std::string& where) {
  Shape output = model.output_shape(rows.shape());
  if (rows.have_labels() && rows.each() > 1) {
    require(output.steps == rows.each(), [&] {
      return Fault{"labels and the steps of the model's outputs differ in number", where,
                   text_of(output.steps) + " labels a sequence", text_of(rows.each())};
    });
  } else {
    output = logits_shape(model, rows.shape(), where);
    if (rows.have_labels()) {
      const LabelsView labels = rows.labels();
      check_labels({labels.data(), labels.size()}, output.features);
    }
  }
  rows.check_targets(loss, output.features);
  return output.features;
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA

HEED_COMPILED_ONE(class heed::detail::RowsOf<float, float, std::int32_t>)
HEED_COMPILED_ONE(class heed::detail::RowsOf<double, double, std::int32_t>)
HEED_COMPILED_ONE(class heed::detail::RowsOf<float, float, float>)
HEED_COMPILED_ONE(class heed::detail::RowsOf<double, double, double>)
HEED_COMPILED_ONE(class heed::detail::RowsOf<float, std::int32_t, std::int32_t>)
HEED_COMPILED_ONE(class heed::detail::RowsOf<double, std::int32_t, std::int32_t>)
HEED_COMPILED_FUNCTION(heed::detail::check_targets_of)
