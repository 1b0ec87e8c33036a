#pragma once

// The options of a model, by name and value.

#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "stored_model.hpp"

namespace classifier {

/// How many models answer by their mean.
template <class M>
heed::Index members_of(const StoredModel<M>& stored) {
  if constexpr (std::same_as<M, MixedModel>) {
    return stored.model.size();
  } else {
    return stored.members();
  }
}

/// What a model's file says of it: "hidden", "32".
template <class M>
std::vector<std::pair<std::string, std::string>> options_of(const StoredModel<M>& stored);
extern template std::vector<std::pair<std::string, std::string>> options_of(const StoredModel<NumberModel>&);
extern template std::vector<std::pair<std::string, std::string>> options_of(const StoredModel<RocketModel>&);
extern template std::vector<std::pair<std::string, std::string>> options_of(const StoredModel<MixedModel>&);
extern template std::vector<std::pair<std::string, std::string>> options_of(const StoredModel<TextModel>&);

}  // namespace classifier
