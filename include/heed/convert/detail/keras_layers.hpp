#pragma once

// Keras' layers as those of a `Chain`: an inner part of keras.hpp.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/compose/any_layer.hpp"
#include "heed/convert/detail/keras_attention.hpp"
#include "heed/convert/detail/keras_config.hpp"
#include "heed/convert/detail/keras_graph.hpp"
#include "heed/convert/detail/keras_names.hpp"
#include "heed/convert/detail/keras_parts.hpp"
#include "heed/convert/detail/keras_recurrent.hpp"
#include "heed/convert/detail/keras_shape.hpp"
#include "heed/convert/detail/keras_stepwise.hpp"
#include "heed/convert/detail/keras_weights.hpp"
#include "heed/convert/detail/keras_windows.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// Converts layer by layer. It keeps track of the shape, and of whether steps are masked.
template <class S>
class KerasConverter {
 public:
  KerasConverter(std::string file, std::size_t file_bytes, std::span<const std::string> attention_pools)
      : file_(std::move(file)),
        room_(std::max<std::size_t>(std::size_t{1} << 20, 16 * file_bytes)),
        attention_pools_(attention_pools) {}

  void add(const KerasLayer& layer, std::vector<KerasArray> arrays) {
    KerasWeights weights(file_, layer, std::move(arrays));
    const KerasConfig config(*layer.config, weights.where());
    convert(layer, config, weights);
    weights.finish();
  }

  KerasParts<S> finish() && {
    parts_.vector = shape_.vector;
    return std::move(parts_);
  }

 private:
  void convert(const KerasLayer& layer, const KerasConfig& config, KerasWeights& weights) {
    const std::string& kind = layer.class_name;
    if (kind == "InputLayer") return input(config);
    if (!shape_.known) implicit_input(config);
    if (layer.own) return own_class(layer, config, weights);
    if (is_keras_idle(kind)) return;
    if (kind == "Masking") return masking(config);
    if (kind == "Embedding") return embedding(config, weights);
    require_input(config, weights, kind);
    if (is_keras_cell(kind)) return recurrent(keras_cell(kind, config), false, config, weights);
    if (kind == "Bidirectional") return bidirectional(config, weights);
    if (kind == "TimeDistributed") return time_distributed(layer, config, weights);
    if (kind == "Dense") return dense(config, weights);
    if (kind == "Conv1D" || kind == "Convolution1D") return convolution(config, weights);
    if (kind == "Flatten") return flatten(config);
    if (is_keras_global_pooling(kind)) return global_pooling(kind, config);
    if (is_keras_pooling(kind)) return window_pooling(kind, config);
    if (kind == "LayerNormalization") return layer_norm(config, weights);
    if (kind == "BatchNormalization") return batch_norm(config, weights);
    if (is_keras_attention(kind)) return attention(kind, layer.call, config, weights);
    if (kind == "PReLU") return push(keras_prelu<S>(shape_.features, shape_.vector, config, weights));
    if (kind == "Activation") return activate(config);
    if (is_keras_activation(kind)) return activation(kind, config);
    own_class(layer, config, weights);
  }

  /// A class that is none of Keras: attention pooling, if one says so.
  void own_class(const KerasLayer& layer, const KerasConfig& config, KerasWeights& weights) {
    const std::string& kind = layer.class_name;
    const auto same = [&](const std::string& name) { return keras_class(name) == kind; };
    if (!std::any_of(attention_pools_.begin(), attention_pools_.end(), same)) {
      config.refuse("no layer that heed reads", "one of the layers in docs/files.md",
                    layer.own ? kind + ", a class of one's own" : kind);
    }
    require_input(config, weights, kind);
    attention_pool(config, weights);
  }

  // ---- the input

  void input(const KerasConfig& config) {
    const JsonTree& now = config["batch_shape"];
    set_input(now.is_null() ? config["batch_input_shape"] : now, config);
  }
  /// A Sequential need not have an InputLayer.
  void implicit_input(const KerasConfig& config) {
    const JsonTree& shape = config["batch_input_shape"];
    if (shape.is_array()) set_input(shape, config);
  }

  void set_input(const JsonTree& shape, const KerasConfig& config) {
    shape_.set_input(shape, config);
    parts_.features = shape_.features;
  }

  void masking(const KerasConfig& config) {
    if (!parts_.layers.empty() || parts_.embedding) {
      config.refuse("masking behind other layers", "Masking as the first layer");
    }
    shape_.masked_by = "Masking";
  }

  void embedding(const KerasConfig& config, KerasWeights& weights) {
    if (!parts_.layers.empty() || parts_.embedding || (shape_.known && !shape_.vector)) {
      config.refuse("an embedding that does not read the tokens of the input", "Embedding as the first layer");
    }
    const Index tokens = config.size("input_dim"), size = config.size("output_dim");
    const std::vector<S> values = weights.take<S>("embeddings", {tokens, size});
    Embedding<S> layer({.num_embeddings = tokens, .embedding_dim = size});
    std::copy(values.begin(), values.end(), layer.weight.begin());
    parts_.embedding = std::move(layer);
    parts_.features = 1;
    if (config.flag("mask_zero", false)) shape_.masked_by = "Embedding(mask_zero=True)";
    shape_.steps = shape_.tokens;
    shape_.vector = false;
    shape_.known = true;
    shape_.features = size;
  }

  /// Where the file does not say how many features the input has, the first weights do.
  void require_input(const KerasConfig& config, const KerasWeights& weights, const std::string& kind) {
    if (shape_.features > 0) return;
    const std::vector<Index> extents = weights.extents();
    if (extents.empty()) config.refuse("the file does not say how many features the input has");
    shape_.features =
        extents[kind.find("Conv") == std::string::npos ? 0 : std::min<std::size_t>(1, extents.size() - 1)];
    if (shape_.features < 1) config.refuse("a layer without inputs");
    parts_.features = shape_.features;
  }

  // ---- what layers need of what they read

  void make_room(Index rows, Index cols, const KerasConfig& config) {
    if (rows > static_cast<Index>(room_) / cols) {
      config.refuse("weights that would take much more memory than the file", {},
                    text_of(rows) + " x " + text_of(cols));
    }
    room_ -= static_cast<std::size_t>(rows * cols);
  }

  void push(AnyLayer<S> layer) { parts_.layers.push_back(std::move(layer)); }
  void pool(AnyLayer<S> layer) {
    push(std::move(layer));
    shape_.vector = true;
    shape_.steps = 1;
    shape_.masked_by.clear();
  }

  // ---- recurrent layers

  void recurrent(const KerasCell& cell, bool both, const KerasConfig& config, KerasWeights& weights) {
    shape_.need_steps(config);
    push(keras_recurrent<S>(cell, shape_.features, both, weights));
    shape_.features = both ? 2 * cell.units : cell.units;
    shape_.repeats = !both && !config.flag("zero_output_for_mask", false);
    if (!cell.sequences) pool(LastPool<S>({.both_ends = both}));
  }

  void bidirectional(const KerasConfig& config, KerasWeights& weights) {
    const KerasConfig of_layer(config["layer"]["config"], config.where() + ": layer");
    const KerasBoth both = keras_both(config, of_layer);
    recurrent(both.cell, true, of_layer, weights);
    if (both.share == 0) return;
    push(keras_merge<S>(both));
    shape_.features = both.cell.units;
  }

  // ---- layers of one step

  void time_distributed(const KerasLayer& outer, const KerasConfig& config, KerasWeights& weights) {
    shape_.need_steps(config);
    const JsonTree& inner = config["layer"];
    const std::string kind = inner["class_name"].text;
    const bool norm = kind == "LayerNormalization" || kind == "BatchNormalization";
    if (is_keras_user_class(inner) ||
        (kind != "Dense" && kind != "Activation" && !norm && !is_keras_idle(kind) && !is_keras_activation(kind))) {
      config.refuse("TimeDistributed of another layer", "Dense, a normalization, Dropout or an activation",
                    quote(kind));
    }
    const KerasLayer layer{kind, outer.name, &inner["config"], nullptr, outer.path, outer.top, outer.nested};
    shape_.vector = true;  // to the layer inside
    convert(layer, KerasConfig(inner["config"], config.where() + ": layer"), weights);
    shape_.vector = false;
  }

  void dense(const KerasConfig& config, KerasWeights& weights) {
    Dense<S> layer = keras_dense<S>(shape_.features, config, weights);
    fold_into_next(parts_.layers, layer);
    shape_.features = layer.out_features();
    push(std::move(layer));
    activate(config);
  }

  void layer_norm(const KerasConfig& config, KerasWeights& weights) {
    shape_.check_axis(config);
    make_room(shape_.features, 2, config);
    push(keras_layer_norm<S>(shape_.features, config, weights));
  }

  void batch_norm(const KerasConfig& config, KerasWeights& weights) {
    shape_.check_axis(config);
    ScaleShift<S> layer = keras_batch_norm<S>(shape_.features, config, weights);
    if (!fold_into_last(parts_.layers, layer)) push(std::move(layer));
  }

  /// The activation that an option names.
  void activate(const KerasConfig& config) {
    const auto [name, of_layer] = config.activation("activation");
    activation(name, KerasConfig(of_layer ? *of_layer : config["none"], config.where() + ": activation"));
  }
  void activation(const std::string& name, const KerasConfig& config) {
    if (name == "Softmax") shape_.check_axis(config);
    if (auto layer = keras_activation<S>(name, config)) push(std::move(*layer));
  }

  // ---- layers that change the steps

  void convolution(const KerasConfig& config, KerasWeights& weights) {
    shape_.need_steps(config);
    shape_.need_no_mask(config, "reads other steps");
    Conv1d<S> layer = keras_convolution<S>(shape_.features, shape_.steps, config, weights);
    shape_.features = layer.out_channels();
    if (shape_.steps > 0) shape_.steps = keras_steps(layer.output_length(shape_.steps), config);
    push(std::move(layer));
    activate(config);
  }

  void window_pooling(const std::string& kind, const KerasConfig& config) {
    shape_.need_steps(config);
    shape_.need_no_mask(config, "reads other steps");
    AnyLayer<S> layer = keras_pooling<S>(kind, shape_.steps, config);
    if (shape_.steps > 0) shape_.steps = keras_steps(layer.output_length(shape_.steps), config);
    push(std::move(layer));
  }

  void global_pooling(const std::string& kind, const KerasConfig& config) {
    const bool mean = kind == "GlobalAveragePooling1D" || kind == "GlobalAvgPool1D";
    const bool max = !mean;
    shape_.need_steps(config);
    config.text_of("data_format", {"channels_last"});
    if (max && !shape_.repeats) shape_.need_no_mask(config, "does not know masks");
    mean ? pool(MeanPool<S>()) : pool(MaxPool<S>());
  }

  void flatten(const KerasConfig& config) {
    if (shape_.vector) return;
    shape_.need_no_mask(config, "reads all steps");
    if (shape_.steps == 0) config.refuse("the number of steps is not fixed", "an input of fixed steps");
    make_room(shape_.steps, shape_.features, config);
    const Index steps = shape_.steps;
    pool(FlattenSteps<S>({.steps = steps}));
    shape_.features *= steps;
  }

  void attention(const std::string& kind, const JsonTree* call, const KerasConfig& config, KerasWeights& weights) {
    shape_.need_steps(config);
    const bool causal = keras_causal(config, call);
    shape_.repeats = false;
    if (kind == "Attention") {
      if (config.flag("use_scale", false)) make_room(shape_.features, shape_.features, config);
      return push(keras_dot_attention<S>(shape_.features, config, causal, weights));
    }
    if (kind == "AdditiveAttention") {
      make_room(shape_.features, 2 * shape_.features, config);
      return push(keras_additive_attention<S>(shape_.features, config, causal, weights));
    }
    const KerasHeads<S> heads(shape_.features, config, weights);
    const Index width = heads.heads * heads.head_size();
    make_room(width, 4 * width, config);
    if (width != shape_.features) push(keras_copy<S>(shape_.features, width));
    push(heads.layer(causal));
    if (width != heads.out) push(keras_copy<S>(width, heads.out));
    shape_.features = heads.out;
  }

  void attention_pool(const KerasConfig& config, KerasWeights& weights) {
    shape_.need_steps(config);
    shape_.need_no_mask(config, "does not know masks");
    pool(keras_attention_pool<S>(shape_.features, weights));
  }

  std::string file_;
  std::size_t room_;  // elements of weights that no array of the file has, of all layers together
  std::span<const std::string> attention_pools_;
  KerasParts<S> parts_;
  KerasShape shape_;
};

}  // namespace heed::inline HEED_ISA::detail
