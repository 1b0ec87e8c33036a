#include "heed/io/weight_names.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "heed/io/safetensors.hpp"
#include "heed/layers/dense.hpp"
#include "heed/models/language_model.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/tagger.hpp"
#include "safetensors_bytes.hpp"

namespace weight_names_test {

using heed::Index;
using heed::Rename;
using heed::SafetensorsFile;
using heed::WeightsOptions;
using heed_test::error;
using Model = heed::SequenceClassifier<float>;

struct Tensor {
  std::string name;
  std::vector<Index> extents;
  std::vector<float> values;
};

/// A file that heed did not write.
std::vector<std::byte> foreign(const std::vector<Tensor>& tensors) {
  std::string json;
  std::vector<float> values;
  for (const Tensor& t : tensors) {
    const auto begin = std::to_string(4 * values.size());
    values.insert(values.end(), t.values.begin(), t.values.end());
    std::string extents;
    for (const Index n : t.extents) extents += (extents.empty() ? "" : ",") + std::to_string(n);
    json += (json.empty() ? "{\"" : ",\"") + t.name + R"(":{"dtype":"F32","shape":[)" + extents +
            R"(],"data_offsets":[)" + begin + "," + std::to_string(4 * values.size()) + "]}";
  }
  return heed_test::file_of(json + "}", heed_test::bytes_of(values));
}

/// The tensors of a model, by other names.
template <class M>
std::vector<Tensor> tensors_of(const M& model, const std::vector<Rename>& renames = {}) {
  const auto bytes = heed::serialize(model);
  const SafetensorsFile file{std::span(bytes)};
  std::vector<Tensor> tensors;
  for (const auto& t : file.tensors()) {
    std::string name = t.name;
    for (const Rename& r : renames) {
      if (name.starts_with(r.from)) name = r.to + name.substr(r.from.size());
    }
    tensors.push_back({name, t.extents, file.read<float>(t.name)});
  }
  return tensors;
}

template <class M>
std::vector<float> numbers(const M& model) {
  std::vector<float> all;
  heed::for_each_parameter([&](const heed::Path&, const auto& p) { all.insert(all.end(), p.begin(), p.end()); }, model);
  return all;
}

Model classifier(heed::SequenceClassifierOptions o = {.features = 3, .classes = 4, .hidden = 6, .dense = 5},
                 std::uint64_t seed = 7) {
  Model model(o);
  model.initialize(heed::Key{seed});
  return model;
}

TEST(WeightNames, AFileWithAPrefixOrOtherNamesIsLoaded) {
  const Model trained = classifier();
  struct Case {
    std::vector<Rename> written;
    WeightsOptions options;
  };
  for (const Case& c :
       {Case{{{"", "_orig_mod."}}, {.prefix = "_orig_mod."}}, Case{{{"", "module."}}, {.prefix = "module"}},
        Case{{{"", "model."}}, {.rename = {{"model.", ""}}}}, Case{{{"", "model."}}, {.rename = {{"model", ""}}}},
        Case{{{"lstm", "rnn"}, {"fc2", "head"}}, {.rename = {{"rnn", "lstm"}, {"head", "fc2"}}}},
        Case{{{"lstm", "rnn"}}, {.rename = {{"rnn.", "lstm"}}}},
        Case{{{"fc", "layer_fc"}}, {.rename = {{"layer_", ""}}}}}) {
    const SafetensorsFile file(foreign(tensors_of(trained, c.written)));
    Model model = classifier({.features = 3, .classes = 4, .hidden = 6, .dense = 5}, 8);
    const auto report = heed::load_weights(model, file, c.options);
    EXPECT_EQ(numbers(model), numbers(trained));
    EXPECT_TRUE(report.kept.empty() && report.unused.empty() && report.zeroed.empty());
    EXPECT_EQ(numbers(heed::load<Model>(file, {}, c.options)), numbers(trained));
  }
}

TEST(WeightNames, ErrorsProposeTheRenaming) {
  const SafetensorsFile file(foreign(tensors_of(classifier(), {{"lstm", "rnn"}, {"fc2", "head"}})));
  Model model = classifier();
  const std::vector<float> before = numbers(model);
  try {
    heed::load_weights(model, file);
    FAIL();
  } catch (const heed::TensorMismatch& e) {
    EXPECT_EQ(e.renames(), (std::vector<Rename>{{"rnn", "lstm"}, {"head", "fc2"}}));
    EXPECT_NE(std::string(e.what()).find(R"(renaming "rnn" to "lstm" and "head" to "fc2" would fit)"),
              std::string::npos)
        << e.what();
  }
  EXPECT_EQ(numbers(model), before);
}

TEST(WeightNames, ErrorsProposeTakingAPrefixAway) {
  for (const std::string prefix : {"_orig_mod.", "module.", "a.b."}) {
    const SafetensorsFile file(foreign(tensors_of(classifier(), {{"", prefix}})));
    Model model = classifier();
    try {
      heed::load_weights(model, file);
      FAIL();
    } catch (const heed::TensorMismatch& e) {
      EXPECT_EQ(e.renames(), (std::vector<Rename>{{prefix.substr(0, prefix.size() - 1), ""}}));
      heed::load_weights(model, file, {.rename = e.renames()});
    }
  }
}

TEST(WeightNames, ALoaderThatCannotTellTheModelListsTheTensorsAndProposes) {
  const Model trained = classifier();
  for (const auto& [written, expected] : {
           std::pair<std::vector<Rename>, std::vector<Rename>>{
               {{"lstm", "encoder"}, {"fc1", "hidden"}, {"fc2", "head"}, {"attention.attention", "att"}},
               {{"encoder", "lstm"}, {"att", "attention.attention"}, {"hidden", "fc1"}, {"head", "fc2"}}},
           {{{"", "_orig_mod."}}, {{"_orig_mod.", ""}}},
           {{{"lstm", "m.rnn"}, {"fc", "m.fc"}, {"attention", "m.attention"}}, {{"m.", ""}, {"rnn", "lstm"}}},
       }) {
    const SafetensorsFile file(foreign(tensors_of(trained, written)));
    try {
      heed::load<Model>(file);
      FAIL();
    } catch (const heed::TensorMismatch& e) {
      EXPECT_EQ(e.renames(), expected);
      EXPECT_NE(std::string(e.what()).find(file.tensors()[0].name), std::string::npos) << e.what();
      EXPECT_EQ(numbers(heed::load<Model>(file, {}, {.rename = e.renames()})), numbers(trained));
    }
  }
}

TEST(WeightNames, AWrapperIsProposedForEveryModel) {
  using Tagger = heed::Tagger<float>;
  Tagger trained({.tokens = {7}, .embedding = {3}, .classes = 2, .hidden = 4});
  const SafetensorsFile file(foreign(tensors_of(trained, {{"", "module.net."}})));
  try {
    heed::load<Tagger>(file);
    FAIL();
  } catch (const heed::TensorMismatch& e) {
    EXPECT_EQ(e.renames(), (std::vector<Rename>{{"module.net.", ""}})) << e.what();
    EXPECT_EQ(numbers(heed::load<Tagger>(file, {}, {.rename = e.renames()})), numbers(trained));
  }
}

TEST(WeightNames, TheCellIsToldByItsRowsWhateverItIsCalled) {
  for (const heed::CellKind cell : {heed::CellKind::lstm, heed::CellKind::gru, heed::CellKind::rnn}) {
    const Model trained = classifier({.features = 3, .classes = 4, .hidden = 6, .dense = 0, .cell = cell});
    const std::string is(to_text(cell));
    for (const std::string called : {"lstm", "gru", "rnn"}) {
      const SafetensorsFile file(foreign(tensors_of(trained, {{is, called}})));
      if (called == is) {
        EXPECT_EQ(heed::load<Model>(file).options.cell, cell);
        continue;
      }
      try {
        heed::load<Model>(file);
        FAIL();
      } catch (const heed::TensorMismatch& e) {
        EXPECT_EQ(e.renames(), (std::vector<Rename>{{called, is}})) << e.what();
        EXPECT_EQ(numbers(heed::load<Model>(file, {}, {.rename = e.renames()})), numbers(trained));
      }
    }
  }
}

TEST(WeightNames, PartialLeavesOutWhatIsNoParameter) {
  const Model trained = classifier();
  auto tensors = tensors_of(trained);
  tensors.push_back({"pos_encoder.pe", {2, 2}, {1, 2, 3, 4}});
  const SafetensorsFile file(foreign(tensors));
  Model model = classifier({.features = 3, .classes = 4, .hidden = 6, .dense = 5}, 8);
  EXPECT_NE(error([&] { heed::load_weights(model, file); }).find("unexpected \"pos_encoder.pe\" (2, 2)"),
            std::string::npos);
  const auto report = heed::load_weights(model, file, {.partial = true});
  EXPECT_EQ(numbers(model), numbers(trained));
  EXPECT_EQ(report.unused, std::vector<std::string>{"pos_encoder.pe"});
  EXPECT_TRUE(report.kept.empty() && report.zeroed.empty());
}

TEST(WeightNames, PartialKeepsAHeadOfOtherClasses) {
  const Model trained = classifier();
  Model model = classifier({.features = 3, .classes = 9, .hidden = 6, .dense = 5}, 8);
  const Model before = model;
  const auto report = heed::load_weights(model, SafetensorsFile(foreign(tensors_of(trained))), {.partial = true});
  EXPECT_EQ(report.kept, (std::vector<std::string>{"fc2.weight", "fc2.bias"}));
  EXPECT_EQ(numbers(model.recurrent), numbers(trained.recurrent));
  EXPECT_EQ(numbers(model.fc1), numbers(trained.fc1));
  EXPECT_EQ(numbers(model.fc2), numbers(before.fc2));
}

TEST(WeightNames, PartialKeepsALayerWholeWhereOneTensorIsMisshapen) {
  Model model = classifier({.features = 2, .classes = 4, .hidden = 6, .dense = 5}, 8);
  const Model before = model;
  heed::load_weights(model, SafetensorsFile(foreign(tensors_of(classifier()))), {.partial = true});
  EXPECT_EQ(numbers(model.recurrent), numbers(before.recurrent)) << "not the recurrent weights of other inputs";
  EXPECT_EQ(numbers(model.fc1), numbers(classifier().fc1));
}

TEST(WeightNames, PartialMakesTheBiasesOfLayersWithoutSuchZero) {
  Model trained = classifier();
  auto tensors = tensors_of(trained);
  std::erase_if(tensors, [](const Tensor& t) { return t.name.starts_with("lstm.bias"); });
  const SafetensorsFile file(foreign(tensors));
  Model model = classifier({.features = 3, .classes = 4, .hidden = 6, .dense = 5}, 8);
  EXPECT_NE(error([&] { heed::load_weights(model, file); }).find("partial loading makes them 0"), std::string::npos);
  const auto report = heed::load_weights(model, file, {.partial = true});
  EXPECT_EQ(report.zeroed, (std::vector<std::string>{"lstm.bias_ih_l0", "lstm.bias_hh_l0"}));
  trained.recurrent.weights[0].bias_ih.fill(0);
  trained.recurrent.weights[0].bias_hh.fill(0);
  EXPECT_EQ(numbers(model), numbers(trained));
}

TEST(WeightNames, PartialThrowsWhereNothingFits) {
  Model model = classifier();
  const SafetensorsFile file(foreign({{"conv.weight", {2}, {1, 2}}}));
  EXPECT_NE(error([&] { heed::load_weights(model, file, {.partial = true}); }).find("unexpected \"conv.weight\""),
            std::string::npos);
}

TEST(WeightNames, TiedWeightsMayBeListedTwice) {
  const Model trained = classifier();
  auto tensors = tensors_of(trained);
  const auto of = [&](const std::string& name) {
    return std::find_if(tensors.begin(), tensors.end(), [&](const Tensor& t) { return t.name == name; })->values;
  };
  tensors.push_back({"tied.weight", {4, 5}, of("fc2.weight")});
  EXPECT_EQ(numbers(heed::load<Model>(foreign(tensors))), numbers(trained));
  tensors.back().values[3] += 1;
  EXPECT_NE(error([&] { heed::load<Model>(foreign(tensors)); }).find("unexpected \"tied.weight\""), std::string::npos);
  tensors.back() = {"tied.bias", {4}, of("fc2.bias")};
  EXPECT_NE(error([&] { heed::load<Model>(foreign(tensors)); }).find("unexpected \"tied.bias\""), std::string::npos)
      << "any two biases may be 0";
}

TEST(WeightNames, NamesThatBeginNoTensorThrowAndListThem) {
  Model model = classifier();
  const SafetensorsFile file(foreign({{"conv.weight", {2}, {1, 2}}, {"conv.bias", {1}, {1}}}));
  for (const WeightsOptions& options :
       {WeightsOptions{.prefix = "recurrent"}, WeightsOptions{.rename = {{"recurrent", "lstm"}}}}) {
    EXPECT_EQ(error([&] { heed::load_weights(model, file, options); }),
              "memory: no tensor has a name that begins with \"recurrent\" (got conv.weight, conv.bias)");
  }
  EXPECT_EQ(error([&] { heed::load_weights(model, file, {.rename = {{"conv.weight", "x"}, {"conv.bias", "x"}}}); }),
            "memory: two tensors get the name \"x\"");
  EXPECT_EQ(error([&] { heed::load_weights(model, file, {.rename = {{"conv.weight", ""}}}); }),
            "memory: a tensor is left without a name");
}

TEST(WeightNames, PartsOfNamesAreReplacedWhole) {
  std::vector<heed::TensorInfo> tensors(3);
  tensors[0].name = "rnn.weight";
  tensors[1].name = "rnn_norm.weight";
  tensors[2].name = "a.rnn.weight";
  const auto named = heed::renamed(tensors, {.rename = {{"rnn", "lstm"}}}, "f");
  EXPECT_EQ(named[0].name, "lstm.weight");
  EXPECT_EQ(named[1].name, "rnn_norm.weight");
  EXPECT_EQ(named[2].name, "a.rnn.weight");
  EXPECT_EQ(heed::renamed(tensors, {.rename = {{"", "x"}}}, "f")[0].name, "x.rnn.weight");
  EXPECT_EQ(heed::renamed(tensors, {.rename = {{"rnn_", ""}}}, "f")[1].name, "norm.weight");
}

// A file of 80 kB could have a thousand names, and each pair of them would be tried with all: it would take an hour.
TEST(WeightNames, OfHostileFilesAreNotComparedWithoutEnd) {
  std::vector<heed::TensorShape> wanted, tensors;
  for (int i = 0; i < 900; ++i) {
    wanted.push_back({"layers." + std::to_string(i) + ".weight", {1}});
    tensors.push_back({"x" + std::to_string(i) + ".weight", {1}});
  }
  EXPECT_TRUE(heed::fitting_renames(wanted, tensors).empty());
  EXPECT_FALSE(heed::fitting_renames(std::span(wanted).first(20), std::span(tensors).first(20)).empty());
}

}  // namespace weight_names_test
