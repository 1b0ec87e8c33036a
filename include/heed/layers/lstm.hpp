#pragma once

/// @file
/// Long short-term memory.

#include "heed/core/types.hpp"
#include "heed/layers/lstm_cell.hpp"
#include "heed/layers/recurrent.hpp"

namespace heed::inline HEED_ISA {

/// torch.nn.LSTM: `LstmCell` in `Recurrent`. Options: input_size, hidden_size, num_layers, bidirectional, dropout.
template <class S>
using Lstm = Recurrent<LstmCell<S>>;

}  // namespace heed::inline HEED_ISA
