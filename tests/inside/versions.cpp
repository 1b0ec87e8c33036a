// Two versions of heed in one program: each does its own, and neither takes the other's functions.

#include <cmath>
#include <cstdio>

#include "heed/version.hpp"

extern "C" int heed_this(double* out);
extern "C" int heed_other(double* out);

int main() {
  constexpr int version = HEED_VERSION_MAJOR * 1000 + HEED_VERSION_MINOR;
  double mine[2] = {}, other[2] = {};
  const int first = heed_this(mine), second = heed_other(other);
  std::printf("versions %d and %d: %.9g %.9g, %.9g %.9g\n", first, second, mine[0], mine[1], other[0], other[1]);
  // the other version halves the learning rate: the same numbers would be those of this one
  return first == version && second == version + 1 && mine[0] != other[0] && std::isfinite(other[0]) ? 0 : 1;
}
