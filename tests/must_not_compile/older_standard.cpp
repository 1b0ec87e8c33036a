// expected: heed needs C\+\+20
// flags: -std=c++17
#include "heed/core/types.hpp"

int main() {}
