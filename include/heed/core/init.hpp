#pragma once

/// @file
/// Initialisers: the starting weights of PyTorch and Keras. They do not depend on the caller's floating-point mode.

#include <cmath>
#include <utility>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA {

/// U(-bound, bound). Element i of the parameter is number i of the key's stream.
template <class S>
HEED_COLD void initialize_uniform(ParameterArray<S>& p, Key key, double bound) {
  const FlushDenormals mode;
  std::uint64_t i = 0;
  for (S& v : p) v = static_cast<S>(key.uniform(i++, -bound, bound));
}

/// N(mean, deviation^2)
template <class S>
HEED_COLD void initialize_normal(ParameterArray<S>& p, Key key, double mean = 0, double deviation = 1) {
  const FlushDenormals mode;
  std::uint64_t i = 0;
  for (S& v : p) v = static_cast<S>(mean + deviation * key.normal(i++));
}

/// U(-1/sqrt(fan_in), 1/sqrt(fan_in)): as torch.nn.Linear and, with the hidden size as fan_in, torch.nn.LSTM.
template <class S>
HEED_COLD void initialize_fan_in(ParameterArray<S>& p, Key key, Index fan_in) {
  const FlushDenormals mode;
  initialize_uniform(p, key, fan_in > 0 ? 1 / std::sqrt(static_cast<double>(fan_in)) : 0);
}

/// U(-b, b), b = sqrt(6 / (in + out)): Glorot and Bengio 2010; xavier_uniform_ of PyTorch, glorot_uniform of Keras.
template <class S>
void initialize_xavier_uniform(Matrix<S>& w, Key key) {
  const FlushDenormals mode;
  initialize_uniform(w, key, w.empty() ? 0 : std::sqrt(6.0 / static_cast<double>(w.rows() + w.cols())));
}

/// A random matrix with orthonormal rows or columns, whichever are fewer (Saxe et al. 2013): Gram-Schmidt, applied
/// twice, to normal random numbers.
template <class S>
void initialize_orthogonal(Matrix<S>& w, Key key) {
  const FlushDenormals mode;
  const bool by_rows = w.rows() < w.cols();
  const Index count = by_rows ? w.rows() : w.cols(), size = by_rows ? w.cols() : w.rows();
  Matrix<double> q(size, count);
  initialize_normal(q, key);
  for (Index j = 0; j < count; ++j) {
    for (int pass = 0; pass < 2; ++pass) {
      for (Index k = 0; k < j; ++k) {
        double dot = 0;
        for (Index i = 0; i < size; ++i) dot += q(i, j) * q(i, k);
        for (Index i = 0; i < size; ++i) q(i, j) -= dot * q(i, k);
      }
    }
    double norm = 0;
    for (Index i = 0; i < size; ++i) norm += q(i, j) * q(i, j);
    norm = std::sqrt(norm);
    for (Index i = 0; i < size; ++i) q(i, j) /= norm;
  }
  for (Index r = 0; r < w.rows(); ++r) {
    for (Index c = 0; c < w.cols(); ++c) w(r, c) = static_cast<S>(by_rows ? q(c, r) : q(r, c));
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::initialize_uniform)
HEED_COMPILED_FUNCTION(heed::initialize_normal)
HEED_COMPILED_FUNCTION(heed::initialize_fan_in)
HEED_COMPILED_FUNCTION(heed::initialize_xavier_uniform)
HEED_COMPILED_FUNCTION(heed::initialize_orthogonal)
