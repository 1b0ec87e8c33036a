#include "heed/io/tensor_file.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "heed/io/detail/weight_plan.hpp"
#include "heed/io/safetensors_load.hpp"
#include "toy_model.hpp"

namespace tensor_file_test {

using heed::DataType;
using heed::Index;
using heed::TensorFile;
using heed::TensorInfo;

/// The numbers 0, 1, ... 11, and views of them.
class Views : public testing::Test {
 protected:
  Views() {
    for (int i = 0; i < 12; ++i) numbers.push_back(static_cast<float>(i));
  }
  TensorFile file(std::vector<TensorInfo> tensors) const {
    return {"views", {}, std::move(tensors), std::as_bytes(std::span(numbers))};
  }
  static TensorInfo view(const std::string& name, std::vector<Index> extents, std::size_t first, std::size_t last,
                         std::vector<Index> strides = {}) {
    return {name, DataType::f32, std::move(extents), first * 4, (last + 1) * 4, std::move(strides)};
  }
  std::vector<float> numbers;
};

TEST_F(Views, AreReadInRowMajorOrder) {
  const TensorFile f = file({view("whole", {3, 4}, 0, 11), view("transposed", {4, 3}, 0, 11, {1, 4}),
                             view("column", {3}, 2, 10, {4}), view("corner", {2, 2}, 5, 10, {4, 1}),
                             view("spread", {2, 3}, 7, 7, {0, 0}), view("turned", {2, 2, 3}, 0, 11, {2, 1, 4})});
  EXPECT_EQ(f.read<float>("whole"), numbers);
  EXPECT_EQ(f.read<float>("transposed"), (std::vector<float>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  EXPECT_EQ(f.read<double>("column"), (std::vector<double>{2, 6, 10}));
  EXPECT_EQ(f.read<float>("corner"), (std::vector<float>{5, 6, 9, 10}));
  EXPECT_EQ(f.read<float>("spread"), (std::vector<float>{7, 7, 7, 7, 7, 7}));
  EXPECT_EQ(f.read<float>("turned"), (std::vector<float>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
}

TEST_F(Views, AreComparedByTheirNumbers) {
  numbers = {0, 1, 2, 3, 0, 2, 1, 3, 0, 1, 2, 3};
  const TensorFile f = file({view("a", {2, 2}, 0, 3), view("b", {2, 2}, 4, 7, {1, 2}), view("c", {2, 2}, 8, 11),
                             view("d", {4}, 8, 11), view("e", {2, 2}, 4, 7)});
  const auto same = [&](const char* a, const char* b) { return f.same_bytes(*f.find(a), *f.find(b)); };
  EXPECT_TRUE(same("a", "b"));
  EXPECT_TRUE(same("a", "c"));
  EXPECT_TRUE(same("b", "c"));
  EXPECT_TRUE(same("b", "b"));
  EXPECT_FALSE(same("c", "d"));
  EXPECT_FALSE(same("a", "e"));
  EXPECT_FALSE(same("b", "e"));
}

TEST_F(Views, AreLoadedIntoModels) {
  heed_test::ToyLayer<float> layer{heed::Matrix<float>(3, 4), heed::Vector<float>(3)};
  const TensorFile f = file({view("m.weight", {3, 4}, 0, 11, {1, 3}), view("m.bias", {3}, 1, 9, {4})});
  heed::load_weights(layer, f, {.prefix = "m"});
  EXPECT_EQ(layer.weight(1, 2), 7);
  EXPECT_EQ(layer.weight(2, 0), 2);
  EXPECT_EQ(layer.bias(2), 9);
}

TEST_F(Views, KeepTheirNameWhenRenamed) {
  const TensorFile f = file({view("a", {2}, 0, 1)});
  const TensorFile named = f.renamed({.rename = {{"a", "b"}}});
  EXPECT_EQ(named.name(), "views");
  EXPECT_EQ(named.read<float>("b"), (std::vector<float>{0, 1}));
  EXPECT_NE(test_support::error_of([&] { named.read<float>("a"); }).find("views: tensor \"a\": no such tensor"),
            std::string::npos);
}

/// A model's parameters p0, p1, ..., and as many tensors more.
struct Many {
  explicit Many(Index count) {
    for (Index i = 0; i < count; ++i) names.push_back("p" + std::to_string(i));
    for (const std::string& name : names) wanted.push_back({name, extents});
  }
  std::vector<std::string> names;
  std::vector<Index> extents{1, 1};
  std::vector<heed::detail::WantedTensor> wanted;
};

TEST(TiedWeights, OfManyTensorsAreFoundInNoMoreThanSorting) {  // each with each would take minutes
  constexpr Index count = 30'000;
  const Many many(count);
  std::vector<float> numbers(2 * count);
  std::vector<TensorInfo> tensors;
  for (Index i = 0; i < 2 * count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    numbers[at] = static_cast<float>(i % count);
    tensors.push_back(
        {(i < count ? "p" : "tied") + std::to_string(i % count), DataType::f32, {1, 1}, 4 * at, 4 * at + 4});
  }
  const TensorFile tied("many", {}, tensors, std::as_bytes(std::span(numbers)));
  EXPECT_EQ(heed::detail::plan_weights(many.wanted, tied, false).report.unused.size(), std::size_t{count});
  numbers.back() = -1;
  const std::string error = test_support::error_of([&] { heed::detail::plan_weights(many.wanted, tied, false); });
  EXPECT_EQ(error, "many: the tensors are not those of the model\n  unexpected \"tied29999\" (1, 1)");
}

TEST(TiedWeights, ViewsOfTheSameNumbersTakeNoMoreThanTheFile) {  // 8 GB, were each looked at
  constexpr Index count = 2'000, side = 1'000;
  Many many(count);
  many.extents = {side, side};
  for (auto& w : many.wanted) w.extents = many.extents;
  const std::vector<float> numbers(side * side);
  std::vector<TensorInfo> tensors;
  for (Index i = 0; i < 2 * count; ++i) {
    const std::string name = (i < count ? "p" : "tied") + std::to_string(i % count);
    tensors.push_back({name, DataType::f32, many.extents, 0, numbers.size() * 4, {1, side}});
  }
  const TensorFile file("views", {}, std::move(tensors), std::as_bytes(std::span(numbers)));
  const std::string error = test_support::error_of([&] { heed::detail::plan_weights(many.wanted, file, false); });
  EXPECT_EQ(error.find("views: the tensors are not those of the model\n  unexpected \"tied0\" (1000, 1000)"), 0u)
      << error;
}

}  // namespace tensor_file_test
