#pragma once

// Makes the text of a page from a model and data.

#include <filesystem>
#include <string>

#include "../model_arguments.hpp"
#include "../stored_model.hpp"

namespace classifier::page {

struct ReportArguments : ModelArguments {
  std::filesystem::path log = {};
  std::string command = {};  // as the user typed it
};

/// Throws if the data have no labels or do not fit the model.
template <class M>
std::string page_on(const StoredModel<M>& stored, const ReportArguments& arguments);
/// The same for a model of numbers.
template <class M>
std::string page_of_numbers(const StoredModel<M>& stored, const ReportArguments& arguments);
extern template std::string page_of_numbers(const StoredModel<NumberModel>&, const ReportArguments&);
extern template std::string page_of_numbers(const StoredModel<RocketModel>&, const ReportArguments&);
extern template std::string page_of_numbers(const StoredModel<MixedModel>&, const ReportArguments&);

extern template std::string page_on(const StoredModel<NumberModel>&, const ReportArguments&);
extern template std::string page_on(const StoredModel<RocketModel>&, const ReportArguments&);
extern template std::string page_on(const StoredModel<MixedModel>&, const ReportArguments&);
extern template std::string page_on(const StoredModel<TextModel>&, const ReportArguments&);

}  // namespace classifier::page
