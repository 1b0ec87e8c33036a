// expected: heed needs IEEE arithmetic
// flags: -ffast-math
#include "heed/core/types.hpp"

int main() {}
