#pragma once

/// @file
/// Convolution over time.

#include <algorithm>
#include <cstdint>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/init.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/kernels/depthwise.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/time_window.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/conv1d_options.hpp"

namespace heed::inline HEED_ISA {

/// y[t, o] = b_o + sum over taps j and channels c of w[o, c, j] x[t stride - left + j dilation, c]. torch.nn.Conv1d,
/// with its parameter names and initialisation. Maps (steps, in_channels) to (output_length(steps), out_channels).
///
///     Conv1d<float> conv({.in_channels = 9, .out_channels = 64, .kernel_size = 5});
///
/// With `groups`, output o sees only the channels of its group. As many groups as channels give a depthwise
/// convolution.
///
/// Steps before the first and past a sequence's end count as zeros, so a sequence gives the same alone and in a batch.
/// A sequence without steps, or too short for one window, has no outputs: `output_length` is 0, and its gradients are
/// 0.
///
/// `same` needs stride 1, as in PyTorch. With a stride, Keras' "same" starts at a different step for each length.
template <class S>
struct Conv1d {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::own_steps;
  using Options = Conv1dOptions;
  struct Cache {};

  Parameter<S, 3> weight;  ///< out x in / groups x kernel
  Vector<S> bias;          ///< out; empty if switched off
  TimeWindow window;
  Index groups = 1;

  Conv1d() = default;
  /// Throws if a size is out of range, if the groups do not divide the channels, if `same` has a stride, or if `pad` is
  /// set and the padding is not `number`.
  HEED_COLD explicit Conv1d(Options o);

  /// Weight and bias from U(-b, b), b = 1/sqrt(kernel_size in_channels / groups).
  void initialize(Key key);

  /// The options that make a layer of this size. Throws if none do: the window's padding was set by hand.
  HEED_COLD Options options() const;
  Index in_channels() const { return groups * group_inputs(); }
  Index out_channels() const { return weight.rows(); }
  Index input_size() const { return in_channels(); }

  /// The number of output steps for a sequence of this many steps.
  Index output_length(Index steps) const { return window.outputs(steps); }
  bool reads_distances() const { return window.kernel > 1 || window.stride > 1; }
  Shape output_shape(Shape x) const;

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> /*y*/, Tile<const S> dy, Into<S> dx, Cache&, Conv1d& grad,
                const Pass& pass) const;

  /// A stream remembers the steps that the next output sees. Throws if an output sees a later step than its own;
  /// `causal` with stride 1 is allowed.
  Index prepare_stream(Shape x, Cache&) const;
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache&, const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) {
    f("weight", layers.weight...);
    f("bias", layers.bias...);
  }

 private:
  Index group_inputs() const { return weight.extents()[1]; }
  Index group_outputs() const { return out_channels() / groups; }
  // tap j from the inputs of group g to its outputs: outputs run fastest, then inputs
  Index block(Index g, Index j) const { return j * group_inputs() * out_channels() + g * group_outputs(); }

  // all taps of an output are consecutive features
  bool side_by_side() const { return window.dilation == 1 && groups == 1; }
  bool depthwise() const { return groups > 1 && group_inputs() == 1 && group_outputs() == 1; }
  // a depthwise convolution is one product for all groups
  Index products() const { return depthwise() ? 1 : groups; }
  // one of these products, with this many rows
  void product(Index rows, Index lanes, kernels::Start<S> start, S* y, kernels::Terms<S> terms) const {
    if (depthwise()) return kernels::depthwise_product<S>(groups, lanes, start, y, terms);
    kernels::sum_of_products<S>(rows, lanes, start, y, terms);
  }
  // null if x has no lengths
  const std::int32_t* output_lengths(Tile<const S> x, Scratch& scratch) const;

  void output_of(Tile<const S> x, Index t, Index g, Tile<S> y, kernels::Term<S>* terms) const;
  void weight_gradient_of(Tile<const S> x, Tile<const S> dy, S* dw) const;
  void input_gradient_of(Tile<const S> dy, Into<S> dx, const Pass& pass) const;
};

template <class S>
Conv1d<S>::Conv1d(Options o) : window{o.kernel_size, o.stride, o.dilation}, groups(o.groups) {
  check_sizes({{"in_channels", o.in_channels}, {"out_channels", o.out_channels}}, "Conv1d");
  detail::set_padding(window, o.padding, o.pad, "Conv1d");
  require(groups >= 1 && o.in_channels % groups == 0 && o.out_channels % groups == 0, [&] {
    return Fault{"groups must divide in_channels and out_channels", "Conv1d",
                 "a divisor of " + text_of(o.in_channels) + " and of " + text_of(o.out_channels), text_of(groups)};
  });
  detail::inside("Conv1d", [&] { weight = Parameter<S, 3>(o.out_channels, o.in_channels / groups, o.kernel_size); });
  if (o.bias) bias = Vector<S>(o.out_channels);
  initialize({});
}

template <class S>
void Conv1d<S>::initialize(Key key) {
  initialize_fan_in(weight, key.child(0), group_inputs() * window.kernel);
  initialize_fan_in(bias, key.child(1), group_inputs() * window.kernel);
}

template <class S>
Conv1dOptions Conv1d<S>::options() const {
  const auto [padding, pad] = detail::padding_of(window, "Conv1d");
  return {in_channels(), out_channels(), window.kernel, window.stride, window.dilation,
          groups,        padding,        pad,           !bias.empty()};
}

template <class S>
Shape Conv1d<S>::output_shape(Shape x) const {
  require(x.features == in_channels(),
          [&] { return Fault{"wrong number of features", "Conv1d", text_of(in_channels()), text_of(x.features)}; });
  return {window.outputs(x.steps), out_channels()};
}

template <class S>
const std::int32_t* Conv1d<S>::output_lengths(Tile<const S> x, Scratch& scratch) const {
  if (!x.lengths) return nullptr;
  auto* const lengths = scratch.template take<std::int32_t>(x.lanes);
  for (Index l = 0; l < x.lanes; ++l) lengths[l] = static_cast<std::int32_t>(output_length(x.length(l)));
  return lengths;
}

template <class S>
void Conv1d<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  auto* const terms = pass.scratch.template take<kernels::Term<S>>(window.kernel);
  const Tile<const S> in = steps_in_use(x, x.lengths, pass.scratch);
  const Index steps = window.outputs(in.steps);
  for (Index t = 0; t < steps; ++t) {
    for (Index g = 0; g < products(); ++g) output_of(in, t, g, y, terms);
  }
  fill(y.range(steps, y.steps - steps), S(0));
  zero_past_end(y, output_lengths(x, pass.scratch));
}

// So few taps at a time that their part of x stays in L1 while all rows of the weight pass by.
template <class S>
void Conv1d<S>::output_of(Tile<const S> x, Index t, Index g, Tile<S> y, kernels::Term<S>* terms) const {
  const Index ins = group_inputs(), outs = group_outputs();
  const Index lanes = std::min<Index>(y.lanes, 2 * simd::native_width<S>);  // lanes of one product
  const Index most = std::max<Index>((Index(16) << 10) / (static_cast<Index>(sizeof(S)) * lanes * ins), 1);
  const IndexRange taps = window.inside(t, x.steps);
  S* const to = y.at(t, g * outs);
  kernels::Start<S> start{.bias = bias.empty() ? nullptr : bias.data() + g * outs};
  Index j = taps.first;
  do {
    Index count = 0;
    for (const Index end = std::min(j + most, taps.last); j < end;) {
      const Index some = side_by_side() ? end - j : 1;
      terms[count++] = {x.at(window.step(t, j), g * ins), some * ins, weight.data() + block(g, j), 1, out_channels()};
      j += some;
    }
    product(outs, y.lanes, start, to, {terms, count});
    start = {.values = to};
  } while (j < taps.last);
}

template <class S>
void Conv1d<S>::backward(Tile<const S> x, Tile<const S> /*y*/, Tile<const S> dy, Into<S> dx, Cache&, Conv1d& grad,
                         const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> out = steps_in_use(dy, output_lengths(x, pass.scratch), pass.scratch);
  if (S* db = values_or_null(grad.bias)) {
    kernels::bias_gradient<S>(out.steps, out.lanes, {out.data, out_channels(), out_channels() * out.lanes}, db);
  }
  if (grad.weight.wanted()) {
    weight_gradient_of(steps_in_use(x, x.lengths, pass.scratch), out, grad.weight.data());
  }
  if (!dx) return;
  dx.tile.lengths = x.lengths;
  input_gradient_of(out, dx, pass);
}

// If the taps are consecutive features, all of them form one matrix. Only the outputs at the ends do not see all taps.
template <class S>
void Conv1d<S>::weight_gradient_of(Tile<const S> x, Tile<const S> dy, S* dw) const {
  const Index outs = group_outputs(), ins = group_inputs(), last = window.kernel - 1;
  const auto add = [&](IndexRange places, Index g, Index j, Index taps) {
    if (places.count() <= 0) return;
    kernels::Rows<const S> dy_rows{dy.at(places.first, g * outs), outs, out_channels() * dy.lanes};
    kernels::Rows<const S> x_rows{x.at(window.step(places.first, j), g * ins), taps * ins,
                                  window.stride * in_channels() * x.lanes};
    if (depthwise()) {
      dy_rows.count = x_rows.count = groups;
      return kernels::depthwise_gradient<S>(places.count(), dy.lanes, dy_rows, x_rows, dw + block(0, j));
    }
    kernels::weight_gradient<S>(places.count(), dy.lanes, dy_rows, x_rows, dw + block(g, j), out_channels());
  };
  const auto of_tap = [&](Index j) { return window.places(j, x.steps, dy.steps); };
  const IndexRange inner{of_tap(0).first, of_tap(last).last};  // these outputs see all taps
  const bool as_one = side_by_side() && inner.count() > 0;
  if (as_one) add(inner, 0, 0, window.kernel);
  for (Index g = 0; g < products(); ++g) {
    for (Index j = 0; j <= last; ++j) {
      const IndexRange all = of_tap(j);
      add({all.first, as_one ? inner.first : all.last}, g, j, 1);
      if (as_one) add({inner.last, all.last}, g, j, 1);
    }
  }
}

template <class S>
void Conv1d<S>::input_gradient_of(Tile<const S> dy, Into<S> dx, const Pass& pass) const {
  const Index outs = group_outputs(), ins = group_inputs(), common = common_length(dx.tile);
  auto* const terms = pass.scratch.template take<kernels::Term<S>>(window.kernel);
  // a copy for a step at which some lanes have ended
  S* const ended = pass.scratch.template take<S>(in_channels() * dy.lanes);
  for (Index s = 0; s < dx.tile.steps; ++s) {
    const bool aside = dx.add && s >= common;
    const Tile<S> to = aside ? Tile<S>(ended, {1, in_channels()}, dy.lanes) : dx.tile.step(s);
    for (Index g = 0; g < products(); ++g) {
      Index count = 0;
      for (Index j = 0; j < window.kernel; ++j) {
        const Index t = window.output(s, j, dy.steps);
        if (t >= 0) terms[count++] = {dy.at(t, g * outs), outs, weight.data() + block(g, j), out_channels(), 1};
      }
      S* const row = to.at(0, g * ins);
      product(ins, dy.lanes, {.values = dx.add && !aside ? row : nullptr}, row, {terms, count});
    }
    if (s >= common) zero_ended(dx.tile, s, to);
    for (Index i = 0; i < to.size() && aside; ++i) dx.tile.at(s)[i] += ended[i];
  }
}

template <class S>
Index Conv1d<S>::prepare_stream(Shape, Cache&) const {
  require(window.causal(), [&] {
    return Fault{"only a causal convolution has a next step", "Conv1d in a stream", "padding causal and stride 1",
                 window.stride > 1 ? "stride " + text_of(window.stride) : "outputs that see later steps"};
  });
  return window.reach() * in_channels();
}

// The last steps are kept in a ring: step s at position s mod reach.
template <class S>
void Conv1d<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache&, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  auto* const terms = pass.scratch.template take<kernels::Term<S>>(window.kernel);
  const Index reach = window.reach(), outs = group_outputs(), ins = group_inputs();
  S* const ring = memory.take(reach * in_channels());
  for (Index g = 0; g < products(); ++g) {
    Index count = 0;
    for (Index j = 0; j < window.kernel; ++j) {
      const Index s = window.step(memory.step, j);
      if (s < 0) continue;
      const S* from = s == memory.step ? x.data : ring + s % reach * in_channels();
      terms[count++] = {from + g * ins, ins, weight.data() + block(g, j), 1, out_channels()};
    }
    product(outs, 1, {.bias = bias.empty() ? nullptr : bias.data() + g * outs}, y.at(0, g * outs), {terms, count});
  }
  if (reach > 0) std::copy_n(x.data, in_channels(), ring + memory.step % reach * in_channels());
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Conv1d)
