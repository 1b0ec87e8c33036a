#pragma once

/// @file
/// Arrays of RTNeural's files and what they mean for heed's weights: an inner part of rtneural.hpp.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/convert/detail/rtneural_file.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/extents.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// One layer of a file, with its place for messages.
struct RtNeuralPlace {
  const RtNeuralLayer* layer;
  std::string name;  // "model.json: layers[2] (lstm)"
  Index in;          // features of the layer's input

  /// Weights number i. Throws if there is none or if it has other extents.
  const RtNeuralArray& weights(std::size_t i, std::vector<Index> extents) const;
  /// Throws unless there are this many weights, or one of two numbers.
  std::size_t count(std::size_t one, std::size_t other) const;
  [[noreturn]] void fail(std::string_view what, std::string_view expected = {}, std::string_view got = {}) const {
    throw Error(Fault{what, name, expected, got});
  }
};

/// Gate blocks of `rows` rows in another order: block i of the result is block order[i].
std::vector<double> in_order(const std::vector<double>& numbers, std::span<const std::size_t> order);

/// The axes in reverse order: a matrix transposed; (kernel, in, out) as (out, in, kernel).
RtNeuralArray reversed_axes(const RtNeuralArray& array);

/// The order of PyTorch's gates r z n among Keras' z r h, which is also the way back. LSTMs have one order in both.
std::span<const std::size_t> keras_gates(std::string_view type);

/// How many numbers a stream keeps for a causal convolution: the channels of (kernel_size - 1) dilation steps. All
/// convolutions of a file may keep 2^24, of which others keep `before`: 64 MB, or 22 s of 16 channels at 48 kHz. Throws
/// if they are more.
Index kept_by_stream(Index kernel_size, Index dilation, Index channels, Index before, std::string_view place);

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION const RtNeuralArray& RtNeuralPlace::weights(std::size_t i, std::vector<Index> extents) const {
  const auto place = [&] { return name + ": weights[" + text_of(i) + ']'; };
  require(i < layer->weights.size(), [&] { return Fault{"missing", place(), to_text(extents), "nothing"}; });
  const RtNeuralArray& array = layer->weights[i];
  require(array.extents == extents,
          [&] { return Fault{"weights of another shape", place(), to_text(extents), to_text(array.extents)}; });
  return array;
}

HEED_COLD HEED_FUNCTION std::size_t RtNeuralPlace::count(std::size_t one, std::size_t other) const {
  const std::size_t n = layer->weights.size();
  require(n == one || n == other, [&] {
    return Fault{"wrong number of weights", name, one == other ? text_of(one) : text_of(one) + " or " + text_of(other),
                 text_of(n)};
  });
  return n;
}

HEED_COLD HEED_FUNCTION std::vector<double> in_order(const std::vector<double>& numbers,
                                                     std::span<const std::size_t> order) {
  std::vector<double> result;
  result.reserve(numbers.size());
  const std::size_t block = numbers.size() / order.size();
  for (const std::size_t i : order) {
    for (std::size_t k = 0; k < block; ++k) result.push_back(numbers[i * block + k]);
  }
  return result;
}

HEED_COLD HEED_FUNCTION RtNeuralArray reversed_axes(const RtNeuralArray& array) {
  RtNeuralArray result{{array.extents.rbegin(), array.extents.rend()}, {}};
  result.numbers.resize(array.numbers.size());
  const std::size_t rank = array.extents.size();
  std::vector<Index> index(rank, 0);
  for (const double number : array.numbers) {
    Index to = 0;
    for (std::size_t axis = rank; axis-- > 0;) to = to * array.extents[axis] + index[axis];
    result.numbers[static_cast<std::size_t>(to)] = number;
    for (std::size_t axis = rank; axis-- > 0 && ++index[axis] == array.extents[axis];) index[axis] = 0;
  }
  return result;
}

HEED_COLD HEED_FUNCTION std::span<const std::size_t> keras_gates(std::string_view type) {
  static constexpr std::size_t lstm[] = {0, 1, 2, 3}, gru[] = {1, 0, 2};
  if (type == "lstm") return lstm;
  return gru;
}

HEED_COLD HEED_FUNCTION Index kept_by_stream(Index kernel_size, Index dilation, Index channels, Index before,
                                             std::string_view place) {
  constexpr Index most_kept = Index(1) << 24;
  const Index most = (most_kept - before) / channels, steps = kernel_size - 1;
  require(steps == 0 || dilation <= most / steps, [&] {
    return Fault{"a stream would have to keep too many steps, (kernel_size - 1) dilation", place,
                 "at most " + text_of(most), text_of(steps * dilation)};
  });
  return steps * dilation * channels;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
