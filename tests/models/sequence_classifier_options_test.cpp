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
  for (const Attention a : {Attention::pool, Attention::multihead, Attention::additive, Attention::none,
                            Attention::mean, Attention::max, Attention::meanmax}) {
    EXPECT_EQ(heed::from_text<Attention>(to_text(a), "attention"), a);
  }
  for (const Pooling p : {Pooling::last, Pooling::mean}) EXPECT_EQ(heed::from_text<Pooling>(to_text(p), "pooling"), p);
  EXPECT_EQ(to_text(Attention::multihead), "multihead");
  EXPECT_EQ(to_text(Pooling::mean), "mean");
  EXPECT_EQ(
      error_of([] { heed::from_text<Attention>("Pool", "attention"); }),
      "attention: wrong value (expected one of pool, multihead, additive, none, mean, max, meanmax, got \"Pool\")");
  EXPECT_EQ(error_of([] { heed::from_text<Pooling>("", "pooling"); }),
            "pooling: wrong value (expected one of last, mean, got \"\")");
}

TEST(SequenceClassifierOptions, StandInTheMetadata) {
  const Options multihead{5, 10, 12, 7, Attention::multihead, 3, Pooling::mean};
  EXPECT_EQ(to_metadata(multihead), (Metadata{{"features", "5"},
                                              {"classes", "10"},
                                              {"hidden", "12"},
                                              {"dense", "7"},
                                              {"attention", "multihead"},
                                              {"heads", "3"},
                                              {"pooling", "mean"}}));
  EXPECT_EQ(heed::from_metadata<Options>(to_metadata(multihead)), multihead);
  const Options pool{5, 10, 12, 7};
  EXPECT_FALSE(to_metadata(pool).contains("heads"));
  EXPECT_EQ(heed::from_metadata<Options>(to_metadata(pool)), pool);
}

TEST(SequenceClassifierOptions, SayWhatIsUnusualInTheMetadata) {
  Options o{5, 10, 12, 7};
  o.cell = heed::CellKind::gru;
  o.layers = 3;
  o.bidirectional = true;
  o.dropout = 0.1;
  const Metadata m = to_metadata(o);
  EXPECT_EQ(heed::from_metadata<Options>(m), o);
  EXPECT_EQ(m.at("cell"), "gru");
  EXPECT_EQ(m.at("layers"), "3");
  for (const std::string key : {"cell", "layers", "bidirectional", "dropout"}) {
    EXPECT_FALSE(to_metadata(Options{5, 10, 12, 7}).contains(key));
    Metadata bad = m;
    bad[key] = "x";
    EXPECT_NE(error_of([&] { heed::from_metadata<Options>(bad); }).find("got \"x\""), std::string::npos) << key;
  }
}

TEST(SequenceClassifierOptions, NameTheMetadataThatAreMissingOrWrong) {
  const Metadata good = to_metadata(Options{5, 10, 12, 7, Attention::multihead, 3, Pooling::mean});
  for (const auto& entry : good) {
    Metadata bad = good;
    bad.erase(entry.first);
    EXPECT_EQ(error_of([&] { heed::from_metadata<Options>(bad); }), "metadata \"" + entry.first + "\": missing");
    bad[entry.first] = "x";
    EXPECT_NE(error_of([&] { heed::from_metadata<Options>(bad); }).find("got \"x\""), std::string::npos);
  }
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
    EXPECT_EQ(heed::options_from_tensors(shapes), (Options{5, 10, 8, 6, a, 2, Pooling::last})) << to_text(a);
  }
}

TEST(SequenceClassifierOptions, ASingleDenseLayerIsNamedFc) {
  auto shapes = shapes_of("seeds/pool");
  std::erase_if(shapes, [](const TensorShape& t) { return t.name.starts_with("fc"); });
  shapes.push_back({"fc.weight", {7, 8}});
  shapes.push_back({"fc.bias", {7}});
  EXPECT_EQ(heed::options_from_tensors(shapes), (Options{5, 7, 8, 0}));
}

TEST(SequenceClassifierOptions, RefuseWhatIsOutOfRange) {
  constexpr heed::Index most = heed::Index(1) << 28;
  EXPECT_EQ(error_of([&] { heed::check(Options{.features = 5, .classes = 10, .hidden = most}, "Model"); }),
            "Model: hidden out of range (expected 1 to 1048576, got 268435456)");
  EXPECT_EQ(error_of([&] { heed::check(Options{.features = 5, .classes = 10, .dropout = 1}, "Model"); }),
            "Model: dropout out of range (expected 0 to below 1, got 1)");
  EXPECT_EQ(error_of([&] { heed::check(Options{.features = 5, .classes = 10, .heads = 0}, "Model"); }), "no error")
      << "there are no heads";
}

TEST(SequenceClassifierOptions, NameTheTensorThatIsMissing) {
  const auto all = shapes_of("seeds/pool");
  for (const std::string needed : {"lstm.weight_ih_l0", "lstm.weight_hh_l0", "fc1.weight", "fc2.weight"}) {
    auto some = all;
    std::erase_if(some, [&](const TensorShape& t) { return t.name == needed; });
    const std::string message = error_of([&] { heed::options_from_tensors(some); });
    EXPECT_NE(message.find("a tensor " + needed), std::string::npos) << message;
    EXPECT_NE(message.find("got none"), std::string::npos) << message;
    some.push_back({needed, {}});
    EXPECT_NE(error_of([&] { heed::options_from_tensors(some); }).find("got rank 0"), std::string::npos);
  }
}

}  // namespace
