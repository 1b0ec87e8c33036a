#pragma once

#include <string>
#include <vector>

// What a translation unit computes by heed, and the name that one of heed's types has in it.
struct Part {
  std::string type;
  std::vector<double> numbers;
};

Part part_x86_64_v2();
Part part_x86_64_v3();
Part part_native();
Part part_scalar();

// Throw heed::Error.
void throw_x86_64_v2();
void throw_x86_64_v3();
void throw_native();
void throw_scalar();
