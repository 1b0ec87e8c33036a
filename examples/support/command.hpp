#pragma once

// What the programs beside this folder have in common: a command line, errors on one line, an exit code.

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <new>
#include <string>

namespace support {

/// Parses the command line, then calls `run()`. The exit code: 0; 2 where the command line is wrong; 1 for any other
/// error. Errors stand on stderr, behind the program's name.
template <class F>
int run_command(CLI::App& program, int argc, char** argv, F&& run) {
  const auto failed = [&](int code, const std::string& what) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s: %s\n", program.get_name().c_str(), what.c_str());
    return code;
  };
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help
    return program.exit(asked);
  } catch (const CLI::ParseError& e) {
    return failed(2, std::string(e.what()) + " (--help shows the usage)");
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
