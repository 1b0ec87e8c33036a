#include "heed/train/recipe.hpp"

#include <gtest/gtest.h>

#include "heed/core/error.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/sequence_classifier_options.hpp"
#include "heed/options/fields.hpp"

namespace {

TEST(Recipe, NamesOptionsOfASequenceClassifier) {
  for (const std::string& name : heed::recipe_names()) {
    heed::SequenceClassifierOptions o{.features = 2, .classes = 3};
    heed::set_fields(o, heed::recipe_of(name).architecture);
    EXPECT_EQ(o.kernels.size(), name == "lstm" ? 0 : 3) << name;
    EXPECT_NO_THROW(heed::check(o, "recipe")) << name;
  }
}

TEST(Recipe, NamesOptionsOfARocketClassifier) {
  heed::RocketClassifierOptions o{.features = 2, .classes = 3, .steps = 20};
  heed::set_fields(o, heed::rocket_architecture());
  EXPECT_EQ(o.statistics, heed::RocketStatistics::all);
  EXPECT_EQ(o.groups, 64);
  EXPECT_NO_THROW(heed::check(o, "recipe"));
}

TEST(Recipe, TrainsFewSequencesForMoreEpochsThanMany) {
  const heed::Recipe& strong = heed::recipe_of("strong");
  EXPECT_EQ(heed::batch_for(30), 16);
  EXPECT_EQ(heed::batch_for(10000), 64);
  EXPECT_EQ(heed::epochs_for(strong, 30, 16), strong.most_epochs);
  EXPECT_EQ(heed::epochs_for(strong, 10000, 64), strong.least_epochs);
  EXPECT_EQ(heed::epochs_for(strong, 160, 16), 100);
}

TEST(Recipe, NamesAllWhereAnotherIsAsked) {
  try {
    heed::recipe_of("weak");
    FAIL();
  } catch (const heed::Error& error) {
    EXPECT_EQ(error.fault().expected, "strong, fcn, recurrent, lstm");
    EXPECT_EQ(error.fault().got, "weak");
  }
}

}  // namespace
