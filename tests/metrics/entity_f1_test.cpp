#include "heed/metrics/entity_f1.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"

namespace entity_f1_test {

using heed::ClassReport;
using heed::entities_of;
using heed::Entity;
using test_support::error_of;
using test_support::Reference;
using test_support::Values;
using Words = std::vector<std::string>;

std::vector<Words> sentences(const std::string& text) {
  std::vector<Words> result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    result.push_back({std::istream_iterator<std::string>(words), {}});
  }
  return result;
}
Values numbers(const ClassReport& r) { return {r.precision, r.recall, r.f1, static_cast<double>(r.support)}; }

TEST(EntityF1, IsThatOfSeqeval) {
  const auto names = test_support::reference_names("entity_f1");
  EXPECT_GE(names.size(), 10u);
  for (const std::string& name : names) {
    const Reference file(name);
    const auto truth = sentences(file.text("truth")), prediction = sentences(file.text("prediction"));
    const heed::EntityReport report = heed::entity_f1(truth, prediction);
    EXPECT_TRUE(test_support::equals(numbers(report.all), file.values("output.all"))) << name;
    EXPECT_NEAR(report.macro_f1, file.value("output.macro_f1"), 1e-12) << name;
    std::string types;
    Values rows;
    for (const auto& [type, of_type] : report.types) {
      types += type + '\n';
      for (const double v : numbers(of_type)) rows.push_back(v);
    }
    EXPECT_EQ(types, file.text("types")) << name;
    EXPECT_TRUE(test_support::equals(rows, file.values("output.types"))) << name;
  }
}

TEST(EntityF1, EntitiesAreSpansOfOneType) {
  const Words tags{"I-a", "I-a", "I-b", "O", "B-b", "B-b", "I-b", "I-a", "B"};
  EXPECT_EQ(entities_of(tags),
            (std::vector<Entity>{{0, 2, "a"}, {2, 3, "b"}, {4, 5, "b"}, {5, 7, "b"}, {7, 8, "a"}, {8, 9, "_"}}));
  EXPECT_TRUE(entities_of({}).empty());
}

TEST(EntityF1, OfNothingIsZero) {
  const std::vector<Words> none{{"O", "O"}, {}};
  const heed::EntityReport report = heed::entity_f1(none, none);
  EXPECT_EQ(report.all.f1, 0);
  EXPECT_EQ(report.macro_f1, 0);
  EXPECT_TRUE(report.types.empty());
}

TEST(EntityF1, RefusesWhatDoesNotFit) {
  const std::vector<Words> one{{"O", "B-a"}}, shorter{{"O"}}, two{{"O"}, {"O"}}, nouns{{"NOUN", "O"}};
  EXPECT_EQ(error_of([&] { heed::entity_f1(one, two); }),
            "entity_f1: truth and prediction differ in their sentences (expected 1, got 2)");
  EXPECT_EQ(error_of([&] { heed::entity_f1(one, shorter); }),
            "entity_f1, sentence 1: truth and prediction differ in their words (expected 2, got 1)");
  EXPECT_EQ(error_of([&] { heed::entity_f1(one, nouns); }),
            "word 1: not a tag of entities (expected O, or B, I, E, S, L or U and a type, got 'NOUN')");
}

// The entities that seqeval's get_entities gives.
TEST(EntityF1, ReadsTagsThatMarkEnds) {
  using heed::Entity;
  const auto entities = [](std::vector<std::string> tags) { return heed::entities_of(tags); };
  std::vector<std::string> iobes{"S-PER", "O", "B-LOC", "I-LOC", "E-LOC", "S-LOC", "B-ORG", "E-ORG"};
  const std::vector<Entity> wanted{{0, 1, "PER"}, {2, 5, "LOC"}, {5, 6, "LOC"}, {6, 8, "ORG"}};
  EXPECT_EQ(heed::entities_of(iobes), wanted);
  std::vector<std::string> bilou{"U-PER", "O", "B-LOC", "I-LOC", "L-LOC", "U-LOC", "B-ORG", "L-ORG"};
  EXPECT_EQ(heed::entities_of(bilou), wanted);
  std::vector<std::string> loose{"E-A", "E-A", "I-A", "S-A", "I-A"};
  EXPECT_EQ(heed::entities_of(loose),
            (std::vector<Entity>{{0, 1, "A"}, {1, 2, "A"}, {2, 3, "A"}, {3, 4, "A"}, {4, 5, "A"}}));
  EXPECT_THROW(entities({"X-A"}), heed::Error);
  EXPECT_THROW(entities({"IN"}), heed::Error);
}

}  // namespace entity_f1_test
