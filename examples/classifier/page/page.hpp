#pragma once

// The page of a report: a single file that needs no network.

#include <string>
#include <utility>
#include <vector>

#include "findings.hpp"

namespace classifier::page {

struct Page {
  std::string title;                                       // "Report on gestures.safetensors"
  std::string model, data;                                 // one line each
  std::vector<std::pair<std::string, std::string>> tiles;  // the most important figures
  std::vector<Section> sections;

  std::string text() const;
};

/// The sources of a report: a model, data and a command.
struct Origin {
  std::string command;                                       // as the user typed it
  std::vector<std::pair<std::string, std::string>> files;    // "model", "gestures.safetensors"
  std::vector<std::pair<std::string, std::string>> options;  // of the model
};
Section origin_section(const Origin& origin);

/// "0.1.0"; "GCC 12.2.0"; "avx512"
std::string version_of_heed();
std::string compiler();
std::string instruction_set();

}  // namespace classifier::page
