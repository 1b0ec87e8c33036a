#pragma once

/// @file
/// Type erasure of models: a table of functions for any model type. Training and prediction use the table, so their
/// code depends only on the scalar. It is compiled once for all models, also for those that users write.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "heed/core/check.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/start.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// A tile of numbers of any type: a model's input, or targets. Code that reads it knows the type.
struct AnyTile {
  const void* data = nullptr;
  Shape shape;
  Index lanes = 0;
  const std::int32_t* lengths = nullptr;

  AnyTile() = default;
  template <class X>
  AnyTile(Tile<X> tile) : data(tile.data), shape(tile.shape()), lanes(tile.lanes), lengths(tile.lengths) {}
  template <class X>
  Tile<const X> as() const {
    return Tile<const X>(static_cast<const X*>(data), shape, lanes, lengths);
  }
};

/// What prediction needs of a type `Model`. `const void* model` points to the model, `void*` to its `Cache`.
template <class S>
struct ModelFunctions {
  Shape (*output_shape)(const void* model, Shape x);
  void (*forward)(const void* model, const AnyTile& x, const Tile<S>& y, void* cache, const Pass& pass);
  void* (*new_cache)();
  void (*delete_cache)(void* cache);
  /// Runs the model's own check of a `TensorView<const Input, 3>`, which may throw; null if the model has no check.
  void (*check_input)(const void* model, const void* x, std::span<const std::int32_t> lengths,
                      const std::string& where);
  /// The place of the first number of a `Tile<const Input>` that this check refuses; null if the model has no check.
  Index (*first_unknown)(const void* model, const AnyTile& x) noexcept;
  bool (*reads_distances)(const void* model);
};

/// What training needs besides.
template <class S>
struct TrainedFunctions {
  const ModelFunctions<S>* model;
  /// Adds the gradients to `gradient`, another model of the same type.
  void (*backward)(const void* model, const AnyTile& x, const Tile<const S>& y, const Tile<const S>& dy, void* cache,
                   void* gradient, const Pass& pass);
  void* (*copy)(const void* model);
  void (*destroy)(void* model);
  void (*collect)(void* model, Parameters<S>& to);  ///< collects its parameters
  void (*start)(void* model, Key key);              ///< `start_from`
};

namespace detail {
/// The tables of a model type, one object each.
template <class M>
struct ModelTable {
  static const ModelFunctions<typename M::Scalar>& get();
};
template <class M>
struct TrainedTable {
  static const TrainedFunctions<typename M::Scalar>& get();
};
}  // namespace detail

/// Computes only the gradients of the parameters. For a model of tokens, `dx` does not exist.
template <Layer Model>
void backward_parameters(const Model& model, Tile<const typename Model::Input> x, Tile<const typename Model::Scalar> y,
                         Tile<const typename Model::Scalar> dy, typename Model::Cache& cache, Model& gradient,
                         const Pass& pass) {
  if constexpr (requires { model.backward(x, y, dy, Into<typename Model::Scalar>{}, cache, gradient, pass); }) {
    model.backward(x, y, dy, {}, cache, gradient, pass);
  } else if constexpr (requires { model.backward(x, y, dy, cache, gradient, pass); }) {
    model.backward(x, y, dy, cache, gradient, pass);
  } else {
    static_assert(!sizeof(Model), "heed: a model that is trained needs backward(x, y, dy, dx, cache, gradient, pass)");
  }
}

template <class M>
const ModelFunctions<typename M::Scalar>& detail::ModelTable<M>::get() {
  using S = typename M::Scalar;
  using X = typename M::Input;
  using View = TensorView<const X, 3>;
  static constexpr ModelFunctions<S> table{
      .output_shape = [](const void* model, Shape x) { return static_cast<const M*>(model)->output_shape(x); },
      .forward =
          [](const void* model, const AnyTile& x, const Tile<S>& y, void* cache, const Pass& pass) {
            static_cast<const M*>(model)->forward(x.as<X>(), y, *static_cast<typename M::Cache*>(cache), pass);
          },
      .new_cache = []() -> void* { return new typename M::Cache(); },
      .delete_cache = [](void* cache) { delete static_cast<typename M::Cache*>(cache); },
      .check_input =
          [] {
            if constexpr (ChecksInput<M>) {
              return +[](const void* model, const void* x, std::span<const std::int32_t> lengths,
                         const std::string& where) {
                static_cast<const M*>(model)->check_input(*static_cast<const View*>(x), lengths, where);
              };
            } else {
              return nullptr;
            }
          }(),
      .first_unknown =
          [] {
            if constexpr (ChecksInput<M>) {
              return +[](const void* model, const AnyTile& x) noexcept {
                return heed::first_unknown(*static_cast<const M*>(model), x.as<X>());
              };
            } else {
              return nullptr;
            }
          }(),
      .reads_distances = [](const void* model) { return heed::reads_distances(*static_cast<const M*>(model)); },
  };
  return table;
}

template <class M>
const TrainedFunctions<typename M::Scalar>& detail::TrainedTable<M>::get() {
  using S = typename M::Scalar;
  static const TrainedFunctions<S> table{
      .model = &ModelTable<M>::get(),
      .backward =
          [](const void* model, const AnyTile& x, const Tile<const S>& y, const Tile<const S>& dy, void* cache,
             void* gradient, const Pass& pass) {
            backward_parameters<M>(*static_cast<const M*>(model), x.as<typename M::Input>(), y, dy,
                                   *static_cast<typename M::Cache*>(cache), *static_cast<M*>(gradient), pass);
          },
      .copy = [](const void* model) -> void* { return new M(*static_cast<const M*>(model)); },
      .destroy = [](void* model) { delete static_cast<M*>(model); },
      .collect = [](void* model, Parameters<S>& to) { to.look_at(*static_cast<M*>(model)); },
      .start = [](void* model, Key key) { start_from(*static_cast<M*>(model), key); },
  };
  return table;
}

/// Memory for the passes of a model, owned by this object. A copy starts empty.
template <class S>
class AnyCache {
 public:
  AnyCache() = default;
  explicit AnyCache(const ModelFunctions<S>& functions) : cache_(functions.new_cache(), {&functions}) {}
  AnyCache(const AnyCache& other) : AnyCache() {
    if (other.cache_) *this = AnyCache(*other.cache_.get_deleter().functions);
  }
  AnyCache(AnyCache&&) noexcept = default;
  AnyCache& operator=(AnyCache other) noexcept {
    cache_ = std::move(other.cache_);
    return *this;
  }
  ~AnyCache() = default;

  void* get() { return cache_.get(); }
  /// The memory with its real type.
  template <class Model>
  typename Model::Cache& of() {
    return *static_cast<typename Model::Cache*>(cache_.get());
  }

 private:
  struct Delete {
    const ModelFunctions<S>* functions = nullptr;
    void operator()(void* cache) const { functions->delete_cache(cache); }
  };
  std::unique_ptr<void, Delete> cache_;
};

/// A reference to a model for prediction. The model must outlive it.
template <class S>
class ModelReference {
 public:
  template <Layer M>
    requires std::same_as<typename M::Scalar, S>
  ModelReference(const M& model) : model_(&model), functions_(&detail::ModelTable<M>::get()) {}
  ModelReference(const void* model, const ModelFunctions<S>& functions) : model_(model), functions_(&functions) {}

  const void* get() const { return model_; }
  const ModelFunctions<S>& functions() const { return *functions_; }

  Shape output_shape(Shape x) const { return functions_->output_shape(model_, x); }
  void forward(const AnyTile& x, const Tile<S>& y, AnyCache<S>& cache, const Pass& pass) const {
    functions_->forward(model_, x, y, cache.get(), pass);
  }
  bool reads_distances() const { return functions_->reads_distances(model_); }
  template <class X>
  void check_input(TensorView<const X, 3> x, std::span<const std::int32_t> lengths, const std::string& where) const {
    if (functions_->check_input) functions_->check_input(model_, &x, lengths, where);
  }

 private:
  const void* model_;
  const ModelFunctions<S>* functions_;
};

/// A reference to a model for training: its weights change. The model must outlive it.
template <class S>
class TrainedModel : public ModelReference<S> {
 public:
  template <Layer M>
    requires std::same_as<typename M::Scalar, S>
  explicit TrainedModel(M& model)
      : ModelReference<S>(&model, detail::ModelTable<M>::get()),
        functions_(&detail::TrainedTable<M>::get()),
        trained_(&model),
        parameters_(model) {}

  /// Draws from `key` the weights that nobody has set, as `start_from` does.
  void start(Key key) { functions_->start(trained_, key); }
  const TrainedFunctions<S>& trained() const { return *functions_; }
  Parameters<S>& parameters() { return parameters_; }
  const Parameters<S>& parameters() const { return parameters_; }

 private:
  const TrainedFunctions<S>* functions_;
  void* trained_;
  Parameters<S> parameters_;
};

/// A model of any type, owned by this object. Gradients are such models. A copy is another model with the same numbers.
template <class S>
class OwnModel {
 public:
  explicit OwnModel(const TrainedModel<S>& like) : OwnModel(like.get(), like.trained(), like.parameters()) {}
  template <Layer M>
    requires std::same_as<typename M::Scalar, S>
  explicit OwnModel(const M& like) : OwnModel(&like, detail::TrainedTable<M>::get(), parameters_of(like)) {}
  OwnModel(const OwnModel& other) : OwnModel(other.model_.get(), other.functions(), other.parameters_) {}
  OwnModel(OwnModel&&) noexcept = default;
  OwnModel& operator=(OwnModel other) noexcept {
    model_ = std::move(other.model_);
    parameters_ = std::move(other.parameters_);
    return *this;
  }
  ~OwnModel() = default;

  /// Adds the gradient for one tile, given dy. This object is the gradient of a model of the same type.
  void add_gradient(const ModelReference<S>& model, const AnyTile& x, const Tile<const S>& y, const Tile<const S>& dy,
                    AnyCache<S>& cache, const Pass& pass) {
    functions().backward(model.get(), x, y, dy, cache.get(), model_.get(), pass);
  }
  ModelReference<S> reference() const { return {model_.get(), *functions().model}; }
  Parameters<S>& parameters() { return parameters_; }
  const Parameters<S>& parameters() const { return parameters_; }
  /// The model with its real type.
  template <class Model>
  Model& as() {
    return *static_cast<Model*>(model_.get());
  }
  template <class Model>
  const Model& as() const {
    return *static_cast<const Model*>(model_.get());
  }

 private:
  struct Delete {
    const TrainedFunctions<S>* functions;
    void operator()(void* model) const { functions->destroy(model); }
  };
  OwnModel(const void* like, const TrainedFunctions<S>& functions, const Parameters<S>& names)
      : model_(functions.copy(like), Delete{&functions}), parameters_(names) {
    functions.collect(model_.get(), parameters_);
  }
  const TrainedFunctions<S>& functions() const { return *model_.get_deleter().functions; }

  std::unique_ptr<void, Delete> model_;
  Parameters<S> parameters_;
};

}  // namespace heed::inline HEED_ISA
