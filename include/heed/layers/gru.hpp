#pragma once

/// @file
/// Gated recurrent units.

#include "heed/core/types.hpp"
#include "heed/layers/gru_cell.hpp"
#include "heed/layers/recurrent.hpp"

namespace heed::inline HEED_ISA {

/// torch.nn.GRU: `GruCell` in `Recurrent`. Options: input_size, hidden_size, num_layers, bidirectional, dropout,
/// reset_after.
template <class S>
using Gru = Recurrent<GruCell<S>>;

}  // namespace heed::inline HEED_ISA
