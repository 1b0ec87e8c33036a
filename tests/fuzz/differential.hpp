#pragma once

// What a build of heed computes for the model and the data of a seed.

#include <cstdint>
#include <string>
#include <vector>

struct Computed {
  std::vector<double> batch;     ///< outputs of all sequences, side by side
  std::vector<double> one;       ///< the same, a sequence at a time
  std::vector<double> gradient;  ///< of the mean loss, and the loss
};

struct Case {
  std::string model;
  std::int64_t sequences = 0, steps = 0;
  Computed of_float, of_double;
};

/// differential_build.cpp, compiled once for each instruction set.
Case computed_by_sse2(std::uint64_t seed);
Case computed_by_avx2(std::uint64_t seed);
Case computed_by_avx512(std::uint64_t seed);
Case computed_by_one(std::uint64_t seed);  ///< for differential_bits.cpp
