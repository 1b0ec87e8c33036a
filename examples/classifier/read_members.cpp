#include "read_members.hpp"

#include <cstddef>
#include <cstdio>
#include <set>
#include <string>
#include <utility>

#include "heed/core/detail/utf8.hpp"
#include "heed/core/error.hpp"
#include "heed/io/safetensors.hpp"
#include "shell_options.hpp"

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
bool fits(const heed::TensorFile& file, const heed::Metadata& hints, const heed::WeightsOptions& weights,
          std::vector<heed::Rename>* renames = nullptr) {
  try {
    heed::load<M>(file, hints, weights);
    return true;
  } catch (const heed::TensorMismatch& e) {
    if (renames) *renames = e.renames();
  } catch (const heed::Error&) {
  }
  return false;
}

heed::WeightsOptions with(heed::WeightsOptions weights, const std::vector<heed::Rename>& renames) {
  weights.rename.insert(weights.rename.end(), renames.begin(), renames.end());
  return weights;
}

/// The part of the tensors that is the model, as of a checkpoint: the options that take it. Empty where none does.
template <class M>
std::string prefix_that_fits(const heed::TensorFile& file, const heed::Metadata& hints, heed::WeightsOptions weights) {
  std::set<std::string> parts;
  for (const heed::TensorInfo& tensor : file.tensors()) parts.insert(tensor.name.substr(0, tensor.name.find('.')));
  constexpr std::size_t most = 20;
  if (parts.size() < 2 || parts.size() > most || !weights.prefix.empty()) return {};
  for (const std::string& part : parts) {
    std::vector<heed::Rename> renames;
    weights.prefix = part;
    if (fits<M>(file, hints, weights, &renames)) return options_of(part, {});
    if (!renames.empty() && fits<M>(file, hints, with(weights, renames))) return options_of(part, renames);
  }
  return {};
}

template <class M>
bool fits_partially(const heed::TensorFile& file, const heed::Metadata& hints, heed::WeightsOptions weights) {
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
std::vector<M> read_members(const heed::TensorFile& file, const heed::Metadata& hints, const Architecture& architecture,
                            const std::filesystem::path& path) {
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
    const heed::WeightsOptions& weights = architecture.weights;
    std::string options = options_of({}, e.renames());
    if (options.empty() || !fits<M>(file, hints, with(weights, e.renames()))) {
      const std::string prefix = prefix_that_fits<M>(file, hints, weights);
      if (!prefix.empty()) options = prefix;
    }
    if (options.empty() && !architecture.weights.partial && fits_partially<M>(file, hints, architecture.weights)) {
      options = " --partial";
    }
    if (!options.empty()) fault.what += "\n  try" + options;
    throw heed::Error(std::move(fault));
  }
}

template std::vector<NumberModel> read_members(const heed::TensorFile&, const heed::Metadata&, const Architecture&,
                                               const std::filesystem::path&);
template std::vector<RocketModel> read_members(const heed::TensorFile&, const heed::Metadata&, const Architecture&,
                                               const std::filesystem::path&);
template std::vector<MixedModel> read_members(const heed::TensorFile&, const heed::Metadata&, const Architecture&,
                                              const std::filesystem::path&);
template std::vector<TextModel> read_members(const heed::TensorFile&, const heed::Metadata&, const Architecture&,
                                             const std::filesystem::path&);

}  // namespace classifier
