#pragma once

/// @file
/// Generates a sequence of tokens from a source: greedy decoding and beam search.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "heed/core/buffer.hpp"
#include "heed/core/check.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/infer/detail/beams.hpp"
#include "heed/infer/detail/next_tokens.hpp"

namespace heed::inline HEED_ISA {

/// A model that generates a sequence of tokens for a source, one token a step. Each lane holds a sequence of its own.
///
/// - `Source`: the scalar type of a source. `source_features()`: the features of one source step.
/// - `begin(source, cache, pass)` runs once, before the first step. It keeps in the cache what it computes from the
///   sources.
/// - `step(token, logits, cache, pass)` takes the latest token of each lane, (1, 1). It writes the logits of the next
///   token, (1, `vocabulary()`).
/// - `reorder(parents, cache, pass)` makes lane l continue the hypothesis of lane `parents[l]`. Both lanes have the
///   same source.
/// - `attention_weights(cache)` gives the weights of the last step, (1, source steps). A model whose memory has a fixed
///   number of steps (the regions of an image) also has `memory_steps()`; its weights are (1, memory steps).
template <class M>
concept StepDecoder = requires(const M& model, typename M::Cache& cache, Tile<const typename M::Source> source,
                               Tile<const std::int32_t> token, Tile<typename M::Scalar> logits,
                               const std::int32_t* parents, const Pass& pass) {
  { model.source_features() } -> std::same_as<Index>;
  { model.vocabulary() } -> std::same_as<Index>;
  model.begin(source, cache, pass);
  model.step(token, logits, cache, pass);
  model.reorder(parents, cache, pass);
  { model.attention_weights(cache) } -> std::same_as<Tile<const typename M::Scalar>>;
};

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// Options of `SequenceDecoder`.
struct DecodeOptions {
  std::int32_t start = 2, end = 3;  ///< start and end mark; the output contains neither start nor padding (0)
  Index max_steps = 50;             ///< the largest number of tokens of a sequence, the end mark included
  Index beam = 1;                   ///< number of hypotheses per source; 1: greedy decoding
  double length_power = 1;          ///< hypotheses are ranked by log p / length^power
  Index lanes = 64;                 ///< number of hypotheses that are computed side by side
};

/// The sequence that was decoded for one source.
template <class S>
struct Decoded {
  std::vector<std::int32_t> tokens = {};  ///< without the marks
  double score = 0;                       ///< log p / length^power; the length counts the end mark
  std::vector<S> alignment = {};          ///< attention weights, (tokens and end mark) x source steps
  Index source_steps = 0;                 ///< source steps, or steps of the model's memory
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Decodes sequences with a trained model. Use one decoder per thread. Several decoders may share a model, which must
/// outlive them. The decoder owns its memory: greedy decoding does not allocate once warm.
///
/// Greedy decoding takes the most probable token at each step. Beam search keeps the `beam` most probable hypotheses
/// and extends each of them by every token. A hypothesis that ends leaves the beam. The search stops when `beam`
/// hypotheses have ended, and the best of them wins (Graves 2012).
template <StepDecoder M>
class SequenceDecoder {
 public:
  using S = typename M::Scalar;
  using X = typename M::Source;
  using Result = Decoded<S>;

  /// Throws if an option is out of range.
  explicit SequenceDecoder(const M& model, DecodeOptions options = {}) : model_(&model), options_(options) {
    const auto check = [](bool ok, const char* expected, auto got) {
      require(ok, [&] { return Fault{"option out of range", "SequenceDecoder", expected, std::to_string(got)}; });
    };
    const Index tokens = model.vocabulary();
    check(options.start > 0 && options.start < tokens, "start, a token of the vocabulary", options.start);
    check(options.end > 0 && options.end < tokens, "end, a token of the vocabulary", options.end);
    check(options.end != options.start, "an end other than the start", options.end);
    constexpr Index most_steps = std::numeric_limits<std::int32_t>::max(), most_lanes = Index(1) << 20;
    check(options.max_steps > 0, "max_steps of at least 1", options.max_steps);
    check(options.max_steps <= most_steps, "max_steps of at most 2^31 - 1", options.max_steps);
    check(options.beam > 0, "beam of at least 1", options.beam);
    check(options.beam <= most_lanes, "beam of at most 2^20", options.beam);
    check(std::isfinite(options.length_power), "a finite length_power", options.length_power);
    check(options.lanes > 0, "lanes of at least 1", options.lanes);
    check(options.lanes <= most_lanes, "lanes of at most 2^20", options.lanes);
  }
  explicit SequenceDecoder(const M&& model, DecodeOptions options = {}) = delete;

  const DecodeOptions& options() const { return options_; }

  /// Decodes sources (n, steps, features) and keeps their order. `lengths` has the valid steps of each source; empty
  /// means that all are full. Throws if a source does not fit the model, or if an input or a logit is not finite.
  void operator()(TensorView<const X, 3> sources, std::span<const std::int32_t> lengths, std::vector<Result>& out) {
    const FlushDenormals flush;
    const Index n = sources.extent(0), steps = sources.extent(1);
    require(sources.extent(2) == model_->source_features(), [&] {
      return Fault{"wrong number of features", "SequenceDecoder", std::to_string(model_->source_features()),
                   std::to_string(sources.extent(2))};
    });
    check_lengths(lengths, n, steps, "SequenceDecoder");
    if constexpr (std::floating_point<X>) check_finite(sources, lengths, "SequenceDecoder");
    if constexpr (requires { model_->check_source(sources, lengths, ""); }) {
      model_->check_source(sources, lengths, "SequenceDecoder");
    }
    out.resize(static_cast<std::size_t>(n));
    order_.resize(static_cast<std::size_t>(n));
    std::iota(order_.begin(), order_.end(), Index(0));
    const auto length = [&](Index i) { return lengths.empty() ? steps : lengths[static_cast<std::size_t>(i)]; };
    // sources of equal length run side by side: they end together
    std::sort(order_.begin(), order_.end(),
              [&](Index a, Index b) { return length(a) != length(b) ? length(a) > length(b) : a < b; });
    const Index most = std::max<Index>(options_.lanes / options_.beam, 1);
    try {
      for (Index first = 0; first < n; first += most) {
        const std::span rows = std::span<const Index>(order_).subspan(
            static_cast<std::size_t>(first), static_cast<std::size_t>(std::min(most, n - first)));
        begin(sources, rows, length);
        options_.beam == 1 ? greedy(rows, out) : search(rows, out);
      }
    } catch (...) {
      detail::rethrow_as_error("SequenceDecoder");
    }
  }
  std::vector<Result> operator()(TensorView<const X, 3> sources, std::span<const std::int32_t> lengths = {}) {
    std::vector<Result> out;
    (*this)(sources, lengths, out);
    return out;
  }
  /// Decodes one source, (steps, features).
  Result operator()(TensorView<const X, 2> source) {
    std::vector<Result> out;
    (*this)(TensorView<const X, 3>(source.data(), {1, source.extent(0), source.extent(1)}), {}, out);
    return out.front();
  }

 private:
  // Runs one group: first `beam` lanes for each source, then padding.
  template <class Length>
  void begin(TensorView<const X, 3> sources, std::span<const Index> rows, Length&& length) {
    const Index beam = options_.beam, used = static_cast<Index>(rows.size()) * beam, F = sources.extent(2);
    const Index L = used == 1 ? 1 : (used + 15) / 16 * 16;
    std::int32_t* valid = lengths_.reserve(L);
    Index steps = 0;
    for (Index l = 0; l < L; ++l) {
      valid[l] = l < used ? static_cast<std::int32_t>(length(rows[static_cast<std::size_t>(l / beam)])) : 0;
      steps = std::max<Index>(steps, valid[l]);
    }
    const Tile<X> tile = source_.take({steps, F}, L, valid);
    for (Index l = 0; l < L; ++l) {
      const X* from = l < used ? sources[rows[static_cast<std::size_t>(l / beam)]].data() : nullptr;
      for (Index k = 0; k < steps * F; ++k) tile.data[k * L + l] = k < valid[l] * F ? from[k] : X(0);
    }
    model_->begin(tile, cache_, Pass{scratch_});
    history_.begin(memory_steps(steps), L);
    std::fill_n(token_.take({1, 1}, L).data, L, options_.start);
    logits_.take({1, model_->vocabulary()}, L);
  }

  // log-probabilities of the next tokens
  Tile<S> step() {
    const Tile<S> logits = logits_.tile();
    model_->step(token_.view(), logits, cache_, Pass{scratch_});
    history_.attended(model_->attention_weights(cache_));
    detail::log_softmax<S>(logits);
    // a logit that is not finite has made its whole lane NaN
    require(std::none_of(logits.data, logits.data + logits.lanes, [](S v) { return std::isnan(v); }),
            [] { return Fault{"the logits are not finite", "SequenceDecoder", {}, {}}; });
    for (const Index never : {Index(0), Index(options_.start)}) {
      std::fill_n(logits.at(0, never), logits.lanes, detail::impossible<S>);
    }
    return logits;
  }

  void greedy(std::span<const Index> rows, std::vector<Result>& out) {
    const auto n = static_cast<Index>(rows.size());
    const Tile<S> best = best_.take({2, 1}, token_.view().lanes);  // score and token
    double* scores = scores_.reserve(n);
    std::int32_t* ends = ends_.reserve(n);  // a lane's length once it has ended
    std::fill_n(scores, n, 0.0);
    std::fill_n(ends, n, 0);
    Index running = n;
    for (Index t = 0; t < options_.max_steps && running > 0; ++t) {
      const Tile<S> logits = step();
      detail::largest<S>(logits, best.at(0), best.at(1));
      std::int32_t* token = token_.tile().data;
      for (Index l = 0; l < n; ++l) {
        if (ends[l]) continue;
        token[l] = static_cast<std::int32_t>(best.at(1)[l]);
        scores[l] += static_cast<double>(best.at(0)[l]);
        const bool last = token[l] == options_.end || t + 1 == options_.max_steps;
        if (last) ends[l] = static_cast<std::int32_t>(t + 1);
        running -= last;
      }
      history_.push(token, nullptr);
    }
    for (Index l = 0; l < n; ++l) {
      Result& result = out[static_cast<std::size_t>(rows[static_cast<std::size_t>(l)])];
      result.source_steps = memory_steps(source_.view().length(l));
      history_.trace(l, ends[l], result.source_steps, options_.end, result.tokens, result.alignment);
      result.score = normalized(scores[l], ends[l]);
    }
  }

  void search(std::span<const Index> rows, std::vector<Result>& out) {
    const auto n = static_cast<Index>(rows.size());
    const Index beam = options_.beam, L = token_.view().lanes;
    const Index candidates = std::min(beam + 1, model_->vocabulary());
    const Tile<S> best = best_.take({2, candidates}, L);
    beams_.assign(static_cast<std::size_t>(n), detail::Beam(beam));
    std::int32_t* parents = parents_.reserve(L);
    std::iota(parents, parents + L, 0);
    Index running = n;
    for (Index t = 0; t < options_.max_steps && running > 0; ++t) {
      const Tile<S> logits = step();
      for (Index k = 0; k < candidates; ++k) {  // the most probable tokens of each lane, one after the other
        detail::largest<S>(logits, best.at(0, k), best.at(1, k));
        for (Index l = 0; l < L; ++l) logits.at(0, static_cast<Index>(best.at(1, k)[l]))[l] = detail::impossible<S>;
      }
      std::int32_t* token = token_.tile().data;
      const bool last = t + 1 == options_.max_steps;
      for (Index i = 0; i < n; ++i) {
        detail::Beam& b = beams_[static_cast<std::size_t>(i)];
        if (b.done()) continue;
        b.advance<S>(
            best, i * beam, t, options_.end, last, [&](double p, Index length) { return normalized(p, length); }, token,
            parents);
        running -= b.done();
      }
      history_.push(token, parents);
      if (!last && running > 0) model_->reorder(parents, cache_, Pass{scratch_});
    }
    for (Index i = 0; i < n; ++i) {
      Result& result = out[static_cast<std::size_t>(rows[static_cast<std::size_t>(i)])];
      const auto& winner = beams_[static_cast<std::size_t>(i)].best();
      result.source_steps = memory_steps(source_.view().length(i * beam));
      history_.trace(winner.lane, winner.length, result.source_steps, options_.end, result.tokens, result.alignment,
                     winner.token);
      result.score = winner.score;
    }
  }

  // the number of steps that a source of this many steps gives to attend to
  Index memory_steps(Index steps) const {
    if constexpr (requires { model_->memory_steps(); }) return model_->memory_steps();
    return steps;
  }
  double normalized(double log_probability, Index length) const {
    return log_probability / std::pow(static_cast<double>(length), options_.length_power);
  }

  const M* model_;
  DecodeOptions options_;
  typename M::Cache cache_;
  Scratch scratch_;
  TileBuffer<X> source_;
  TileBuffer<std::int32_t> token_;
  TileBuffer<S> logits_, best_;
  detail::DecodeHistory<S> history_;
  std::vector<detail::Beam> beams_;
  std::vector<Index> order_;
  Buffer<std::int32_t> lengths_, ends_, parents_;
  Buffer<double> scores_;
};

}  // namespace heed::inline HEED_ISA
