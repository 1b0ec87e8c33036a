#pragma once

/// @file
/// Prediction while a sequence is still arriving.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "heed/core/buffer.hpp"
#include "heed/core/check.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/extents.hpp"
#include "heed/core/realtime.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/infer/detail/step_features.hpp"
#include "heed/infer/prediction.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/status.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ABI {

/// Options of `Stream`.
struct StreamOptions {
  Index max_steps = 0;  ///< the most steps of a sequence; 0: no limit. Attention over all steps needs a limit
  Index features = 0;   ///< features of a step; 0: as the model says
};

/// The state of a stream: plain numbers that a file can hold.
template <class S>
struct StreamState {
  Index steps = 0;
  std::vector<S> numbers;
  friend bool operator==(const StreamState&, const StreamState&) = default;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Runs a causal model over a sequence whose steps arrive one by one. After N steps the outputs equal those of one pass
/// over these N steps. A model with a layer that cannot stream does not compile. A model with an option that makes it
/// look ahead throws an `Error`.
///
/// A step does not allocate and takes no lock. Its time does not depend on the length of the sequence, except for
/// attention over all steps, whose time grows with it. Use one stream per sequence. Several streams may share a model,
/// which must outlive them and must not change.
///
/// Real-time threads call `try_step`, `try_prediction`, `try_outputs`, `try_restore` and `reset`. From the first call on
/// they allocate nothing, take no lock and make no system call. They do what the functions without `try_` do, to the same
/// bits. Where these throw, they return a status. A stream whose call is refused is where it was before the call.
template <Layer Model>
class Stream {
  static_assert(StreamLayer<Model>,
                "heed::Stream: a layer of this model cannot run a step at a time: see heed/core/streaming.hpp");

 public:
  using S = typename Model::Scalar;
  using X = typename Model::Input;  ///< S, or std::int32_t for tokens
  using State = StreamState<S>;

  /// Throws if the model looks ahead, if an option is out of range, or if the model does not accept it.
  explicit Stream(const Model& model, StreamOptions options = {})
      : model_(&model),
        max_steps_(options.max_steps),
        features_(detail::step_features(model, options.features, "Stream")) {
    constexpr Index most = std::numeric_limits<std::int32_t>::max();  // lengths are 32 bits: no size can overflow
    require(max_steps_ >= 0 && max_steps_ <= most, [&] {
      return Fault{"option out of range", "Stream", "max_steps of 0 to " + std::to_string(most),
                   std::to_string(max_steps_)};
    });
    try {
      make_room();
    } catch (...) {
      detail::rethrow_as_error("Stream, max_steps " + std::to_string(max_steps_));
    }
  }
  explicit Stream(const Model&& model, StreamOptions options = {}) = delete;

  Stream(Stream&&) = default;
  Stream& operator=(Stream&&) = default;
  Stream(const Stream&) = delete;  // copy its state() instead
  Stream& operator=(const Stream&) = delete;
  ~Stream() = default;

  /// Feeds the next step and gives the outputs for the sequence so far: the logits of a classifier, otherwise the
  /// output at this step. The result is a view of the stream's memory, valid until the next step. Throws if the
  /// features do not fit, a number is not finite, a token is not in the vocabulary, or the sequence exceeds `max_steps`
  /// or the model's positions. After an error the stream is where it was before the call.
  std::span<const S> step(std::span<const X> x) {
    const FlushDenormals flush;
    if (const InferenceStatus status = check(x); status != InferenceStatus::ok) [[unlikely]]
      throw_refused(status, x);
    return advance(x.data());
  }
  std::span<const S> step(const X* x, Index features) {
    return step(std::span<const X>(x, static_cast<std::size_t>(features)));
  }
  std::span<const S> step(X token)
    requires std::same_as<X, std::int32_t>
  {
    return step(&token, 1);
  }

  /// `step` for real-time threads. Status: `wrong_features`, `too_many_steps`, `not_finite` or `unknown_token`; this is
  /// the order of the checks.
  InferenceResult<std::span<const S>> try_step(std::span<const X> x) noexcept HEED_NONBLOCKING
    requires ChecksInRealTime<Model>
  {
    const FlushDenormals flush;
    if (const InferenceStatus status = check(x); status != InferenceStatus::ok) return {status};
    HEED_ONCE_WARM(return {InferenceStatus::ok, advance(x.data())})
  }
  InferenceResult<std::span<const S>> try_step(const X* x, Index features) noexcept HEED_NONBLOCKING
    requires ChecksInRealTime<Model>
  {
    return try_step(std::span<const X>(x, static_cast<std::size_t>(features)));
  }
  InferenceResult<std::span<const S>> try_step(X token) noexcept HEED_NONBLOCKING
    requires ChecksInRealTime<Model> && std::same_as<X, std::int32_t>
  {
    return try_step(&token, 1);
  }

  /// The answer of a classifier for the sequence so far, as `Predictor` gives it. The probabilities are a view of the
  /// stream's memory, valid until the next call. Throws if there was no step since construction, `reset` or `restore`,
  /// if the logits are not finite, or if the model gives numbers (use `outputs`).
  Prediction<S> prediction() { return predicted(answer_or_throw(Output::probabilities)); }
  /// The outputs for the sequence so far, as the model was trained: the values of a regression or forecast, or the
  /// probabilities of classes or flags. Lifetime and errors as for `prediction`.
  std::span<const S> outputs() { return answer_or_throw(Output::as_trained).numbers; }

  /// `prediction` for real-time threads. Status: `nothing_to_predict`, `not_finite_logits` or `no_classes`.
  InferenceResult<Prediction<S>> try_prediction() noexcept HEED_NONBLOCKING {
    const Answer a = answer(Output::probabilities);
    if (a.status != InferenceStatus::ok) return {a.status};
    return {InferenceStatus::ok, predicted(a)};
  }
  /// `outputs` for real-time threads. Status: `nothing_to_predict` or `not_finite_logits`.
  InferenceResult<std::span<const S>> try_outputs() noexcept HEED_NONBLOCKING {
    const Answer a = answer(Output::as_trained);
    return {a.status, a.numbers};
  }

  /// The number of steps so far.
  Index steps() const { return steps_; }
  Index max_steps() const { return max_steps_; }

  /// Starts another sequence. It cannot fail: real-time threads call it as it is.
  void reset() noexcept HEED_NONBLOCKING {
    std::fill_n(numbers_.data(), size_, S(0));
    begin(0);
  }

  /// A copy of all that the stream remembers. It allocates.
  State state() const { return {steps_, std::vector<S>(numbers_.data(), numbers_.data() + size_)}; }
  /// Continues from a state that a stream of this model with the same options gave. Throws if the state's size differs,
  /// if it has more steps than this stream allows, or if a number is not finite. After an error the stream is where it
  /// was before the call.
  void restore(const State& state) {
    if (const InferenceStatus status = try_restore(state); status != InferenceStatus::ok) throw_refused(status, state);
  }
  /// `restore` for real-time threads. Status: `wrong_state`, `wrong_steps` or `not_finite`.
  InferenceStatus try_restore(const State& state) noexcept HEED_NONBLOCKING {
    if (static_cast<Index>(state.numbers.size()) != size_) return InferenceStatus::wrong_state;
    if (state.steps < 0 || state.steps > most_steps_) return InferenceStatus::wrong_steps;
    const FlushDenormals flush;
    if (!detail::all_finite(state.numbers.data(), size_)) return InferenceStatus::not_finite;
    std::copy_n(state.numbers.data(), size_, numbers_.data());
    begin(state.steps);
    return InferenceStatus::ok;
  }

 private:
  void make_room() {
    const FlushDenormals flush;
    element_count(Extents<2>{max_steps_, features_});  // throws if the size overflows
    const Index last = std::max<Index>(max_steps_, 1);
    probabilities_.reserve(outputs_.take({1, model_->output_shape({last, features_}).features}, 1).features);
    size_ = heed::prepare_stream(*model_, {max_steps_, features_}, cache_);
    numbers_.reserve(size_);
    most_steps_ = max_steps_ > 0 ? max_steps_ : steps_of_model();
    reset();
    TileBuffer<X> nothing;  // the last step needs the most memory: it is taken now
    fill(nothing.take({1, features_}, 1), X(0));
    run(nothing.tile().data, last - 1);
    reset();
  }
  // the most steps that the model accepts: a table of positions has an end. What it accepts has no gaps.
  Index steps_of_model() const {
    const auto accepts = [&](Index steps) {
      try {
        model_->output_shape({steps, features_});
        return true;
      } catch (...) {
        return false;
      }
    };
    Index some = 1, more = std::numeric_limits<std::int32_t>::max();
    if (accepts(more)) return std::numeric_limits<Index>::max() / 2;  // counting on from there cannot overflow
    while (more - some > 1) {
      const Index middle = some + (more - some) / 2;
      (accepts(middle) ? some : more) = middle;
    }
    return some;
  }

  // what `step` and `try_step` refuse, in order
  InferenceStatus check(std::span<const X> x) const noexcept {
    if (static_cast<Index>(x.size()) != features_) return InferenceStatus::wrong_features;
    if (steps_ >= most_steps_) return InferenceStatus::too_many_steps;
    if constexpr (std::floating_point<X>) {
      if (!detail::all_finite(x.data(), features_)) return InferenceStatus::not_finite;
    }
    if (first_unknown(*model_, Tile<const X>(x.data(), {1, features_}, 1)) < features_) {
      return InferenceStatus::unknown_token;
    }
    return InferenceStatus::ok;
  }
  [[noreturn]] HEED_COLD void throw_refused(InferenceStatus status, std::span<const X> x) const;
  [[noreturn]] HEED_COLD void throw_refused(InferenceStatus status, const State& state) const;

  std::span<const S> advance(const X* x) {
    run(x, steps_);
    known_ = ++steps_;
    fresh_ = true;
    return logits();
  }
  void run(const X* x, Index t) {
    StreamMemory<S> memory{numbers_.data(), t, max_steps_, known_};
    heed::stream_step(*model_, Tile<const X>(x, {1, features_}, 1), outputs_.tile(), memory, cache_, Pass{scratch_});
  }
  std::span<const S> logits() const {
    const Tile<const S> y = outputs_.view();
    return {y.data, static_cast<std::size_t>(y.features)};
  }

  struct Answer {
    InferenceStatus status;
    detail::FinalStep final_step = {};
    std::span<const S> numbers = {};
  };
  Answer answer(Output what) noexcept HEED_NONBLOCKING {
    const FlushDenormals flush;
    if (!fresh_) return {InferenceStatus::nothing_to_predict};
    const Index n = outputs_.view().features;
    if (!detail::all_finite(outputs_.view().data, n)) return {InferenceStatus::not_finite_logits};
    const detail::FinalStep last = detail::final_step_of(output_kind(*model_), n, what);
    if (last == detail::FinalStep::refused) return {InferenceStatus::no_classes};
    S* const p = probabilities_.data();
    std::copy_n(outputs_.view().data, n, p);
    HEED_ONCE_WARM(detail::finish_outputs(last, p, n, 1))
    return {InferenceStatus::ok, last, {p, static_cast<std::size_t>(n)}};
  }
  Answer answer_or_throw(Output what) {
    const Answer a = answer(what);
    if (a.status == InferenceStatus::no_classes) {
      detail::final_step_of(output_kind(*model_), outputs_.view().features, what, "Stream");  // throws
    }
    require(a.status == InferenceStatus::ok, [&] { return Fault{to_text(a.status), "Stream"}; });
    return a;
  }
  static Prediction<S> predicted(const Answer& a) noexcept {
    return detail::prediction_of<S>(a.final_step, a.numbers.data(), static_cast<Index>(a.numbers.size()));
  }

  void begin(Index steps) noexcept {
    steps_ = steps;
    known_ = 0;
    fresh_ = false;
  }

  const Model* model_;
  Index max_steps_, features_, size_ = 0;
  Index most_steps_ = 0;  // max_steps, or what the model accepts
  Index steps_ = 0, known_ = 0;
  bool fresh_ = false;  // the outputs belong to the last step
  typename Model::Cache cache_;
  Scratch scratch_;
  Buffer<S> numbers_, probabilities_;
  TileBuffer<S> outputs_;
};

}  // namespace heed::inline HEED_ISA

#include "heed/infer/detail/stream_errors.hpp"
