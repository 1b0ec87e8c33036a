#pragma once

/// @file
/// Reads and writes models of RTNeural, the JSON that audio plug-ins load. Opt-in: component heed::rtneural.
///
///     const auto model = heed::load_rtneural("amplifier.json");
///     heed::Stream stream(model);
///     for (float& sample : block) sample = stream.step({&sample, 1})[0];
///
///     heed::save_rtneural(model, "amplifier.json");

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "heed/compose/any_layer.hpp"
#include "heed/compose/chain.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/convert/detail/rtneural_file.hpp"
#include "heed/convert/detail/rtneural_module.hpp"
#include "heed/convert/detail/rtneural_read_layers.hpp"
#include "heed/convert/detail/rtneural_write_layers.hpp"
#include "heed/core/buffer.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/files/file.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ABI {

/// Options of `save_rtneural`.
struct RtNeuralOptions {
  Index features = 0;  ///< of the input; 0: as the layers say. Layers that accept any number need it
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {

template <class S>
HEED_COLD Chain<S> chain_of_rtneural(const RtNeuralFile& file, const std::string& name) {
  // as for files of heed: parts are constructed and copied
  const AllocationBudget budget(4 * count_of(file) * Index(sizeof(S)) + (Index(1) << 24), "a model of this file");
  Chain<S> chain =
      Chain<S>::as_they_are(file.in > 0 ? RtNeuralLayers<S>(name).layers_of(file) : module_layers<S>(file, name));
  chain.outputs = OutputKind::numbers;
  chain.output_shape({1, file.in > 0 ? file.in : chain.input_size()});
  return chain;
}
template <class S>
HEED_COLD Chain<S> chain_of_rtneural(std::string_view text, const std::string& name) try {
  const DefaultFloatingMode mode;
  return inside(name, [&] { return chain_of_rtneural<S>(read_rtneural(text, name), name); });
} catch (...) {
  rethrow_as_error(name);
}

// throws if RTNeural lacks a layer, or if a number is not finite
template <class S>
HEED_COLD std::string rtneural_text(const Chain<S>& chain, Index features = 0) {
  return write_rtneural(RtNeuralDescription<S>().file_of(chain, features));
}

template <class S, class L>
void append_layers(std::vector<AnyLayer<S>>& layers, const L& layer) {
  layers.emplace_back(layer);
}
template <class S, class... Ls>
void append_layers(std::vector<AnyLayer<S>>& layers, const Sequential<Ls...>& inner) {
  std::apply([&](const auto&... layer) { (append_layers(layers, layer), ...); }, inner.layers);
}

}  // namespace detail

/// Reads a file of RTNeural as a chain that gives numbers, step by step in a `Stream` or of whole sequences.
///
/// The file has layers with Keras' weights: dense, time-distributed-dense, conv1d (causal; dilation, groups), lstm, gru
/// (reset gate behind the product), prelu, batchnorm (folded into `ScaleShift`) and activation: tanh, relu, sigmoid,
/// softmax, elu. Or it has the named tensors of a module of PyTorch, of LSTMs or GRUs and then at most one dense layer.
///
/// Throws if the file is malformed, if a layer or an activation is unknown, if weights have another shape than their
/// layer, or if a number is not finite. The error names file and place. The file's size bounds the memory.
template <class S = float>
Chain<S> load_rtneural(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_file(path);
  return detail::chain_of_rtneural<S>({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}
/// From the bytes of a file. `name` is used in messages.
template <class S = float>
Chain<S> load_rtneural(std::span<const std::byte> bytes, const std::string& name = "memory") {
  return detail::chain_of_rtneural<S>({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name);
}

/// Writes a chain as a file that RTNeural reads, atomically. `load_rtneural` reads the same numbers back. Layers of
/// several recurrent layers become several, the two biases of an LSTM their sum, `ScaleShift` a batchnorm, and a leaky
/// ReLU a prelu; dropout is left out. Throws if RTNeural lacks a layer or an option, if a number is not finite, if
/// nobody says how many features the input has, and if the file cannot be written.
template <class S>
void save_rtneural(const Chain<S>& chain, const std::filesystem::path& path, const RtNeuralOptions& options = {}) try {
  const DefaultFloatingMode mode;
  write_file(path, std::string_view(detail::rtneural_text(chain, options.features)));
} catch (const Error&) {
  detail::rethrow_inside(path.string());
}
/// The same for a `Sequential` of such layers.
template <class... Ls>
void save_rtneural(const Sequential<Ls...>& model, const std::filesystem::path& path,
                   const RtNeuralOptions& options = {}) {
  std::vector<AnyLayer<typename Sequential<Ls...>::Scalar>> layers;
  detail::append_layers(layers, model);
  save_rtneural(Chain<typename Sequential<Ls...>::Scalar>::as_they_are(std::move(layers)), path, options);
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include "heed/convert/detail/rtneural_reader.hpp"
#include "heed/convert/detail/rtneural_writer.hpp"

#endif
