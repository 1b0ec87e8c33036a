// Which of the builds this processor runs. Built for the least of them.

#include <nanobind/nanobind.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace {

#if defined(__x86_64__)
struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(unsigned leaf) {
  Registers r;
  if (__get_cpuid_count(leaf, 0, &r.a, &r.b, &r.c, &r.d) == 0) return {};
  return r;
}

/// What of the registers the operating system keeps.
unsigned kept_state() {
  unsigned a = 0, d = 0;
  __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return a;
}

bool all(unsigned bits, unsigned mask) { return (bits & mask) == mask; }

/// 1, 3 or 4: x86-64, x86-64-v3, x86-64-v4.
int level() {
  const Registers basic = cpuid(1), more = cpuid(7), extended = cpuid(0x80000001U);
  constexpr unsigned v2 = bit_SSE3 | bit_SSSE3 | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT | bit_CMPXCHG16B;
  constexpr unsigned v3 = bit_AVX | bit_FMA | bit_MOVBE | bit_F16C | bit_OSXSAVE;
  if (!all(basic.c, v2 | v3) || !all(more.b, bit_AVX2 | bit_BMI | bit_BMI2) || !all(extended.c, bit_LZCNT)) return 1;
  const unsigned state = kept_state();
  if (!all(state, 0x6)) return 1;
  constexpr unsigned v4 = bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL;
  return all(more.b, v4) && all(state, 0xE6) ? 4 : 3;
}
#else
int level() { return 1; }
#endif

}  // namespace

NB_MODULE(_cpu, m) {
  m.def("level", &level, "1, 3 or 4: this processor runs builds for x86-64, x86-64-v3 or x86-64-v4.");
}
