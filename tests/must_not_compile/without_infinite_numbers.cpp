// expected: heed needs IEEE arithmetic
// flags: -ffinite-math-only
#include "heed/core/types.hpp"

int main() {}
