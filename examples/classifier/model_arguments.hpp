#pragma once

// The options that evaluate, predict and explain share: a model, and data for it.

#include <CLI/CLI.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "architecture.hpp"
#include "data.hpp"
#include "stored_model.hpp"

namespace classifier {

struct ModelArguments {
  std::filesystem::path model, output;  // no output: standard output
  std::filesystem::path picture = {};   // of explain
  DataFiles data;
  Architecture architecture;
  heed::Index steps = 0;  // of the rows of a table; 0: not given
  bool labelled = false;  // sentences have labels in front
  heed::TableFormat format;
  std::optional<heed::Missing> missing;  // nothing: as in training
};

void add_model_and_data(CLI::App& command, ModelArguments& arguments);

/// Adds --output, and --labelled for sentences that may have them.
void add_output(CLI::App& command, ModelArguments& arguments, const char* what);

/// Throws if the output cannot be written, or if it is the model or the data.
void check_output(const ModelArguments& arguments);

/// Sequences as a model takes them, and the names that a table gives them.
struct NamedSequences : heed::Sequences<float> {
  std::vector<std::string> ids = {};  // empty: without names
  std::string id_column = {};
  std::vector<bool> unanswered = {};  // as of NumberData
};

/// The data in the form that the model takes.
template <class M>
NamedSequences narrowed(const StoredModel<M>& stored, const ModelArguments& arguments, NumberData exact) {
  NamedSequences data{heed::narrowed<float>(exact, arguments.data.data.string(), stored.shift), std::move(exact.ids)};
  const std::string& said = arguments.format.sequence_column;
  data.id_column = said.empty() ? stored.columns.sequence : said;
  data.unanswered = std::move(exact.unanswered);
  return data;
}

/// Reads data for a model, with its features or its words. If `labels` is true, the data must have labels. If not, a
/// table may lack them: `steps`, else the model's file, else the rows themselves tell whether a row ends with a label.
/// Sentences then have labels only if `labelled` is given. Throws if an option is for the other kind of data.
NumberData load_exact(const StoredModel<NumberModel>& stored, const ModelArguments& arguments, bool labels);
NumberData load_exact(const StoredModel<RocketModel>& stored, const ModelArguments& arguments, bool labels);
NumberData load_exact(const StoredModel<MixedModel>& stored, const ModelArguments& arguments, bool labels);
NamedSequences load_data(const StoredModel<NumberModel>& stored, const ModelArguments& arguments, bool labels);
NamedSequences load_data(const StoredModel<RocketModel>& stored, const ModelArguments& arguments, bool labels);
NamedSequences load_data(const StoredModel<MixedModel>& stored, const ModelArguments& arguments, bool labels);
Tokens load_data(const StoredModel<TextModel>& stored, const ModelArguments& arguments, bool labels);

}  // namespace classifier
