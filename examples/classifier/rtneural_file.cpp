#include "rtneural_file.hpp"

#include <string>
#include <utility>
#include <vector>

#include "heed/convert/rtneural.hpp"
#include "heed/core/error.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/layers/gru.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/scale_shift.hpp"

namespace classifier {

namespace {

[[noreturn]] void refuse(const std::string& part, const std::filesystem::path& model) {
  throw heed::Error(heed::Fault{"RTNeural cannot run this model, which has " + part,
                                model.string(),
                                "lstm or gru in one direction, attention none, and dense layers",
                                {}});
}

void check(const StoredModel<NumberModel>& stored) {
  const heed::SequenceClassifierOptions& o = stored.model.options;
  if (!stored.more.empty()) refuse("several members", stored.path);
  if (!o.kernels.empty()) refuse("convolutions in front", stored.path);
  if (o.attention != heed::Attention::none) refuse("attention", stored.path);
  if (o.bidirectional) refuse("both directions", stored.path);
  if (o.cell != heed::CellKind::lstm && o.cell != heed::CellKind::gru) {
    refuse("the cell " + std::string(heed::to_text(o.cell)), stored.path);
  }
  if (stored.model.last_value.active()) refuse("a forecast of changes from the last value", stored.path);
  if (!stored.shift.empty()) refuse("numbers that are subtracted in double precision", stored.path);
}

/// The input in deviations from the mean.
heed::ScaleShift<float> scale_of(const heed::Standardize<float>& standardize) {
  heed::ScaleShift<float> layer({.features = standardize.mean.size()});
  for (heed::Index f = 0; f < standardize.mean.size(); ++f) {
    layer.weight(f) = 1 / standardize.deviation(f);
    layer.bias(f) = -standardize.mean(f) / standardize.deviation(f);
  }
  return layer;
}

template <class Layer>
Layer recurrent_of(const NumberModel& model, const std::string& name) {
  const auto& o = model.options;
  Layer layer({.input_size = o.features, .hidden_size = o.hidden, .num_layers = o.layers});
  heed::load_weights(layer, heed::SafetensorsFile(heed::serialize(model)), {.prefix = name});
  return layer;
}

}  // namespace

void write_rtneural(const StoredModel<NumberModel>& stored, const std::filesystem::path& path) {
  check(stored);
  const NumberModel& model = stored.model;
  std::vector<heed::AnyLayer<float>> layers;
  if (model.standardize.active()) layers.emplace_back(scale_of(model.standardize));
  if (model.options.cell == heed::CellKind::lstm) {
    layers.emplace_back(recurrent_of<heed::Lstm<float>>(model, "lstm"));
  } else {
    layers.emplace_back(recurrent_of<heed::Gru<float>>(model, "gru"));
  }
  if (model.options.dense > 0) {
    layers.emplace_back(model.fc1);
    layers.emplace_back(heed::Relu<float>());
  }
  layers.emplace_back(model.fc2);
  write_rtneural(ChainModel::as_they_are(std::move(layers)), path);
}

void write_rtneural(const ChainModel& chain, const std::filesystem::path& path) { heed::save_rtneural(chain, path); }
void write_rtneural(const StoredModel<RocketModel>& stored, const std::filesystem::path&) {
  refuse("random convolutions", stored.path);
}
void write_rtneural(const StoredModel<MixedModel>& stored, const std::filesystem::path&) {
  refuse("members of several kinds", stored.path);
}
void write_rtneural(const StoredModel<TextModel>& stored, const std::filesystem::path&) {
  refuse("words", stored.path);
}

}  // namespace classifier
