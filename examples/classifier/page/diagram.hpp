#pragma once

// A model as a diagram: its parts from input to output, with their output shapes and numbers of parameters.

#include <string>
#include <vector>

#include "../stored_model.hpp"
#include "findings.hpp"

namespace classifier::page {

/// The parts of a model. `steps` stands for the number of steps in their shapes: a number, or T.
ModelBranch branch_of(const NumberModel& model, const std::string& steps);
ModelBranch branch_of(const RocketModel& model, const std::string& steps);
ModelBranch branch_of(const TextModel& model, const std::string& steps);

/// The branches of an ensemble. Members of the same kind share one.
template <class M>
std::vector<ModelBranch> branches_of(const StoredModel<M>& stored, const std::string& steps) {
  ModelBranch branch = branch_of(stored.model, steps);
  branch.models = stored.members();
  return {branch};
}
std::vector<ModelBranch> branches_of(const StoredModel<MixedModel>& stored, const std::string& steps);

/// `answer` describes the output of each branch.
Section diagram_section(const std::vector<ModelBranch>& branches, const std::string& answer);

}  // namespace classifier::page
