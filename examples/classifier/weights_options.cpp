#include "weights_options.hpp"

#include <string>
#include <vector>

#include "../support/checks.hpp"
#include "command_line.hpp"
#include "heed/core/error.hpp"

namespace classifier {

namespace {

// "rnn=lstm"
heed::Rename rename_of(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos || text.size() == 1) {
    throw CLI::ValidationError(
        heed::Error(heed::Fault{"wrong value", "--rename", "OLD=NEW, beginnings of names", '"' + text + '"'}).what(),
        CLI::ExitCodes::ValidationError);
  }
  return {text.substr(0, at), text.substr(at + 1)};
}

}  // namespace

void add_weights(CLI::App& command, heed::WeightsOptions& weights) {
  const char* const group = "Model files of other programs";
  command
      .add_option(
          "--prefix", weights.prefix,
          "Take the tensors NAME... alone, as model_state_dict\nof a checkpoint, and leave NAME out of their names")
      ->option_text("NAME")
      ->group(group);
  command
      .add_option_function<std::vector<std::string>>(
          "--rename",
          [&weights](const std::vector<std::string>& all) {
            for (const std::string& text : all) weights.rename.push_back(rename_of(text));
          },
          "Rename tensors OLD... to NEW...; NEW may be empty;\nmay be given several times")
      ->allow_extra_args(false)
      ->option_text("OLD=NEW")
      ->group(group);
  command.add_flag("--partial", weights.partial, "Skip tensors that do not fit; missing biases are 0")->group(group);
  command
      .add_flag_callback(
          "--no-self-test", [&weights] { weights.self_test = false; },
          "Do not run the self-test of files that heed wrote")
      ->group(group);
}

void refuse_weights(const heed::WeightsOptions& weights) {
  const char* const lack = "needs --init";
  require_usage(weights.prefix.empty(), "--prefix", lack);
  require_usage(weights.rename.empty(), "--rename", lack);
  require_usage(!weights.partial, "--partial", lack);
  require_usage(weights.self_test, "--no-self-test", lack);
}

}  // namespace classifier
