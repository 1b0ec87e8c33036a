// The module _onnx: models as ONNX files. It computes nothing, so that one build serves all processors; it is loaded
// when a model is exported. A model comes as the bytes of its own file.

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "errors.hpp"
#include "gil.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/io/safetensors_file.hpp"

#ifdef HEED_PYTHON_ONNX
#include "heed/convert/onnx.hpp"
#include "heed/io/safetensors_load.hpp"
#include "heed/io/self_test.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/series_ensemble.hpp"
#include "heed/models/tagger.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/model_metadata.hpp"
#include "prepare.hpp"
#endif

namespace heed_python {

namespace {

#ifdef HEED_PYTHON_ONNX

/// The model of a file that heed has just written. Unlike `heed::load` it runs no self-test, for which every layer would
/// be compiled.
template <class M>
M model_in(const heed::TensorFile& file) {
  M model(heed::from_metadata<typename M::Options>(file.metadata()));
  heed::restore_extras(model, file.metadata());
  heed::load_weights(model, file);
  return model;
}

template <class M>
bool write_if(const heed::TensorFile& file, const std::string& architecture, const std::filesystem::path& path,
              heed::OnnxOptions& options) {
  if (architecture != M::architecture) return false;
  const M model = model_in<M>(file);
  if constexpr (std::same_as<typename M::Input, float>) {
    options.shift = Preparation::read(file.metadata(), heed::detail::features_read(model)).shift;
  }
  heed::save_onnx(model, path, options);
  return true;
}

/// Of models, or of ensembles of them.
template <class... M>
bool write_one_of(const heed::TensorFile& file, const std::filesystem::path& path, heed::OnnxOptions options) {
  const std::string& architecture = heed::get_text(file.metadata(), "architecture");
  return ((write_if<M>(file, architecture, path, options) ||
           write_if<heed::Ensemble<M>>(file, architecture, path, options)) ||
          ...);
}

void save_onnx(const heed::TensorFile& file, const std::filesystem::path& path, bool lengths) {
  heed::OnnxOptions options{.lengths = lengths, .shift = {}, .metadata = file.metadata()};
  for (const char* of_safetensors : {"format", "format_version"}) options.metadata.erase(of_safetensors);
  heed::detail::erase_self_test(options.metadata);
  const bool written =
      write_one_of<heed::SequenceClassifier<float>, heed::TextClassifier<float>, heed::Tagger<float>,
                   heed::RocketClassifier<float>, heed::SeriesEnsemble<float>>(file, path, std::move(options));
  heed::require(written, [&] { return heed::Fault{"no model that can be exported", path.string()}; });
}

#else

void save_onnx(const heed::TensorFile&, const std::filesystem::path&, bool) {
  throw heed::Error(heed::Fault{"this build of heed was made without protozero, which writes ONNX files", "to_onnx"});
}

#endif

}  // namespace

}  // namespace heed_python

NB_MODULE(_onnx, m) {
  using namespace heed_python;
  Exit::expect();
  bind_errors(m);
  m.def("save_onnx", [](const nb::bytes& model, const std::string& path, bool lengths) {
    const std::span bytes(static_cast<const std::byte*>(model.data()), model.size());
    const Released released;
    save_onnx(heed::SafetensorsFile(bytes, "model"), path, lengths);
  });
}
