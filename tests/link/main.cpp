#include <cmath>
#include <cstdio>

#include "heed/heed.hpp"
#include "part.hpp"

namespace {

// The same numbers to rounding, whatever the instruction set.
bool agree(const char* name, const Part& part, const Part& reference) {
  if (part.numbers.size() != reference.numbers.size() || part.numbers.empty()) {
    return std::printf("%s: another number of numbers\n", name), false;
  }
  for (std::size_t i = 0; i < part.numbers.size(); ++i) {
    if (!(std::abs(part.numbers[i] - reference.numbers[i]) <= 1e-4)) {
      return std::printf("%s: number %zu is %g, not %g\n", name, i, part.numbers[i], reference.numbers[i]), false;
    }
  }
  return true;
}

// An error is the same type in all of them.
bool caught(void (*throwing)()) {
  try {
    throwing();
  } catch (const heed::Error& error) {
    return !error.fault().what.empty();
  } catch (...) {
    std::puts("an error of another instruction set is not heed::Error here");
  }
  return false;
}

}  // namespace

int main() {
  constexpr int skipped = 77;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
    return std::puts("Skipped\nthis processor has no AVX2 and FMA"), skipped;
  const heed::Tensor<float, 1> own({3});
  const Part native = part_native(), v2 = part_x86_64_v2(), v3 = part_x86_64_v3(), scalar = part_scalar();
  if (v2.type == v3.type) return std::printf("two instruction sets share the type %s\n", v2.type.c_str()), 1;
  if (native.type == scalar.type) return std::printf("packets and scalars share the type %s\n", native.type.c_str()), 1;
  if (!caught(throw_native) || !caught(throw_scalar) || !caught(throw_x86_64_v2) || !caught(throw_x86_64_v3)) return 1;
  return own.size() == 3 && agree("x86-64-v2", v2, native) && agree("x86-64-v3", v3, native) &&
                 agree("scalar", scalar, native)
             ? 0
             : 1;
}
