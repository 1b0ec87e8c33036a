// A fuzzer of the reader of `.ts` files. Two choices come first.

#include "fuzz/sequences.hpp"
#include "heed/data/ts.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return heed::fuzz::fuzz_series(data, size, [](std::string_view text, const heed::ReadOptions& options) {
    return heed::parse_ts<float>(text, "fuzz", options);
  });
}
