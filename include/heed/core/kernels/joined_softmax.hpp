#pragma once

/// @file
/// A softmax over time, and the sum that it weighs, some steps at a time.

#include <limits>

#include "heed/core/compiled.hpp"
#include "heed/core/kernels/softmax.hpp"
#include "heed/core/math.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

/// Joins the softmaxes of parts of the steps to that of all, in every lane (Milakov and Gimelshein 2018). Part c has the
/// largest score m_c, the sum n_c of e^(score - m_c), and y_c, the sum that its own softmax weighs:
///
///     m = max over c of m_c,  n = sum_c n_c e^(m_c - m),  p_c = n_c e^(m_c - m) / n,  y = sum_c p_c y_c
///
/// The weights of part c are those of its own softmax times p_c. A single part is all there is: y = y_c, to the bit.
/// Several heads share the features of y, an equal number each.
template <class S>
class JoinedSoftmax {
 public:
  /// Takes memory from the scratch, unless there is one part only.
  JoinedSoftmax(Index parts, Tile<S> y, Scratch& scratch, Index heads = 1);

  /// Where the softmax of part c leaves m_c and n_c.
  SoftmaxScale<S> of(Index part, Index head = 0) const;
  /// Where y_c goes, until the next part.
  Tile<S> sum() const { return added_ > 0 ? part_y_ : y_; }
  /// Adds the part to y. Parts may come in any order.
  void add(Index part);
  /// After the last part: the weights of part c are multiplied by p_c.
  void weigh(Index part, Tile<S> weights, Index head = 0) const;

 private:
  S* row(Index number) const { return rows_ + number * y_.lanes; }
  SoftmaxScale<S> so_far(Index head) const { return {row(2 + 2 * head), row(3 + 2 * head)}; }
  void add(SoftmaxScale<S> one, SoftmaxScale<S> all, Tile<S> part_y, Tile<S> y) const;
  // e^(a - b). Scores of -infinity, as of a part that has overflowed, are taken for the lowest finite number.
  template <class P>
  static HEED_INLINE P fall(const P& a, const P& b) {
    const P lowest = simd::set1<P>(std::numeric_limits<S>::lowest());
    return simd::exp(simd::sub(simd::max(a, lowest), simd::max(b, lowest)));
  }

  Tile<S> y_, part_y_;
  Index heads_;
  S* rows_ =
      nullptr;  // one number per lane: two factors, and of each head m and n so far, and m_c and n_c of each part
  Index parts_, added_ = 0;
};

template <class S>
JoinedSoftmax<S>::JoinedSoftmax(Index parts, Tile<S> y, Scratch& scratch, Index heads)
    : y_(y), heads_(heads), parts_(parts) {
  if (parts == 1) return;
  part_y_ = scratch.like(Tile<const S>(y));
  rows_ = scratch.take<S>((2 + 2 * heads * (1 + parts)) * y.lanes);
}

template <class S>
SoftmaxScale<S> JoinedSoftmax<S>::of(Index part, Index head) const {
  if (!rows_) return {};
  return so_far((1 + part) * heads_ + head);
}

template <class S>
void JoinedSoftmax<S>::add(Index part) {
  if (!rows_) return;
  const Shape of_head{1, y_.features / heads_};
  for (Index h = 0; h < heads_; ++h) {
    add(of(part, h), so_far(h), Tile<S>(part_y_.at(0, h * of_head.features), of_head, y_.lanes),
        Tile<S>(y_.at(0, h * of_head.features), of_head, y_.lanes));
  }
  ++added_;
}

template <class S>
void JoinedSoftmax<S>::add(SoftmaxScale<S> one, SoftmaxScale<S> all, Tile<S> part_y, Tile<S> y) const {
  using namespace simd;
  S *const old_share = row(0), *const share = row(1);
  const bool last = added_ + 1 == parts_;
  for_each_lane<S>(y.lanes, [&]<class P>(Index l) HEED_LAMBDA {
    const P m_c = load<P>(one.largest + l), n_c = load<P>(one.total + l);
    if (added_ == 0) {
      store(all.largest + l, m_c);
      return store(all.total + l, n_c);
    }
    const P m_old = load<P>(all.largest + l), m = max(m_old, m_c);
    const P old = mul(load<P>(all.total + l), fall(m_old, m)), more = mul(n_c, fall(m_c, m));
    const P n = simd::add(old, more);
    store(all.largest + l, m);
    store(all.total + l, n);
    store(old_share + l, div(old, n));
    store(share + l, last ? simd::add(div(more, n), sub(m, m)) : div(more, n));  // NaN if no score is finite
  });
  if (added_ == 0) return;  // y is y_c
  for_each_place<S>(y.features, y.lanes, [&]<class P>(auto at) HEED_LAMBDA {
    const P old = mul(at.template of_lane<P>(old_share), load<P>(y.data + at.number));
    store(y.data + at.number, fma(at.template of_lane<P>(share), load<P>(part_y.data + at.number), old));
  });
}

template <class S>
void JoinedSoftmax<S>::weigh(Index part, Tile<S> weights, Index head) const {
  using namespace simd;
  if (!rows_) return;
  const SoftmaxScale<S> one = of(part, head), all = so_far(head);
  S* const share = row(1);
  for_each_lane<S>(y_.lanes, [&]<class P>(Index l) HEED_LAMBDA {
    const P m = load<P>(all.largest + l), n_c = mul(load<P>(one.total + l), fall(load<P>(one.largest + l), m));
    store(share + l, simd::add(div(n_c, load<P>(all.total + l)), sub(m, m)));
  });
  for (Index t = 0; t < weights.steps; ++t) {
    for_each_lane<S>(weights.lanes, [&]<class P>(Index l) HEED_LAMBDA {
      S* const a = weights.at(t) + l;
      store(a, mul(load<P>(a), load<P>(share + l)));
    });
  }
}

}  // namespace heed::inline HEED_ISA::kernels

HEED_COMPILED_TYPE(class heed::kernels::JoinedSoftmax)
