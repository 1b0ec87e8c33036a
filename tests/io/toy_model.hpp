#pragma once

// A model with everything that a file may hold, for the tests of io/.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/visit.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/metadata.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed_test {

using heed::Index;
using heed::Metadata;

template <class S>
struct ToyLayer {
  using Scalar = S;
  heed::Matrix<S> weight;
  heed::Vector<S> bias;
  static void visit(auto&& f, auto&... layers) {
    f("weight", layers.weight...);
    f("bias", layers.bias...);
  }
};

template <class S>
struct ToyBlocks {
  using Scalar = S;
  std::vector<ToyLayer<S>> layers;
  static void visit(auto&& f, auto& first, auto&... rest) {
    for (std::size_t i = 0; i < first.layers.size(); ++i) f(static_cast<Index>(i), first.layers[i], rest.layers[i]...);
  }
};

/// Inputs and outputs are in the shapes of its tensors, the number of blocks in their names; the label is in neither.
template <class S>
struct Toy {
  using Scalar = S;
  static constexpr std::string_view architecture = "toy";
  struct Options {
    Index inputs = 3;
    Index outputs = 4;
    Index blocks = 2;
    static void fields(auto&& f, auto&... o) {
      f({"inputs"}, o.inputs...);
      f({"outputs"}, o.outputs...);
      f({"blocks", "", heed::Range::from(0)}, o.blocks...);
    }
  };

  Options options;
  ToyLayer<S> first;
  ToyBlocks<S> blocks;  // without biases
  heed::Parameter<S, 3> cube{2, 3, 4};
  std::string label = "none";

  explicit Toy(Options o) : options(o), first{heed::Matrix<S>(o.outputs, o.inputs), heed::Vector<S>(o.outputs)} {
    for (Index i = 0; i < o.blocks; ++i) blocks.layers.push_back({heed::Matrix<S>(o.outputs, o.outputs), {}});
  }

  static void visit(auto&& f, auto&... models) {
    f("first", models.first...);
    f("blocks", models.blocks...);
    f("cube", models.cube...);
  }

  void write(Metadata& metadata) const { heed::set(metadata, "label", label); }
  void restore(const Metadata& metadata) { label = heed::get_text(metadata, "label"); }

  static Options options_from(std::span<const heed::TensorShape> shapes) {
    Options options{0, 0, 2};
    for (const auto& shape : shapes) {
      if (shape.name == "first.weight" && shape.extents.size() == 2) {
        options.inputs = shape.extents[1];
        options.outputs = shape.extents[0];
      }
    }
    heed::require(options.inputs > 0, [] { return heed::Fault{"no toy model", {}, "a tensor first.weight"}; });
    return options;
  }
};

/// All its numbers are different.
template <class S>
Toy<S> toy(typename Toy<S>::Options options = {}) {
  Toy<S> model(options);
  model.label = "up";
  S value = S(0.1);
  heed::for_each_parameter(
      [&](const heed::Path&, auto& parameter) {
        for (S& number : parameter) number = value += S(1) / S(3);
      },
      model);
  return model;
}

template <class S>
std::vector<S> numbers(const Toy<S>& model) {
  std::vector<S> result;
  heed::for_each_parameter(
      [&](const heed::Path&, const auto& parameter) {
        result.insert(result.end(), parameter.begin(), parameter.end());
      },
      model);
  return result;
}

}  // namespace heed_test
