#pragma once

// What beam search remembers: an inner part of decode.hpp.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/infer/detail/next_tokens.hpp"

namespace heed::inline HEED_ISA::detail {

/// Records for each step and lane: its token, the lane it came from, and its attention weights.
template <class S>
class DecodeHistory {
 public:
  /// The history grows with the steps and keeps its memory.
  void begin(Index source_steps, Index lanes) {
    lanes_ = lanes;
    width_ = source_steps * lanes;
    tokens_.clear();
    parents_.clear();
    weights_.clear();
  }
  /// Records the attention weights of the step that `push` ends.
  void attended(Tile<const S> weights) {
    weights_.resize(weights_.size() + static_cast<std::size_t>(width_));
    std::copy_n(weights.data, std::min(weights.features * weights.lanes, width_), weights_.end() - width_);
  }
  /// `parents` null: every lane continues itself.
  void push(const std::int32_t* tokens, const std::int32_t* parents) {
    tokens_.insert(tokens_.end(), tokens, tokens + lanes_);
    for (Index l = 0; l < lanes_; ++l) parents_.push_back(parents ? parents[l] : static_cast<std::int32_t>(l));
  }

  /// Follows the hypothesis in `lane` back over its last `length` steps. Gives its tokens without the end mark, and its
  /// attention weights (length, valid). `last`: the final token, if it is not the one recorded for the lane.
  void trace(Index lane, Index length, Index valid, std::int32_t end, std::vector<std::int32_t>& tokens,
             std::vector<S>& alignment, std::int32_t last = -1) const {
    tokens.resize(static_cast<std::size_t>(length));
    alignment.resize(static_cast<std::size_t>(length * valid));
    for (Index t = length; t-- > 0;) {
      for (Index k = 0; k < valid; ++k) {
        alignment[static_cast<std::size_t>(t * valid + k)] = at(weights_, t * width_ + k * lanes_ + lane);
      }
      tokens[static_cast<std::size_t>(t)] = last >= 0 ? last : at(tokens_, t * lanes_ + lane);
      if (t == 0) break;
      // one step earlier, this hypothesis stood in its parent's lane
      last = at(tokens_, (t - 1) * lanes_ + lane);
      lane = at(parents_, (t - 1) * lanes_ + lane);
    }
    if (!tokens.empty() && tokens.back() == end) tokens.pop_back();
  }

 private:
  template <class T>
  static T at(const std::vector<T>& numbers, Index i) {
    return numbers[static_cast<std::size_t>(i)];
  }

  std::vector<std::int32_t> tokens_, parents_;  // (steps, lanes)
  std::vector<S> weights_;                      // (steps, source steps, lanes)
  Index lanes_ = 0, width_ = 0;
};

/// The hypotheses of one source.
class Beam {
 public:
  struct Ended {
    double score;
    Index lane, length;  // the lane of its last step
    std::int32_t token;  // its last token
  };

  explicit Beam(Index width) : running_(static_cast<std::size_t>(width), -infinity) { running_.front() = 0; }

  bool done() const { return done_; }
  /// Once done.
  const Ended& best() const {
    return *std::max_element(ended_.begin(), ended_.end(),
                             [](const auto& a, const auto& b) { return a.score < b.score; });
  }

  /// Chooses the next hypotheses. Input: from lane `first` on, the most probable tokens of each lane, (2, candidates):
  /// their log-probabilities and ids. Writes the token and the parent of each lane.
  template <class S, class Normalize>
  void advance(Tile<const S> likeliest, Index first, Index t, std::int32_t end, bool last, Normalize&& normalize,
               std::int32_t* token, std::int32_t* parents) {
    const auto width = static_cast<Index>(running_.size());
    all_.clear();
    for (Index l = 0; l < width; ++l) {
      for (Index k = 0; k < likeliest.features && running_[static_cast<std::size_t>(l)] > -infinity; ++k) {
        const S p = likeliest.at(0, k)[first + l];
        if (p <= impossible<S> / 2) break;
        all_.push_back({running_[static_cast<std::size_t>(l)] + static_cast<double>(p), first + l,
                        static_cast<std::int32_t>(likeliest.at(1, k)[first + l])});
      }
    }
    std::stable_sort(all_.begin(), all_.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
    std::fill(running_.begin(), running_.end(), -infinity);
    Index kept = 0;
    for (std::size_t i = 0; i < all_.size() && kept < width; ++i) {
      const Candidate& c = all_[i];
      if (last || c.token == end) {  // a hypothesis that ends must itself be among the best
        if (static_cast<Index>(i) < width) ended_.push_back({normalize(c.score, t + 1), c.lane, t + 1, c.token});
        kept += last;
        continue;
      }
      running_[static_cast<std::size_t>(kept)] = c.score;
      token[first + kept] = c.token;
      parents[first + kept] = static_cast<std::int32_t>(c.lane);
      ++kept;
    }
    for (Index l = last ? 0 : kept; l < width; ++l) {  // lanes without a hypothesis
      token[first + l] = end;
      parents[first + l] = static_cast<std::int32_t>(first + l);
    }
    done_ = last || kept == 0 || static_cast<Index>(ended_.size()) >= width;
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  struct Candidate {
    double score;
    Index lane;
    std::int32_t token;
  };
  std::vector<double> running_;  // log p of the hypothesis in each lane
  std::vector<Candidate> all_;
  std::vector<Ended> ended_;
  bool done_ = false;
};

}  // namespace heed::inline HEED_ISA::detail
