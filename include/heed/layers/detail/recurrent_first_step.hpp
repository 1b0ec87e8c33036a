#pragma once

/// @file
/// The gradient of the first step of a recurrent run: an inner part of recurrent_pass.hpp.

#include <array>
#include <cstddef>

#include "heed/core/lengths.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/recurrent_cell.hpp"

namespace heed::inline HEED_ISA::detail {

/// The gradients of W_hh h in the first step of each lane's run, for the initial state. A reverse run begins with a
/// lane's last step.
template <class S>
struct FirstStep {
  bool wanted;
  std::array<Tile<S>, 2> gradients = {};  // (1, rows), one for each block of rows

  FirstStep(const RecurrentGradients<S>& parts, Tile<const S> x, bool wanted_, Scratch& scratch)
      : wanted(wanted_ && x.steps > 0) {
    for (std::size_t i = 0; wanted && i < parts.size(); ++i) {
      if (parts[i].rows > 0) fill(gradients[i] = scratch.template tile<S>({1, parts[i].rows}, x.lanes), S(0));
    }
  }

  /// Called after the backward pass of step t.
  void take(const RecurrentGradients<S>& parts, Tile<const S> x, Index t, bool reverse) const {
    if (!reverse && t > 0) return;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].rows == 0) continue;
      const Tile<const S> d(parts[i].tile.at(place_of(t, parts[i].tile)), {1, parts[i].rows}, x.lanes);
      reverse ? add_where_last(x, t, d, gradients[i]) : copy(d, gradients[i]);
    }
  }
};

}  // namespace heed::inline HEED_ISA::detail
