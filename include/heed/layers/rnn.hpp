#pragma once

/// @file
/// Simple recurrent networks.

#include "heed/core/types.hpp"
#include "heed/layers/recurrent.hpp"
#include "heed/layers/rnn_cell.hpp"

namespace heed::inline HEED_ISA {

/// torch.nn.RNN: `RnnCell` in `Recurrent`. Options: input_size, hidden_size, num_layers, bidirectional, dropout,
/// nonlinearity.
template <class S>
using Rnn = Recurrent<RnnCell<S>>;

}  // namespace heed::inline HEED_ISA
