#pragma once

// The dense layers at the end of a classifier.

#include "heed/core/dropout_mask.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dropout.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// logits = fc2 relu(fc1 dropout(x)), or fc2 dropout(x) if fc1 is empty. The layers belong to a model.
template <class S>
struct DenseHead {
  struct Cache {
    typename Dropout<S>::Cache dropout;
    typename Dense<S>::Cache dense;
    typename Relu<S>::Cache relu;
    TileBuffer<S> kept, hidden, active;
  };

  const Dropout<S>& dropout;
  const Dense<S>& fc1;
  const Relu<S>& relu;
  const Dense<S>& fc2;

  void forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const;
  /// `grad`: the gradient of the model.
  template <class Model>
  void backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx, Cache& cache, Model& grad,
                const Pass& pass) const;

 private:
  bool drops(const Pass& pass) const { return DropoutMask::active(dropout.rate, pass); }
};

template <class S>
void DenseHead<S>::forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const {
  if (drops(pass)) {
    const Tile<S> kept = cache.kept.take(x.shape(), x.lanes);
    dropout.forward(x, kept, cache.dropout, pass.at(1));
    x = kept;
  }
  if (fc1.weight.empty()) return fc2.forward(x, logits, cache.dense, pass);
  const Shape inside{1, fc1.out_features()};
  const Tile<S> hidden = cache.hidden.take(inside, x.lanes), active = cache.active.take(inside, x.lanes);
  fc1.forward(x, hidden, cache.dense, pass);
  relu.forward(hidden, active, cache.relu, pass);
  fc2.forward(active, logits, cache.dense, pass);
}

template <class S>
template <class Model>
void DenseHead<S>::backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx, Cache& cache,
                            Model& grad, const Pass& pass) const {
  const Tile<const S> kept = drops(pass) ? cache.kept.view() : x;
  if (fc1.weight.empty()) {
    fc2.backward(kept, logits, dlogits, dx, cache.dense, grad.fc2, pass);
  } else {
    const Scratch::Mark mark(pass.scratch);
    const bool to_hidden = dx || wants_gradient(grad.fc1);
    const Tile<const S> hidden = cache.hidden.view(), active = cache.active.view();
    const Tile<S> dactive = pass.scratch.like(active), dhidden = pass.scratch.like(hidden);
    fc2.backward(active, logits, dlogits, into_if(to_hidden, dactive), cache.dense, grad.fc2, pass);
    if (!to_hidden) return;
    relu.backward(hidden, active, dactive, into(dhidden), cache.relu, grad.relu, pass);
    fc1.backward(kept, hidden, dhidden, dx, cache.dense, grad.fc1, pass);
  }
  if (dx && drops(pass)) dropout.backward(x, kept, dx.tile, dx, cache.dropout, grad.dropout, pass.at(1));
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
