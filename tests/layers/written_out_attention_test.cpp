// Attention as tutorials write it out with Linears: which layer gives the same under the same weights.

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "../support/attention_case.hpp"
#include "../support/attention_forms.hpp"
#include "../support/layer_case.hpp"
#include "heed/layers/dot_attention.hpp"
#include "heed/layers/multi_head_attention.hpp"

namespace written_out_attention_test {

using heed::DotAttention;
using heed::Index;
using heed::MultiHeadAttention;
using test_support::Array;
using test_support::Arrays;
using test_support::equals;
using test_support::Reference;
using test_support::ThreeInputs;

// Three Linears, softmax of q k', and no more: DotAttention, under the same names.
TEST(WrittenOutAttention, OfOneHeadWithoutAScaleIsDotAttention) {
  const DotAttention<double> layer({.query_size = 5, .memory_size = 5, .output_size = 4});
  test_support::expect_equals_reference("written_out/single_head_self", layer);
  test_support::expect_equals_cross("written_out/single_head_cross", layer);
}

/// Linears called query, key, value and output under the names of MultiHeadAttention; `factor`: of the query's.
Arrays multihead_names(const Arrays& linears, double factor = 1) {
  const Index size = linears.at("query.weight").extents[0];
  Array weight{{3 * size, size}, {}}, bias{{3 * size}, {}};
  for (const std::string part : {"query", "key", "value"}) {
    const double f = part == "query" ? factor : 1;
    for (const double w : linears.at(part + ".weight").values) weight.values.push_back(f * w);
    for (const double b : linears.at(part + ".bias").values) bias.values.push_back(f * b);
  }
  Arrays all{{"in_proj_weight", weight}, {"in_proj_bias", bias}};
  if (linears.contains("output.weight")) {
    all["out_proj.weight"] = linears.at("output.weight");
    all["out_proj.bias"] = linears.at("output.bias");
  }
  return all;
}

/// The reference of one input, with the names and factor of the gradients.
template <class L>
void expect_equal(const Reference& file, const L& layer, Arrays gradients) {
  for (const Index width : {4, 1}) {
    const auto result = test_support::run_layer(file, layer, width);
    EXPECT_TRUE(equals(result.y, file.values("output.y")));
    EXPECT_TRUE(equals(result.dx, file.values("dinput.x")));
    EXPECT_TRUE(equals(result.attention, file.values("output.attention")));
    heed::for_each_parameter(
        [&](const heed::Path& path, const auto& parameter) {
          const auto wanted = gradients.find(path.text());
          if (wanted == gradients.end()) return;
          EXPECT_TRUE(equals(test_support::row_major(parameter), wanted->second.values)) << path.text();
        },
        result.gradient);
  }
}

// Four Linears, heads, scores by the root of a head's size: MultiHeadAttention.
TEST(WrittenOutAttention, OfManyHeadsIsMultiHeadAttention) {
  using Layer = MultiHeadAttention<double>;
  for (const std::string kind : {"self", "cross", "three"}) {
    SCOPED_TRACE(kind);
    const Reference file("written_out/many_heads_" + kind);
    Layer layer({.embed_dim = 6, .num_heads = file.index("heads")});
    set_weights(layer, multihead_names(file.arrays("weight.")));
    const Arrays gradients = multihead_names(file.arrays("dweight."));
    if (kind == "self") expect_equal(file, layer, gradients);
    if (kind == "cross") test_support::expect_equals_cross(file, layer, gradients);
    if (kind == "three") expect_equal(file, ThreeInputs<Layer>{layer, {6, 6, 6}}, gradients);
  }
}

// Keys and values from two inputs, of one head without a scale: MultiHeadAttention with one head. It divides by the
// root of the size, which the query's projection makes up for, and the identity stands for the output's projection.
TEST(WrittenOutAttention, OfOneHeadWithValuesOfTheirOwnIsMultiHeadAttentionOfOneHead) {
  using Layer = MultiHeadAttention<double>;
  const Reference file("written_out/single_head_three");
  const Index size = file.extent("weight.query.weight", 0);
  const double root = std::sqrt(static_cast<double>(size));
  Layer layer({.embed_dim = size, .num_heads = 1});
  Arrays weights = multihead_names(file.arrays("weight."), root);
  weights["out_proj.bias"] = Array{{size}, test_support::Values(static_cast<std::size_t>(size), 0.0)};
  weights["out_proj.weight"] = Array{{size, size}, test_support::Values(static_cast<std::size_t>(size * size), 0.0)};
  for (Index i = 0; i < size; ++i) weights["out_proj.weight"].values[static_cast<std::size_t>(i * (size + 1))] = 1;
  set_weights(layer, weights);
  expect_equal(file, ThreeInputs<Layer>{layer, {size, size, size}}, multihead_names(file.arrays("dweight."), 1 / root));
}

}  // namespace written_out_attention_test
