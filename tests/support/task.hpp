#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "heed/core/rng.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/visit.hpp"
#include "heed/train/tiles.hpp"

namespace test_support {

/// A small classification task: noise around a curve of the class's own. Ragged: 1 to all steps.
template <class S>
struct Task {
  heed::Tensor<S, 3> x;
  std::vector<std::int32_t> labels, lengths;

  Task(heed::Index n, heed::Shape shape, std::int32_t classes, bool ragged = false, std::uint64_t seed = 1)
      : x({n, shape.steps, shape.features}) {
    const heed::Key key{seed};
    std::uint64_t draw = 0;
    for (heed::Index i = 0; i < n; ++i) {
      labels.push_back(static_cast<std::int32_t>(key.below(draw++, static_cast<std::uint64_t>(classes))));
      if (ragged) {
        const auto steps = static_cast<std::uint64_t>(shape.steps);
        lengths.push_back(static_cast<std::int32_t>(1 + key.below(draw++, steps)));
      }
      for (heed::Index t = 0; t < shape.steps; ++t) {
        for (heed::Index f = 0; f < shape.features; ++f) {
          const double curve = std::sin(1.0 + labels.back() * (1.0 + static_cast<double>(f + t)));
          x(i, t, f) = static_cast<S>(static_cast<float>(curve + 0.3 * key.normal(draw++)));
        }
      }
    }
  }

  heed::LabelledSequences<S> view() const { return {x.view(), labels, lengths}; }
};

/// All parameters of a model, one after another.
template <class Model>
std::vector<typename Model::Scalar> flat(const Model& model) {
  std::vector<typename Model::Scalar> all;
  heed::for_each_parameter([&](const heed::Path&, const auto& p) { all.insert(all.end(), p.begin(), p.end()); }, model);
  return all;
}

}  // namespace test_support
