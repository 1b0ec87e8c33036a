#pragma once

/// @file
/// The gradient of a weight, accumulated over all steps and lanes of a tile in one pass:
///
///     dw(r, k) += sum over steps t and lanes of dy[t][r][lane] x[t][k][lane],   db(r) += sum of dy[t][r][lane]
///
/// Packets run over lanes; each weight needs one horizontal sum per tile. If there are many weights, blocks of dy are
/// transposed first, and packets run over outputs, as in a product. With one lane they always do.

#include <algorithm>

#include "heed/core/compiled.hpp"
#include "heed/core/kernels/ahead.hpp"
#include "heed/core/kernels/detail/sum_block.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

/// The rows of a tile as a kernel sees them: row r of step t starts at data + t step + r lanes.
template <class S>
struct Rows {
  const S* data;
  Index count;  // rows in use
  Index step;   // from one step to the next
};

namespace detail {
using namespace simd;

// outputs r .. r + R, inputs k .. k + K
template <int R, int K, class S>
HEED_INLINE void weight_block(Index steps, Rows<const S> dy, Rows<const S> x, Index r, Index k, Index lanes, S* dw,
                              Index out) {
  using P = Packet<S>;
  P sum[std::size_t{R}][std::size_t{K}];
  unroll<R>([&](auto i) HEED_LAMBDA { unroll<K>([&](auto j) HEED_LAMBDA { sum[i][j] = set1<P>(0); }); });
  const Index whole = lanes / width<P> * width<P>;
  for (Index t = 0; t < steps; ++t) {
    const S* d = dy.data + t * dy.step + r * lanes;
    const S* v = x.data + t * x.step + k * lanes;
    for (Index l = 0; l < whole; l += width<P>) {
      P value[std::size_t{K}];
      unroll<K>([&](auto j) HEED_LAMBDA { value[j] = load_once<P>(v + j * lanes + l); });
      unroll<R>([&](auto i) HEED_LAMBDA {
        const P g = load_once<P>(d + i * lanes + l);
        unroll<K>([&](auto j) HEED_LAMBDA { sum[i][j] = fma(g, value[j], sum[i][j]); });
      });
    }
    for (Index l = whole; l < lanes; ++l) {
      for (int j = 0; j < K; ++j) {
        for (int i = 0; i < R; ++i) dw[r + i + (k + j) * out] += d[i * lanes + l] * v[j * lanes + l];
      }
    }
  }
  if (whole == 0) return;
  S* to = dw + r + k * out;
  if constexpr (R == 4 && K == 4) {
    accumulate_block(to, out, sum);
  } else if constexpr (R == 4) {
    unroll<K>([&](auto j) HEED_LAMBDA { accumulate_sums(to + j * out, sum[0][j], sum[1][j], sum[2][j], sum[3][j]); });
  } else {
    unroll<K>([&](auto j)
                  HEED_LAMBDA { unroll<R>([&](auto i) HEED_LAMBDA { to[i + j * out] += simd::sum(sum[i][j]); }); });
  }
}

// R outputs with the inputs first .. last
template <int R, class S>
HEED_INLINE void weight_rows(Index steps, Rows<const S> dy, Rows<const S> x, Index r, Index first, Index last,
                             Index lanes, S* dw, Index out) {
  Index k = first;
  if constexpr (R == 4 && registers == 16) {  // 12 sums stay in registers, 16 do not
    for (; k + 3 <= last && k + 4 != last; k += 3) weight_block<R, 3>(steps, dy, x, r, k, lanes, dw, out);
    for (; k + 4 == last; k += 2) weight_block<R, 2>(steps, dy, x, r, k, lanes, dw, out);
  } else {
    for (; k + 4 <= last; k += 4) weight_block<R, 4>(steps, dy, x, r, k, lanes, dw, out);
    if (k + 3 == last) return weight_block<R, 3>(steps, dy, x, r, k, lanes, dw, out);
  }
  if (k + 2 == last) return weight_block<R, 2>(steps, dy, x, r, k, lanes, dw, out);
  if (k < last) weight_block<R, 1>(steps, dy, x, r, k, lanes, dw, out);
}

// The block size for many weights: `outputs`, for as many lanes and steps as fit into `places`.
inline constexpr Index panel_outputs = 64;
template <class S>
inline constexpr Index panel_places = 512 / Index(sizeof(S));  // 32 KiB: threads may have stacks of 128

// to[place * panel_outputs + r] = dy[t][first + r][lane] for the places (t, lane) of a panel, `outputs` of them
template <class S>
void transpose_panel(Rows<const S> dy, IndexRange steps, IndexRange panel_lanes, Index lanes, Index first,
                     Index outputs, S* to) {
  constexpr Index W = native_width<S>;
  for (Index t = steps.first; t < steps.last; ++t) {
    const S* from = dy.data + t * dy.step + first * lanes;
    for (Index l = panel_lanes.first; l < panel_lanes.last; l += W, to += W * panel_outputs) {
      for (Index r = 0; r < outputs; r += W) transpose_square(from + r * lanes + l, lanes, to + r, panel_outputs);
    }
  }
}

// C inputs with the outputs in a pack: dw += sum over the places of a panel
template <int C, class P, class S>
HEED_INLINE void panel_block(const S* panel, IndexRange steps, IndexRange panel_lanes, Index lanes, Rows<const S> x,
                             Index k, S* dw, Index out, Ahead* ahead) {
  P sum[std::size_t{C}];
  unroll<C>([&](auto c) HEED_LAMBDA { sum[c] = load<P>(dw + c * out); });
  for (Index t = steps.first; t < steps.last; ++t) {
    const S* v = x.data + t * x.step + k * lanes;
    for (Index l = panel_lanes.first; l < panel_lanes.last; ++l, panel += panel_outputs) {
      const P d = load_once<P>(panel);
      unroll<C>([&](auto c) HEED_LAMBDA { sum[c] = fma(d, set1<P>(v[c * lanes + l]), sum[c]); });
    }
    if (ahead) ahead->fetch(panel_lanes.count() * C * width<P>);
  }
  unroll<C>([&](auto c) HEED_LAMBDA { store(dw + c * out, sum[c]); });
}

// C inputs with `outputs` of a panel, a multiple of the packet width
template <int C, class S>
void panel_inputs(const S* panel, Index outputs, IndexRange steps, IndexRange panel_lanes, Index lanes, Rows<const S> x,
                  Index k, S* dw, Index out, Ahead* ahead) {
  constexpr Index W = native_width<S>;
  Index r = 0;
  for (; r + 2 * W <= outputs; r += 2 * W) {
    panel_block<C, Packet<S, 2>>(panel + r, steps, panel_lanes, lanes, x, k, dw + r + k * out, out, ahead);
  }
  for (; r < outputs; r += W) {
    panel_block<C, Packet<S>>(panel + r, steps, panel_lanes, lanes, x, k, dw + r + k * out, out, ahead);
  }
}

// the first `outputs` of dy, a multiple of the packet width, with all inputs; so are the lanes
template <class S>
HEED_KERNEL void weight_gradient_by_panels(Index steps, Index lanes, Rows<const S> dy, Rows<const S> x, Index outputs,
                                           S* dw, Index out, Ahead* ahead) {
  constexpr int block = rows_of_sums;
  alignas(64) S panel[panel_outputs * panel_places<S>];
  const Index some_steps = std::max<Index>(panel_places<S> / lanes, 1), some_lanes = std::min(lanes, panel_places<S>);
  for (Index first = 0; first < outputs; first += panel_outputs) {
    const Index count = std::min(panel_outputs, outputs - first);
    for (Index t = 0; t < steps; t += some_steps) {
      const IndexRange of_steps{t, std::min(t + some_steps, steps)};
      for (Index l = 0; l < lanes; l += some_lanes) {
        const IndexRange of_lanes{l, std::min(l + some_lanes, lanes)};
        transpose_panel(dy, of_steps, of_lanes, lanes, first, count, panel);
        Index k = 0;
        for (const Index end = in_blocks<block>(x.count); k + block <= end; k += block) {
          panel_inputs<block>(panel, count, of_steps, of_lanes, lanes, x, k, dw + first, out, ahead);
        }
        for (; k + 4 <= x.count; k += 4) {
          panel_inputs<4>(panel, count, of_steps, of_lanes, lanes, x, k, dw + first, out, ahead);
        }
        for (; k < x.count; ++k) panel_inputs<1>(panel, count, of_steps, of_lanes, lanes, x, k, dw + first, out, ahead);
      }
    }
  }
}

// one lane: an outer product per step, packets over the outputs
template <class S>
void weight_gradient_one_lane(Index steps, Rows<const S> dy, Rows<const S> x, S* dw, Index out) {
  for (Index t = 0; t < steps; ++t) {
    const S* d = dy.data + t * dy.step;
    const S* v = x.data + t * x.step;
    for (Index k = 0; k < x.count; ++k) {
      for_each_packet<S>(dy.count, [&]<class P>(Index r) HEED_LAMBDA {
        S* to = dw + k * out + r;
        store(to, fma(load<P>(d + r), set1<P>(v[k]), load<P>(to)));
      });
    }
  }
}
}  // namespace detail

/// Adds the gradient of a weight. dw is column-major with `out` rows (its leading dimension); dy and x have the same
/// lanes.
template <class S>
HEED_KERNEL void weight_gradient(Index steps, Index lanes, Rows<const S> dy, Rows<const S> x, S* dw, Index out,
                                 Ahead* ahead = nullptr) {
  if (lanes == 1) return detail::weight_gradient_one_lane(steps, dy, x, dw, out);
  constexpr Index W = simd::native_width<S>;
  if (x.count >= 32 && dy.count >= 32 && lanes % W == 0) {
    const Index whole = dy.count / W * W;
    detail::weight_gradient_by_panels(steps, lanes, dy, x, whole, dw, out, ahead);
    if (whole == dy.count) return;
    dy.data += whole * lanes;
    dy.count -= whole;
    dw += whole;
  }
  // as many inputs at a time as stay in L1 while outputs pass by, and as many outputs as stay in L2
  const Index row = steps * lanes * static_cast<Index>(sizeof(S));
  const auto rows_in = [row](Index bytes) { return std::max<Index>(bytes / std::max<Index>(row, 1) / 4 * 4, 4); };
  const Index inputs = rows_in(24 << 10), outputs = rows_in(256 << 10);
  for (Index from = 0; from < dy.count; from += outputs) {
    const Index to = std::min(from + outputs, dy.count);
    for (Index first = 0; first < x.count; first += inputs) {
      const Index last = std::min(first + inputs, x.count);
      Index r = from;
      for (; r + 4 <= to; r += 4) {
        detail::weight_rows<4>(steps, dy, x, r, first, last, lanes, dw, out);
        if (ahead) ahead->fetch(4 * (last - first) * steps * lanes);
      }
      for (; r < to; ++r) detail::weight_rows<1>(steps, dy, x, r, first, last, lanes, dw, out);
    }
  }
}

/// The same for a table, whose rows are the outputs: dw is row-major.
template <class S>
HEED_KERNEL void table_gradient(Index steps, Index lanes, Rows<const S> dy, Rows<const S> x, S* dw) {
  using namespace simd;
  constexpr Index W = native_width<S>, outputs = detail::panel_outputs, inputs = 128;
  if (lanes == 1 || lanes % W != 0 || dy.count < outputs) {  // the transpose: x dy'
    return weight_gradient(steps, lanes, x, dy, dw, x.count);
  }
  // A block of inputs at a time, to limit the stack, but never so few that `weight_gradient` would leave its fast path.
  constexpr Index some = 32, most = 2 * some;
  alignas(64) S part[std::size_t{most * outputs}], square[std::size_t{W * W}];
  for (Index r = 0; r < dy.count; r += outputs) {
    const Index rows = std::min(outputs, dy.count - r);
    for (Index k = 0, columns = 0; k < x.count; k += columns) {
      const Index left = std::min(x.count, k / inputs * inputs + inputs) - k;  // of these
      columns = left < most ? left : some;
      std::fill_n(part, most * outputs, S(0));
      weight_gradient<S>(steps, lanes, {dy.data + r * lanes, rows, dy.step}, {x.data + k * lanes, columns, x.step},
                         part, outputs);
      for (Index o = 0; o < rows; o += W) {
        for (Index c = 0; c < columns; c += W) {
          transpose_square(part + c * outputs + o, outputs, square, W);
          for (Index i = 0; i < std::min(W, rows - o); ++i) {
            S* to = dw + (r + o + i) * x.count + k + c;
            for_each_packet<S>(std::min(W, columns - c),
                               [&]<class P>(Index n) HEED_LAMBDA { accumulate(to + n, load<P>(square + i * W + n)); });
          }
        }
      }
    }
  }
}

/// db(r) += sum over steps and lanes of dy[t][r][lane]
template <class S>
HEED_KERNEL void bias_gradient(Index steps, Index lanes, Rows<const S> dy, S* db) {
  using namespace simd;
  using P = Packet<S>;
  if (lanes == 1) {
    for (Index t = 0; t < steps; ++t) {
      for_each_packet<S>(dy.count,
                         [&]<class Q>(Index r) HEED_LAMBDA { accumulate(db + r, load<Q>(dy.data + t * dy.step + r)); });
    }
    return;
  }
  for (Index r = 0; r < dy.count; ++r) {
    P even = set1<P>(0), odd = even;
    S rest = 0;
    for (Index t = 0; t < steps; ++t) {
      const S* d = dy.data + t * dy.step + r * lanes;
      Index l = 0;
      for (; l + 2 * width<P> <= lanes; l += 2 * width<P>) {
        even = add(even, load<P>(d + l));
        odd = add(odd, load<P>(d + l + width<P>));
      }
      for (; l + width<P> <= lanes; l += width<P>) even = add(even, load<P>(d + l));
      for (; l < lanes; ++l) rest += d[l];
    }
    db[r] += sum(add(even, odd)) + rest;
  }
}

}  // namespace heed::inline HEED_ISA::kernels

HEED_COMPILED_FUNCTION(heed::kernels::weight_gradient)
HEED_COMPILED_FUNCTION(heed::kernels::table_gradient)
HEED_COMPILED_FUNCTION(heed::kernels::bias_gradient)
