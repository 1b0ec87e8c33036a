#pragma once

/// @file
/// Text from a language model: tokens drawn one after another.

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

struct SampleOptions {
  double temperature = 1;                ///< logits are divided by it; 0: always the token of the largest logit
  Index top_k = 0;                       ///< only so many of the largest logits are drawn from; 0: all
  std::vector<std::int32_t> never = {};  ///< tokens that are not drawn: padding, the unknown word
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Throws where the temperature is negative or not finite, or top_k negative.
HEED_FUNCTION const SampleOptions& check(const SampleOptions& o);

/// Draws tokens from logits: token i with probability softmax(logits / temperature)_i among the tokens allowed.
class Sampler {
 public:
  /// Throws where an option is out of range.
  explicit Sampler(SampleOptions options = {}) : options_(check(options)) {}

  /// The `draw`-th of a key: a function of both and of the logits. Throws where a logit is not finite, a token of
  /// `never` is none, or no token is left. Of equal logits lower tokens come first.
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
      std::sort(order_.begin(), order_.end());  // whatever order the selection left
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
    return *std::max_element(order_.begin(), order_.end(),
                             [&](auto a, auto b) { return larger(b, a); });  // by rounding
  }

 private:
  SampleOptions options_;
  std::vector<std::int32_t> order_;  // the tokens that may be drawn
  std::vector<bool> allowed_;
};

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

struct GenerateOptions {
  SampleOptions sample = {};
  std::int32_t end = -1;  ///< the token that ends a text; negative: none does
  Index most = 100;       ///< tokens, besides the prompt
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Writes on from a prompt: feeds it to a stream from its beginning, then draws tokens and feeds them, until the end
/// token, which is not given back, `most` of them, or the stream's `max_steps`. The t-th token is draw t of the key.
/// Throws where the prompt is empty, longer than the stream may be or has a token that the model does not know, and
/// where an option is out of range.
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
