#include "heed/data/labelled.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support.hpp"

namespace labelled_test {

using data_test::error_of;
using heed::Index;
using heed::Labelled;
using heed::LabelMap;
using heed::Sequences;
using heed::Tensor;

using Classes = Tensor<std::int32_t, 2>;
using Names = std::vector<std::string>;

/// Three sequences of two steps and one feature, the second a step shorter.
Sequences<float> three() { return {Tensor<float, 3>({3, 2, 1}, {1, 2, 3, 0, 5, 6}), {2, 1, 2}, {"dog", "cat", "dog"}}; }

Labelled<float> animals() { return {three(), "a.ts"}; }

std::vector<std::int32_t> classes_of(const Labelled<float>& data) { return {data.classes.begin(), data.classes.end()}; }

TEST(Labelled, NamesTheClassesThatOccur) {
  const Labelled<float> data = animals();
  EXPECT_EQ(data.count(), 3);
  EXPECT_EQ(data.names, (Names{"cat", "dog"}));
  EXPECT_EQ(classes_of(data), (std::vector<std::int32_t>{1, 0, 1}));
  EXPECT_EQ(data.class_of(1), 0);
  EXPECT_EQ(data.name_of(1), "cat");
}

TEST(Labelled, TakesTheNamesOfAnother) {
  const Labelled<float> data(three(), {{"dog", "bird", "cat"}}, "a.ts");
  EXPECT_EQ(data.names, (Names{"dog", "bird", "cat"}));
  EXPECT_EQ(classes_of(data), (std::vector<std::int32_t>{0, 2, 0}));
  EXPECT_EQ(data.name_of(1), "cat");
}

TEST(Labelled, IsViewedWithoutACopy) {
  const Labelled<float> data = animals();
  const heed::LabelledSequences<float> view = data.view();
  EXPECT_EQ(view.x.data(), data.sequences.x.data());
  EXPECT_EQ(view.labels.data(), data.classes.data());
  EXPECT_EQ(view.labels.each(), 1);
  EXPECT_EQ(view.lengths.data(), data.sequences.lengths.data());
}

TEST(Labelled, GivesTheValidStepsOfASequence) {
  Labelled<float> data = animals();
  EXPECT_EQ(data[1].extents(), (heed::Extents<2>{1, 1}));
  EXPECT_EQ(data[1](0, 0), 3);
  data.sequences.lengths.clear();
  EXPECT_EQ(data[1].extents(), (heed::Extents<2>{2, 1}));
}

TEST(Labelled, HasAClassForEachStepToo) {
  const Labelled<float> data(three(), Classes({3, 2}, {0, 1, 0, -100, 1, 1}), {"noun", "verb"}, "a.conll");
  EXPECT_EQ(data.view().labels.each(), 2);
  const Labelled<float> last = data.rows(2, 3);
  EXPECT_EQ(classes_of(last), (std::vector<std::int32_t>{1, 1}));
}

TEST(Labelled, GivesSomeRows) {
  const std::vector<Index> which{2, 1, 2};
  const Labelled<float> some = animals().rows(which);
  EXPECT_EQ(std::vector<float>(some.sequences.x.begin(), some.sequences.x.end()),
            (std::vector<float>{5, 6, 3, 0, 5, 6}));
  EXPECT_EQ(some.sequences.lengths, (std::vector<std::int32_t>{2, 1, 2}));
  EXPECT_EQ(some.sequences.labels, (Names{"dog", "cat", "dog"}));
  EXPECT_EQ(classes_of(some), (std::vector<std::int32_t>{1, 0, 1}));
  EXPECT_EQ(some.names, (Names{"cat", "dog"})) << "of all";
  EXPECT_EQ(animals().rows(1, 2).names, some.names) << "though no dog is among them";
}

TEST(Labelled, KeepsWhatIsNotThereAbsentInSomeRows) {
  const Labelled<float> all({.x = Tensor<float, 3>({2, 1, 1}, {1, 2})}, Classes({2, 1}, {0, 1}), {"a", "b"}, "a.npy");
  const Labelled<float> some = all.rows(1, 2);
  EXPECT_EQ(some.count(), 1);
  EXPECT_TRUE(some.sequences.lengths.empty());
  EXPECT_TRUE(some.sequences.labels.empty());
  EXPECT_EQ(all.rows(1, 1).count(), 0);
  EXPECT_EQ(all.rows(2, 1).count(), 0);
}

TEST(Labelled, IsEmptyByItself) {
  const Labelled<std::int32_t> none;
  EXPECT_EQ(none.count(), 0);
  EXPECT_EQ(none.view().count(), 0);
  EXPECT_EQ(none.rows(0, 0).count(), 0);
}

// ---- what does not fit

TEST(Labelled, NamesAnUnknownLabel) {
  const std::string error = error_of([] { Labelled<float>(three(), {{"dog", "bird"}}, "b.ts"); });
  EXPECT_NE(error.find("b.ts, sequence 1"), std::string::npos) << error;
  EXPECT_NE(error.find("cat"), std::string::npos) << error;
}

TEST(Labelled, NeedsALabelForEachSequence) {
  Sequences<float> two_labels = three(), none = three();
  two_labels.labels.pop_back();
  none.labels.clear();
  EXPECT_EQ(error_of([&] { Labelled<float>(two_labels, "a.ts"); }),
            "a.ts: sequences and labels differ in number (expected 3 labels, got 2)");
  EXPECT_EQ(error_of([&] { Labelled<float>(none, {{"dog"}}, "a.ts"); }),
            "a.ts: sequences and labels differ in number (expected 3 labels, got 0)");
  EXPECT_NE(error_of([&] { Labelled<float>(none, "a.ts"); }).find("a.ts"), std::string::npos);
}

TEST(Labelled, NeedsClassesThatFit) {
  const auto error = [](Classes classes) {
    return error_of([&] { Labelled<float>(three(), std::move(classes), {"noun", "verb"}, "a.conll"); });
  };
  EXPECT_EQ(error(Classes({3, 2}, {0, 1, 2, 0, 0, 0})),
            "a.conll, sequence 1 (counted from 0): label out of range (expected below 2, got 2)");
  EXPECT_EQ(error(Classes({2, 2})), "a.conll: sequences and labels differ in number (expected 3 labels, got 2)");
  EXPECT_EQ(error(Classes({3, 5})),
            "a.conll: wrong number of labels (expected one a sequence, or one for each of its 2 steps, got 5)");
}

TEST(Labelled, NeedsLengthsThatFit) {
  Sequences<float> data = three();
  data.lengths[2] = 3;
  EXPECT_NE(error_of([&] { Labelled<float>(data, "a.ts"); }).find("a.ts"), std::string::npos);
  data.lengths = {2};
  EXPECT_NE(error_of([&] { Labelled<float>(data, "a.ts"); }).find("a.ts"), std::string::npos);
}

TEST(Labelled, HasNoOtherRows) {
  const Labelled<float> data = animals();
  EXPECT_EQ(error_of([&] { data.rows(2, 4); }), "rows of labelled data: no such sequence (expected 0 to 2, got 3)");
  EXPECT_EQ(error_of([&] { data.rows(-1, 1); }), "rows of labelled data: no such sequence (expected 0 to 2, got -1)");
}

TEST(Labelled, HasNoRowsBeyondItsOwn) {
  constexpr heed::Index most = std::numeric_limits<heed::Index>::max();
  for (const auto& [first, last] : {std::pair<heed::Index, heed::Index>{0, most}, {-most, most}, {-1, 2}, {1, 100}}) {
    const heed::Index a = first, b = last;
    EXPECT_NE(error_of([&] { animals().rows(a, b); }).find("no such sequence"), std::string::npos) << a;
  }
}

}  // namespace labelled_test
