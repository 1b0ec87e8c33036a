// expected: heed reports wrong input by exceptions
// flags: -fno-exceptions
#include "heed/core/types.hpp"

int main() {}
