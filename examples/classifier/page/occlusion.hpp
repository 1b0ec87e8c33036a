#pragma once

// The importance of a part of the input: how much worse the answers get without it.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "../data.hpp"
#include "findings.hpp"
#include "heed/core/parallel.hpp"
#include "outputs.hpp"

namespace classifier::page {

/// Two scores of the answers to some sequences, given by their places among all. A higher score is better.
using Score = std::function<std::pair<double, double>(const heed::Tensor<float, 2>&, const std::vector<heed::Index>&)>;

/// The number of sequences that can be run in this many variants within seconds.
heed::Index affordable(heed::Index steps, heed::Index variants, heed::Index parameters, heed::Index count);

/// Values to replace by the mean: some features in all steps, or all features in some steps.
struct Stretch {
  std::string name;
  heed::Index first_feature = 0, last_feature = 0;  // [first, last)
  double from = 0, to = 1;                          // of the length
};
std::vector<Stretch> feature_stretches(const std::vector<std::string>& features);
std::vector<Stretch> time_stretches(heed::Index features, heed::Index steps, bool ragged);
std::vector<float> means_of(const heed::Sequences<float>& data);
heed::Sequences<float> occluded(const heed::Sequences<float>& data, const Stretch& stretch,
                                const std::vector<float>& means);

/// A word to remove from a sentence: the place of the sentence among the rows, and the word.
struct MissingWord {
  heed::Index row;
  std::string word;
};
/// The words that occur in several rows, once for each sentence.
std::vector<MissingWord> missing_words(const Tokens& data, const std::vector<heed::Index>& rows, heed::Index most);

/// The importance of features and of stretches of time in series.
template <class M>
Importance importance_of(const heed::Ensemble<M>& all, const heed::Sequences<float>& data,
                         const std::vector<std::string>& features, heed::Index outputs, heed::Index parameters,
                         bool ragged, const Score& score, heed::ThreadPool& threads) {
  Importance result;
  std::vector<Stretch> by_feature, by_time = time_stretches(data.features(), data.steps(), ragged);
  if (data.features() > 1) by_feature = feature_stretches(features);
  const auto variants = static_cast<heed::Index>(by_feature.size() + by_time.size() + 1);
  const std::vector<heed::Index> rows =
      evenly(data.count(), affordable(data.steps(), variants, parameters, data.count()));
  const heed::Sequences<float> sample = rows_of(data, rows);
  const std::vector<float> means = means_of(data);
  const auto before = score(outputs_of(all, sample, outputs, threads), rows);
  result.rows = static_cast<heed::Index>(rows.size());
  result.score = before.first;
  const auto each = [&](const std::vector<Stretch>& stretches, std::vector<Occluded>& into) {
    for (const Stretch& stretch : stretches) {
      const auto after = score(outputs_of(all, occluded(sample, stretch, means), outputs, threads), rows);
      into.push_back({stretch.name, before.first - after.first, before.second - after.second, result.rows});
    }
  };
  each(by_feature, result.features);
  each(by_time, result.stretches);
  return result;
}

/// The importance of words in sentences: replaces the most frequent words, one at a time, by the unknown word.
Importance importance_of(const heed::Ensemble<TextModel>& all, const Tokens& data, heed::Index outputs,
                         heed::Index parameters, const std::vector<std::int32_t>& truth, heed::ThreadPool& threads);

Section importance_section(const Importance& importance, const Cases& cases);

}  // namespace classifier::page
