#pragma once

// What the machine can do at the moment, measured in this process by heed's own packets: figures that the others are
// fractions of.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "heed/core/simd.hpp"

namespace bench {

inline double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Floating-point operations a second of one core in fused multiply-adds (a multiplication and an addition where the
/// processor has none), from registers: the best of some short runs.
template <class S>
double fma_peak() {
  namespace simd = heed::simd;
  using P = simd::Packet<S>;
  constexpr int chains = simd::registers == 32 ? 16 : 12;  // of registers
  constexpr long rounds = 20000;
  double best = 0;
  for (int run = 0; run < 20; ++run) {
    S values[chains + 1];  // all different, or the compiler might run one chain for two
    for (int i = 0; i <= chains; ++i) values[i] = S(0.5) + S(0.01) * S(i);
    benchmark::DoNotOptimize(values);
    P sum[chains];
    simd::unroll<chains>([&](auto i) HEED_LAMBDA { sum[i] = simd::set1<P>(values[i]); });
    const P factor = simd::set1<P>(values[chains] / 2);
    const double begin = seconds();
    for (long k = 0; k < rounds; ++k) {
      simd::unroll<chains>([&](auto i) HEED_LAMBDA { sum[i] = simd::fma(sum[i], factor, factor); });
    }
    S result[chains];
    simd::unroll<chains>([&](auto i) HEED_LAMBDA { result[i] = simd::sum(sum[i]); });
    benchmark::DoNotOptimize(result);
    const double time = seconds() - begin;
    best = std::max(best, 2.0 * chains * rounds * simd::native_width<S> / time);
  }
  return best;
}

/// Bytes a second that one core copies from memory to memory, read and written ones counted: the best of some runs.
inline double copy_bandwidth() {
  const std::size_t size = std::size_t(1) << 27;
  std::vector<std::byte> from(size, std::byte{1}), to(size, std::byte{2});
  double best = 0;
  for (int run = 0; run < 4; ++run) {
    const double begin = seconds();
    std::memcpy(to.data(), from.data(), size);
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
    best = std::max(best, 2 * static_cast<double>(size) / (seconds() - begin));
  }
  return best;
}

/// GFLOP/s and their fraction of the peak, which is measured here again: shared machines change from minute to minute.
/// The processor may have been faster or slower before; the better of this and the last measurement counts.
template <class S>
void report_flops(benchmark::State& state, double flop, double time, int threads = 1) {
  static double last = fma_peak<S>();
  const double now = fma_peak<S>(), peak = std::max(last, now) * threads;
  last = now;
  state.counters["GFLOP/s"] = flop / time / 1e9;
  state.counters["of_peak"] = flop / time / peak;
}

/// To be called before the benchmarks run: the machine's figures stand above the table.
inline bool describe_machine() {
  const auto giga = [](double value) { return std::to_string(static_cast<long>(value / 1e9 + 0.5)); };
  benchmark::AddCustomContext("float FMA peak of a core", giga(fma_peak<float>()) + " GFLOP/s");
  benchmark::AddCustomContext("double FMA peak of a core", giga(fma_peak<double>()) + " GFLOP/s");
  benchmark::AddCustomContext("copy bandwidth of a core", giga(copy_bandwidth()) + " GB/s, read and written");
  benchmark::AddCustomContext("floats in a packet", std::to_string(heed::simd::native_width<float>));
  return true;
}

}  // namespace bench
