#pragma once

// Sentences for programs without data.

#include "heed/data/sentences.hpp"

namespace support {

inline constexpr const char* five_sentences =
    "positive i love cats\n"
    "positive i like dogs\n"
    "negative i hate homework\n"
    "negative homework is bad\n"
    "positive cats are great\n";

}  // namespace support
