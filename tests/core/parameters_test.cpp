#include "heed/core/parameters.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "../support/error_of.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/embedding.hpp"

namespace parameters_test {

using heed::Dense;
using heed::Index;
using heed::ParameterList;
using heed::Parameters;
using heed::parameters_of;

Dense<float> dense(bool bias = true) { return Dense<float>({.in_features = 3, .out_features = 2, .bias = bias}); }

TEST(Parameters, HaveTheNamesAndPlacesOfAModel) {
  Dense<float> model = dense();
  Parameters<float> list(model);
  ASSERT_EQ(list.count(), 2);
  EXPECT_EQ(list.name(0), "weight");
  EXPECT_EQ(list.name(1), "bias");
  EXPECT_EQ(list[0].data(), model.weight.data());
  list[1].data()[0] = 7;
  EXPECT_EQ(model.bias(0), 7);
}

TEST(Parameters, LeaveOutWhatIsSwitchedOff) { EXPECT_EQ(parameters_of(dense(false)).count(), 1); }

TEST(Parameters, LookAtAnotherModelWithoutNewNames) {
  Dense<float> a = dense(), b = dense();
  Parameters<float> list(a);
  list.look_at(b);
  EXPECT_EQ(list.name(1), "bias");
  EXPECT_EQ(list[1].data(), b.bias.data());
}

TEST(Parameters, OfAConstModelTouchNothing) {
  heed::Embedding<float> model({.num_embeddings = 5, .embedding_dim = 2});
  set_zero(model);
  const auto list = parameters_of(model);
  EXPECT_EQ(list[0].data()[0], 0);
  Index touched = 0;
  list[0].for_each_touched([&](Index, Index count) { touched += count; });
  EXPECT_EQ(touched, 0);
}

TEST(ParameterList, OwnsItsNumbers) {
  Dense<float> model = dense();
  ParameterList<float> list(parameters_of(model));
  const float before = model.weight(0, 0);
  model.weight(0, 0) = before + 1;
  EXPECT_EQ(list.view()[0].data()[0], before);
  EXPECT_EQ(list.view().name(0), "weight");

  ParameterList<float> copy = list;
  copy.view()[0].data()[0] = 9;
  EXPECT_EQ(list.view()[0].data()[0], before);
  list = copy;
  EXPECT_EQ(list.view()[0].data()[0], 9);
  EXPECT_NE(list.view()[0].data(), copy.view()[0].data());
  const ParameterList<float> moved = std::move(copy);
  EXPECT_EQ(moved.view()[0].data()[0], 9);
}

TEST(Parameters, OfDifferentSizesAreRefusedAndNamed) {
  Dense<float> small = dense(), large({.in_features = 4, .out_features = 2});
  const Parameters<float> a(small);
  Parameters<float> b(large);
  EXPECT_NE(test_support::error_of([&] { heed::detail::copy_parameters(a, b); }).find("weight"), std::string::npos);
  const auto fewer = parameters_of(dense(false));
  EXPECT_NE(test_support::error_of([&] { heed::detail::check_same_sizes(a, fewer); }).find("side by side"),
            std::string::npos);
}

TEST(Parameters, ChangePlaces) {
  Dense<float> a = dense(), b = dense();
  a.weight(1, 2) = 1;
  b.weight(1, 2) = 2;
  Parameters<float> of_a(a), of_b(b);
  heed::detail::swap_parameters(of_a, of_b);
  EXPECT_EQ(a.weight(1, 2), 2);
  EXPECT_EQ(b.weight(1, 2), 1);
}

}  // namespace parameters_test
