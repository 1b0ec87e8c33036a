#pragma once

// The exports of convolutions and of windows over time, and of layers for images.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "heed/convert/detail/onnx_layers.hpp"
#include "heed/convert/detail/onnx_weights.hpp"
#include "heed/convert/onnx_graph.hpp"
#include "heed/core/image.hpp"
#include "heed/core/time_window.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/conv1d.hpp"
#include "heed/layers/conv2d.hpp"
#include "heed/layers/conv_block.hpp"
#include "heed/layers/conv_front.hpp"
#include "heed/layers/detail/pool_window.hpp"
#include "heed/layers/flatten.hpp"
#include "heed/layers/max_pool1d.hpp"
#include "heed/layers/max_pool2d.hpp"
#include "heed/layers/mean_pool1d.hpp"
#include "heed/layers/patch_embedding.hpp"
#include "heed/layers/shifted_patch_embedding.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// The number of windows in n steps, n an int32 value of any shape. As `TimeWindow::outputs` and `PoolWindow::count`.
HEED_COLD inline OnnxValue window_count(OnnxGraph& graph, const TimeWindow& w, bool ceil, const OnnxValue& n) {
  const Index more = w.left + w.right - w.reach() - 1 + (ceil ? w.stride - 1 : 0);
  const OnnxValue moves = graph.sum({n, graph.count(more)}), zero = graph.count(0), stride = graph.count(w.stride);
  const OnnxValue any = graph.add("And", {graph.add("Greater", {n, zero}), graph.add("GreaterOrEqual", {moves, zero})});
  const OnnxValue whole = graph.add("Div", {graph.add("Max", {moves, zero}), stride});
  const OnnxValue count = graph.where({any, graph.sum({whole, graph.count(1)}), zero});
  if (!ceil) return count;
  const OnnxValue last = graph.times({graph.add("Sub", {count, graph.count(1)}), stride});
  const OnnxValue late = graph.add("GreaterOrEqual", {last, graph.sum({n, graph.count(w.left)})});
  return graph.add("Sub", {count, graph.cast(late, OnnxType::int32)});
}

/// y (batch, other steps, features) of windows over the steps of x.
HEED_COLD inline OnnxSequence windowed(OnnxGraph& graph, const TimeWindow& w, bool ceil, const OnnxSequence& x,
                                       OnnxValue y, Index features) {
  OnnxSequence to = x.with(std::move(y), features);
  if (!ceil && w.stride == 1 && w.left + w.right == w.reach()) return graph.valid_or(to);
  to.steps = (graph.path().empty() ? "" : graph.path() + '.') + "steps";
  if (x.lengths) to.lengths = window_count(graph, w, ceil, x.lengths);
  return graph.valid_or(to);
}

inline OnnxValue channels_first(OnnxGraph& graph, const OnnxValue& x) { return graph.transpose(x, {0, 2, 1}); }

/// A pooling operator over the windows of x, with `padding` where there are no steps.
HEED_COLD inline OnnxValue pool_windows(OnnxGraph& graph, const std::string& op, const PoolWindow& w,
                                        const OnnxSequence& x, float padding) {
  const Index right = w.right + (w.ceil ? w.stride - 1 : 0);
  OnnxValue y = channels_first(graph, graph.valid_or(x, padding).value);
  if (w.left + right > 0) {
    y = graph.add("Pad", {y, graph.list({0, 0, w.left, 0, 0, right}), graph.number(padding)});
  }
  std::vector<OnnxAttribute> attributes = {{"kernel_shape", std::vector<std::int64_t>{w.kernel}},
                                           {"strides", std::vector<std::int64_t>{w.stride}}};
  if (w.dilation > 1) attributes.push_back({"dilations", std::vector<std::int64_t>{w.dilation}});
  y = channels_first(graph, graph.add(op, {y}, attributes));
  if (!w.ceil) return y;
  const OnnxValue count = graph.unsqueeze(window_count(graph, w, true, graph.step_count(x.value)), {0});
  return graph.add("Slice", {y, graph.list({0}), graph.cast(count, OnnxType::int64), graph.list({1})});
}

/// y of images (batch steps, channels, height, width) as steps of x.
HEED_COLD inline OnnxSequence image_steps(OnnxGraph& graph, const OnnxValue& y, const OnnxSequence& x, Index size) {
  const OnnxValue batch_and_steps = graph.add("Shape", {x.value}, {{"end", 2}});
  const OnnxValue shape = graph.add("Concat", {batch_and_steps, graph.list({size})}, {{"axis", 0}});
  return x.with(graph.add("Reshape", {graph.transpose(y, {0, 2, 3, 1}), shape}), size);
}

inline OnnxValue images_of(OnnxGraph& graph, const OnnxSequence& x, ImageShape image) {
  return graph.transpose(graph.reshape(x.value, {-1, image.height, image.width, image.channels}), {0, 3, 1, 2});
}

template <class S>
OnnxValue convolve_images(OnnxGraph& graph, const Conv2d<S>& layer, const OnnxSequence& x) {
  const auto extents = layer.weight.extents();
  const Index p = layer.window.padding, s = layer.window.stride;
  std::vector<OnnxValue> inputs = {images_of(graph, x, layer.in_image()),
                                   graph.weight("weight", row_major(layer.weight), {extents.begin(), extents.end()})};
  if (!layer.bias.empty()) inputs.push_back(graph.weight("bias", row_major(layer.bias), {layer.bias.size()}));
  return graph.add("Conv", std::move(inputs),
                   {{"pads", std::vector<std::int64_t>{p, p, p, p}}, {"strides", std::vector<std::int64_t>{s, s}}});
}

}  // namespace detail

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Conv1d<S>& layer, const OnnxSequence& x) {
  const auto extents = layer.weight.extents();
  const TimeWindow& w = layer.window;
  std::vector<OnnxValue> inputs = {
      detail::channels_first(graph, graph.valid_or(x).value),
      graph.weight("weight", detail::row_major(layer.weight), {extents.begin(), extents.end()})};
  if (!layer.bias.empty()) inputs.push_back(graph.weight("bias", detail::row_major(layer.bias), {layer.bias.size()}));
  const OnnxValue y = graph.add("Conv", std::move(inputs),
                                {{"pads", std::vector<std::int64_t>{w.left, w.right}},
                                 {"strides", std::vector<std::int64_t>{w.stride}},
                                 {"dilations", std::vector<std::int64_t>{w.dilation}},
                                 {"group", layer.groups}});
  return detail::windowed(graph, w, false, x, detail::channels_first(graph, y), layer.out_channels());
}

/// relu(norm(conv(x)) + x or a shortcut of it)
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const ConvBlock<S>& layer, const OnnxSequence& x) {
  OnnxSequence y = export_part(graph, "conv", layer.conv, x);
  y = layer.norm.weight.empty() ? export_part(graph, "norm", layer.sequence_norm, y)
                                : export_part(graph, "norm", layer.norm, y);
  if (layer.residual) {
    const OnnxSequence beside = layer.shortcut.weight.empty() ? x : export_part(graph, "shortcut", layer.shortcut, x);
    y = graph.valid_or(y.with(graph.sum({y.value, beside.value})));
  }
  return export_onnx(graph, Relu<S>(), y);
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const ConvFront<S>& layer, const OnnxSequence& x) {
  return detail::export_in_order(graph, layer.blocks, x);
}

/// A window without any step gives 0.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const MaxPool1d<S>& layer, const OnnxSequence& x) {
  constexpr float none = std::numeric_limits<float>::lowest();
  const OnnxValue y = detail::pool_windows(graph, "MaxPool", layer.window, x, none);
  const OnnxValue any = graph.add("Greater", {y, graph.number(none)});
  return detail::windowed(graph, layer.window, layer.window.ceil, x, graph.where({any, y, graph.number(0)}),
                          x.features);
}

/// The sum over each window, divided by the steps that count.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const MeanPool1d<S>& layer, const OnnxSequence& x) {
  const detail::PoolWindow& w = layer.window;
  const OnnxValue mean = detail::pool_windows(graph, "AveragePool", w, x, 0);
  const OnnxValue kernel = graph.count(w.kernel), left = graph.count(w.left);
  const OnnxValue places = graph.times({graph.step_numbers(mean), graph.count(w.stride)});
  const OnnxValue first = graph.add("Sub", {places, left}), last = graph.sum({first, kernel});
  const OnnxValue length = x.lengths ? graph.unsqueeze(x.lengths, {1}) : graph.step_count(x.value);
  const OnnxValue end = graph.add("Min", {last, layer.count_include_pad ? graph.sum({length, left}) : length});
  const OnnxValue begin = layer.count_include_pad ? first : graph.add("Max", {first, graph.count(0)});
  const OnnxValue count = graph.add("Max", {graph.add("Sub", {end, begin}), graph.count(1)});
  const OnnxValue share =
      graph.add("Div", {graph.number(static_cast<double>(w.kernel)), graph.cast(count, OnnxType::float32)});
  const OnnxValue y = graph.times({mean, graph.unsqueeze(share, {x.lengths ? 2 : 1})});
  return detail::windowed(graph, w, w.ceil, x, y, x.features);
}

// ---- images: the channels of a pixel are consecutive here, those of an image there

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Conv2d<S>& layer, const OnnxSequence& x) {
  return detail::image_steps(graph, detail::convolve_images(graph, layer, x), x, layer.out_image().size());
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const MaxPool2d<S>& layer, const OnnxSequence& x) {
  const Index k = layer.window.kernel, s = layer.window.stride;
  const OnnxValue y =
      graph.add("MaxPool", {detail::images_of(graph, x, layer.in_image())},
                {{"kernel_shape", std::vector<std::int64_t>{k, k}}, {"strides", std::vector<std::int64_t>{s, s}}});
  return detail::image_steps(graph, y, x, layer.out_image().size());
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Flatten<S>& layer, const OnnxSequence& x) {
  const OnnxValue pixels = graph.reshape(x.value, {0, 0, layer.image.pixels(), layer.image.channels});
  const OnnxValue y = graph.reshape(graph.transpose(pixels, {0, 1, 3, 2}), {0, 0, layer.image.size()});
  return x.with(y, layer.image.size());
}

namespace detail {
inline void refuse_lengths(const OnnxGraph& graph, const char* layer, const OnnxSequence& x) {
  if (x.lengths) refuse_export(graph, layer, "an image is one step and has no length, so lengths must be off");
}
}  // namespace detail

/// The patches are the steps.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const PatchEmbedding<S>& layer, const OnnxSequence& x) {
  detail::refuse_lengths(graph, "PatchEmbedding", x);
  const OnnxGraph::Part part(graph, "proj");
  const OnnxValue y = graph.transpose(detail::convolve_images(graph, layer.proj, x), {0, 2, 3, 1});
  return {.value = graph.reshape(y, {0, layer.patches(), layer.embed_dim()}),
          .features = layer.embed_dim(),
          .lengths = {},
          .steps = layer.patches()};
}

/// Each number of a patch is a pixel of the image, or the zero behind it.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const ShiftedPatchEmbedding<S>& layer, const OnnxSequence& x) {
  detail::refuse_lengths(graph, "ShiftedPatchEmbedding", x);
  const ImageShape& image = layer.image;
  const Index size = layer.patch_size, half = size / 2, across = image.width / size;
  constexpr Index moves[][2] = {{0, 0}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}};  // half patches down and right
  std::vector<std::int64_t> pixels;
  for (Index i = 0; i < layer.patches() * size * size; ++i) {
    const Index patch = i / (size * size), place = i % (size * size);
    const Index row = patch / across * size + place / size, column = patch % across * size + place % size;
    for (const auto& move : moves) {
      const Index v = row - move[0] * half, u = column - move[1] * half;
      const bool inside = v >= 0 && v < image.height && u >= 0 && u < image.width;
      for (Index c = 0; c < image.channels; ++c) pixels.push_back(inside ? image.at(v, u) + c : image.size());
    }
  }
  const OnnxValue padded = graph.add("Pad", {x.value, graph.list({0, 0, 0, 0, 0, 1}), graph.number(0)});
  const OnnxValue cut = graph.add("Gather", {padded, graph.list(pixels)}, {{"axis", 2}});
  const Index features = layer.norm.features();
  OnnxSequence y = {.value = graph.reshape(cut, {0, layer.patches(), features}),
                    .features = features,
                    .lengths = {},
                    .steps = layer.patches()};
  y = export_part(graph, "norm", layer.norm, y);
  return export_part(graph, "proj", layer.proj, y);
}

}  // namespace heed::inline HEED_ISA
