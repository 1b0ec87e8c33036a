#pragma once

// The options of a model, by name and value.

#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "stored_model.hpp"

namespace classifier {

/// The number of models whose predictions are averaged.
template <class M>
heed::Index members_of(const StoredModel<M>& stored) {
  if constexpr (std::same_as<M, MixedModel>) {
    return stored.model.size();
  } else {
    return stored.members();
  }
}

/// An option in a model's file: "hidden", "32".
template <class M>
std::vector<std::pair<std::string, std::string>> options_of(const StoredModel<M>& stored);
extern template std::vector<std::pair<std::string, std::string>> options_of(const StoredModel<NumberModel>&);
extern template std::vector<std::pair<std::string, std::string>> options_of(const StoredModel<RocketModel>&);
extern template std::vector<std::pair<std::string, std::string>> options_of(const StoredModel<MixedModel>&);
extern template std::vector<std::pair<std::string, std::string>> options_of(const StoredModel<TextModel>&);

}  // namespace classifier
