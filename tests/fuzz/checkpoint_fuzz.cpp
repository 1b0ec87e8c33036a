// A fuzzer of the reader of checkpoints: the state of a run, its progress and its history.

#include <string>
#include <vector>

#include "fuzz/reading.hpp"
#include "fuzz/safetensors_input.hpp"
#include "heed/io/checkpoint.hpp"
#include "io/toy_model.hpp"

namespace {

using heed::fuzz::require_that;

/// What a run that begins would store.
struct Run {
  heed_test::Toy<float> model{{.inputs = 1, .outputs = 2, .blocks = 1}};
  heed::TrainingState state = {};

  Run() {
    state.add("model", model);
    state.identity = {{"option.seed", "3"}, {"data.count", "90"}};
  }
  std::vector<std::byte> bytes() const {
    const heed::detail::StateBytes parts = heed::detail::serialize_state(state);
    const auto header = std::as_bytes(std::span(parts.header));
    std::vector<std::byte> all(header.begin(), header.end());
    all.insert(all.end(), parts.data.begin(), parts.data.end());
    return all;
  }
};

/// The file with the checksum that it should have: mutations of a file seldom have it.
std::vector<std::byte> with_checksum(const heed::SafetensorsFile& file) {
  const std::vector<heed::TensorInfo> tensors(file.tensors().begin(), file.tensors().end());
  heed::Metadata metadata = file.metadata();
  metadata["checksum"] = heed::detail::checksum(metadata, tensors, file.data());
  const std::string text = heed::write_safetensors_header(metadata, tensors);
  const auto header = std::as_bytes(std::span(text));
  std::vector<std::byte> all(header.begin(), header.end());
  all.insert(all.end(), file.data().begin(), file.data().end());
  return all;
}

/// A state that is loaded and stored is loaded as the same. So are the numbers in it, or they are refused.
void load(std::span<const std::byte> bytes) {
  Run run;
  const std::vector<std::byte> before = run.bytes();
  // an entry of five characters becomes a node of two std::string, and names are sorted
  const bool refused =
      heed::fuzz::refuses(bytes.size(), 64, [&] { heed::load_state(run.state, heed::SafetensorsFile(bytes)); });
  const std::vector<std::byte> stored = run.bytes();
  if (refused) return require_that(stored == before, "of a file that is refused, nothing is taken");
  Run other;
  heed::load_state(other.state, heed::SafetensorsFile(stored));
  require_that(other.bytes() == stored, "a state that is stored is loaded as the same");
  heed::fuzz::refuses(bytes.size(), 64, [&] {
    heed::TrainingProgress progress;
    heed::detail::transfer(true, run.state, progress);
  });
  heed::fuzz::refuses(bytes.size(), 64, [&] {
    std::vector<heed::EpochRecord> records;
    heed::detail::transfer(true, run.state, records);
    for (std::size_t i = 0; i < records.size(); ++i) {
      require_that(records[i].epoch == static_cast<int>(i) + 1, "epochs follow each other");
    }
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = heed::fuzz::safetensors_of({reinterpret_cast<const char*>(data), size});
  const auto bytes = text.empty() ? std::as_bytes(std::span(data, size)) : std::as_bytes(std::span(text));
  load(bytes);
  std::vector<std::byte> fixed;
  heed::fuzz::refuses(size, 64, [&] { fixed = with_checksum(heed::SafetensorsFile(bytes)); });
  if (!fixed.empty()) load(fixed);
  return 0;
}
