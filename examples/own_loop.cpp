/// Your own training loop: the gradient of a batch, clipped, then a step of the optimizer.

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <vector>

#include "heed/heed.hpp"

using Model = heed::SequenceClassifier<float>;

int main() {
  // is the sum of a sequence above 0?
  const heed::Index n = 512, steps = 8, batch = 64;
  heed::Tensor<float, 3> x({n, steps, 1});
  std::vector<std::int32_t> labels(static_cast<std::size_t>(n));
  for (heed::Index i = 0; i < n; ++i) {
    const heed::Key key = heed::Key{1}.child(static_cast<std::uint64_t>(i));
    for (heed::Index t = 0; t < steps; ++t) x(i, t, 0) = static_cast<float>(key.normal(static_cast<std::uint64_t>(t)));
    labels[static_cast<std::size_t>(i)] = std::accumulate(x[i].begin(), x[i].end(), 0.f) > 0;
  }

  Model model({.features = 1, .classes = 2, .hidden = 16});
  heed::BatchGradient gradient(model);  // by cross-entropy; another loss: BatchGradient(model, heed::Huber<float>())
  heed::Adam<Model> adam(model, {.learning_rate = 0.01});

  double loss = 0, accuracy = 0;
  for (std::uint64_t epoch = 1; epoch <= 30; ++epoch) {
    loss = accuracy = 0;
    for (heed::Index first = 0; first < n; first += batch) {
      const auto rows = static_cast<std::size_t>(std::min(batch, n - first));
      const heed::Evaluation e =
          gradient(model,
                   {heed::view(x[first].data(), {rows, steps, 1}),
                    std::span<const std::int32_t>(labels).subspan(static_cast<std::size_t>(first), rows)},
                   heed::Key{epoch}.child(static_cast<std::uint64_t>(first)));
      heed::clip_norm(gradient.get(), 1);
      adam.step(model, gradient.get());
      loss += e.loss * static_cast<double>(rows) / static_cast<double>(n);
      accuracy += e.accuracy * static_cast<double>(rows) / static_cast<double>(n);
    }
    if (epoch % 10 == 0) {
      std::printf("epoch %d  loss %.4f  accuracy %.3f\n", static_cast<int>(epoch), loss, accuracy);
    }
  }
  return accuracy > 0.95 ? 0 : 1;
}
