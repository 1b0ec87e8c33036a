// Models as ONNX files. A model comes as the bytes of its own file, so that the other sources need not know.

#include <filesystem>
#include <string>

#include "heed/core/error.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/series_ensemble.hpp"
#include "heed/models/tagger.hpp"
#include "heed/models/text_classifier.hpp"
#include "model.hpp"
#include "prepare.hpp"
#include "read.hpp"

#ifdef HEED_PYTHON_ONNX
#include "heed/convert/onnx.hpp"
#endif

namespace heed_python {

#ifdef HEED_PYTHON_ONNX

namespace {

/// Does nothing where the file holds another kind of model.
template <class M>
bool write_as(const heed::TensorFile& file, const std::filesystem::path& path, bool lengths) {
  if (!holds<M>(file, {}, [](const heed::TensorFile&) { return false; })) return false;
  Kept<M> kept = kept_in<M>(file, {});
  heed::OnnxOptions options{.lengths = lengths, .metadata = kept.extra};
  if constexpr (std::same_as<typename M::Input, float>) {
    options.shift = Preparation::read(kept.extra, kept.members.front().input_size()).shift;
  }
  if (kept.members.size() == 1) {
    heed::save_onnx(kept.members.front(), path, options);
  } else {
    heed::save_onnx(heed::Ensemble<M>(std::move(kept.members)), path, options);
  }
  return true;
}

}  // namespace

void save_onnx(const heed::TensorFile& file, const std::filesystem::path& path, bool lengths) {
  const bool written = write_as<heed::SequenceClassifier<float>>(file, path, lengths) ||
                       write_as<heed::TextClassifier<float>>(file, path, lengths) ||
                       write_as<heed::Tagger<float>>(file, path, lengths) ||
                       write_as<heed::RocketClassifier<float>>(file, path, lengths) ||
                       write_as<heed::SeriesEnsemble<float>>(file, path, lengths);
  heed::require(written, [&] { return heed::Fault{"no model that can be exported", path.string()}; });
}

#else

void save_onnx(const heed::TensorFile&, const std::filesystem::path&, bool) {
  throw heed::Error(heed::Fault{"this build of heed was made without protozero, which writes ONNX files", "to_onnx"});
}

#endif

}  // namespace heed_python
