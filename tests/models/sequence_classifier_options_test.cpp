#include "heed/models/sequence_classifier_options.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/reference.hpp"

namespace {

using heed::Attention;
using heed::Metadata;
using heed::Pooling;
using heed::TensorShape;
using test_support::error_of;
using Options = heed::SequenceClassifierOptions;

TEST(SequenceClassifierOptions, ChoicesHaveNames) {
  for (const Attention a : {Attention::pool, Attention::multihead, Attention::additive, Attention::none}) {
    EXPECT_EQ(heed::attention_from(to_text(a)), a);
  }
  for (const Pooling p : {Pooling::last, Pooling::mean}) EXPECT_EQ(heed::pooling_from(to_text(p)), p);
  EXPECT_EQ(to_text(Attention::multihead), "multihead");
  EXPECT_EQ(to_text(Pooling::mean), "mean");
  EXPECT_EQ(error_of([] { heed::attention_from("Pool"); }),
            "attention: unknown choice (expected one of pool, multihead, additive, none, got \"Pool\")");
  EXPECT_EQ(error_of([] { heed::pooling_from(""); }), "pooling: unknown choice (expected one of last, mean, got \"\")");
}

Metadata metadata_of(const Options& o, const std::vector<std::string>& labels = {}) {
  return heed::to_metadata<float>(o, labels, {}, {});
}

TEST(SequenceClassifierOptions, StandInTheMetadata) {
  const Options multihead{5, 10, 12, 7, Attention::multihead, 3, Pooling::mean};
  EXPECT_EQ(metadata_of(multihead), (Metadata{{"features", "5"},
                                              {"classes", "10"},
                                              {"hidden", "12"},
                                              {"dense", "7"},
                                              {"attention", "multihead"},
                                              {"heads", "3"},
                                              {"pooling", "mean"}}));
  EXPECT_EQ(heed::options_from_metadata(metadata_of(multihead)), multihead);
  const Options pool{5, 10, 12, 7};
  EXPECT_FALSE(metadata_of(pool).contains("heads"));
  EXPECT_EQ(heed::options_from_metadata(metadata_of(pool)), pool);
}

TEST(SequenceClassifierOptions, SayWhatIsUnusualInTheMetadata) {
  Options o{5, 10, 12, 7};
  o.cell = heed::CellKind::gru;
  o.layers = 3;
  o.bidirectional = true;
  o.dropout = 0.1;
  const Metadata m = metadata_of(o);
  EXPECT_EQ(heed::options_from_metadata(m), o);
  EXPECT_EQ(m.at("cell"), "gru");
  EXPECT_EQ(m.at("layers"), "3");
  for (const std::string key : {"cell", "layers", "bidirectional", "dropout"}) {
    EXPECT_FALSE(metadata_of({5, 10, 12, 7}).contains(key));
    Metadata bad = m;
    bad[key] = "x";
    EXPECT_NE(error_of([&] { heed::options_from_metadata(bad); }).find("got \"x\""), std::string::npos) << key;
  }
}

TEST(SequenceClassifierOptions, NameTheMetadataThatAreMissingOrWrong) {
  const Metadata good = metadata_of({5, 10, 12, 7, Attention::multihead, 3, Pooling::mean});
  for (const auto& entry : good) {
    Metadata bad = good;
    bad.erase(entry.first);
    EXPECT_EQ(error_of([&] { heed::options_from_metadata(bad); }), "metadata \"" + entry.first + "\": missing");
    bad[entry.first] = "x";
    EXPECT_NE(error_of([&] { heed::options_from_metadata(bad); }).find("got \"x\""), std::string::npos);
  }
}

TEST(SequenceClassifierOptions, LabelsAreAsManyAsClasses) {
  const Metadata metadata = metadata_of({5, 3}, {"a", "b", "c"});
  EXPECT_EQ(heed::labels_from_metadata(metadata, 3), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(error_of([&] { heed::labels_from_metadata(metadata, 4); }),
            "metadata: wrong number of labels (expected 4, got 3)");
  EXPECT_TRUE(heed::labels_from_metadata({}, 3).empty());
}

TEST(SequenceClassifierOptions, StandardisationHasANumberForEachFeature) {
  Metadata metadata{{"standardize.mean", "1 2"}, {"standardize.deviation", "3 4"}};
  const auto numbers = heed::standardization_from_metadata(metadata, 2);
  EXPECT_EQ(numbers.mean, (std::vector<double>{1, 2}));
  EXPECT_EQ(numbers.deviation, (std::vector<double>{3, 4}));
  EXPECT_EQ(error_of([&] { heed::standardization_from_metadata(metadata, 3); }),
            "metadata, standardize: wrong number of values (expected 3, got 2)");
  metadata["standardize.deviation"] = "3";
  EXPECT_EQ(error_of([&] { heed::standardization_from_metadata(metadata, 2); }),
            "metadata, standardize: wrong number of values (expected 2, got 1)");
  metadata.erase("standardize.mean");
  EXPECT_EQ(error_of([&] { heed::standardization_from_metadata(metadata, 2); }),
            "metadata \"standardize.mean\": missing");
  EXPECT_TRUE(heed::standardization_from_metadata({}, 2).mean.empty());
}

/// What files of PyTorch's classifiers hold.
std::vector<TensorShape> shapes_of(const std::string& name) {
  std::vector<TensorShape> shapes;
  for (const auto& [tensor, array] : test_support::Reference(name).arrays(""))
    shapes.push_back({tensor, array.extents});
  return shapes;
}

TEST(SequenceClassifierOptions, FollowFromTheTensorsOfTheSeedsModules) {
  for (const Attention a : {Attention::pool, Attention::multihead, Attention::additive, Attention::none}) {
    const auto shapes = shapes_of("seeds/" + std::string(to_text(a)));
    EXPECT_EQ(heed::options_from_tensors(shapes, {}), (Options{5, 10, 8, 6, a, 2, Pooling::last})) << to_text(a);
    EXPECT_EQ(heed::options_from_tensors(shapes, {{"heads", "4"}, {"pooling", "mean"}}),
              (Options{5, 10, 8, 6, a, 4, Pooling::mean}));
  }
}

TEST(SequenceClassifierOptions, ASingleDenseLayerIsNamedFc) {
  auto shapes = shapes_of("seeds/pool");
  std::erase_if(shapes, [](const TensorShape& t) { return t.name.starts_with("fc"); });
  shapes.push_back({"fc.weight", {7, 8}});
  shapes.push_back({"fc.bias", {7}});
  EXPECT_EQ(heed::options_from_tensors(shapes, {}), (Options{5, 7, 8, 0}));
}

TEST(SequenceClassifierOptions, RefuseSizesWhoseProductsAreNoNumbers) {
  constexpr heed::Index most = heed::Index(1) << 28;
  EXPECT_EQ(error_of([&] { parameter_count(Options{.features = 5, .classes = 10, .hidden = most, .layers = most}); }),
            "SequenceClassifier: size out of range (expected 1 to 2^20, got 268435456)");
  EXPECT_EQ(error_of([&] { parameter_count(Options{.features = 5, .classes = 10, .layers = most}); }),
            "SequenceClassifier: size out of range (expected 1 to 2^16, got 268435456)");
  for (const Attention a : {Attention::pool, Attention::multihead, Attention::additive, Attention::none}) {
    const Options largest{.features = most,
                          .classes = most,
                          .hidden = 1 << 20,
                          .dense = 1 << 20,
                          .attention = a,
                          .layers = 1 << 16,
                          .bidirectional = true};
    EXPECT_GT(parameter_count(largest), 0);
  }
}

TEST(SequenceClassifierOptions, NameTheTensorThatIsMissing) {
  const auto all = shapes_of("seeds/pool");
  for (const std::string needed : {"lstm.weight_ih_l0", "lstm.weight_hh_l0", "fc1.weight", "fc2.weight"}) {
    auto some = all;
    std::erase_if(some, [&](const TensorShape& t) { return t.name == needed; });
    const std::string message = error_of([&] { heed::options_from_tensors(some, {}); });
    EXPECT_NE(message.find("a tensor " + needed), std::string::npos) << message;
    EXPECT_NE(message.find("got none"), std::string::npos) << message;
    some.push_back({needed, {}});
    EXPECT_NE(error_of([&] { heed::options_from_tensors(some, {}); }).find("got rank 0"), std::string::npos);
  }
  EXPECT_NE(error_of([&] { heed::options_from_tensors(all, {{"heads", "two"}}); }), "no error");
}

}  // namespace
