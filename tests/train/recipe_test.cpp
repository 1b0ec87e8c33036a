#include "heed/train/recipe.hpp"

#include <gtest/gtest.h>

#include "heed/core/error.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/sequence_classifier_options.hpp"
#include "heed/options/fields.hpp"

namespace recipe_test {

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
  const heed::Recipe& wide = heed::recipe_of("wide");
  EXPECT_EQ(heed::batch_for(30), 16);
  EXPECT_EQ(heed::batch_for(10000), 64);
  EXPECT_EQ(heed::epochs_for(wide, 30, 16), wide.most_epochs);
  EXPECT_EQ(heed::epochs_for(wide, 10000, 64), wide.least_epochs);
  EXPECT_EQ(heed::epochs_for(wide, 160, 16), 100);
}

TEST(Recipe, StrongIsSeveralThatThereAre) {
  int networks = 0;
  for (const std::string& name : heed::strong_recipes()) {
    if (name == "rocket") continue;
    EXPECT_NO_THROW(heed::recipe_of(name)) << name;
    ++networks;
  }
  EXPECT_EQ(networks, 2);
}

TEST(Recipe, NamesAllWhereAnotherIsAsked) {
  try {
    heed::recipe_of("weak");
    FAIL();
  } catch (const heed::Error& error) {
    EXPECT_EQ(error.fault().expected, "fcn, wide, recurrent, lstm");
    EXPECT_EQ(error.fault().got, "weak");
  }
}

}  // namespace recipe_test
