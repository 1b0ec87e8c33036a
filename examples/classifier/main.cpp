// classifier: trains, tests, runs and explains attention-based classifiers of sequences.
// Exit codes: 0; 1 with a message on stderr; 2 where the command line is wrong.

#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "commands.hpp"
#include "heed/core/error.hpp"
#include "heed/version.hpp"

namespace {

constexpr int failed = 1, wrong_usage = 2;

int fail(int code, const std::string& message) {
  std::fflush(stdout);
  std::fprintf(stderr, "classifier: %s\n", message.c_str());
  return code;
}

int run(CLI::App& program, int argc, char** argv) {
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    program.exit(asked);
  } catch (const CLI::ParseError& e) {
    const auto chosen = program.get_subcommands();
    const auto strange = program.remaining();
    const std::string command = chosen.empty() ? "" : " " + chosen.front()->get_name();
    const std::string what =
        chosen.empty() && !strange.empty() ? "unknown subcommand or option: " + strange.front() : e.what();
    return fail(wrong_usage, what + " (classifier" + command + " --help shows the usage)");
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) return fail(failed, "cannot write to standard output");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string version = std::to_string(HEED_VERSION_MAJOR) + "." + std::to_string(HEED_VERSION_MINOR) + "." +
                              std::to_string(HEED_VERSION_PATCH);
  CLI::App program("Trains, tests, runs and explains attention-based classifiers of sequences", "classifier");
  program.require_subcommand(1);
  program.get_formatter()->column_width(27);
  program.set_version_flag("--version", version, "Print the version and exit");
  classifier::add_train(program);
  classifier::add_evaluate(program);
  classifier::add_predict(program);
  classifier::add_explain(program);
  classifier::add_inspect(program);
  try {
    return run(program, argc, argv);
  } catch (const std::bad_alloc&) {
    return fail(failed, "out of memory");
  } catch (const std::exception& e) {
    return fail(failed, e.what());
  }
}
