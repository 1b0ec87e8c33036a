#pragma once

// From a model and data to the text of a page.

#include <filesystem>
#include <string>

#include "../model_arguments.hpp"
#include "../stored_model.hpp"

namespace classifier::page {

struct ReportArguments : ModelArguments {
  std::filesystem::path log = {};
  std::string command = {};  // that was given
};

/// Throws where the data have no labels, or do not fit the model.
template <class M>
std::string page_on(const StoredModel<M>& stored, const ReportArguments& arguments);
/// The same of a model of numbers.
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
