// Compares what builds for several instruction sets compute: float and double, one sequence and many. See
// tests/fuzz/differential.sh.
//
// A number that n roundings lead to, one after the other, is off by about sqrt(n) u times the largest number on the way:
// roundings go up as often as down. u is 2^-24 for float, 2^-53 for double. Here n is 64 for each step (the products and
// activations of a step of at most two layers of 18 units) of a sequence, and for a gradient once more for each
// sequence that it sums. Two builds may be 8 times as far apart: both round, and a
// normalisation divides by a deviation that may be small.
//
//     |a - b| <= 8 sqrt(n) u max(1, largest |a|),   n = 64 steps, or 64 steps + sequences for gradients

#include "differential.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Build {
  const char* name;
  Case (*compute)(std::uint64_t);
};

/// The builds that this processor can run.
std::vector<Build> builds() {
  std::vector<Build> all{{"SSE2", computed_by_sse2}};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) all.push_back({"AVX2", computed_by_avx2});
  if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
    all.push_back({"AVX-512", computed_by_avx512});
  }
  return all;
}

struct Comparison {
  double worst = 0;  // of the tolerance
  int faults = 0;
  std::string about;

  void operator()(const std::string& what, const std::vector<double>& a, const std::vector<double>& b, double n,
                  double unit) {
    double largest = 1, distance = 0;
    for (const double x : a) largest = std::max(largest, std::abs(x));
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      const double off = std::abs(a[i] - b[i]);
      distance = off <= distance ? distance : off;  // NaN stays
    }
    const double share = distance / (8 * std::sqrt(n) * unit * largest);
    worst = share <= worst ? worst : share;
    if (a.size() == b.size() && !a.empty() && share <= 1) return;
    ++faults;
    std::printf("%s\n  %s: %zu and %zu numbers, %g apart, %.3g of what is tolerated\n", about.c_str(), what.c_str(),
                a.size(), b.size(), distance, share);
  }
};

constexpr double of_float = 0x1p-24, of_double = 0x1p-53;

void compare(Comparison& differ, const std::string& what, const Computed& a, const Computed& b, const Case& c,
             double unit) {
  const double n = 64 * static_cast<double>(c.steps);
  differ(what + ", outputs", a.batch, b.batch, n, unit);
  differ(what + ", outputs one by one", a.batch, b.one, n, unit);
  differ(what + ", gradient", a.gradient, b.gradient, n + static_cast<double>(c.sequences), unit);
}

}  // namespace

/// differential SEEDS [FIRST]
int main(int argc, char** argv) {
  std::uint64_t seeds = 0, first = 0;
  const auto number = [](std::string_view text, std::uint64_t& to) {
    const auto end = text.data() + text.size();
    return std::from_chars(text.data(), end, to).ptr == end && !text.empty();
  };
  const bool valid = argc >= 2 && argc <= 3 && number(argv[1], seeds) && (argc == 2 || number(argv[2], first));
  if (!valid) return std::puts("differential SEEDS [FIRST]"), 2;
  const std::vector<Build> all = builds();
  Comparison differ;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const Case reference = all.back().compute(seed);
    differ.about = "seed " + std::to_string(seed) + ", " + reference.model;
    for (const Build& build : all) {
      const Case c = build.compute(seed);
      const std::string name = build.name;
      compare(differ, name + " float", reference.of_double, c.of_float, reference, of_float);
      compare(differ, name + " double", reference.of_double, c.of_double, reference, of_double);
    }
  }
  std::printf("%llu seeds, %zu instruction sets, %d faults; the worst has %.3g of what is tolerated\n",
              static_cast<unsigned long long>(seeds), all.size(), differ.faults, differ.worst);
  return differ.faults == 0 ? 0 : 1;
}
