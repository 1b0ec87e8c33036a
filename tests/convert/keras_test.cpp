#include "heed/convert/keras.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <variant>
#include <vector>

#include "../support/error_of.hpp"
#include "heed/compose/chain.hpp"
#include "heed/files/file.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/text_classifier.hpp"

// The files are written by tests/reference/write_keras_files.py: by Keras 3, and those whose names end in _2 by Keras 2.

namespace keras_test {

using heed::Index;
using heed::KerasFile;
using heed::OutputKind;
using test_support::error_of;
using Classifier = heed::SequenceClassifier<float>;
using Text = heed::TextClassifier<float>;
using Chain = heed::Chain<float>;

const std::filesystem::path data = std::filesystem::path(__FILE__).parent_path() / "data/keras";

/// The largest difference between a model's outputs, a sequence at a time, and Keras'.
template <class M>
double difference(const M& model, const std::string& name) {
  const heed::SafetensorsFile file(data / (name + ".safetensors"));
  const auto& extents = file.find("x")->extents;
  const Index count = extents[0], steps = extents[1], features = extents.size() > 2 ? extents[2] : 1;
  const auto x = file.read<float>("x"), y = file.read<float>("y");
  const auto lengths = file.find("lengths") ? file.read<float>("lengths") : std::vector<float>();
  heed::Predictor predictor(model);
  double worst = 0;
  for (Index i = 0; i < count; ++i) {
    const auto n = static_cast<std::size_t>(i);
    const Index length = lengths.empty() ? steps : static_cast<Index>(lengths[n]);
    const auto begin = x.begin() + i * steps * features;
    const std::vector<typename M::Input> sequence(begin, begin + length * features);
    const auto outputs = predictor.outputs(heed::view(sequence, {length, features}));
    const std::size_t size = y.size() / static_cast<std::size_t>(count);
    EXPECT_EQ(outputs.size(), size) << name;
    for (std::size_t k = 0; k < std::min(size, outputs.size()); ++k) {
      worst = std::max(worst, std::abs(static_cast<double>(outputs[k]) - static_cast<double>(y[n * size + k])));
    }
  }
  return worst;
}

double difference_of_any(const KerasFile& file, const std::string& name) {
  return std::visit([&](const auto& model) { return difference(model, name); }, heed::load_keras_model<float>(file));
}

class Keras : public testing::TestWithParam<const char*> {};

TEST_P(Keras, GivesWhatKerasGives) {
  const std::string file = GetParam();
  EXPECT_LT(difference_of_any(KerasFile(data / file), file.substr(0, file.find('.'))), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Files, Keras,
                         testing::Values("seed_attention.keras", "seed_multihead.keras", "seed_plain.keras",
                                         "both_directions.keras", "convolutions.keras", "attentions.keras",
                                         "wide_heads.keras", "masking.keras", "text.keras", "many_kinds.keras",
                                         "both_directions.h5", "many_kinds.h5", "both_directions_2.h5",
                                         "convolutions_2.h5", "attentions_2.h5", "wide_heads_2.h5", "text_2.h5",
                                         "many_kinds_2.h5"),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(KerasModels, AreClassifiersWhereTheyCanBe) {
  const auto options = [](const char* name) { return heed::load_keras<Classifier>(data / name).options; };
  const auto attention = options("seed_attention.keras");
  EXPECT_EQ(attention.attention, heed::Attention::pool);
  EXPECT_EQ(attention.features, 3);
  EXPECT_EQ(attention.hidden, 4);
  EXPECT_EQ(attention.dense, 4);
  EXPECT_EQ(attention.classes, 3);
  const auto heads = options("seed_multihead.keras");
  EXPECT_EQ(heads.attention, heed::Attention::multihead);
  EXPECT_EQ(heads.pooling, heed::Pooling::mean);
  EXPECT_EQ(options("seed_plain.keras").attention, heed::Attention::none);
  const auto both = options("both_directions.keras");
  EXPECT_TRUE(both.bidirectional);
  EXPECT_EQ(both.layers, 2);
  EXPECT_EQ(both.cell, heed::CellKind::gru);
  EXPECT_EQ(both.dense, 0);
  EXPECT_EQ(heed::load_keras<Text>(data / "text.keras").options.tokens, 11);
}

TEST(KerasModels, AreChainsOtherwise) {
  EXPECT_LT(difference(heed::load_keras<Chain>(data / "seed_attention.keras"), "seed_attention"), 1e-6);
  EXPECT_EQ(error_of([] { heed::load_keras<Classifier>(data / "attentions.keras"); }),
            (data / "attentions.keras").string() +
                ": the layers are those of another model (expected SequenceClassifier, got Chain)");
  const auto chain = heed::load_keras<heed::Chain<double>>(data / "convolutions.keras");
  EXPECT_EQ(chain.outputs, OutputKind::flags);  // a sigmoid at the end
  EXPECT_EQ(
      std::count_if(chain.layers.begin(), chain.layers.end(), [](const auto& l) { return l.kind() == "scale_shift"; }),
      2);  // one is before a convolution, and one behind an activation: the third is folded
}

TEST(KerasModels, AreSavedAndLoaded) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "heed_keras_again.safetensors";
  heed::save(heed::load_keras<Chain>(data / "wide_heads.keras"), path);
  EXPECT_LT(difference(heed::load<Chain>(path), "wide_heads"), 1e-6);
  heed::save(heed::load_keras<Chain>(data / "attentions.keras"), path);
  EXPECT_LT(difference(heed::load<Chain>(path), "attentions"), 1e-6);
}

TEST(KerasWeightsAlone, LoadIntoAModelOfTheirSizes) {
  const heed::SequenceClassifierOptions o{.features = 3, .classes = 3, .hidden = 4, .dense = 4};
  EXPECT_LT(difference(heed::load_keras(Classifier(o), data / "seed_attention.weights.h5"), "seed_attention"), 1e-6);
  auto heads = o;
  heads.attention = heed::Attention::multihead;
  heads.pooling = heed::Pooling::mean;
  EXPECT_LT(difference(heed::load_keras(Classifier(heads), data / "seed_multihead.weights.h5"), "seed_multihead"),
            1e-6);
  const heed::TextClassifierOptions text{
      .tokens = 11,
      .embedding = 3,
      .classifier = {.classes = 3, .hidden = 3, .dense = 4, .attention = heed::Attention::none, .bidirectional = true}};
  EXPECT_LT(difference(heed::load_keras(Text(text), data / "text.weights.h5"), "text"), 1e-6);
  auto wrong = o;
  wrong.hidden = 5;
  EXPECT_EQ(error_of([&] { heed::load_keras(Classifier(wrong), data / "seed_attention.weights.h5"); }),
            (data / "seed_attention.weights.h5").string() +
                ": layer \"LSTM\" (LSTM): layers/lstm/cell/vars/0: wrong shape of the kernels (expected (3, 20), got "
                "(3, 16))");
  for (const Index features : {2, 4}) {  // too few, too many
    wrong = o;
    wrong.features = features;
    EXPECT_EQ(error_of([&] { heed::load_keras(Classifier(wrong), data / "seed_attention.weights.h5"); }),
              (data / "seed_attention.weights.h5").string() +
                  ": layer \"LSTM\" (LSTM): layers/lstm/cell/vars/0: wrong shape of the kernels (expected (" +
                  std::to_string(features) + ", 16), got (3, 16))");
    auto no_cell = wrong;
    no_cell.cell = heed::CellKind::none;
    no_cell.dense = 0;
    EXPECT_NE(error_of([&] { heed::load_keras(Classifier(no_cell), data / "seed_attention.weights.h5"); }), "no error");
    auto text_of_another_size = text;
    text_of_another_size.embedding = features;
    EXPECT_NE(error_of([&] { heed::load_keras(Text(text_of_another_size), data / "text.weights.h5"); }), "no error");
  }
  wrong = o;
  wrong.dense = 0;
  EXPECT_NE(error_of([&] { heed::load_keras(Classifier(wrong), data / "seed_attention.weights.h5"); }), "no error");
  wrong = o;
  wrong.attention = heed::Attention::additive;
  EXPECT_NE(error_of([&] { heed::load_keras(Classifier(wrong), data / "seed_attention.weights.h5"); }).find("additive"),
            std::string::npos);
}

TEST(KerasWeightsAlone, LoadByADescription) {
  const std::string weights = (data / "many_kinds.weights.h5").string();
  EXPECT_LT(
      difference_of_any(KerasFile(data / "many_kinds.weights.h5", {.model = data / "many_kinds.keras"}), "many_kinds"),
      1e-6);
  EXPECT_EQ(error_of([&] { heed::load_keras<Chain>(data / "many_kinds.weights.h5"); }),
            weights +
                ": weights alone: the file does not describe the model (expected a model to load them into, or "
                "KerasOptions::model (the trainer: --config))");
  EXPECT_NE(error_of([&] { heed::load_keras<Chain>(weights, {.model = data / "convolutions.keras"}); }), "no error");
}

TEST(KerasFile, KnowsWhetherPaddingCounts) {
  EXPECT_FALSE(KerasFile(data / "text.keras").reads_padding());
  EXPECT_FALSE(KerasFile(data / "many_kinds.keras").reads_padding());
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "heed_padding.json";
  for (const bool masks : {false, true}) {
    heed::write_file(path, R"({"class_name": "Sequential", "config": {"name": "s", "layers": [
      {"class_name": "Embedding", "config": {"name": "e", "input_dim": 11, "output_dim": 4, "mask_zero": )" +
                               std::string(masks ? "true" : "false") + R"(}},
      {"class_name": "LSTM", "config": {"name": "l", "units": 3}}]}})");
    EXPECT_EQ(KerasFile(data / "text.weights.h5", {.model = path}).reads_padding(), !masks);
  }
  std::filesystem::remove(path);
}

}  // namespace keras_test
