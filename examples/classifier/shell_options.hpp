#pragma once

// Options of the trainer as a user types them.

#include <string>
#include <vector>

#include "heed/io/weight_names.hpp"

namespace classifier {

/// " --rename rnn=lstm": the options for this prefix and these names. Empty if the names cannot stand on a command line.
std::string options_of(const std::string& prefix, const std::vector<heed::Rename>& renames);

}  // namespace classifier
