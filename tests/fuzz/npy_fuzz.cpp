// A fuzzer of the reader of NumPy's files. Three choices come first: what to read, and which rows.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "fuzz/reading.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/npy.hpp"

namespace {

using heed::Index;

template <class S>
bool same(S a, S b) {
  return a == b || (a != a && b != b);
}

/// Of some rows, the numbers are those of the whole array. A byte becomes a number of eight at most.
template <class S>
void read(std::span<const std::byte> bytes, std::size_t first, std::size_t last) {
  heed::NpyArray<S> whole, part;
  if (heed::fuzz::refuses(bytes.size(), 9, [&] { whole = heed::parse_npy<S>(bytes, "fuzz"); })) return;
  Index count = 1;
  for (const Index extent : whole.extents) count *= extent == 0 ? 0 : extent;
  heed::fuzz::require_that(count == std::ssize(whole.values), "an array has the numbers of its shape");
  if (whole.extents.empty() || whole.extents[0] == 0) return;
  const auto rows = static_cast<std::size_t>(whole.extents[0]), row = whole.values.size() / rows;
  first %= rows;
  last = first + last % (rows - first + 1);
  const auto some = [&](Index) { return heed::IndexRange{static_cast<Index>(first), static_cast<Index>(last)}; };
  const bool refused = heed::fuzz::refuses(bytes.size(), 9, [&] { part = heed::parse_npy<S>(bytes, "fuzz", some); });
  heed::fuzz::require_that(!refused && part.values.size() == (last - first) * row &&
                               std::equal(part.values.begin(), part.values.end(),
                                          whole.values.begin() + static_cast<std::ptrdiff_t>(first * row), same<S>),
                           "a part has the rows of the whole");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  heed::fuzz::Input input(data, size);
  const unsigned what = input.choice(4), first = input.choice(16), last = input.choice(16);
  const std::span<const std::byte> bytes = input.bytes();
  if (what == 0) read<float>(bytes, first, last);
  if (what == 1) read<double>(bytes, first, last);
  if (what == 2) read<std::int64_t>(bytes, first, last);
  std::vector<std::string> labels;
  // a label of one byte is a std::string in a vector that doubles
  if (what != 3 || heed::fuzz::refuses(size, 128, [&] { labels = heed::parse_npy_labels(bytes, "fuzz"); })) return 0;
  for (const std::string& label : labels) heed::fuzz::require_that(!label.empty(), "a label is not empty");
  return 0;
}
