#pragma once

// The floating-point operations of the products in a model, for one sequence: a multiply-add is two. Nominal: what
// heed leaves out because it is zero counts too. Activations, softmax and poolings do not count, and in
// training nor do the dense layers at the end: a few percent in all.

#include "heed/models/sequence_classifier_options.hpp"

namespace bench {

struct Flops {
  double forward = 0, backward = 0;

  double training() const { return forward + backward; }
  Flops operator+(Flops other) const { return {forward + other.forward, backward + other.backward}; }
};

/// y = W x for `steps` steps. Backward: the weight's gradient, and the input's where it is wanted.
inline Flops dense(double in, double out, double steps, bool input_gradient = true) {
  const double product = 2 * in * out * steps;
  return {product, input_gradient ? 2 * product : product};
}

/// The input of a classifier's LSTM is data: nobody wants its gradient.
inline Flops lstm(double features, double hidden, double steps, bool input_gradient = false) {
  return dense(features, 4 * hidden, steps, input_gradient) + dense(hidden, 4 * hidden, steps);
}

/// Scores and context, of all heads together: two products forward, four backward.
inline Flops attend(double queries, double keys, double features) {
  const double product = 2 * queries * keys * features;
  return {2 * product, 4 * product};
}

inline Flops classifier(const heed::SequenceClassifierOptions& o, heed::Index steps) {
  const auto T = static_cast<double>(steps), F = static_cast<double>(o.features), H = static_cast<double>(o.hidden);
  const Flops states = lstm(F, H, T);
  switch (o.attention) {
    case heed::Attention::multihead: {
      const double queries = o.pooling == heed::Pooling::last ? 1 : T;  // heed asks only what is used
      return states + dense(H, 2 * H, T) + dense(H, H, queries) + attend(queries, T, H) + dense(H, H, queries);
    }
    case heed::Attention::additive:
      return states + dense(H, H, 1) + dense(H, H, T);
    default:
      return states;
  }
}

/// With the dense layers at the end.
inline double classifier_forward(const heed::SequenceClassifierOptions& o, heed::Index steps) {
  const auto H = static_cast<double>(o.hidden), D = static_cast<double>(o.dense), C = static_cast<double>(o.classes);
  return classifier(o, steps).forward + dense(H, D, 1).forward + dense(D, C, 1).forward;
}

}  // namespace bench
