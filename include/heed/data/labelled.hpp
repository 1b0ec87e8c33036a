#pragma once

/// @file
/// Labelled data that owns its memory: sequences, their classes, and the names of the classes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/check.hpp"
#include "heed/core/error.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/sequences.hpp"

namespace heed::inline HEED_ABI {

namespace abi_detail {
/// Throws unless `classes` has a row for each of `count` sequences, with one class or one per step, each below `names`.
HEED_FUNCTION void check_classes(TensorView<const std::int32_t, 2> classes, Index count, Index steps, Index names,
                                 const std::string& where);
HEED_FUNCTION void check_row(Index row, Index count);
}  // namespace abi_detail

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ABI {

/// Sequences with a class for each of them, or for each step: the result of reading labelled data. `fit` and `evaluate`
/// take its `view()`.
///
///     const Labelled<float> train(load_sequences<float>("train.ts"), "train.ts");
///     const Labelled<float> test(load_sequences<float>("test.ts"), {train.names}, "test.ts");
///     fit(model, train.view());
template <class X>
struct Labelled {
  Sequences<X> sequences = {};
  Tensor<std::int32_t, 2> classes = {};  ///< (n, 1) or (n, steps), indices into `names`; below 0: losses ignore it
  std::vector<std::string> names = {};   ///< class i is called names[i]

  Labelled() = default;

  /// Encodes `data.labels` with the classes of `map`. Throws if a label is not in the map, or if there is not one label
  /// per sequence. `where` names the data in errors.
  Labelled(Sequences<X> data, const LabelMap& map, const std::string& where)
      : sequences(std::move(data)), names(map.names) {
    encode(map, where);
  }

  /// The same with the labels that occur as classes (`LabelMap::from`).
  Labelled(Sequences<X> data, const std::string& where) : sequences(std::move(data)) {
    LabelMap map = LabelMap::from(sequences.labels, where);
    encode(map, where);
    names = std::move(map.names);
  }

  /// For classes that are already known. Throws if they do not fit the sequences or the names.
  Labelled(Sequences<X> data, Tensor<std::int32_t, 2> of_each, std::vector<std::string> of_classes,
           const std::string& where)
      : sequences(std::move(data)), classes(std::move(of_each)), names(std::move(of_classes)) {
    check(static_cast<Index>(names.size()), where);
  }

  Index count() const { return sequences.count(); }

  /// A view, which must not outlive this object.
  LabelledSequences<X> view() const& { return {sequences.x, classes, sequences.lengths, sequences.step_mask()}; }
  template <class Self = Labelled>
  LabelledSequences<X> view() const&& {
    abi_detail::refuse_temporary<Self>();
    return {};
  }

  /// The valid steps of sequence i: (steps, features).
  TensorView<const X, 2> operator[](Index i) const {
    const Index steps = sequences.lengths.empty() ? sequences.steps() : sequences.lengths[static_cast<std::size_t>(i)];
    return {sequences.x[i].data(), {steps, sequences.features()}};
  }
  /// The class of sequence i, or of its first step; and its name.
  std::int32_t class_of(Index i) const { return classes(i, 0); }
  const std::string& name_of(Index i) const { return names[static_cast<std::size_t>(class_of(i))]; }

  /// A copy of these sequences, in this order. Throws if one does not exist.
  Labelled rows(std::span<const Index> which) const {
    const auto n = static_cast<Index>(which.size());
    Labelled some;
    some.names = names;
    some.sequences.x = Tensor<X, 3>({n, sequences.steps(), sequences.features()});
    some.classes = Tensor<std::int32_t, 2>({n, classes.extent(1)});
    if (!sequences.mask.empty()) some.sequences.mask = Tensor<std::uint8_t, 2>({n, sequences.steps()});
    for (Index i = 0; i < n; ++i) {
      const Index row = which[static_cast<std::size_t>(i)];
      abi_detail::check_row(row, count());
      const auto x = sequences.x[row];
      const auto y = classes[row];
      std::copy(x.begin(), x.end(), some.sequences.x[i].begin());
      std::copy(y.begin(), y.end(), some.classes[i].begin());
      if (!sequences.mask.empty()) {
        const auto mask = sequences.mask[row];
        std::copy(mask.begin(), mask.end(), some.sequences.mask[i].begin());
      }
      const auto k = static_cast<std::size_t>(row);
      if (!sequences.lengths.empty()) some.sequences.lengths.push_back(sequences.lengths[k]);
      if (!sequences.labels.empty()) some.sequences.labels.push_back(sequences.labels[k]);
    }
    return some;
  }
  /// A copy of the sequences `first` to `last` - 1.
  Labelled rows(Index first, Index last) const {
    if (first < last) {  // before there is a list of them
      abi_detail::check_row(first, count());
      abi_detail::check_row(last - 1, count());
    }
    std::vector<Index> which(static_cast<std::size_t>(last > first ? last - first : 0));
    std::iota(which.begin(), which.end(), first);
    return rows(which);
  }

 private:
  void encode(const LabelMap& map, const std::string& where) {
    std::vector<std::int32_t> of_each = map.encode(sequences.labels, where);
    const auto n = static_cast<Index>(of_each.size());
    classes = Tensor<std::int32_t, 2>({n, 1}, std::move(of_each));
    check(map.size(), where);
  }
  void check(Index known, const std::string& where) const {
    check_lengths(sequences.lengths, count(), sequences.steps(), where);
    abi_detail::check_classes(classes, count(), sequences.steps(), known, where);
  }
};

}  // namespace heed::inline HEED_ABI

#if HEED_BODIES

namespace heed::inline HEED_ABI::abi_detail {

HEED_SHARED_FUNCTION void check_classes(TensorView<const std::int32_t, 2> classes, Index count, Index steps,
                                        Index names, const std::string& where) {
  require(classes.extent(0) == count, [&] {
    return Fault{"sequences and labels differ in number", where, text_of(count) + " labels",
                 text_of(classes.extent(0))};
  });
  const Index each = classes.extent(1);
  require(each == 1 || each == steps || count == 0, [&] {
    return Fault{"wrong number of labels", where, "one a sequence, or one for each of its " + text_of(steps) + " steps",
                 text_of(each)};
  });
  for (Index i = 0; i < count * each; ++i) {
    require(classes.data()[i] < names, [&] {
      return Fault{"label out of range", where + ", sequence " + text_of(i / each) + " (counted from 0)",
                   "below " + text_of(names), text_of(classes.data()[i])};
    });
  }
}

HEED_SHARED_FUNCTION void check_row(Index row, Index count) {
  require(row >= 0 && row < count, [&] {
    return Fault{"no such sequence", "rows of labelled data", "0 to " + text_of(count - 1), text_of(row)};
  });
}

}  // namespace heed::inline HEED_ABI::abi_detail

#endif
