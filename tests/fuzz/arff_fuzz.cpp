// A fuzzer of the reader of `.arff` files. Two choices come first.

#include "fuzz/sequences.hpp"
#include "heed/data/arff.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  heed::fuzz::Input input(data, size);
  const heed::ReadOptions options{input.one_of<heed::Missing>(7), input.choice(2) == 1};
  const std::string_view text = input.text();
  heed::Sequences<float> series;
  if (heed::fuzz::refuses(size, heed::fuzz::sequence_factor(text.size()),
                          [&] { series = heed::parse_arff<float>(text, "fuzz", options); }))
    return 0;
  heed::fuzz::check_sequences(series, options);
  return 0;
}
