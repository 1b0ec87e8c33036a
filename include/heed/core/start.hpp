#pragma once

/// @file
/// The initial weights. A constructor draws them from key 0. A composite gives each of its layers a key by its place,
/// and training gives a model the key of its seed. Weights that somebody has set in between stay as they are.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
/// Which parameters have equal numbers.
template <class S>
std::vector<char> same_parameters(const Parameters<S>& a, const Parameters<S>& b) {
  check_same_sizes(a, b);
  std::vector<char> same;
  for (Index i = 0; i < a.count(); ++i) same.push_back(std::equal(a[i].begin(), a[i].end(), b[i].begin()));
  return same;
}

template <class S>
void take_parameters(const Parameters<S>& from, const std::vector<char>& which, Parameters<S>& to) {
  for (Index i = 0; i < from.count(); ++i) {
    if (which[static_cast<std::size_t>(i)]) to[i] = from[i];
  }
}
}  // namespace detail

/// Draws from `key` those parameters of a layer that are still as its constructor drew them. It uses the layer's
/// `initialize(key)`. Without one, it goes through the children of `visit`, child i with `key.child(i)`.
template <Visitable L>
void start_from(L& layer, Key key) {
  if constexpr (requires { layer.initialize(key); }) {
    if (key.value == 0) return;
    L drawn = layer;
    Parameters<typename L::Scalar> now(layer), other(drawn);
    drawn.initialize(Key{});
    const std::vector<char> fresh = detail::same_parameters<typename L::Scalar>(now, other);
    drawn.initialize(key);
    detail::take_parameters<typename L::Scalar>(other, fresh, now);
  } else {
    std::uint64_t i = 0;
    L::visit(
        [&](const MemberName&, auto& member) {
          if constexpr (!AnyParameter<std::remove_reference_t<decltype(member)>>) start_from(member, key.child(i));
          ++i;
        },
        layer);
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::detail::same_parameters)
HEED_COMPILED_FUNCTION(heed::detail::take_parameters)
