#pragma once

// What the programs beside this folder have in common: a command line, errors on one line, an exit code.

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <string>

#include "checks.hpp"
#include "file_names.hpp"
#include "proposals.hpp"
#include "terminal.hpp"

namespace support {

namespace detail {
/// Help in lines of at most 80 columns.
class Help : public CLI::Formatter {
 public:
  std::string make_option_desc(const CLI::Option* option) const override {
    return in_lines(CLI::Formatter::make_option_desc(option), 80 - static_cast<int>(get_column_width()));
  }
  std::string make_description(const CLI::App* app) const override {
    return in_lines(CLI::Formatter::make_description(app), 80) + '\n';
  }

 private:
  static std::string in_lines(std::string text, int width) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    text = text.empty() ? text : wrapped(text, width, 0);
    if (!text.empty()) text.pop_back();  // the end of the last line
    return text;
  }
};
}  // namespace detail

/// Parses the command line, then calls `run()`. The exit code: 0; 2 where the command line is wrong; 1 for any other
/// error. Errors stand on stderr, behind the program's name.
template <class F>
int run_command(CLI::App& program, int argc, char** argv, F&& run) {
  const auto failed = [&](int code, const std::string& what) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s: %s\n", program.get_name().c_str(), what.c_str());
    return code;
  };
  program.formatter(std::make_shared<detail::Help>());
  show_defaults(program);
  if (CLI::Option* const model = program.get_option_no_throw("--model")) check_name_unless_read(model, model_file);
  if (CLI::Option* const run_file = program.get_option_no_throw("--checkpoint")) {
    check_name_unless_read(run_file, checkpoint_file);
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help
    return program.exit(asked);
  } catch (const CLI::ParseError& e) {
    const std::string unknown = unknown_option(program);
    return failed(2, (unknown.empty() ? in_words(program, e) : unknown) + " (--help shows the usage)");
  }
  try {
    run();
  } catch (const std::bad_alloc&) {
    return failed(1, "out of memory");
  } catch (const std::exception& e) {
    return failed(1, e.what());
  }
  const bool written = std::fflush(stdout) == 0 && !std::ferror(stdout);
  return written ? 0 : failed(1, "cannot write to standard output");
}

}  // namespace support
