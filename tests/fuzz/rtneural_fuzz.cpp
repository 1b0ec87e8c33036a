// A fuzzer of the reader of RTNeural's files.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "fuzz/reading.hpp"
#include "heed/convert/rtneural.hpp"

/// What is read is written, and what is written is read as the same. A number of two bytes becomes a node of the JSON's
/// tree, a number of the chain, and text again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  heed::fuzz::refuses(size, 128, [&] {
    const auto chain = heed::load_rtneural(bytes);
    const heed::Index in = heed::detail::read_rtneural({reinterpret_cast<const char*>(data), size}, "memory").in;
    const std::string text = heed::detail::rtneural_text(chain, in);
    const auto back = heed::load_rtneural(std::as_bytes(std::span(text.data(), text.size())));
    heed::fuzz::require_that(heed::detail::rtneural_text(back, in) == text,
                             "a chain that is written is read as the same");
  });
  return 0;
}
