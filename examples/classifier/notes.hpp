#pragma once

// What the trainer says about data that it can use, and that may not be what the user means.

#include <filesystem>
#include <string>
#include <vector>

#include "data.hpp"
#include "heed/data/sentences.hpp"

namespace classifier {

/// Reports on standard error if lines of a text are Latin-1.
void note_encoding(const heed::Sentences& sentences, const std::filesystem::path& path);

/// Reports on standard error if a model knows no word of some sentences.
void note_unknown_sentences(const Tokens& tokens, const std::filesystem::path& path);

/// Reports on standard error what may be no labels: if most sequences, of eight or more, have one that no other has; and
/// words for what is missing.
void note_odd_labels(const std::vector<std::string>& labels, const std::string& where);

}  // namespace classifier
