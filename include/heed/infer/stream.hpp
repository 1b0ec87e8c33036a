#pragma once

/// @file
/// Prediction while a sequence is still arriving.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "heed/core/buffer.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/infer/prediction.hpp"
#include "heed/infer/predictor.hpp"
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
      : model_(&model), max_steps_(options.max_steps), features_(features_of(model, options.features)) {
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
    check(x);
    run(x.data(), steps_);
    known_ = ++steps_;
    fresh_ = true;
    return logits();
  }
  std::span<const S> step(const X* x, Index features) {
    return step(std::span<const X>(x, static_cast<std::size_t>(features)));
  }
  std::span<const S> step(X token)
    requires std::same_as<X, std::int32_t>
  {
    return step(&token, 1);
  }

  /// The answer of a classifier for the sequence so far, as `Predictor` gives it. The probabilities are a view of the
  /// stream's memory, valid until the next call. Throws if there was no step since construction, `reset` or `restore`,
  /// if the logits are not finite, or if the model gives numbers (use `outputs`).
  Prediction<S> prediction() {
    const std::span<const S> p = answer(Output::probabilities);
    return detail::prediction_of<S>(final_step(Output::probabilities), p.data(), static_cast<Index>(p.size()));
  }
  /// The outputs for the sequence so far, as the model was trained: the values of a regression or forecast, or the
  /// probabilities of classes or flags. Lifetime and errors as for `prediction`.
  std::span<const S> outputs() { return answer(Output::as_trained); }

  /// The number of steps so far.
  Index steps() const { return steps_; }
  Index max_steps() const { return max_steps_; }

  /// Starts another sequence.
  void reset() {
    set(0, [](S* to, Index n) { std::fill_n(to, n, S(0)); });
  }

  /// A copy of all that the stream remembers.
  State state() const { return {steps_, std::vector<S>(numbers_.data(), numbers_.data() + size_)}; }
  /// Continues from a state that a stream of this model with the same options gave. Throws if the state's size differs,
  /// if it has more steps than this stream allows, or if a number is not finite. After an error the stream is where it
  /// was before the call.
  void restore(const State& state) {
    const Index size = static_cast<Index>(state.numbers.size());
    require(size == size_, [&] {
      return Fault{"a state of another model or max_steps", "Stream", std::to_string(size_) + " numbers",
                   std::to_string(size)};
    });
    require(state.steps >= 0 && (max_steps_ == 0 || state.steps <= max_steps_), [&] {
      return Fault{"number of steps out of range", "Stream, state",
                   max_steps_ == 0 ? "at least 0" : "0 to " + std::to_string(max_steps_), std::to_string(state.steps)};
    });
    require(std::all_of(state.numbers.begin(), state.numbers.end(), [](S v) { return std::isfinite(v); }),
            [] { return Fault{"a number is not finite", "Stream, state", {}, {}}; });
    set(state.steps, [&](S* to, Index n) { std::copy_n(state.numbers.begin(), n, to); });
  }

 private:
  void make_room() {
    element_count(Extents<2>{max_steps_, features_});  // throws if the size overflows
    const Index last = std::max<Index>(max_steps_, 1);
    outputs_.take({1, model_->output_shape({last, features_}).features}, 1);
    size_ = heed::prepare_stream(*model_, {max_steps_, features_}, cache_);
    numbers_.reserve(size_);
    reset();
    TileBuffer<X> nothing;  // the last step needs the most memory: it is taken now
    fill(nothing.take({1, features_}, 1), X(0));
    run(nothing.tile().data, last - 1);
    reset();
  }
  static Index features_of(const Model& model, Index given) {
    if constexpr (std::same_as<X, std::int32_t>) {
      return given > 0 ? given : 1;
    } else {
      if constexpr (requires { model.input_size(); }) {
        if (given <= 0) given = model.input_size();
      }
      require(given > 0, [&] {
        return Fault{"the model does not say how many features a step has", "Stream", "features of at least 1",
                     std::to_string(given)};
      });
      return given;
    }
  }

  std::span<const S> logits() const {
    const Tile<const S> y = outputs_.view();
    return {y.data, static_cast<std::size_t>(y.features)};
  }

  detail::FinalStep final_step(Output what) const {
    return detail::final_step_of(output_kind(*model_), outputs_.view().features, what, "Stream");
  }
  std::span<const S> answer(Output what) {
    const FlushDenormals flush;
    require(fresh_, [] { return Fault{"there is nothing to predict from before a step", "Stream", {}, {}}; });
    const std::span<const S> z = logits();
    require(std::all_of(z.begin(), z.end(), [](S v) { return std::isfinite(v); }),
            [] { return Fault{"the logits are not finite", "Stream", {}, {}}; });
    const Index n = static_cast<Index>(z.size());
    S* p = probabilities_.reserve(n);
    std::copy(z.begin(), z.end(), p);
    detail::finish_outputs(final_step(what), p, n, 1);
    return {p, z.size()};
  }

  void run(const X* x, Index t) {
    const FlushDenormals flush;
    StreamMemory<S> memory{numbers_.data(), t, max_steps_, known_};
    heed::stream_step(*model_, Tile<const X>(x, {1, features_}, 1), outputs_.tile(), memory, cache_, Pass{scratch_});
  }

  template <class F>
  void set(Index steps, F&& write) {
    write(numbers_.data(), size_);
    steps_ = steps;
    known_ = 0;
    fresh_ = false;
  }

  void check(std::span<const X> x) const {
    const Index features = static_cast<Index>(x.size());
    require(features == features_, [&] {
      return Fault{"wrong number of features", "Stream", std::to_string(features_), std::to_string(features)};
    });
    if (max_steps_ == 0) {
      model_->output_shape({steps_ + 1, features_});  // the model may have a limit of its own
    } else {
      require(steps_ < max_steps_, [&] {
        return Fault{"more steps than max_steps", "Stream", "at most " + std::to_string(max_steps_),
                     std::to_string(steps_ + 1)};
      });
    }
    if constexpr (std::floating_point<X>) {
      for (Index f = 0; f < features; ++f) {
        require(std::isfinite(x[static_cast<std::size_t>(f)]), [&] {
          return Fault{"value is not finite",
                       place() + ", feature " + std::to_string(f) + " (counted from 0)",
                       "a finite number",
                       {}};
        });
      }
    } else {
      check_tokens(TensorView<const X, 3>(x.data(), {1, 1, features}));
    }
  }
  // the model's error would name step 0 of sequence 0
  void check_tokens(TensorView<const X, 3> x) const {
    if constexpr (requires(const std::string& where) { model_->check_input(x, {}, where); }) {
      try {
        model_->check_input(x, {}, "Stream");
      } catch (const Error& error) {
        Fault fault = error.fault();
        fault.where = place() + " (counted from 0)";
        throw Error(fault);
      }
    }
  }
  std::string place() const { return "Stream, step " + std::to_string(steps_); }

  const Model* model_;
  Index max_steps_, features_, size_ = 0;
  Index steps_ = 0, known_ = 0;
  bool fresh_ = false;  // the outputs belong to the last step
  typename Model::Cache cache_;
  Scratch scratch_;
  Buffer<S> numbers_, probabilities_;
  TileBuffer<S> outputs_;
};

}  // namespace heed::inline HEED_ISA
