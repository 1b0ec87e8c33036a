#pragma once

/// @file
/// One walk over the parameters of a model: counting, zeroing, Adam, clipping, reduction, saving and grad-checking are
/// folds over it.
///
/// A layer lists its members once, for any number of objects of its type side by side:
///
///     static void visit(auto&& f, auto&... layers) { f("weight", layers.weight...); f("bias", layers.bias...); }

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>

#include "heed/core/parameter.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// Where a parameter stands in its model. Nodes are linked through the callers' frames: no string is built unless one
/// is asked for.
struct Path {
  const Path* parent = nullptr;
  std::string_view name = {};
  Index index = -1;  // the position of a child that has no name

  /// "lstm.weight_ih_l0"
  std::string text() const {
    std::string prefix = parent ? parent->text() : std::string();
    if (!prefix.empty()) prefix += '.';
    return prefix + (index < 0 ? std::string(name) : std::to_string(index));
  }
};

template <class T>
inline constexpr bool is_parameter = false;
template <class S, int Rank>
inline constexpr bool is_parameter<Parameter<S, Rank>> = true;

/// What can be walked: it lists members through a static `visit`.
template <class T>
concept Visitable = requires(std::remove_const_t<T>& t) {
  std::remove_const_t<T>::visit([](auto&&...) {}, t);
};

namespace detail {
template <class F, class M, class... Ms>
void visit_parameters(F&& f, const Path* parent, M& model, Ms&... models) {
  std::remove_const_t<M>::visit(
      [&](auto name, auto& first, auto&... rest) {
        Path path{parent};
        if constexpr (std::is_integral_v<decltype(name)>) {
          path.index = static_cast<Index>(name);
        } else {
          path.name = name;
        }
        if constexpr (is_parameter<std::remove_cvref_t<decltype(first)>>) {
          ((require(rest.extents() == first.extents(),
                    [&] {
                      return Fault{"models of different sizes side by side", path.text(), to_text(first.extents()),
                                   to_text(rest.extents())};
                    })),
           ...);
          if (!first.empty()) f(static_cast<const Path&>(path), first, rest...);
        } else {
          visit_parameters(f, &path, first, rest...);
        }
      },
      model, models...);
}
}  // namespace detail

/// Calls `f(path, parameter, ...)` for each parameter of `model`, with the same parameter of each of `models` beside
/// it. Parameters without elements are skipped. Throws where the models differ in a size.
template <class F, Visitable M, class... Ms>
void for_each_parameter(F&& f, M& model, Ms&... models) {
  detail::visit_parameters(f, nullptr, model, models...);
}

template <Visitable M>
Index parameter_count(const M& model) {
  Index count = 0;
  for_each_parameter([&](const Path&, const auto& p) { count += p.size(); }, model);
  return count;
}

/// Whether no number is NaN or infinite.
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

template <Visitable M>
void set_zero(M& model) {
  for_each_parameter([](const Path&, auto& p) { p.fill(0); }, model);
}

}  // namespace heed::inline HEED_ISA
