#pragma once

/// @file
/// One recurrent layer in one direction over whole sequences: an inner part of recurrent.hpp.

#include <algorithm>
#include <cstddef>

#include "heed/core/kernels/affine.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/recurrent_cell.hpp"
#include "heed/layers/detail/recurrent_first_step.hpp"

namespace heed::inline HEED_ISA::detail {

/// Runs a cell over the steps of a tile, from the first to the last; with `reverse`, from the last to the first. A
/// reverse run begins at each lane's last valid step.
template <class Cell>
struct RecurrentPass {
  using S = typename Cell::Scalar;
  using State = RecurrentState<S>;
  using ConstState = RecurrentState<const S>;
  using Before = StateBefore<S>;

  const Cell& cell;
  const RecurrentWeights<S>& w;
  RecurrentCache<S>& cache;
  const Pass& pass;
  bool reverse;

  // Whether the cache keeps all steps: for a backward pass, or for the final cell states of ragged lanes. Otherwise it
  // keeps one.
  bool keeps(Tile<const S> x, State final) const { return pass.keep || (x.lengths && final.c && cell.has_cell()); }

  // the s-th step in running order, and the step that runs before step t
  Index at(Index s, Index steps) const { return reverse ? steps - 1 - s : s; }
  Index before(Index t) const { return reverse ? t + 1 : t - 1; }

  void forward(Tile<const S> x, FeatureRange<S> y, ConstState initial, State final) const;
  void backward(Tile<const S> x, FeatureRange<const S> y, FeatureRange<const S> dy, Into<S> dx,
                RecurrentWeights<S>& grad, ConstState initial, ConstState d_final, State d_initial) const;

 private:
  // A ragged reverse run with an initial state: a lane whose last step is t starts there from the initial state; the
  // other lanes continue.
  struct Blend {
    Blend(const RecurrentPass& p, Tile<const S> x, Index H, ConstState initial_) : initial(initial_) {
      if (!p.reverse || !x.lengths) return;
      if (initial.h) mixed.h = p.pass.scratch.template tile<S>({1, H}, x.lanes);
      if (initial.c) mixed.c = p.pass.scratch.template tile<S>({1, H}, x.lanes);
    }
    Before begin(Tile<const S> x, Index t, Before state) const {
      if (mixed.h) state.h = mix(x, t, state.h, initial.h, mixed.h);
      if (mixed.c) state.c = mix(x, t, state.c, initial.c, mixed.c);
      return state;
    }
    static const S* mix(Tile<const S> x, Index t, const S* state, Tile<const S> first, Tile<S> to) {
      copy(Tile<const S>(state, to.shape(), to.lanes), to);
      add_where_last(x, t, first, to);  // the state is 0 in these lanes
      return to.data;
    }
    ConstState initial;
    State mixed = {};
  };

  // Once a pass: sets `distant` and `away` if the numbers of the pass do not fit in the CPU's caches. Results are the same.
  void choose_memory(Tile<const S> x, bool all) const;

  // Called before step t of a pass that goes `up` or down. If t is the first of a few steps, `after` becomes the few
  // steps that follow. Their memory is to be fetched while these are computed, in `work` multiply-adds a step.
  bool looks_ahead(Index t, bool up, Tile<const S> x, Index work, IndexRange& after) const;

  // `slot`: the cache's index of step t
  Before state(const FeatureRange<const S>& y, Index t, Index slot) const {
    return {y.at(t), cell.cell(cache, slot).data};
  }

  // dh = dy_t + the gradient from the following step: W_hh' times its gates' gradients, and what dh still holds
  void from_after(Index t, bool last, FeatureRange<const S> dy, Tile<S> dh) const;

  void accumulate(IndexRange steps, Tile<const S> x, FeatureRange<const S> y, RecurrentWeights<S>& grad) const;

  // A reverse run ends a lane's backward pass at its last step: the gradient there belongs to the initial state.
  void leave_to_initial(Tile<const S> x, Index t, Tile<S> dh, Tile<S> dc, State d_initial) const;

  // The backward pass of the run's first step: adds to W_hh's gradient and writes the initial state's gradient.
  HEED_COLD void begin_backward(Tile<const S> x, ConstState initial, Tile<S> dh, Tile<S> dc, State d_initial,
                                const FirstStep<S>& first, RecurrentWeights<S>& grad) const;

  // to = the state after the run's last step; for a lane without steps, the initial state
  HEED_COLD void take_final(Tile<const S> x, FeatureRange<const S> from, Tile<const S> otherwise, Tile<S> to) const;
  // to += from in the lanes whose run ends with step t
  HEED_COLD void add_where_final(Tile<const S> x, Index t, Tile<const S> from, Tile<S> to) const;
};

template <class Cell>
void RecurrentPass<Cell>::choose_memory(Tile<const S> x, bool all) const {
  constexpr Index cached = Index(4) << 20;  // bytes
  const Index H = w.hidden_size(), features = x.features + (all ? w.ih.rows() + 3 * H : H);
  cache.distant = x.lanes > 1 && x.steps * features * x.lanes * static_cast<Index>(sizeof(S)) > cached;
  cache.away = cache.distant && all && x.lanes * static_cast<Index>(sizeof(S)) % static_cast<Index>(alignment) == 0;
  if (cache.away) cache.staging.take({1, w.ih.rows() + H}, x.lanes);
}

template <class Cell>
bool RecurrentPass<Cell>::looks_ahead(Index t, bool up, Tile<const S> x, Index work, IndexRange& after) const {
  if (!cache.distant) return false;
  const Index some = steps_together(x.lanes), first = t / some * some, last = std::min(first + some, x.steps);
  if (t != (up ? first : last - 1)) return false;
  cache.next.begin(some * x.lanes * work);
  after = up ? IndexRange{last, std::min(last + some, x.steps)} : IndexRange{std::max<Index>(first - some, 0), first};
  return after.count() > 0;
}

template <class Cell>
void RecurrentPass<Cell>::forward(Tile<const S> x, FeatureRange<S> y, ConstState initial, State final) const {
  const bool all = keeps(x, final);
  cell.prepare(w, all ? x.steps : std::min<Index>(x.steps, 1), x.lanes, cache);
  choose_memory(x, all);
  const auto slot = [&](Index t) { return all ? t : 0; };
  const Scratch::Mark mark(pass.scratch);
  const Blend blend(*this, x, y.count, initial);
  const Index work = w.ih.size() + w.hh.size();
  for (Index s = 0; s < x.steps; ++s) {
    const Index t = at(s, x.steps);
    if (IndexRange after; looks_ahead(t, !reverse, x, work, after)) {
      cache.next.add(x, after);
      cache.next.add(FeatureRange<const S>(y), after);
      if (all && cell.has_cell()) cache.next.add(cache.first.view(), after);
    }
    const Before previous = s == 0 ? Before(initial) : blend.begin(x, t, state(y, before(t), slot(before(t))));
    cell.step(w, slot(t), x.lanes, x.at(t), previous, y.at(t), cache);
    if (!reverse) continue;
    zero_ended(x, t, y.step(t));  // the sequence has not begun yet
    if (cell.has_cell()) zero_ended(x, t, cell.cell(cache, slot(t)));
  }
  if (cache.away) simd::fence_stores();
  for (Index t = common_length(x); t < x.steps; ++t) zero_ended(x, t, y.step(t));
  take_final(x, y, initial.h, final.h);
  if (!final.c || !cell.has_cell()) return;
  if (all) {
    const Tile<const S> c(cell.cell(cache, 0).data, {x.steps, y.count}, x.lanes);
    take_final(x, FeatureRange<const S>(c, 0, y.count), initial.c, final.c);
  } else if (x.steps > 0) {
    copy(Tile<const S>(cell.cell(cache, 0)), final.c);
  } else {
    take_final(x, y, initial.c, final.c);
  }
}

template <class Cell>
void RecurrentPass<Cell>::backward(Tile<const S> x, FeatureRange<const S> y, FeatureRange<const S> dy, Into<S> dx,
                                   RecurrentWeights<S>& grad, ConstState initial, ConstState d_final,
                                   State d_initial) const {
  const Index H = w.hidden_size(), L = x.lanes;
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dh = pass.scratch.template tile<S>({1, H}, L);
  const Tile<S> dc = cell.has_cell() ? pass.scratch.template tile<S>({1, H}, L) : Tile<S>();
  fill(dc, S(0));
  if (cell.passes_directly()) fill(dh, S(0));
  for (const Tile<S>& d : {d_initial.h, d_initial.c}) {
    if (d) fill(d, S(0));
  }
  const Blend blend(*this, x, H, initial);
  const FirstStep<S> first_step(cell.recurrent_gradients(cache), x, initial.h || d_initial.h, pass.scratch);
  const Index some = steps_together(L), work = (dx ? 2 : 1) * w.ih.size() + 2 * w.hh.size();
  for (Index s = x.steps; s-- > 0;) {
    const Index t = at(s, x.steps), last = reverse ? 0 : x.steps - 1;
    if (IndexRange after; looks_ahead(t, reverse, x, work, after)) {
      cache.next.add(x, after);
      cache.next.add(y, after);
      cache.next.add(dy, after);
      for (const auto* kept : {&cache.gates, &cache.first, &cache.second}) {
        if (const Tile<const S> all = kept->view(); all.steps == x.steps) cache.next.add(all, after);
      }
      cache.next.add(Tile<const S>(dx.tile), after);
    }
    from_after(t, t == last, dy, dh);
    zero_ended(x, t, dh);
    add_where_final(x, t, d_final.h, dh);
    if (cell.has_cell()) add_where_final(x, t, d_final.c, dc);
    const Before previous = s == 0 ? Before(initial) : blend.begin(x, t, state(y, before(t), before(t)));
    cache.h = y.at(t);
    cell.step_backward(w, t, previous, dh, dc, cache, pass);
    if (first_step.wanted) first_step.take(cell.recurrent_gradients(cache), x, t, reverse);
    if (reverse) leave_to_initial(x, t, dh, dc, d_initial);
    const Index first = t / some * some;
    const IndexRange these{first, std::min(first + some, x.steps)};
    if (t != (reverse ? these.last - 1 : these.first)) continue;
    accumulate(these, x, y, grad);
    input_gradient<S>(these_steps(cell.gate_gradients(cache), these), w.ih, dx.range(first, these.count()),
                      cache.ahead());
  }
  begin_backward(x, initial, dh, dc, d_initial, first_step, grad);
  if (d_initial.h) add_where_empty(x, d_final.h, d_initial.h);
  if (d_initial.c) add_where_empty(x, d_final.c, d_initial.c);
}

template <class Cell>
void RecurrentPass<Cell>::from_after(Index t, bool last, FeatureRange<const S> dy, Tile<S> dh) const {
  const Index H = w.hidden_size(), L = dh.lanes, after = reverse ? t - 1 : t + 1;
  kernels::Start<S> start{.values = dy ? dy.at(t) : nullptr};
  if (cell.passes_directly()) {
    if (dy) add(dy.step(t), dh);
    start.values = dh.data;
  }
  if (last) return kernels::product<S>(H, L, start, dh.data, {});
  const auto parts = cell.recurrent_gradients(cache);
  const auto term = [&](const RecurrentGradient<S>& part) {
    return times_transposed<S>(Weight<const S>(w.hh).outputs(part.first_row, part.rows),
                               part.tile.at(place_of(after, part.tile)));
  };
  if (parts[1].rows == 0) {
    kernels::product<S>(H, L, start, dh.data, {term(parts[0])}, cache.ahead());
  } else {
    kernels::product<S>(H, L, start, dh.data, {term(parts[0]), term(parts[1])}, cache.ahead());
  }
}

template <class Cell>
void RecurrentPass<Cell>::accumulate(IndexRange steps, Tile<const S> x, FeatureRange<const S> y,
                                     RecurrentWeights<S>& grad) const {
  cell.accumulate(steps, x, cache, grad, pass);
  if (!grad.hh.wanted()) return;
  const IndexRange with_before = reverse ? IndexRange{steps.first, std::min(steps.last, x.steps - 1)}
                                         : IndexRange{std::max<Index>(steps.first, 1), steps.last};
  if (with_before.count() <= 0) return;
  const Index L = x.lanes;
  const kernels::Rows<const S> h{y.at(before(with_before.first)), y.count, y.tile.features * L};
  for (const auto& part : cell.recurrent_gradients(cache)) {
    if (part.rows == 0) continue;
    const kernels::Rows<const S> d{these_steps(part.tile, with_before).data, part.rows, part.tile.features * L};
    kernels::weight_gradient<S>(with_before.count(), L, d, h, grad.hh.data() + part.first_row, grad.hh.rows(),
                                cache.ahead());
  }
}

template <class Cell>
void RecurrentPass<Cell>::leave_to_initial(Tile<const S> x, Index t, Tile<S> dh, Tile<S> dc, State d_initial) const {
  if (!x.lengths && t + 1 < x.steps) return;
  if (cell.passes_directly() && d_initial.h) add_where_last(x, t, Tile<const S>(dh), d_initial.h);
  if (d_initial.c) add_where_last(x, t, Tile<const S>(dc), d_initial.c);
  if (dc) zero_ended(x, t + 1, dc);
  if (cell.passes_directly()) zero_ended(x, t + 1, dh);
}

template <class Cell>
void RecurrentPass<Cell>::begin_backward(Tile<const S> x, ConstState initial, Tile<S> dh, Tile<S> dc, State d_initial,
                                         const FirstStep<S>& first, RecurrentWeights<S>& grad) const {
  if (!reverse && x.steps > 0) {
    if (cell.passes_directly() && d_initial.h) copy(Tile<const S>(dh), d_initial.h);
    if (d_initial.c) copy(Tile<const S>(dc), d_initial.c);
  }
  if (!first.wanted) return;
  for (std::size_t i = 0; i < first.gradients.size(); ++i) {
    const RecurrentGradient<S> part = cell.recurrent_gradients(cache)[i];
    if (part.rows == 0) continue;
    const Tile<S>& d = first.gradients[i];
    const Weight<S> dw = Weight<S>(grad.hh).outputs(part.first_row, part.rows);
    if (initial.h) weight_gradient<S>(initial.h, d, dw, nullptr);
    const Weight<const S> rows = Weight<const S>(w.hh).outputs(part.first_row, part.rows);
    if (d_initial.h) input_gradient<S>(d, rows, onto(d_initial.h));
  }
}

template <class Cell>
void RecurrentPass<Cell>::take_final(Tile<const S> x, FeatureRange<const S> from, Tile<const S> otherwise,
                                     Tile<S> to) const {
  if (!to) return;
  for (Index f = 0; f < to.features; ++f) {
    S* q = to.at(0, f);
    for (Index l = 0; l < to.lanes; ++l) {
      const Index n = x.length(l), t = reverse ? 0 : n - 1;
      q[l] = n > 0 ? from.step(t).at(0, f)[l] : otherwise ? otherwise.at(0, f)[l] : S(0);
    }
  }
}

template <class Cell>
void RecurrentPass<Cell>::add_where_final(Tile<const S> x, Index t, Tile<const S> from, Tile<S> to) const {
  if (!from) return;
  if (!reverse) return add_where_last(x, t, from, to);
  if (t > 0) return;
  for (Index f = 0; f < to.features; ++f) {
    for (Index l = 0; l < to.lanes; ++l) to.at(0, f)[l] += x.length(l) > 0 ? from.at(0, f)[l] : S(0);
  }
}

}  // namespace heed::inline HEED_ISA::detail
