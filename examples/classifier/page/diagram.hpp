#pragma once

// A model as a diagram: its parts from the input to the answer, with what they give and how many parameters they have.

#include <string>
#include <vector>

#include "../stored_model.hpp"
#include "findings.hpp"

namespace classifier::page {

/// What a model is made of. `steps` is what stands for the steps of a sequence: a number, or T.
ModelBranch branch_of(const NumberModel& model, const std::string& steps);
ModelBranch branch_of(const RocketModel& model, const std::string& steps);
ModelBranch branch_of(const TextModel& model, const std::string& steps);

/// Those of an ensemble: alike ones once.
template <class M>
std::vector<ModelBranch> branches_of(const StoredModel<M>& stored, const std::string& steps) {
  ModelBranch branch = branch_of(stored.model, steps);
  branch.models = stored.members();
  return {branch};
}
std::vector<ModelBranch> branches_of(const StoredModel<MixedModel>& stored, const std::string& steps);

/// `answer` is what comes out of each.
Section diagram_section(const std::vector<ModelBranch>& branches, const std::string& answer);

}  // namespace classifier::page
