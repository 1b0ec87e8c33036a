#pragma once

/// @file
/// Generates text with a language model: draws one token after another.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"
#include "heed/infer/stream.hpp"

namespace heed::inline HEED_ABI {

/// Options of `Sampler`.
struct SampleOptions {
  double temperature = 1;                ///< divides the logits; 0: always the most probable token
  Index top_k = 0;                       ///< draws from the k largest logits only; 0: from all
  std::vector<std::int32_t> never = {};  ///< tokens that are never drawn: padding, the unknown word
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Throws if the temperature is negative or not finite, or if top_k is negative.
HEED_FUNCTION const SampleOptions& check(const SampleOptions& o);

/// Draws token i with probability softmax(logits / temperature)_i, renormalised over the tokens that are allowed.
class Sampler {
 public:
  /// Throws if an option is out of range.
  explicit Sampler(SampleOptions options = {}) : options_(check(options)) {}

  /// Draws a token. The result is a function of the logits, the key and the number of the draw. Among equal logits,
  /// top_k keeps the lower tokens. Throws if a logit is not finite, if a token of `never` is not in the vocabulary, or
  /// if no token is left.
  template <class S>
  std::int32_t operator()(std::span<const S> logits, Key key, std::uint64_t draw) {
    const FlushDenormals flush;
    for (const S z : logits) {
      require(std::isfinite(z), [] { return Fault{"the logits are not finite", "sample"}; });
    }
    order_.clear();
    allowed_.assign(logits.size(), true);
    for (const std::int32_t token : options_.never) {
      const auto i = static_cast<std::size_t>(token);
      require(token >= 0 && i < logits.size(), [&] {
        return Fault{"token out of range", "sample, never", "0 to " + std::to_string(logits.size() - 1),
                     std::to_string(token)};
      });
      allowed_[i] = false;
    }
    for (std::size_t i = 0; i < logits.size(); ++i) {
      if (allowed_[i]) order_.push_back(static_cast<std::int32_t>(i));
    }
    require(!order_.empty(), [] { return Fault{"no token is left to draw", "sample"}; });
    const auto value = [&](std::int32_t token) { return static_cast<double>(logits[static_cast<std::size_t>(token)]); };
    const auto larger = [&](std::int32_t a, std::int32_t b) {
      return value(a) > value(b) || (value(a) == value(b) && a < b);
    };
    const auto k = options_.temperature == 0 ? 1 : static_cast<std::size_t>(options_.top_k);
    if (k > 0 && k < order_.size()) {
      std::nth_element(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(k) - 1, order_.end(), larger);
      order_.resize(k);
      std::sort(order_.begin(), order_.end());  // the selection leaves any order
    }
    if (order_.size() == 1) return order_.front();
    double largest = -std::numeric_limits<double>::infinity(), total = 0;
    for (const std::int32_t token : order_) largest = std::max(largest, value(token));
    const auto weight = [&](std::int32_t token) { return std::exp((value(token) - largest) / options_.temperature); };
    for (const std::int32_t token : order_) total += weight(token);
    double left = key.uniform(draw) * total;
    for (const std::int32_t token : order_) {
      left -= weight(token);
      if (left < 0) return token;
    }
    // rounding left a remainder: the most probable token
    return *std::max_element(order_.begin(), order_.end(), [&](auto a, auto b) { return larger(b, a); });
  }

 private:
  SampleOptions options_;
  std::vector<std::int32_t> order_;  // tokens that may be drawn
  std::vector<bool> allowed_;
};

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// Options of `generate`.
struct GenerateOptions {
  SampleOptions sample = {};
  std::int32_t end = -1;  ///< the token that ends a text; negative: none
  Index most = 100;       ///< the largest number of tokens after the prompt
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Continues a prompt. Resets the stream, feeds it the prompt, then draws tokens and feeds them back. Token t is draw t
/// of the key. Stops at the end token (which is not returned), after `most` tokens, or at the stream's `max_steps`.
/// Throws if the prompt is empty, longer than the stream allows or has a token that the model does not know, and if an
/// option is out of range.
template <class Model>
std::vector<std::int32_t> generate(Stream<Model>& stream, std::span<const std::int32_t> prompt,
                                   const GenerateOptions& options, Key key) {
  require(!prompt.empty(), [] { return Fault{"an empty prompt", "generate", "at least one token", "none"}; });
  require(options.most >= 0,
          [&] { return Fault{"option out of range", "generate", "most of at least 0", std::to_string(options.most)}; });
  Sampler sampler(options.sample);
  stream.reset();
  std::span<const typename Model::Scalar> logits;
  for (const std::int32_t token : prompt) logits = stream.step(token);
  std::vector<std::int32_t> written;
  while (static_cast<Index>(written.size()) < options.most) {
    const std::int32_t token = sampler(logits, key, written.size());
    if (token == options.end) break;
    written.push_back(token);
    if (stream.max_steps() > 0 && stream.steps() == stream.max_steps()) break;
    logits = stream.step(token);
  }
  return written;
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_FUNCTION const SampleOptions& check(const SampleOptions& o) {
  require(o.temperature >= 0 && std::isfinite(o.temperature), [&] {
    return Fault{"option out of range", "sample", "a finite temperature of at least 0", std::to_string(o.temperature)};
  });
  require(o.top_k >= 0,
          [&] { return Fault{"option out of range", "sample", "top_k of at least 0", std::to_string(o.top_k)}; });
  return o;
}

}  // namespace heed::inline HEED_ISA

#endif
