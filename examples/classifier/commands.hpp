#pragma once

// The subcommands, one per file. Each adds itself to the program and throws heed::Error. Several processes may train;
// all other subcommands run as one process.

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "processes.hpp"

namespace classifier {

void add_train(CLI::App& program, const Processes& processes);           // `processes` must outlive the program
void add_cross_validate(CLI::App& program, const Processes& processes);  // the same
void add_evaluate(CLI::App& program);
void add_predict(CLI::App& program);
void add_explain(CLI::App& program);
void add_inspect(CLI::App& program);
void add_export(CLI::App& program);
void add_import(CLI::App& program);
void add_convert(CLI::App& program);
void add_report(CLI::App& program, const std::vector<std::string>& words);  // those of the command line

}  // namespace classifier
