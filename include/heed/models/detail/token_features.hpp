#pragma once

// What a model's tokens stand for, beside its options in a file.

#include <span>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/models/token_feature.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// Throws unless there are no features, or one for each vocabulary and of its size.
HEED_FUNCTION void check_token_features(std::span<const TokenFeature> features, std::span<const Index> vocabularies);
HEED_FUNCTION void write_token_features(Metadata& metadata, std::span<const TokenFeature> features);
HEED_FUNCTION std::vector<TokenFeature> read_token_features(const Metadata& metadata);

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <cstddef>
#include <string>

#include "heed/core/error.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION void check_token_features(std::span<const TokenFeature> features, std::span<const Index> vocabularies) {
  require(features.empty() || features.size() == vocabularies.size(), [&] {
    return Fault{"wrong number of features", "Tagger", std::to_string(vocabularies.size()),
                 std::to_string(features.size())};
  });
  for (std::size_t i = 0; i < features.size(); ++i) {
    require(std::ssize(features[i].texts) + 2 == vocabularies[i], [&] {
      return Fault{"wrong number of texts", "Tagger, feature " + features[i].name, std::to_string(vocabularies[i] - 2),
                   std::to_string(features[i].texts.size())};
    });
  }
}

HEED_FUNCTION void write_token_features(Metadata& metadata, std::span<const TokenFeature> features) {
  std::vector<std::string> names;
  for (const TokenFeature& feature : features) {
    set(metadata, "texts." + std::to_string(names.size()), feature.texts);
    names.push_back(feature.name);
  }
  if (!names.empty()) set(metadata, "features", names);
}

HEED_FUNCTION std::vector<TokenFeature> read_token_features(const Metadata& metadata) {
  std::vector<TokenFeature> features;
  if (!metadata.contains("features")) return features;
  for (const std::string& name : get_texts(metadata, "features")) {
    features.push_back({name, get_texts(metadata, "texts." + std::to_string(features.size()))});
  }
  return features;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
