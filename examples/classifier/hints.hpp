#pragma once

// What the errors of the library say in the trainer's words.

#include "heed/core/error.hpp"

namespace classifier {

/// Adds to an error the option that helps with such a value: a missing one, a target, a date.
heed::Fault with_hint(heed::Fault fault);
/// The same for a model that cannot skip missing steps.
heed::Fault with_hint_at_steps(heed::Fault fault);
/// The same for rows that are not as long as those of training.
heed::Fault with_hint_at_length(heed::Fault fault);
/// Names options of readers as on the command line: --index-column for `index_column`.
heed::Fault with_names_of_options(heed::Fault fault);

}  // namespace classifier
