// expected: heed needs 64-bit addresses
// flags: -U__SIZEOF_POINTER__ -D__SIZEOF_POINTER__=4
#include "heed/core/types.hpp"

int main() {}
