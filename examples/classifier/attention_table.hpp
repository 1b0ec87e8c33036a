#pragma once

// The attention weights of sequences as a table, or as an array of numbers.

#include <filesystem>

#include "attention_weights.hpp"
#include "data.hpp"
#include "heed/data/csv.hpp"
#include "model_arguments.hpp"

namespace classifier {

/// Columns "sequence", or the names of sequences under the name of their column, as `predict` has them; for multihead
/// "head" and "query"; and one weight per step: "step 0" ...
heed::CsvWriter weight_table(const Weights& w, const NamedSequences& data);
/// Columns "sentence", for multihead "head" and "query", "step", "word", "known" (1 or 0) and "weight".
heed::CsvWriter weight_table(const Weights& w, const Tokens& data);

/// The table; for a .npy only the weights.
template <class Data>
void write_weights(const std::filesystem::path& path, const Weights& w, const Data& data);
extern template void write_weights(const std::filesystem::path&, const Weights&, const NamedSequences&);
extern template void write_weights(const std::filesystem::path&, const Weights&, const Tokens&);

}  // namespace classifier
