#pragma once

/// @file
/// Training of models of sequences: full batch or mini-batches, labels or numbers, any loss.

#include <concepts>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/error.hpp"
#include "heed/core/require_layer.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/losses/loss.hpp"
#include "heed/losses/mean_squared_error.hpp"
#include "heed/optim/adam.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/train/detail/any_optimizer.hpp"
#include "heed/train/detail/any_rows.hpp"
#include "heed/train/detail/arrays.hpp"
#include "heed/train/detail/fit_run.hpp"
#include "heed/train/detail/model_outputs.hpp"
#include "heed/train/fit_options.hpp"
#include "heed/train/history.hpp"
#include "heed/train/reducer.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {

/// Moves a model against its gradient. With a schedule, `fit` sets `options.learning_rate`. Checkpoints need
/// `visit_state`.
template <class O, class Model>
concept Optimizer = requires(O& optimizer, Model& model, const Model& gradient) { optimizer.step(model, gradient); };

namespace detail {
/// A loss that is passed in has options of its own.
template <class L>
void refuse_options_of_labels(const FitOptions& o) {
  const bool labels = std::same_as<typename L::Target, std::int32_t>;
  const char* option = !o.class_weights.empty()       ? "class_weights have"
                       : o.label_smoothing != 0       ? "label_smoothing has"
                       : o.balance_classes && !labels ? "balance_classes has"
                                                      : nullptr;
  require(!option, [&] { return Fault{std::string(option) + " no meaning here", "fit", "options of the loss", {}}; });
}

/// The default optimizer.
AdamOptions adam_of(const FitOptions& o);

template <class S>
AnyLoss<S> cross_entropy_of(const FitOptions& o) {
  check(o);
  return AnyLoss<S>(CrossEntropy<S>({.class_weights = o.class_weights, .label_smoothing = o.label_smoothing}));
}

template <class S>
History run_parts(FitParts<S>&& parts, const FitOptions& options) {
  return FitRun<S>(std::move(parts), options).train();
}

/// The place in which a model remembers its output kind.
template <class Model>
OutputKind* outputs_in([[maybe_unused]] Model& model) {
  if constexpr (RemembersOutputs<Model>) {
    return &model.outputs;
  } else {
    return nullptr;
  }
}

/// From the types of a run to the engine, which depends only on the scalar.
template <class Model, class T, class O, class R>
History run_fit(Model& model, const LabelledSequences<typename Model::Input, T>& data,
                AnyLoss<typename Model::Scalar> loss, O& optimizer, const FitOptions& options,
                const std::optional<LabelledSequences<typename Model::Input, T>>& test, const R& reducer) try {
  using S = typename Model::Scalar;
  check(options);
  check_last_value(model, loss.outputs(), "fit");
  return run_parts<S>({.model = TrainedModel<S>(model),
                       .identity = options.checkpoint.load ? metadata_of(model) : Metadata(),
                       .loss = std::move(loss),
                       .optimizer = any_optimizer(model, optimizer),
                       .reducer = std::make_shared<ReducerOf<S, R>>(reducer),
                       .rows = rows_of<S>(data, reducer),
                       .test = test ? rows_of<S>(*test, reducer) : nullptr,
                       .validated = options.validation > 0 ? rows_of<S>(data, reducer) : nullptr,
                       .outputs = outputs_in(model),
                       .probed = options.checkpoint.load ? rows_of<S>(data, reducer) : nullptr},
                      options);
} catch (const std::bad_alloc&) {  // a callback's exception stays what it is
  rethrow_as_error("fit");
}
}  // namespace detail

/// Trains `model` on sequences with labels or numbers: minimises the mean of a loss with the given optimizer. After
/// every epoch it evaluates the validation split and `test`, if there are any, and calls the callbacks.
///
/// The same seed gives the same bits for any number of threads and processes. With a reducer over several processes
/// (see `heed/distributed/mpi.hpp`), `data` and `test` are this process's parts. Throws if the data or an option is
/// faulty; the model is then as it was.
template <Layer Model, Loss<typename Model::Scalar> L, Optimizer<Model> O, class R = InProcessReducer>
  requires Reducer<R, typename Model::Scalar>
History fit(Model& model, const LabelledSequences<typename Model::Input, typename L::Target>& data, L loss,
            O& optimizer, const FitOptions& options,
            const std::optional<LabelledSequences<typename Model::Input, typename L::Target>>& test = {},
            const R& reducer = {}) {
  detail::refuse_options_of_labels<L>(options);
  return detail::run_fit<Model, typename L::Target>(
      model, data, detail::AnyLoss<typename Model::Scalar>(std::move(loss)), optimizer, options, test, reducer);
}

/// Trains with Adam, or AdamW, as set in `options`.
template <Layer Model, Loss<typename Model::Scalar> L, class R = InProcessReducer>
  requires Reducer<R, typename Model::Scalar>
History fit(Model& model, const LabelledSequences<typename Model::Input, typename L::Target>& data, L loss,
            const FitOptions& options = {},
            const std::optional<LabelledSequences<typename Model::Input, typename L::Target>>& test = {},
            const R& reducer = {}) {
  Adam<Model> adam(model, detail::adam_of(options));
  return fit(model, data, std::move(loss), adam, options, test, reducer);
}

/// Trains on labels with mean cross-entropy, and the class weights and smoothing of `options`.
template <Layer Model, Optimizer<Model> O, class R = InProcessReducer>
  requires Reducer<R, typename Model::Scalar> && (!Loss<O, typename Model::Scalar>)
History fit(Model& model, const LabelledSequences<typename Model::Input>& data, O& optimizer, const FitOptions& options,
            const std::optional<LabelledSequences<typename Model::Input>>& test = {}, const R& reducer = {}) {
  return detail::run_fit<Model, std::int32_t>(model, data, detail::cross_entropy_of<typename Model::Scalar>(options),
                                              optimizer, options, test, reducer);
}

/// Trains on labels with Adam, or AdamW, as set in `options`.
template <Layer Model, class R = InProcessReducer>
  requires Reducer<R, typename Model::Scalar>
History fit(Model& model, const LabelledSequences<typename Model::Input>& data, const FitOptions& options = {},
            const std::optional<LabelledSequences<typename Model::Input>>& test = {}, const R& reducer = {}) {
  Adam<Model> adam(model, detail::adam_of(options));
  return fit(model, data, adam, options, test, reducer);
}

/// Trains on numbers with the mean squared error: `fit(model, windows.view(), {.epochs = 100})`.
template <Layer Model, std::same_as<typename Model::Scalar> T, Optimizer<Model> O, class R = InProcessReducer>
  requires Reducer<R, T> && (!Loss<O, T>)
History
    fit(Model& model, const LabelledSequences<typename Model::Input, T>& data, O& optimizer, const FitOptions& options,
        const std::optional<LabelledSequences<typename Model::Input, std::type_identity_t<T>>>& test = {},
        const R& reducer = {}) {
  return fit(model, data, MeanSquaredError<T>(), optimizer, options, test, reducer);
}
template <Layer Model, std::same_as<typename Model::Scalar> T, class R = InProcessReducer>
  requires Reducer<R, T>
History fit(Model& model, const LabelledSequences<typename Model::Input, T>& data, const FitOptions& options = {},
            const std::optional<LabelledSequences<typename Model::Input, std::type_identity_t<T>>>& test = {},
            const R& reducer = {}) {
  return fit(model, data, MeanSquaredError<T>(), options, test, reducer);
}

// ---- arrays of any type; errors say in words what does not fit

namespace detail {
/// With a loss, or the default loss for y's type. The first thing that does not fit gives the only error.
template <class L, class Model, class X, class Y, class O>
History fit_arrays(Model& model, const X& x, const Y& y, [[maybe_unused]] L loss, O& optimizer,
                   const FitOptions& options, const TestOf<Model, Y>& test) {
  if constexpr (!Layer<Model>) {
    require_trainable_layer<Model>();
    return {};
  } else if constexpr (!Loss<L, typename Model::Scalar>) {
    static_assert(!sizeof(L),
                  "heed::fit: after y comes a loss of the model's float or double (see heed/losses/loss.hpp), an "
                  "optimizer of this model, or options");
  } else if constexpr (holds_labels<Y> != std::same_as<typename L::Target, std::int32_t>) {
    if constexpr (holds_labels<Y>) numbers_in<typename L::Target>(y);
    if constexpr (!holds_labels<Y>) labels_in(y);
    return {};
  } else {
    static_assert(require_trainable_layer<Model>());
    return with_arrays<typename L::Target, Model>(
        x, y, [&](const auto& data) { return heed::fit(model, data, std::move(loss), optimizer, options, test); });
  }
}
template <class Model, class X, class Y, class O>
History fit_arrays(Model& model, const X& x, const Y& y, O& optimizer, const FitOptions& options,
                   const TestOf<Model, Y>& test) {
  if constexpr (Layer<Model> && holds_labels<Y>) {
    return with_arrays<std::int32_t, Model>(
        x, y, [&](const auto& data) { return heed::fit(model, data, optimizer, options, test); });
  } else {
    using S = typename ScalarOfModel<Model>::type;
    return fit_arrays(model, x, y, MeanSquaredError<S>(), optimizer, options, test);
  }
}

/// Adam as set in the options; nothing if the type is not a model.
template <class Model>
struct DefaultOptimizer {
  int optimizer = 0;
  DefaultOptimizer(Model&, const FitOptions&) {}
};
template <Layer Model>
struct DefaultOptimizer<Model> {
  Adam<Model> optimizer;
  DefaultOptimizer(Model& model, const FitOptions& options) : optimizer(model, adam_of(options)) {}
};

/// A type that is neither an optimizer of the model nor options.
template <class T, class Model>
concept LossOf = !Optimizer<T, Model> && !std::convertible_to<T, FitOptions>;
}  // namespace detail

/// Trains on arrays: `fit(model, view(x, {n, 10, 5}), labels, {.epochs = 100, .learning_rate = 0.01})`. Integers of any
/// type are labels, one per sequence (n) or one per step (n, steps); the loss is the mean cross-entropy. Floating-point
/// numbers (n, k), or (n), are targets of a regression; the loss is the mean squared error: `fit(model, view(x, {n, 10,
/// 5}), view(y, {n, 3}), {.epochs = 100})`. `test` is evaluated after every epoch. Throws as above, and if a label is
/// not a class.
template <class Model, detail::NumberArray X, detail::NumberArray Y>
History fit(Model& model, const X& x, const Y& y, const FitOptions& options = {},
            const detail::TestOf<Model, Y>& test = {}) {
  detail::DefaultOptimizer<Model> adam(model, options);
  return detail::fit_arrays(model, x, y, adam.optimizer, options, test);
}

/// With a given optimizer: `fit(model, x, y, adam, {.epochs = 100}, test)`.
template <class Model, detail::NumberArray X, detail::NumberArray Y, class O>
  requires Optimizer<O, Model>
History fit(Model& model, const X& x, const Y& y, O&& optimizer, const FitOptions& options = {},
            const detail::TestOf<Model, Y>& test = {}) {
  return detail::fit_arrays(model, x, y, optimizer, options, test);
}

/// With a given loss: `fit(model, x, y, heed::Huber<float>({.delta = 0.5}), {.epochs = 100})`.
template <class Model, detail::NumberArray X, detail::NumberArray Y, detail::LossOf<Model> L>
History fit(Model& model, const X& x, const Y& y, L loss, const FitOptions& options = {},
            const detail::TestOf<Model, Y>& test = {}) {
  detail::DefaultOptimizer<Model> adam(model, options);
  return detail::fit_arrays(model, x, y, std::move(loss), adam.optimizer, options, test);
}
template <class Model, detail::NumberArray X, detail::NumberArray Y, detail::LossOf<Model> L, class O>
  requires Optimizer<O, Model>
History fit(Model& model, const X& x, const Y& y, L loss, O&& optimizer, const FitOptions& options = {},
            const detail::TestOf<Model, Y>& test = {}) {
  return detail::fit_arrays(model, x, y, std::move(loss), optimizer, options, test);
}

/// Makes and trains a model of sequences (n, steps, features) with labels 0 to 9: ten classes, Adam at 0.01, full
/// batch; the rest are the model's defaults. `train<SequenceClassifier<float>>(x, labels, 100)`.
template <Layer Model>
Model train(TensorView<const typename Model::Scalar, 3> sequences, std::span<const std::int32_t> labels, int epochs) {
  check_sequences(sequences, {});
  Model model({.features = sequences.extent(2), .classes = 10});
  fit(model, sequences, labels, {.epochs = epochs, .learning_rate = 0.01});
  return model;
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES
namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION AdamOptions detail::adam_of(const FitOptions& o) {
  check(o);
  return {.learning_rate = o.learning_rate,
          .weight_decay = o.weight_decay,
          .decay_matrices_only = true,
          .decoupled = true,
          .rates = o.rates};
}

}  // namespace heed::inline HEED_ISA
#endif

HEED_COMPILED_FUNCTION(heed::detail::cross_entropy_of)
HEED_COMPILED_FUNCTION(heed::detail::run_parts)
