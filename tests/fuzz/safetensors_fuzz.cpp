// A fuzzer of the reader of safetensors files: header, tensors, models and their metadata.

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/reading.hpp"
#include "fuzz/safetensors_input.hpp"
#include "heed/io/safetensors_load.hpp"
#include "heed/io/safetensors_save.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/tagger.hpp"
#include "io/toy_model.hpp"

namespace {

using heed::fuzz::require_that;
using Bytes = std::span<const std::byte>;

/// The header as it is written is read as the same, and so are all numbers.
void check_tensors(const heed::SafetensorsFile& file) {
  const std::vector<heed::TensorInfo> tensors(file.tensors().begin(), file.tensors().end());
  const std::string header = heed::write_safetensors_header(file.metadata(), tensors);
  std::vector<std::byte> bytes(header.size());
  std::transform(header.begin(), header.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  bytes.insert(bytes.end(), file.data().begin(), file.data().end());
  const heed::SafetensorsFile back(bytes);
  require_that(back.metadata() == file.metadata() && back.tensors().size() == tensors.size(),
               "a header that is written is read as the same");
  for (const heed::TensorInfo& tensor : tensors) {
    const heed::TensorInfo* const other = back.find(tensor.name);
    require_that(other && other->dtype == tensor.dtype && other->extents == tensor.extents &&
                     other->begin == tensor.begin && other->end == tensor.end,
                 "a tensor that is written is read as the same");
    heed::fuzz::refuses(file.data().size(), 9, [&] {
      require_that(heed::element_count(tensor.extents) == std::ssize(file.read<double>(tensor.name)),
                   "a tensor has the numbers of its shape");
      file.read<float>(tensor.name);
    });
  }
}

/// A model that is saved is loaded as the same.
template <class M>
void check_model(Bytes file) {
  std::vector<std::byte> saved;
  // layers take room before their weights are known: a budget of the library limits it
  if (heed::fuzz::refuses(file.size() + (1 << 23), 8, [&] { saved = heed::serialize(heed::load<M>(file)); })) return;
  const auto again = heed::serialize(heed::load<M>(Bytes(saved)));
  require_that(again == saved, "a model that is saved is loaded as the same");
}

void read(Bytes bytes) {
  std::string architecture;
  // an entry of five characters becomes a node of two std::string, and names are sorted
  const bool refused = heed::fuzz::refuses(bytes.size(), 48, [&] {
    const heed::SafetensorsFile file(bytes);
    check_tensors(file);
    const auto found = file.metadata().find("architecture");
    if (found != file.metadata().end()) architecture = found->second;
  });
  if (refused) return;
  if (architecture == "Tagger") {
    check_model<heed::Tagger<float>>(bytes);
  } else if (architecture == "toy") {
    check_model<heed_test::Toy<double>>(bytes);
  } else {
    check_model<heed::SequenceClassifier<float>>(bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  read(bytes);
  const std::string file = heed::fuzz::safetensors_of({reinterpret_cast<const char*>(data), size});
  if (!file.empty()) read(std::as_bytes(std::span(file)));
  return 0;
}
