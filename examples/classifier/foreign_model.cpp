#include "foreign_model.hpp"

#include "heed/convert/keras.hpp"
#include "heed/convert/rtneural.hpp"
#include "heed/io/safetensors.hpp"
#ifdef HEED_CLASSIFIER_ZIP
#include "heed/archive/unzip.hpp"
#endif

namespace classifier {

namespace {

ForeignModel read_keras(const std::filesystem::path& path) {
  heed::KerasOptions options;
#ifdef HEED_CLASSIFIER_ZIP
  options.unpack = heed::unzip;
#endif
  return heed::load_keras_model<float>(heed::KerasFile(path, options));
}

}  // namespace

ForeignModel read_foreign(const std::filesystem::path& path, Format format, const Architecture& architecture) {
  if (format == Format::keras) return read_keras(path);
  if (format == Format::rtneural) return heed::load_rtneural<float>(path);
  return heed::load<ChainModel>(read_model_file(path), {}, architecture.weights);
}

}  // namespace classifier
