#pragma once

/// @file
/// Softmax over rows of lanes, in every lane by itself.

#include <algorithm>
#include <cstdint>
#include <limits>

#include "heed/core/compiled.hpp"
#include "heed/core/kernels/ahead.hpp"
#include "heed/core/math.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

/// What the softmax of some rows leaves, one number per lane: the largest score m, and the sum of e^(score - m). Null:
/// nobody wants it.
template <class S>
struct SoftmaxScale {
  S* largest = nullptr;
  S* total = nullptr;
};

/// Where the keys of a head are a part of all, for one query. `scale`: what its softmax leaves. `dot`, for a backward
/// pass: the sum over all keys of weight times gradient of the weight, one per lane. `ahead`: what products fetch.
template <class S>
struct KeyPart {
  SoftmaxScale<S> scale = {};
  const S* dot = nullptr;
  Ahead* ahead = nullptr;
};

namespace detail {
using namespace simd;

// one lane: packets along the rows
template <class S>
HEED_KERNEL void softmax_one_lane(S* s, Index rows, SoftmaxScale<S> left) {
  S largest = s[0];
  for_each_packet<S>(rows, [&]<class P>(Index i) HEED_LAMBDA { largest = std::max(largest, max_of(load<P>(s + i))); });
  const S from = left.total ? std::max(largest, std::numeric_limits<S>::lowest()) : largest;
  S total = 0;
  for_each_packet<S>(rows, [&]<class P>(Index i) HEED_LAMBDA {
    const P e = simd::exp(sub(load<P>(s + i), set1<P>(from)));
    store(s + i, e);
    total += simd::sum(e);
  });
  if (left.total) *left.largest = largest, *left.total = total;
  const S scale = 1 / total;
  for_each_packet<S>(rows, [&]<class P>(Index i) HEED_LAMBDA { store(s + i, mul(load<P>(s + i), set1<P>(scale))); });
}
}  // namespace detail

/// In place: s[t][lane] for t < rows becomes e^s[t] / sum over valid u of e^s[u]. Row t is valid in a lane if t <
/// lengths[lane] (null: all are valid). Other rows become 0, and so does a lane without valid rows. If all scores of a
/// lane are -infinity, its rows are NaN; of a part of the steps (`left`) they are not, since other parts may be finite.
template <class S>
HEED_KERNEL void softmax(S* s, Index rows, Index lanes, const std::int32_t* lengths = nullptr,
                         SoftmaxScale<S> left = {}) {
  using namespace simd;
  constexpr S no_score = -std::numeric_limits<S>::max() / 2;
  if (rows == 0) return;
  if (lanes == 1) {
    const Index valid = lengths ? std::clamp<Index>(lengths[0], 0, rows) : rows;
    if (left.total) *left.largest = no_score, *left.total = 1;
    if (valid > 0) detail::softmax_one_lane(s, valid, left);
    std::fill(s + valid, s + rows, S(0));
    return;
  }
  const Index common = lengths ? std::clamp<Index>(*std::min_element(lengths, lengths + lanes), 0, rows) : rows;
  const auto where_ended = [&](S value) HEED_LAMBDA {
    for (Index t = common; t < rows; ++t) {
      const auto now = static_cast<std::int32_t>(t);  // as wide as lengths, to be compared in packets
      S* const row = s + t * lanes;
      for (Index l = 0; l < lanes; ++l) row[l] = now < lengths[l] ? row[l] : value;
    }
  };
  where_ended(no_score);
  for_each_lane<S>(lanes, [&]<class P>(Index lane) HEED_LAMBDA {
    P largest = load<P>(s + lane);
    for (Index t = 1; t < rows; ++t) largest = max(largest, load<P>(s + t * lanes + lane));
    const P from = left.total ? max(largest, set1<P>(std::numeric_limits<S>::lowest())) : largest;
    P total = set1<P>(0);
    for (Index t = 0; t < rows; ++t) {
      const P e = simd::exp(sub(load<P>(s + t * lanes + lane), from));
      store(s + t * lanes + lane, e);
      total = add(total, e);
    }
    if (left.total) {
      store(left.largest + lane, largest);
      store(left.total + lane, total);
    }
    const P scale = div(set1<P>(1), total);
    for (Index t = 0; t < rows; ++t) store(s + t * lanes + lane, mul(load<P>(s + t * lanes + lane), scale));
  });
  where_ended(S(0));
}

/// The backward pass, in place: from the gradient of `dropped` (a after dropout) to the gradient of the scores: ds =
/// dropped d - a (sum over t of dropped d). Without dropout `dropped` is a: ds = a (d - sum of a d). `known`: that sum,
/// one per lane, where these rows are only a part of all; null: it is computed.
template <class S>
HEED_KERNEL void softmax_backward(const S* a, const S* dropped, S* d, Index rows, Index lanes,
                                  const S* known = nullptr) {
  using namespace simd;
  const bool whole = a == dropped;
  if (lanes == 1) {
    S dot = known ? *known : 0;
    for_each_packet<S>(known ? 0 : rows,
                       [&]<class P>(Index i) HEED_LAMBDA { dot += sum(mul(load<P>(dropped + i), load<P>(d + i))); });
    for_each_packet<S>(rows, [&]<class P>(Index i) HEED_LAMBDA {
      const P v = load<P>(a + i), change = sub(load<P>(d + i), set1<P>(dot));
      const P part = mul(load<P>(dropped + i), load<P>(d + i));
      store(d + i, whole ? mul(v, change) : sub(part, mul(v, set1<P>(dot))));
    });
    return;
  }
  for_each_lane<S>(lanes, [&]<class P>(Index lane) HEED_LAMBDA {
    P dot = known ? load<P>(known + lane) : set1<P>(0);
    for (Index t = 0; t < rows && !known; ++t)
      dot = fma(load<P>(dropped + t * lanes + lane), load<P>(d + t * lanes + lane), dot);
    for (Index t = 0; t < rows && whole; ++t) {
      const Index i = t * lanes + lane;
      store(d + i, mul(load<P>(a + i), sub(load<P>(d + i), dot)));
    }
    for (Index t = 0; t < rows && !whole; ++t) {
      const Index i = t * lanes + lane;
      store(d + i, sub(mul(load<P>(dropped + i), load<P>(d + i)), mul(load<P>(a + i), dot)));
    }
  });
}

}  // namespace heed::inline HEED_ISA::kernels

HEED_COMPILED_FUNCTION(heed::kernels::softmax)
HEED_COMPILED_FUNCTION(heed::kernels::softmax_backward)
