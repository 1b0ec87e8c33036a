#pragma once

// The subcommands, one file each. Each adds itself to the program; errors are thrown as heed::Error.

#include <CLI/CLI.hpp>

namespace classifier {

void add_train(CLI::App& program);
void add_evaluate(CLI::App& program);
void add_predict(CLI::App& program);
void add_explain(CLI::App& program);
void add_inspect(CLI::App& program);

}  // namespace classifier
