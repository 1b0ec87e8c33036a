// expected: heed::compiled is built for another instruction set than this source
#define HEED_COMPILED another
#include "heed/core/types.hpp"

int main() {}
