#include "heed/models/sequence_classifier_options.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/reference.hpp"

namespace sequence_classifier_options_test {

using heed::Attention;
using heed::Metadata;
using heed::Pooling;
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

TEST(SequenceClassifierOptions, RefuseWhatIsOutOfRange) {
  constexpr heed::Index most = heed::Index(1) << 28;
  EXPECT_EQ(error_of([&] { heed::check(Options{.features = 5, .classes = 10, .hidden = most}, "Model"); }),
            "Model: hidden out of range (expected 1 to 1048576, got 268435456)");
  EXPECT_EQ(error_of([&] { heed::check(Options{.features = 5, .classes = 10, .dropout = 1}, "Model"); }),
            "Model: dropout out of range (expected 0 to below 1, got 1)");
  EXPECT_EQ(error_of([&] { heed::check(Options{.features = 5, .classes = 10, .heads = 0}, "Model"); }), "no error")
      << "there are no heads";
}

}  // namespace sequence_classifier_options_test
