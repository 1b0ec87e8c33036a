#pragma once

// How well text is predicted: by a language model, and by what it must be better than.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/data/next_tokens.hpp"
#include "heed/train/callbacks.hpp"
#include "heed/train/evaluate.hpp"

namespace support {

/// Of the next tokens.
template <class Model>
double perplexity_of(const Model& model, const heed::NextTokens& tokens, int threads) {
  return std::exp(heed::evaluate(model, tokens.view(), threads).loss);
}

/// A line an epoch.
inline heed::Callback perplexity_progress() {
  return [](const heed::EpochRecord& r) {
    std::printf("epoch %d/%d  perplexity %.2f  validation %.2f  %.1f s\n", r.epoch, r.epochs, std::exp(r.loss),
                std::exp(r.test_loss), r.seconds);
    return std::fflush(stdout) == 0;
  };
}

/// Of guessing each token by how often it stands in the training text.
inline double unigram_perplexity(const heed::NextTokens& train, const heed::NextTokens& test, heed::Index tokens) {
  std::vector<double> counts(static_cast<std::size_t>(tokens), 1);
  double total = static_cast<double>(tokens), loss = 0, n = 0;
  for (const std::int32_t y : train.labels) {
    if (y >= 0) counts[static_cast<std::size_t>(y)] += 1, total += 1;
  }
  for (const std::int32_t y : test.labels) {
    if (y >= 0) loss -= std::log(counts[static_cast<std::size_t>(y)] / total), n += 1;
  }
  return std::exp(loss / n);
}

}  // namespace support
