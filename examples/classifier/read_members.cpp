#include "read_members.hpp"

#include <cstdio>
#include <string>
#include <utility>

#include "heed/core/detail/utf8.hpp"
#include "heed/core/error.hpp"
#include "heed/io/safetensors.hpp"

namespace classifier {

namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// What a partial file lacks cannot be made up.
void tell(const heed::LoadedWeights& report, const std::filesystem::path& path) {
  heed::require(report.kept.empty(), [&] {
    return heed::Fault{"--partial leaves out tensors and biases; these parameters are missing or misshapen",
                       path.string(),
                       {},
                       listed(report.kept)};
  });
  const auto note = [&](const char* what, const std::vector<std::string>& names) {
    if (!names.empty()) {
      std::fprintf(stderr, "%s: %s: %s\n", path.string().c_str(), what,
                   heed::abi_detail::escaped(listed(names)).c_str());
    }
  };
  note("left out", report.unused);
  note("0, as the file has none", report.zeroed);
}

template <class M>
bool fits_partially(const heed::SafetensorsFile& file, const heed::Metadata& hints, heed::WeightsOptions weights) {
  weights.partial = true;
  heed::LoadedWeights report;
  try {
    heed::load<M>(file, hints, weights, &report);
  } catch (const heed::Error&) {
    return false;
  }
  return report.kept.empty();
}

}  // namespace

template <class M>
std::vector<M> read_members(const heed::SafetensorsFile& file, const heed::Metadata& hints,
                            const Architecture& architecture, const std::filesystem::path& path) {
  try {
    const auto kind = file.metadata().find("architecture");
    if (kind != file.metadata().end() && kind->second == heed::Ensemble<M>::architecture) {
      return heed::load<heed::Ensemble<M>>(file, hints, architecture.weights).members;
    }
    heed::LoadedWeights report;
    M model = heed::load<M>(file, hints, architecture.weights, &report);
    if (architecture.weights.partial) tell(report, path);
    return {std::move(model)};
  } catch (const heed::TensorMismatch& e) {
    heed::Fault fault = e.fault();
    std::string options;
    for (const heed::Rename& r : e.renames()) options += " --rename " + r.from + '=' + r.to;
    if (options.empty() && !architecture.weights.partial && fits_partially<M>(file, hints, architecture.weights)) {
      options = " --partial";
    }
    if (!options.empty()) fault.what += "\n  try" + options;
    throw heed::Error(std::move(fault));
  }
}

template std::vector<NumberModel> read_members(const heed::SafetensorsFile&, const heed::Metadata&, const Architecture&,
                                               const std::filesystem::path&);
template std::vector<RocketModel> read_members(const heed::SafetensorsFile&, const heed::Metadata&, const Architecture&,
                                               const std::filesystem::path&);
template std::vector<MixedModel> read_members(const heed::SafetensorsFile&, const heed::Metadata&, const Architecture&,
                                              const std::filesystem::path&);
template std::vector<TextModel> read_members(const heed::SafetensorsFile&, const heed::Metadata&, const Architecture&,
                                             const std::filesystem::path&);

}  // namespace classifier
