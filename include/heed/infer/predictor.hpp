#pragma once

/// @file
/// Prediction with a trained model.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/check.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/realtime.hpp"
#include "heed/core/sequences_view.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/infer/detail/predictor_run.hpp"
#include "heed/infer/detail/put_back.hpp"
#include "heed/infer/detail/step_features.hpp"
#include "heed/infer/prediction.hpp"
#include "heed/infer/status.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ABI {

/// Options of `Predictor`: the sequences that its functions for real-time threads take.
struct PredictorOptions {
  Index max_steps = 0;  ///< the most steps; 0: such functions are not called
  Index min_steps = 1;  ///< the fewest steps
  Index features = 0;   ///< features of a step; 0: as the model says
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Runs a model that gives (1, classes) or (steps, classes). Use one predictor per thread. Several predictors may share
/// a model, which must outlive them. The predictor owns its memory and does not allocate once warm.
///
/// Real-time threads call `try_predict` and `try_outputs`. From the first call on they allocate nothing, take no lock and
/// make no system call. They do what the functions without `try_` do, to the same bits. Where these throw, they return a
/// status. They need `heed::Predictor predictor(model, {.max_steps = 100})`: the constructor runs the model once with
/// each number of steps from `min_steps` on, and so takes all memory. Then the model must not change.
///
/// The loss that the model was trained with defines the answer. Cross-entropy: the probabilities of the classes. Binary
/// cross-entropy: the probability of each flag by itself. A regression loss: numbers.
template <Layer Model>
class Predictor {
 public:
  using S = typename Model::Scalar;
  using X = typename Model::Input;  ///< S, or std::int32_t for tokens

  /// Throws if an option is out of range, or if the model does not accept it.
  explicit Predictor(const Model& model, PredictorOptions options = {}) : run_(model), model_(&model) {
    if (options.max_steps == 0) return;
    run_.make_room({options.min_steps, options.max_steps, detail::step_features(model, options.features, "Predictor")});
  }
  explicit Predictor(const Model&& model, PredictorOptions options = {}) = delete;

  /// Predicts one sequence (steps, features), without copying it. Throws if the number of features does not fit, if a
  /// number is not finite, or if the model gives numbers instead of classes (use `outputs`).
  Prediction<S> operator()(TensorView<const X, 2> sequence) & {
    const FlushDenormals flush;
    const Tile<S> z = run_.one(sequence);
    const detail::FinalStep a =
        detail::final_step_of(output_kind(*model_), z.features, Output::probabilities, "Predictor");
    detail::finish_outputs(a, z.data, z.features, 1);
    return detail::prediction_of<S>(a, z.data, z.features);
  }
  /// Predicts one sequence; `mask` (steps) says which steps are present, see `StepMask`. Also throws if the mask has
  /// another number of steps, or if steps are missing in the middle and the model uses the distances between steps.
  Prediction<S> operator()(TensorView<const X, 2> sequence, StepMask mask) & {
    return run_.with_present(sequence, mask, [this](TensorView<const X, 2> there) { return (*this)(there); });
  }
  /// Predicts one sequence from a pointer to steps x features numbers.
  Prediction<S> operator()(const X* sequence, Index steps, Index features) & {
    return (*this)(TensorView<const X, 2>(sequence, {steps, features}));
  }
  /// The outputs for one sequence, as the model was trained: the values of a regression or forecast, or the
  /// probabilities of classes or flags. The result is a view of the predictor's memory, valid until its next call.
  std::span<const S> outputs(TensorView<const X, 2> sequence) & {
    const FlushDenormals flush;
    const Tile<S> z = run_.one(sequence);
    detail::finish_outputs(detail::final_step_of(output_kind(*model_), z.features, Output::as_trained, "Predictor"),
                           z.data, z.features, 1);
    return {z.data, static_cast<std::size_t>(z.features)};
  }
  std::span<const S> outputs(TensorView<const X, 2> sequence, StepMask mask) & {
    return run_.with_present(sequence, mask, [this](TensorView<const X, 2> there) { return outputs(there); });
  }

  /// Predicts one sequence of steps x features numbers in a real-time thread. The probabilities are a view of the
  /// predictor's memory, valid until its next call. Status: `too_many_steps`, `wrong_features`, `no_steps`,
  /// `wrong_steps`, `unknown_token`, `not_finite`, `not_finite_logits` or `no_classes`; this is the order of the checks.
  InferenceResult<Prediction<S>> try_predict(const X* sequence, Index steps, Index features) & noexcept HEED_NONBLOCKING
    requires ChecksInRealTime<Model>
  {
    detail::FinalStep last;
    const InferenceStatus status =
        run_.try_one(sequence, {steps, features}, output_kind(*model_), Output::probabilities, last);
    if (status != InferenceStatus::ok) return {status};
    return {status, detail::prediction_of<S>(last, run_.outputs().data, run_.outputs().features)};
  }
  InferenceResult<Prediction<S>> try_predict(TensorView<const X, 2> sequence) & noexcept HEED_NONBLOCKING
    requires ChecksInRealTime<Model>
  {
    return try_predict(sequence.data(), sequence.extent(0), sequence.extent(1));
  }
  /// `outputs` for real-time threads. Status: as for `try_predict`, except `no_classes`.
  InferenceResult<std::span<const S>> try_outputs(const X* sequence, Index steps,
                                                  Index features) & noexcept HEED_NONBLOCKING
    requires ChecksInRealTime<Model>
  {
    detail::FinalStep last;
    const InferenceStatus status =
        run_.try_one(sequence, {steps, features}, output_kind(*model_), Output::as_trained, last);
    if (status != InferenceStatus::ok) return {status};
    return {status, {run_.outputs().data, static_cast<std::size_t>(run_.outputs().features)}};
  }
  InferenceResult<std::span<const S>> try_outputs(TensorView<const X, 2> sequence) & noexcept HEED_NONBLOCKING
    requires ChecksInRealTime<Model>
  {
    return try_outputs(sequence.data(), sequence.extent(0), sequence.extent(1));
  }

  // the result is a view of the predictor's memory: the predictor must be a variable
  template <class Self = Predictor>
  Prediction<S> operator()(TensorView<const X, 2>) && {
    abi_detail::refuse_temporary<Self>();
    return {};
  }
  template <class Self = Predictor>
  Prediction<S> operator()(const X*, Index, Index) && {
    abi_detail::refuse_temporary<Self>();
    return {};
  }
  template <class Self = Predictor>
  std::span<const S> outputs(TensorView<const X, 2>) && {
    abi_detail::refuse_temporary<Self>();
    return {};
  }
  /// The outputs for many sequences, (n, outputs).
  Tensor<S, 2> outputs(TensorView<const X, 3> x, std::span<const std::int32_t> lengths = {}, StepMask mask = {}) {
    Tensor<S, 2> out({x.extent(0), logits_shape(*model_, {x.extent(1), x.extent(2)}, "Predictor").features});
    (*this)(x, out.view(), lengths, mask);
    return out;
  }
  Tensor<S, 2> outputs(const SequencesView<X>& s) { return outputs(s.x, s.lengths, s.mask); }
  /// Writes the outputs for one sequence to `out`, one number per class. Throws if the size of `out` is not the number
  /// of classes.
  void operator()(TensorView<const X, 2> sequence, std::span<S> out, Output what = Output::as_trained) {
    run_.one(sequence, out, output_kind(*model_), what);
  }
  void operator()(TensorView<const X, 2> sequence, std::span<S> out, StepMask mask, Output what = Output::as_trained) {
    run_.with_present(sequence, mask, [&](TensorView<const X, 2> there) { (*this)(there, out, what); });
  }

  /// Writes the outputs for many sequences x (n, steps, features) to `out` (n, classes). `lengths` has the valid steps
  /// of each sequence; empty means that all are full. Throws if a shape or a length does not fit.
  void operator()(TensorView<const X, 3> x, TensorView<S, 2> out, std::span<const std::int32_t> lengths = {},
                  Output what = Output::as_trained) {
    run_.many(x, out, lengths, output_kind(*model_), what);
  }
  /// The same with a mask (n, steps) that says which steps are present.
  void operator()(TensorView<const X, 3> x, TensorView<S, 2> out, std::span<const std::int32_t> lengths, StepMask mask,
                  Output what = Output::as_trained) {
    run_.with_present(x, lengths, mask, [&](TensorView<const X, 3> there, std::span<const std::int32_t> left) {
      run_.many(there, out, left, output_kind(*model_), what);
    });
  }
  void operator()(const SequencesView<X>& s, TensorView<S, 2> out, Output what = Output::as_trained) {
    (*this)(s.x, out, s.lengths, s.mask, what);
  }

  /// The label of every step of many sequences, (n, steps), from a model that gives logits (steps, classes). A label is
  /// the class with the largest logit; the lower class wins a tie. Steps past a sequence's end and missing steps get
  /// -1, if the model's steps are the steps of the input. Throws as above.
  Tensor<std::int32_t, 2> step_labels(TensorView<const X, 3> x, std::span<const std::int32_t> lengths = {},
                                      StepMask mask = {}) {
    return run_.with_present(x, lengths, mask, [&](TensorView<const X, 3> there, std::span<const std::int32_t> left) {
      Tensor<std::int32_t, 2> labels = run_.step_labels(there, left, output_kind(*model_));
      if (!mask.empty()) detail::put_back(labels, x.extent(1), left, mask);
      return labels;
    });
  }
  Tensor<std::int32_t, 2> step_labels(const SequencesView<X>& s) { return step_labels(s.x, s.lengths, s.mask); }

  /// The attention weights of many sequences, for models that have `attention_weights`: (n, steps, 1), or (n, heads
  /// steps, steps) for multi-head attention. Weights past a sequence's end and weights of missing steps are 0. If the
  /// weights have other steps than the input, as after a strided convolution, they belong to the present steps, side by
  /// side.
  Tensor<S, 3> attention_weights(TensorView<const X, 3> x, std::span<const std::int32_t> lengths = {},
                                 StepMask mask = {})
    requires requires(const Model& m, const typename Model::Cache& c) { m.attention_weights(c); }
  {
    detail::PredictorRun<S, X> run(run_.model());  // of its own: a cache that keeps weights goes on to keep them
    typename Model::Cache& cache = run.cache().template of<Model>();
    if constexpr (requires { model_->keep_attention_weights(cache); }) model_->keep_attention_weights(cache);
    Tensor<S, 3> out;
    run.with_present(x, lengths, mask, [&](TensorView<const X, 3> there, std::span<const std::int32_t> left) {
      const Shape output = model_->output_shape({x.extent(1), x.extent(2)});
      run.each_tile(output, there, left, [&](Index first, Index rows, const Tile<S>&) {
        const Tile<const S> a = model_->attention_weights(cache);
        const bool fits = a.steps <= out.extent(1) && a.features <= out.extent(2);
        if (!fits) {
          out = detail::widened(out,
                                {x.extent(0), std::max(a.steps, out.extent(1)), std::max(a.features, out.extent(2))});
        }
        for (Index l = 0; l < rows; ++l) {
          for (Index t = 0; t < a.steps; ++t) {
            for (Index f = 0; f < a.features; ++f) out(first + l, t, f) = a.at(t, f)[l];
          }
        }
      });
      if (!mask.empty()) detail::put_weights_back(out, x.extent(1), left, mask);
    });
    return out;
  }
  Tensor<S, 3> attention_weights(const SequencesView<X>& s)
    requires requires(const Model& m, const typename Model::Cache& c) { m.attention_weights(c); }
  {
    return attention_weights(s.x, s.lengths, s.mask);
  }

 private:
  detail::PredictorRun<S, X> run_;  // the first: assigning it may throw, and then nothing has changed
  const Model* model_;
};

/// Predicts many sequences at once, (n, classes): probabilities or numbers, as the model was trained. For callers that
/// keep no predictor.
template <Layer Model>
Tensor<typename Model::Scalar, 2> predict(const Model& model, TensorView<const typename Model::Input, 3> x,
                                          std::span<const std::int32_t> lengths = {}, StepMask mask = {}) {
  const Shape output = logits_shape(model, {x.extent(1), x.extent(2)}, "predict");
  Tensor<typename Model::Scalar, 2> out({x.extent(0), output.features});
  Predictor<Model> predictor(model);
  predictor(x, out.view(), lengths, mask);
  return out;
}
template <Layer Model>
Tensor<typename Model::Scalar, 2> predict(const Model& model, const SequencesView<typename Model::Input>& s) {
  return predict(model, s.x, s.lengths, s.mask);
}

}  // namespace heed::inline HEED_ISA
