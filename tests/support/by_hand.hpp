#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/losses/cross_entropy.hpp"
#include "heed/optim/clip.hpp"
#include "task.hpp"

namespace test_support {

/// One batch as a single tile, without the machinery of train/: what its step is held against.
template <class Model>
struct ByHand {
  using S = typename Model::Scalar;
  Model gradient;
  double loss = 0, denominator = 0, correct = 0;
  std::vector<S> logits;  // [class][row]

  ByHand(const Model& model, const Task<S>& task, heed::Index first, heed::Index rows,
         const heed::CrossEntropy<S>& cross_entropy = {})
      : gradient(model) {
    const heed::Index T = task.x.extent(1), F = task.x.extent(2);
    std::vector<S> x(static_cast<std::size_t>(rows * T * F));
    for (heed::Index l = 0; l < rows; ++l) {
      for (heed::Index k = 0; k < T * F; ++k)
        x[static_cast<std::size_t>(k * rows + l)] = task.x.data()[(first + l) * T * F + k];
    }
    const std::int32_t* labels = task.labels.data() + first;
    const heed::Tile<const S> tile(x.data(), {T, F}, rows,
                                   task.lengths.empty() ? nullptr : task.lengths.data() + first);
    const heed::Index classes = model.output_shape({T, F}).features;
    logits.resize(static_cast<std::size_t>(classes * rows));
    std::vector<S> dlogits(logits.size());
    const heed::Tile<S> z(logits.data(), {1, classes}, rows), dz(dlogits.data(), {1, classes}, rows);
    typename Model::Cache cache;
    heed::Scratch scratch;
    const heed::Pass pass{scratch, true};
    heed::set_zero(gradient);
    model.forward(tile, z, cache, pass);
    for (heed::Index l = 0; l < rows; ++l) denominator += cross_entropy.target_weight(labels[l]);
    loss = cross_entropy(z, heed::Tile<const std::int32_t>(labels, {1, 1}, rows), nullptr, 1 / denominator, dz, pass);
    model.backward(tile, z, dz, {}, cache, gradient, pass);
    for (heed::Index l = 0; l < rows; ++l) {
      heed::Index best = 0;
      for (heed::Index c = 1; c < classes; ++c) best = z.at(0, c)[l] > z.at(0, best)[l] ? c : best;
      correct += best == labels[l];
    }
  }
};

}  // namespace test_support
