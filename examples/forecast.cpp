/// A forecast: windows of a series, a model that predicts what follows each, and the mean of models with several seeds.

#include <cmath>
#include <cstdio>
#include <vector>

#include "heed/heed.hpp"

using Model = heed::SequenceClassifier<float>;

int main() {
  const heed::Index window = 20, horizon = 3, known = 400;
  std::vector<float> series;  // two waves
  for (int t = 0; t < 500; ++t) {
    series.push_back(static_cast<float>(std::sin(0.3 * t) + 0.5 * std::sin(0.11 * t)));
  }
  const std::span<const float> all(series);
  const auto train = heed::series_windows(all.first(known), window, horizon);
  const auto test = heed::series_windows(all.subspan(known), window, horizon);

  // An ensemble: the seed of each member sets its initial weights and its order.
  heed::Tensor<float, 2> mean(test.targets.extents());
  double worst = 0;
  const int members = 3;
  for (std::uint64_t seed = 0; seed < members; ++seed) {
    Model model({.features = 1, .classes = horizon, .hidden = 16, .attention = heed::Attention::none});
    model.initialize(heed::Key{seed});
    heed::fit(model, train.x, train.targets, {.epochs = 40, .learning_rate = 0.01, .batch_size = 32, .seed = seed});
    const double loss = heed::evaluate(model, test.x, test.targets).loss;
    std::printf("seed %d  mean squared error %.5f\n", static_cast<int>(seed), loss);
    worst = std::max(worst, loss);
    heed::Predictor predictor(model);  // numbers: the model remembers that it was trained on them
    const heed::Tensor<float, 2> answers = predictor.outputs(test.x.view());
    for (heed::Index i = 0; i < answers.size(); ++i) mean.data()[i] += answers.data()[i] / members;
  }

  double error = 0;
  for (heed::Index i = 0; i < mean.size(); ++i) {
    const double d = static_cast<double>(mean.data()[i]) - static_cast<double>(test.targets.data()[i]);
    error += d * d / static_cast<double>(mean.size());
  }
  std::printf("together  mean squared error %.5f\n", error);
  std::printf("after the last window: %.3f %.3f %.3f\n", static_cast<double>(mean(mean.extent(0) - 1, 0)),
              static_cast<double>(mean(mean.extent(0) - 1, 1)), static_cast<double>(mean(mean.extent(0) - 1, 2)));
  return error <= worst && error < 0.02 ? 0 : 1;
}
