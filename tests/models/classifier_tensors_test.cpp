#include "heed/models/classifier_tensors.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../support/reference.hpp"

namespace classifier_tensors_test {

using heed::Attention;
using heed::Pooling;
using heed::TensorShape;
using test_support::error_of;
using Options = heed::SequenceClassifierOptions;

/// What files of PyTorch's classifiers hold.
std::vector<TensorShape> shapes_of(const std::string& name) {
  std::vector<TensorShape> shapes;
  for (const auto& [tensor, array] : test_support::Reference(name).arrays(""))
    shapes.push_back({tensor, array.extents});
  return shapes;
}

TEST(ClassifierTensors, TellTheOptionsOfTheSeedsModules) {
  for (const Attention a : {Attention::pool, Attention::multihead, Attention::additive, Attention::none}) {
    const auto shapes = shapes_of("seeds/" + std::string(to_text(a)));
    EXPECT_EQ(heed::options_from_tensors(shapes), (Options{5, 10, 8, 6, a, 2, Pooling::last})) << to_text(a);
  }
}

TEST(ClassifierTensors, ASingleDenseLayerIsNamedFc) {
  auto shapes = shapes_of("seeds/pool");
  std::erase_if(shapes, [](const TensorShape& t) { return t.name.starts_with("fc"); });
  shapes.push_back({"fc.weight", {7, 8}});
  shapes.push_back({"fc.bias", {7}});
  EXPECT_EQ(heed::options_from_tensors(shapes), (Options{5, 7, 8, 0}));
}

// a search among all for each layer would take minutes
TEST(ClassifierTensors, ManyLayersAreCountedAtOnce) {
  std::vector<TensorShape> shapes{{"lstm.weight_hh_l0", {28, 7}}, {"fc.weight", {8, 7}}};
  constexpr int layers = 100'000;
  for (int i = 0; i < layers; ++i) shapes.push_back({"lstm.weight_ih_l" + std::to_string(i), {28, 5}});
  EXPECT_EQ(heed::options_from_tensors(shapes).layers, layers);
}

TEST(ClassifierTensors, NameTheTensorThatIsMissing) {
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

}  // namespace classifier_tensors_test
