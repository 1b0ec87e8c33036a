// Files of models, whatever their kind.

#include <string>
#include <utility>
#include <vector>

#include "advice.hpp"
#include "heed/convert/pytorch.hpp"
#include "heed/core/error.hpp"
#include "model.hpp"

namespace heed_python {

namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

std::vector<std::string> notes_of(const heed::LoadedWeights& report, const std::string& name) {
  heed::require(report.kept.empty(), [&] {
    return heed::Fault{"partial leaves out tensors and biases; these parameters are missing or misshapen",
                       name,
                       {},
                       listed(report.kept)};
  });
  std::vector<std::string> notes;
  if (!report.unused.empty()) notes.push_back("left out: " + listed(report.unused));
  if (!report.zeroed.empty()) notes.push_back("0, as the file has none: " + listed(report.zeroed));
  return notes;
}

void with_advice(const heed::TensorMismatch& error, bool partial_helps) {
  heed::Fault fault = error.fault();
  std::string pairs;
  for (const heed::Rename& r : error.renames()) {
    pairs += std::string(pairs.empty() ? "'" : ", '") + r.from + "': '" + r.to + "'";
  }
  if (!pairs.empty()) {
    fault.what += "\n  try rename={" + pairs + "}";
  } else if (partial_helps) {
    fault.what += "\n  try partial=True";
  }
  throw heed::Error(std::move(fault));
}

heed::TensorFile file_of(std::vector<std::byte> bytes, const std::string& name) {
  return heed::read_weights(std::move(bytes), name);
}

std::shared_ptr<Model> read_model(const heed::TensorFile& file, const Reading& reading) {
  for (const auto read : {&read_tagger, &read_text, &read_rocket, &read_series_ensemble, &read_sequences}) {
    if (std::shared_ptr<Model> model = read(file, reading)) return model;
  }
  const auto said = file.metadata().find("architecture");
  throw heed::Error(heed::Fault{"no model that Python knows", file.name(),
                                "SequenceClassifier, RocketClassifier, SeriesEnsemble, TextClassifier or Tagger",
                                said == file.metadata().end() ? "no architecture" : said->second});
}

}  // namespace heed_python
