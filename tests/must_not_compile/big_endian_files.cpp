// expected: the numbers of these files are little-endian
// flags: -U__BYTE_ORDER__ -D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__
#include "heed/io/safetensors_file.hpp"

int main() {}
