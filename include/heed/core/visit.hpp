#pragma once

/// @file
/// One walk over the parameters of a model. Counting, zeroing, Adam, clipping, reduction, saving and gradient checks
/// are folds over it.
///
/// A layer lists its members once, for any number of objects of its type side by side:
///
///     static void visit(auto&& f, auto&... layers) { f("weight", layers.weight...); f("bias", layers.bias...); }

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// The name of a member with a number in it: {"weight_ih_l", 1, "_reverse"}. A child without a name is {.number = i}.
struct MemberName {
  std::string_view before = {};
  Index number = -1;  ///< -1: none
  std::string_view after = {};

  MemberName() = default;
  MemberName(const char* name) : before(name) {}
  MemberName(std::string_view name) : before(name) {}
  template <std::integral N>
  MemberName(N i) : number(static_cast<Index>(i)) {}
  MemberName(std::string_view before_, Index number_, std::string_view after_)
      : before(before_), number(number_), after(after_) {}

  HEED_COLD std::string text() const {
    return std::string(before) + (number < 0 ? std::string() : text_of(number)) + std::string(after);
  }
};

/// The path of a parameter in its model. Nodes are linked through the callers' stack frames; no string is built until
/// `text` is called.
struct Path {
  const Path* parent = nullptr;
  MemberName name = {};

  /// "lstm.weight_ih_l0"
  HEED_COLD std::string text() const { return parent ? parent->text() + '.' + name.text() : name.text(); }
};

template <class T>
concept AnyParameter = std::derived_from<T, ParameterArray<typename T::Scalar>>;

/// A type that can be walked: it lists its members through a static `visit`, and all its parameters have its `Scalar`.
template <class T>
concept Visitable = requires(std::remove_const_t<T>& t) {
  typename T::Scalar;
  std::remove_const_t<T>::visit([](auto&&...) {}, t);
};

namespace detail {
// What is done with the parameters at one place. The walk knows only this type, which is the same for all layers and
// folds, so that a fold is cheap to compile.
struct Fold {
  void* function;
  void (*call)(void* function, const Path& path, void* const* parameters);
};

inline void check_same_extents(const Path& path, std::span<const Index> first, std::span<const Index> other) {
  require(std::equal(first.begin(), first.end(), other.begin(), other.end()),
          [&] { return Fault{"models of different sizes side by side", path.text(), to_text(first), to_text(other)}; });
}

template <class S, class... Ss>
void fold_parameters(const Fold& fold, const Path& path, ParameterArray<S>& first, ParameterArray<Ss>&... rest) {
  (check_same_extents(path, first.extents(), rest.extents()), ...);
  if (first.empty()) return;
  void* const all[] = {&first, &rest...};
  fold.call(fold.function, path, all);
}

/// Folds assume that all parameters of a model have its scalar: a member with another scalar does not compile.
template <class Member, class M>
constexpr void check_member() {
  if constexpr (!AnyParameter<Member> && !Visitable<Member>) {
    static_assert(!sizeof(M),
                  "heed: `visit` lists parameters, as heed::Matrix and heed::Vector, and layers that have a "
                  "Scalar and a `visit`: this member is neither");
  } else {
    static_assert(std::is_same_v<typename Member::Scalar, typename M::Scalar>,
                  "heed: a parameter, or a layer, of another type than the Scalar of the layer that lists it: all of a "
                  "model is float, or all is double");
  }
}

template <class M, class... Ms>
void walk(const Fold& fold, const Path* parent, M& model, Ms&... models) {
  M::visit(
      [&](const MemberName& name, auto& first, auto&... rest) {
        check_member<std::remove_reference_t<decltype(first)>, M>();
        (check_member<std::remove_reference_t<decltype(rest)>, Ms>(), ...);
        const Path path{parent, name};
        if constexpr (AnyParameter<std::remove_reference_t<decltype(first)>>) {
          fold_parameters(fold, path, first, rest...);
        } else {
          walk(fold, &path, first, rest...);
        }
      },
      model, models...);
}

// a parameter of M; const if M is
template <class M>
using ParameterOf = std::conditional_t<std::is_const_v<M>, const ParameterArray<typename M::Scalar>,
                                       ParameterArray<typename M::Scalar>>;

template <class F, class... Ms>
Fold fold_of(F& f) {
  const auto call = [](void* function, const Path& path, void* const* all) {
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      (*static_cast<F*>(function))(path, *static_cast<ParameterOf<Ms>*>(all[i])...);
    }(std::index_sequence_for<Ms...>{});
  };
  return {const_cast<std::remove_const_t<F>*>(&f), call};
}
}  // namespace detail

/// Calls `f(path, parameter, ...)` for each parameter of `model`, together with the same parameter of each of `models`,
/// as `ParameterArray`s. Parameters without elements are skipped. Throws if a size differs between the models.
template <class F, Visitable M, class... Ms>
void for_each_parameter(F&& f, M& model, Ms&... models) {
  // the walk itself does not write
  detail::walk(detail::fold_of<std::remove_reference_t<F>, M, Ms...>(f), nullptr,
               const_cast<std::remove_const_t<M>&>(model), const_cast<std::remove_const_t<Ms>&>(models)...);
}

/// The number of trainable numbers in a model.
template <Visitable M>
Index parameter_count(const M& model) {
  Index count = 0;
  for_each_parameter([&](const Path&, const auto& p) { count += p.size(); }, model);
  return count;
}

/// Whether all numbers are finite.
template <Visitable M>
bool all_finite(const M& model) {
  bool finite = true;
  for_each_parameter(
      [&](const Path&, const auto& p) {
        finite = finite && std::all_of(p.begin(), p.end(), [](auto value) { return std::isfinite(value); });
      },
      model);
  return finite;
}

/// Whether the gradient of one of these parameters is wanted. If not, the backward pass can skip the layer.
template <Visitable M>
bool wants_gradient(const M& gradient) {
  bool wanted = false;
  for_each_parameter([&](const Path&, const auto& p) { wanted = wanted || p.wanted(); }, gradient);
  return wanted;
}

/// Sets all parameters of a model to 0: clears a gradient.
template <Visitable M>
void set_zero(M& model) {
  for_each_parameter([](const Path&, auto& p) { p.fill(0); }, model);
}

}  // namespace heed::inline HEED_ISA
