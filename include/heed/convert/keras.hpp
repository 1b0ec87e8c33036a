#pragma once

/// @file
/// Loads models that Keras has saved, without Python. Opt-in: component heed::keras. It needs no other library.
///
///     auto model = heed::load_keras<heed::SequenceClassifier<float>>("model.keras");
///     auto chain = heed::load_keras<heed::Chain<float>>("other.keras");
///     auto same = heed::load_keras(model, "model.weights.h5");

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "heed/compose/chain.hpp"
#include "heed/convert/detail/keras_archive.hpp"
#include "heed/convert/detail/keras_classifier.hpp"
#include "heed/convert/detail/keras_graph.hpp"
#include "heed/convert/detail/keras_layers.hpp"
#include "heed/convert/detail/keras_names.hpp"
#include "heed/convert/detail/keras_parts.hpp"
#include "heed/convert/detail/keras_weights.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/files/file.hpp"
#include "heed/files/zip.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {

/// Options for reading a file of Keras.
struct KerasOptions {
  /// For a file of weights alone: what describes the model. A .keras file, a whole-model .h5 file, or a file with the
  /// text of `model.to_json()`.
  std::filesystem::path model = {};
  /// Classes of one's own, of which a file has only the name, that compute
  /// `sum(x * softmax(Dense(1)(x), axis=1), axis=1)`. They become `AttentionPool`.
  std::vector<std::string> attention_pools = {"AttentionLayer"};
  /// Decompresses archives that somebody has compressed: `unzip` of heed/archive/unzip.hpp. Keras does not compress.
  Unpack unpack = {};
};

/// A file that Keras has written: `.keras` (Keras 3 and 2.12 and later), `.weights.h5`, or the whole-model `.h5` of
/// Keras 2 and 3. A functional model must be a chain of layers; an attention may read one layer several times.
///
/// Reading runs no code. The file's size bounds its memory. Throws if the file is malformed or of another kind; the
/// error names file and place.
class KerasFile {
 public:
  explicit KerasFile(const std::filesystem::path& path, const KerasOptions& options = {});
  /// Takes over the bytes. `name` is used in messages.
  explicit KerasFile(std::vector<std::byte>&& bytes, std::string name = "memory", const KerasOptions& options = {});
  KerasFile(KerasFile&&) = default;
  KerasFile& operator=(KerasFile&&) = default;

  const std::string& name() const { return content_.name; }
  /// Whether the file, or the one that `KerasOptions::model` names, describes the model.
  bool describes_model() const { return !model().is_null(); }
  /// Names and classes of the layers in order: "lstm (LSTM)". Throws if they are no chain.
  std::vector<std::string> layers() const;
  /// The kind of outputs: by the activation at the end, otherwise by the loss of the training.
  OutputKind outputs() const;
  /// Whether the model reads the padding of sentences as tokens: it has an Embedding without `mask_zero`. heed leaves
  /// padding out, so it gives Keras' answers for sentences that are not padded.
  bool reads_padding() const;

  /// The layers as those of a chain, with their weights. For `load_keras`.
  template <class S>
  detail::KerasParts<S> parts() const {
    require(describes_model(), [&] {
      return Fault{"weights alone: the file does not describe the model", name(),
                   "a model to load them into, or KerasOptions::model (the trainer: --config)"};
    });
    return parts<S>(model());
  }
  /// The same for the model that a JSON text describes.
  template <class S>
  detail::KerasParts<S> parts(const detail::JsonTree& model) const;

 private:
  const detail::JsonTree& model() const { return content_.model.is_null() ? described_.model : content_.model; }
  const detail::JsonTree& training() const {
    return content_.training.is_null() ? described_.training : content_.training;
  }

  KerasOptions options_;
  detail::KerasContent content_, described_;
};

/// What a file holds: a `SequenceClassifier` or `TextClassifier` where the layers are exactly one, otherwise a chain.
template <class S>
using KerasModel = std::variant<SequenceClassifier<S>, TextClassifier<S>, Chain<S>>;

/// Throws if a layer, or an option of one, is none that heed has; the error names it.
template <class S>
KerasModel<S> load_keras_model(const KerasFile& file);

/// Loads a `SequenceClassifier`, a `TextClassifier` or a `Chain`. The first two need layers that are exactly one of
/// them: recurrent layers, a pooling, and Dense, or Dense with ReLU and Dense; before them, for text, Embedding.
///
/// A softmax at the end is left out: the model gives logits, and predictions are their softmax. The same holds for a
/// sigmoid. Layers that mask (Masking, `mask_zero`) are left out, too: give the lengths of the sequences instead. With
/// them the outputs are Keras' own for sequences that are padded behind.
template <class M>
M load_keras(const KerasFile& file);

/// From a path.
template <class M>
M load_keras(const std::filesystem::path& path, const KerasOptions& options = {}) {
  return load_keras<M>(KerasFile(path, options));
}

/// Loads weights into a model of the given sizes: for `.weights.h5`, which does not describe its model. The Keras model
/// has the layers of `M` in order; Dropout and Masking may stand between them.
template <class M>
  requires requires(M& m) { typename M::Options; }
M load_keras(M model, const std::filesystem::path& path, const KerasOptions& options = {});

// ---- bodies: templates, compiled where they are used

namespace detail {

HEED_COLD inline KerasContent open_keras(const std::filesystem::path& path, const KerasOptions& options) try {
  const DefaultFloatingMode mode;
  return KerasOpener(read_file(path), path.string(), options.unpack, path).open();
} catch (...) {
  rethrow_as_error(path.string());
}

/// The kind of outputs of a model that was trained with this loss.
HEED_COLD inline OutputKind keras_outputs(const JsonTree& training) {
  const JsonTree& given = training["loss"];  // one, or a list or a dict of the outputs' losses
  const bool of_outputs = given.is_array() || (given.is_object() && given["class_name"].is_null());
  const JsonTree& loss = of_outputs && given.items.size() == 1 ? given.items.front() : given;
  std::string name = keras_snake_case(loss.is_string() ? loss.text : loss["class_name"].text);
  if (name == "function") name = keras_snake_case(loss["config"].text);
  if (name.find("binary") != std::string::npos) return OutputKind::flags;
  return name.find("crossentropy") != std::string::npos ? OutputKind::classes : OutputKind::numbers;
}

template <class S>
HEED_COLD KerasModel<S> keras_model(KerasParts<S>&& parts, const OutputKind otherwise, const std::string& file) {
  const OutputKind outputs = take_keras_outputs(parts, otherwise);
  KerasClassifier<S> classifier(parts);
  if (parts.vector && classifier.fits()) {
    SequenceClassifier<S> model = classifier.model();
    model.outputs = outputs;
    if (!parts.embedding) return model;
    TextClassifier<S> text({.tokens = parts.embedding->num_embeddings(),
                            .embedding = parts.embedding->embedding_dim(),
                            .classifier = model.options});
    text.embedding.weight = std::move(parts.embedding->weight);
    text.classifier = std::move(model);
    text.outputs = outputs;
    return text;
  }
  require(!parts.embedding, [&] {
    return Fault{
        "an Embedding before other layers than those of a TextClassifier", file,
        "recurrent layers, a pooling and dense layers behind it",
        classifier.at() < parts.layers.size() ? std::string(parts.layers[classifier.at()].kind()) : "no more layers"};
  });
  require(!parts.layers.empty(), [&] { return Fault{"no layer that computes anything", file}; });
  Chain<S> chain = Chain<S>::as_they_are(std::move(parts.layers));
  chain.outputs = outputs;
  return chain;
}

template <class M, class S>
HEED_COLD M keras_as(KerasModel<S>&& model, const std::string& file) {
  if (M* const wanted = std::get_if<M>(&model)) return std::move(*wanted);
  const auto name = [](const auto& m) { return std::string(std::remove_cvref_t<decltype(m)>::architecture); };
  throw Error(
      Fault{"the layers are those of another model", file, std::string(M::architecture), std::visit(name, model)});
}

}  // namespace detail

inline KerasFile::KerasFile(const std::filesystem::path& path, const KerasOptions& options)
    : options_(options), content_(detail::open_keras(path, options)) {
  if (!options.model.empty() && content_.model.is_null()) described_ = detail::open_keras(options.model, options);
}

inline KerasFile::KerasFile(std::vector<std::byte>&& bytes, std::string name, const KerasOptions& options) try
    : options_(options), content_(detail::KerasOpener(std::move(bytes), std::move(name), {}, {}).open()) {
  if (!options.model.empty() && content_.model.is_null()) described_ = detail::open_keras(options.model, options);
} catch (...) {
  detail::rethrow_as_error("a file of Keras");
}

HEED_COLD inline std::vector<std::string> KerasFile::layers() const try {
  std::vector<std::string> all;
  for (const detail::KerasLayer& layer : detail::KerasGraph(name()).chain(model())) {
    all.push_back(layer.name + " (" + layer.class_name + ')');
  }
  return all;
} catch (...) {
  detail::rethrow_as_error(name());
}

HEED_COLD inline OutputKind KerasFile::outputs() const { return detail::keras_outputs(training()); }

HEED_COLD inline bool KerasFile::reads_padding() const try {
  const std::vector<detail::KerasLayer> chain = detail::KerasGraph(name()).chain(model());
  return std::any_of(chain.begin(), chain.end(), [](const detail::KerasLayer& layer) {
    return layer.class_name == "Embedding" && !(*layer.config)["mask_zero"].is_true();
  });
} catch (...) {
  detail::rethrow_as_error(name());
}

template <class S>
HEED_COLD detail::KerasParts<S> KerasFile::parts(const detail::JsonTree& model) const try {
  require(content_.has_weights(), [&] { return Fault{"the file has no weights", name(), "a .keras or .h5 file"}; });
  const std::vector<detail::KerasLayer> chain = detail::KerasGraph(name()).chain(model);
  detail::KerasStore store(content_.weights, name());
  detail::KerasConverter<S> converter(name(), content_.size, options_.attention_pools);
  for (const detail::KerasLayer& layer : chain) converter.add(layer, store.arrays(layer));
  store.check_no_other(chain);
  return std::move(converter).finish();
} catch (...) {
  detail::rethrow_as_error(name());
}

template <class S>
KerasModel<S> load_keras_model(const KerasFile& file) try {
  const DefaultFloatingMode mode;
  return detail::keras_model(file.parts<S>(), file.outputs(), file.name());
} catch (...) {
  detail::rethrow_as_error(file.name());
}

template <class M>
M load_keras(const KerasFile& file) try {
  const DefaultFloatingMode mode;
  using S = typename M::Scalar;
  if constexpr (std::is_same_v<M, Chain<S>>) {  // any model is a chain
    auto parts = file.parts<S>();
    require(!parts.embedding, [&] { return Fault{"a chain reads numbers, not tokens", file.name(), {}, "Embedding"}; });
    const OutputKind outputs = detail::take_keras_outputs(parts, file.outputs());
    require(!parts.layers.empty(), [&] { return Fault{"no layer that computes anything", file.name()}; });
    M chain = M::as_they_are(std::move(parts.layers));
    chain.outputs = outputs;
    return chain;
  } else {
    return detail::keras_as<M>(load_keras_model<S>(file), file.name());
  }
} catch (...) {
  detail::rethrow_as_error(file.name());
}

}  // namespace heed::inline HEED_ISA

#include "heed/convert/detail/keras_into_model.hpp"
