// A fuzzer of the readers of files of labels and of targets. The first byte chooses.

#include <cmath>
#include <string>
#include <vector>

#include "fuzz/memory_file.hpp"
#include "fuzz/reading.hpp"
#include "heed/data/csv.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using heed::fuzz::require_that;
  static heed::fuzz::MemoryFile file;
  heed::fuzz::Input input(data, size);
  const bool targets = input.choice(2) == 1;
  file.write(input.text());
  if (targets) {
    heed::fuzz::refuses(size, 128, [&] {
      const auto numbers = heed::load_targets<float>(file.path());
      for (const float number : numbers) require_that(std::isfinite(number), "targets are finite");
    });
    return 0;
  }
  std::vector<std::string> labels;
  // a label of one character is a std::string in a vector that doubles
  if (heed::fuzz::refuses(size, 64, [&] { labels = heed::load_labels(file.path()); })) return 0;
  heed::CsvWriter csv({labels[0]});
  for (std::size_t i = 1; i < labels.size(); ++i) csv.row(labels[i]);
  file.write(csv.text());
  require_that(heed::load_labels(file.path()) == labels, "labels that are written are read as the same");
  heed::LabelMap::from(labels, "fuzz").encode(labels, "fuzz");
  return 0;
}
