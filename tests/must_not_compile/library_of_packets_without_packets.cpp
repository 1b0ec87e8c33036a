// expected: heed::compiled is built for another instruction set than this source
// flags: -DEIGEN_DONT_VECTORIZE -DHEED_COMPILED=HEED_ISA_OF_NUMBERS(sse2,_,HEED_VERSION_MAJOR,HEED_VERSION_MINOR)
#include "heed/core/types.hpp"

int main() {}
