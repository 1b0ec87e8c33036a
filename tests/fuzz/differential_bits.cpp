// Prints the bits of what one build computes, a line for each seed: differential_bits SEEDS. See differential.sh.

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "differential.hpp"

namespace {

std::uint64_t hash(const std::vector<double>& numbers) {  // FNV-1a
  std::uint64_t all = 0xcbf29ce484222325U;
  for (const double x : numbers) all = (all ^ std::bit_cast<std::uint64_t>(x)) * 0x100000001b3U;
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t seeds = argc == 2 ? std::strtoull(argv[1], nullptr, 10) : 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Case c = computed_by_one(seed);
    for (const Computed* computed : {&c.of_float, &c.of_double}) {
      for (const auto* list : {&computed->batch, &computed->one, &computed->gradient}) {
        std::printf("%016llx ", static_cast<unsigned long long>(hash(*list)));
      }
    }
    std::printf("seed %llu, %s\n", static_cast<unsigned long long>(seed), c.model.c_str());
  }
  return seeds > 0 ? 0 : 2;
}
