#pragma once

// Wraps an optimizer on lists of parameters, `Lists`, for one model type.

#include <utility>

#include "heed/core/error.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA::detail {

template <Visitable Model, class Lists>
class OfModel : public Lists {
 public:
  using S = typename Model::Scalar;
  using Lists::step;

  /// One step: moves the model against the gradient.
  void step(Model& model, const Model& gradient) {
    weights_.look_at(model);
    gradient_.look_at(const_cast<Model&>(gradient));
    step(weights_, std::as_const(gradient_));
  }

 protected:
  OfModel(const Model& like, typename Lists::Options o) try : Lists(parameters_of(like), std::move(o)) {
  } catch (...) {
    rethrow_as_error("optimizer");
  }

 private:
  Parameters<S> weights_, gradient_;  // of the last step
};

}  // namespace heed::inline HEED_ISA::detail
