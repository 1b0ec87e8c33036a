#pragma once

// How well words are tagged.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "heed/data/conll.hpp"
#include "heed/data/sequences.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/metrics/entity_f1.hpp"

namespace support {

/// Of each word of each sentence.
using Tags = std::vector<std::vector<std::string>>;

/// What a model says of each word.
template <class Model>
Tags tags_of(const Model& model, const heed::Sequences<std::int32_t>& tokens) {
  const auto classes = heed::Predictor<Model>(model).step_labels(tokens.x.view(), tokens.lengths);
  Tags tags(tokens.lengths.size());
  for (std::size_t i = 0; i < tags.size(); ++i) {
    for (heed::Index t = 0; t < tokens.lengths[i]; ++t) {
      tags[i].push_back(model.labels[static_cast<std::size_t>(classes(static_cast<heed::Index>(i), t))]);
    }
  }
  return tags;
}

/// The F1 of entities where the tags are of entities, otherwise the share of words whose tag is right.
struct TagScore {
  double accuracy = 0;
  std::optional<heed::EntityReport> entities = {};
  double value() const { return entities ? entities->all.f1 : accuracy; }
  const char* name() const { return entities ? "F1" : "accuracy"; }
};

/// `names`: the tags there are.
inline TagScore tag_score(const Tags& truth, const Tags& predicted, std::span<const std::string> names) {
  TagScore score;
  heed::Index hits = 0, words = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    for (std::size_t t = 0; t < truth[i].size(); ++t, ++words) hits += truth[i][t] == predicted[i][t];
  }
  score.accuracy = static_cast<double>(hits) / static_cast<double>(words);
  if (std::all_of(names.begin(), names.end(), heed::is_entity_tag) &&
      std::find(names.begin(), names.end(), "O") != names.end())
    score.entities = heed::entity_f1(truth, predicted);
  return score;
}

/// A line a type, and one of all.
inline void print(const heed::EntityReport& report) {
  std::printf("\n%-16s precision  recall      F1  entities\n", "type");
  const auto row = [](const std::string& type, const heed::ClassReport& r) {
    std::printf("%-16s    %.4f  %.4f  %.4f    %6lld\n", type.c_str(), r.precision, r.recall, r.f1,
                static_cast<long long>(r.support));
  };
  for (const auto& [type, of_type] : report.types) row(type, of_type);
  row("all", report.all);
}

/// What a tagger must be better than: each word's most frequent tag, of unknown words the most frequent of all.
inline Tags most_frequent_tags(const heed::TaggedSentences& train, const heed::TaggedSentences& test) {
  std::map<std::string, std::map<std::string, heed::Index>> counts;
  for (std::size_t i = 0; i < train.words.size(); ++i) {
    for (std::size_t t = 0; t < train.words[i].size(); ++t) {
      ++counts[train.words[i][t]][train.tags[i][t]];
      ++counts[""][train.tags[i][t]];
    }
  }
  std::map<std::string, std::string> best;
  for (const auto& [word, tags] : counts) {
    const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
    best[word] = std::max_element(tags.begin(), tags.end(), fewer)->first;
  }
  Tags tags;
  for (const auto& words : test.words) {
    auto& row = tags.emplace_back();
    for (const std::string& word : words) row.push_back(best.at(best.contains(word) ? word : ""));
  }
  return tags;
}

}  // namespace support
