#pragma once

// The arrays that users pass to `fit` and `evaluate`. Arrays of any type are converted to the engine's types; if that
// is impossible, a compiler error says why in a sentence.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/labels_view.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

template <class A>
concept ShapedArray = requires(const A& a) {
  a.data();
  std::tuple_size<std::remove_cvref_t<decltype(a.extents())>>::value;
};
template <class A>
concept FlatArray = !ShapedArray<A> && requires(const A& a) { std::span(a); };
/// Numbers in memory: a tensor, a view, a view with lengths and a mask, labels, a vector, a span.
template <class A>
concept NumberArray = ShapedArray<A> || FlatArray<A> || std::same_as<A, LabelsView>;

/// All numbers of an array.
template <class A>
auto values_of(const A& a) {
  if constexpr (FlatArray<A>) {
    return std::span(a);
  } else {
    return std::span(a.data(), static_cast<std::size_t>(a.size()));
  }
}
// clang evaluates this before it knows whether it has an array
template <class A>
struct ElementOfArray {
  using type = void;
};
template <NumberArray A>
struct ElementOfArray<A> {
  using type = std::remove_cv_t<typename decltype(values_of(std::declval<const A&>()))::element_type>;
};
template <class A>
using ElementOf = typename ElementOfArray<A>::type;
template <class A>
inline constexpr std::size_t rank_of = [] {
  if constexpr (ShapedArray<A>) {
    return std::tuple_size<std::remove_cvref_t<decltype(std::declval<const A&>().extents())>>::value;
  } else {
    return std::size_t(1);
  }
}();
template <class A>
inline constexpr bool holds_labels = std::integral<ElementOf<A>>;

/// The scalar and the input type of a model. For anything else: float.
template <class Model>
struct ScalarOfModel {
  using type = float;
};
template <class Model>
  requires requires { typename Model::Scalar; }
struct ScalarOfModel<Model> {
  using type = typename Model::Scalar;
};
template <class Model>
struct InputOfModel {
  using type = float;
};
template <class Model>
  requires requires { typename Model::Input; }
struct InputOfModel<Model> {
  using type = typename Model::Input;
};

/// The type of a test set for a model that is trained on a y of type A. (Arguments without a type get their own error.)
template <class Model, class A>
using TestOf = std::optional<
    LabelledSequences<typename InputOfModel<Model>::type,
                      std::conditional_t<holds_labels<A>, std::int32_t, typename ScalarOfModel<Model>::type>>>;

/// x in the form that a model takes.
template <class Model, class A>
TensorView<const typename Model::Input, 3> sequences_in(const A& x) {
  using X = typename Model::Input;
  if constexpr (rank_of<A> != 3) {
    static_assert(!sizeof(A),
                  "heed: x is (n, steps, features), which this does not say: heed::view(x, {n, steps, features})");
  } else if constexpr (!std::same_as<ElementOf<A>, X>) {
    static_assert(!std::same_as<X, std::int32_t>,
                  "heed: this model takes tokens, which are std::int32_t, and x holds others");
    static_assert(std::same_as<X, std::int32_t> || !std::same_as<X, float>,
                  "heed: this model takes float and x holds others: convert x, or take the model of double");
    static_assert(std::same_as<X, std::int32_t> || !std::same_as<X, double>,
                  "heed: this model takes double and x holds others: convert x, or take the model of float");
  } else {
    return {x.data(), Extents<3>(x.extents())};
  }
}

/// Labels of any integer type, as heed takes them. Throws if one does not fit.
class IntegerLabels {
 public:
  template <std::integral I>
  IntegerLabels(const I* labels, Index rows, Index each) : rows_(rows), each_(each) {
    if constexpr (std::same_as<I, std::int32_t>) {
      labels_ = labels;
    } else {
      own_.reserve(static_cast<std::size_t>(rows * each));
      for (Index i = 0; i < rows * each; ++i) {
        if (!std::in_range<std::int32_t>(plain(labels[i]))) throw_label(i, std::to_string(labels[i]));
        own_.push_back(static_cast<std::int32_t>(labels[i]));
      }
      labels_ = own_.data();
    }
  }
  IntegerLabels(const IntegerLabels&) = delete;
  IntegerLabels& operator=(const IntegerLabels&) = delete;

  LabelsView view() const { return TensorView<const std::int32_t, 2>(labels_, {rows_, each_}); }

 private:
  // `in_range` does not accept characters and bool
  static auto plain(std::integral auto i) { return +i; }
  [[noreturn]] static void throw_label(Index i, const std::string& label);

  const std::int32_t* labels_ = nullptr;
  std::vector<std::int32_t> own_;
  Index rows_, each_;
};

/// y in the form that a loss of labels takes.
template <class A>
IntegerLabels labels_in(const A& y) {
  if constexpr (std::same_as<A, LabelsView>) {
    return {y.data(), y.rows().extent(0), y.each()};
  } else if constexpr (!holds_labels<A>) {
    static_assert(!sizeof(A), "heed: this loss compares with labels, which are integers, and y holds other numbers");
  } else if constexpr (rank_of<A> > 2) {
    static_assert(!sizeof(A), "heed: labels are (n), or (n, steps) with one a step");
  } else {
    if constexpr (rank_of<A> == 2) {
      return {y.data(), y.extents()[0], y.extents()[1]};
    } else {
      const auto all = values_of(y);
      return {all.data(), static_cast<Index>(all.size()), 1};
    }
  }
}

/// y in the form that a loss of numbers takes: (n, k); (n) becomes (n, 1).
template <class S, class A>
TensorView<const S, 2> numbers_in(const A& y) {
  if constexpr (holds_labels<A>) {
    static_assert(!sizeof(A), "heed: this loss compares with numbers, and y holds integers: give it float or double");
  } else if constexpr (!std::is_arithmetic_v<ElementOf<A>>) {
    static_assert(!sizeof(A),
                  "heed: y is no array of numbers: words become labels by heed::Labelled or heed::LabelMap");
  } else if constexpr (!std::same_as<ElementOf<A>, S>) {
    static_assert(!std::same_as<S, float>, "heed: this model computes in float and y holds others: convert y");
    static_assert(!std::same_as<S, double>, "heed: this model computes in double and y holds others: convert y");
  } else if constexpr (rank_of<A> > 2) {
    static_assert(!sizeof(A), "heed: y is (n, k), k numbers a sequence: heed::view(y, {n, k})");
  } else if constexpr (rank_of<A> == 2) {
    return {y.data(), Extents<2>(y.extents())};
  } else {
    const auto all = values_of(y);
    return {all.data(), {all.size(), 1}};
  }
}

/// Calls f(sequences with targets of type T).
template <class T, class Model, class X, class Y, class F>
auto with_arrays(const X& x, const Y& y, F&& f) {
  using Input = typename Model::Input;
  const auto with = [&](LabelledSequences<Input, T> data) {
    if constexpr (requires { x.lengths, x.mask; }) {  // a view with lengths or a mask
      data.lengths = x.lengths;
      data.mask = x.mask;
    }
    return f(data);
  };
  if constexpr (std::same_as<T, std::int32_t>) {
    const IntegerLabels labels = labels_in(y);
    return with({sequences_in<Model>(x), labels.view()});
  } else {
    return with({sequences_in<Model>(x), numbers_in<T>(y)});
  }
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA

#if HEED_BODIES
namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION void detail::IntegerLabels::throw_label(Index i, const std::string& label) {
  throw Error(Fault{
      "label out of range", "label " + text_of(i) + " (counted from 0)",
      text_of(std::numeric_limits<std::int32_t>::min()) + " to " + text_of(std::numeric_limits<std::int32_t>::max()),
      label});
}

}  // namespace heed::inline HEED_ISA
#endif
