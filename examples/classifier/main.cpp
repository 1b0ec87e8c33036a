// classifier: trains, tests, runs and explains attention-based classifiers of sequences.
// Under mpirun several processes train together. Exit codes: 0; 1 with a message on stderr; 2 where the command line is
// wrong.

#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "../support/checks.hpp"
#include "../support/proposals.hpp"
#include "commands.hpp"
#include "heed/core/error.hpp"
#include "heed/version.hpp"
#include "hints.hpp"

namespace {

using classifier::Processes;

constexpr int failed = 1, wrong_usage = 2;

std::string what_is_wrong(const CLI::App& program, const CLI::ParseError& e) {
  const auto chosen = program.get_subcommands();
  const auto strange = program.remaining();
  if (chosen.empty() && !strange.empty() && !strange.front().starts_with('-')) {
    return support::unknown_subcommand(program, strange.front());
  }
  std::string unknown = support::unknown_option(program);  // before the subcommand
  if (unknown.empty() && !chosen.empty()) unknown = support::unknown_option(*chosen.front());
  return unknown.empty() ? support::in_words(program, e) : unknown;
}

int run(CLI::App& program, const Processes& processes, int argc, char** argv) {
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    if (processes.first()) program.exit(asked);
  } catch (const CLI::ParseError& e) {
    const auto chosen = program.get_subcommands();
    const std::string command = chosen.empty() ? "" : " " + chosen.front()->get_name();
    return processes.failed(what_is_wrong(program, e) + " (classifier" + command + " --help shows the usage)",
                            wrong_usage);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    return processes.failed("cannot write to standard output", failed);
  }
  return 0;
}

int run(const Processes& processes, int argc, char** argv) {
  const std::string version = std::to_string(HEED_VERSION_MAJOR) + "." + std::to_string(HEED_VERSION_MINOR) + "." +
                              std::to_string(HEED_VERSION_PATCH);
  CLI::App program("Trains, tests, runs and explains models of sequences", "classifier");
  program.require_subcommand(1);
  program.get_formatter()->column_width(27);
  program.set_version_flag("--version", version, "Print the version and exit");
  classifier::add_train(program, processes);
  classifier::add_cross_validate(program, processes);
  classifier::add_evaluate(program);
  classifier::add_predict(program);
  classifier::add_explain(program);
  classifier::add_report(program, {argv + 1, argv + argc});
  classifier::add_inspect(program);
  classifier::add_export(program);
  classifier::add_import(program);
  classifier::add_convert(program);
  for (CLI::App* command : program.get_subcommands({})) {
    support::refuse_empty_values(*command);
    if (command->get_name() == "train" || processes.count() == 1) continue;
    command->preparse_callback([command](std::size_t) {
      throw heed::Error({command->get_name() + " runs as one process: start it without mpirun"});
    });
  }
  try {
    return run(program, processes, argc, argv);
  } catch (const std::bad_alloc&) {
    return processes.failed("out of memory", failed);
  } catch (const heed::Error& e) {
    return processes.failed(heed::Error(classifier::with_names_of_options(classifier::with_hint_at_steps(e.fault()))));
  } catch (const std::exception& e) {
    return processes.failed(e);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Processes processes(argc, argv);
    return run(processes, argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("classifier: out of memory\n", stderr);
    return failed;
  } catch (const std::exception& e) {  // there are no processes
    std::fprintf(stderr, "classifier: %s\n", e.what());
    return failed;
  }
}
