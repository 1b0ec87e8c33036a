#pragma once

// What a user can do about a file of another program.

#include <string>
#include <vector>

#include "heed/io/weight_names.hpp"

namespace heed_python {

/// What became of the tensors of another program's file. Throws where parameters are missing.
std::vector<std::string> notes_of(const heed::LoadedWeights& report, const std::string& name);

/// The renaming that helps, as Python says it. Throws the error again.
[[noreturn]] void with_advice(const heed::TensorMismatch& error, bool partial_helps);

}  // namespace heed_python
