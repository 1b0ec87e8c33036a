// A fuzzer of the reader of RTNeural's files, by libFuzzer. From the project's folder:
//
//     clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Iinclude
//       -isystem /usr/include/eigen3 tests/fuzz/rtneural_fuzz.cpp -pthread -o rtneural_fuzz
//     mkdir -p corpus && cp tests/convert/data/rtneural/*.json corpus
//     ./rtneural_fuzz -max_total_time=600 -rss_limit_mb=1024 -malloc_limit_mb=64 corpus

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "heed/convert/rtneural.hpp"
#include "heed/core/buffer.hpp"

/// What is read is written, and what is written is read as the same. The file bounds the memory of the weights.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const heed::AllocationBudget budget(static_cast<heed::Index>(64 * size) + (1 << 20), "a file of the fuzzer");
  try {
    const auto chain = heed::load_rtneural(bytes);
    const heed::Index in = heed::detail::read_rtneural({reinterpret_cast<const char*>(data), size}, "memory").in;
    const std::string text = heed::detail::rtneural_text(chain, in);
    const auto back = heed::load_rtneural(std::as_bytes(std::span(text.data(), text.size())));
    if (heed::detail::rtneural_text(back, in) != text) std::abort();
  } catch (const heed::Error& error) {
    if (std::string_view(error.what()).find("far more memory than it may") != std::string_view::npos) std::abort();
  }
  return 0;
}
