#pragma once

// Heat maps of attention weights.

#include "../support/picture.hpp"
#include "attention_weights.hpp"
#include "data.hpp"

namespace classifier {

/// The first sequences, one row each; with heads, a map for each head of the first two sequences.
support::HeatMaps heat_maps(const StoredModel<NumberModel>& stored, const heed::Sequences<float>& data,
                            const Weights& weights);
/// The first sentences, one map each, with their words.
support::HeatMaps heat_maps(const StoredModel<TextModel>& stored, const Tokens& data, const Weights& weights);

}  // namespace classifier
