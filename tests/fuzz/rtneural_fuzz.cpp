// A fuzzer of the reader of RTNeural's files.

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
