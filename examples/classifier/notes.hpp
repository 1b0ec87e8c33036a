#pragma once

// What the trainer says about data that it can use, and that may not be what the user means.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data.hpp"
#include "heed/data/sentences.hpp"
#include "heed/data/standardize.hpp"

namespace classifier {

/// Reports on standard error if lines of a text are Latin-1.
void note_encoding(const heed::Sentences& sentences, const std::filesystem::path& path);

/// Reports on standard error if a model knows no word of some sentences.
void note_unknown_sentences(const Tokens& tokens, const std::filesystem::path& path);

/// Reports on standard error which features have the same value in all training data: a model cannot know what another
/// value means, and no deviation says how far from it that is.
void note_constant_features(const heed::FeatureStatistics& statistics, const Columns& columns,
                            const std::filesystem::path& path);

/// Reports on standard error that rows of some sequences stood in another order than their times.
void note_sorted(heed::Index sequences, const std::string& column, const std::filesystem::path& path);

/// Reports on standard error sequences of which no step is present. Measures count the answer to an empty sequence, which
/// `predict` does not give.
void note_without_steps(const heed::Sequences<double>& data, const std::filesystem::path& path);

/// Whether one process reads all sequences: notes about some of them would mislead.
inline bool reads_all(const heed::Part& part) {
  constexpr heed::Index many = 1'000'000;
  return !part || part(many).count() == many;
}

/// Reports on standard error values that are far from all others of their feature, as -999 for a missing value is, or a
/// fault of a sensor. One of them spoils means, deviations and training. Features with few different values are passed
/// over.
void note_far_values(const heed::Sequences<double>& data, const std::vector<std::string>& names,
                     const std::filesystem::path& path);

/// Reports sequences that no fold tests: a class has no other.
void note_untested(std::span<const std::int32_t> classes, bool quiet);

/// Reports on standard error what may be no labels: if most sequences, of eight or more, have one that no other has; and
/// words for what is missing.
void note_odd_labels(const std::vector<std::string>& labels, const std::string& where);

}  // namespace classifier
