#include "model_file.hpp"

#include "heed/convert/pytorch.hpp"
#ifdef HEED_CLASSIFIER_ZIP
#include "heed/archive/unzip.hpp"
#endif

namespace classifier {

heed::TensorFile read_model_file(const std::filesystem::path& path) {
  heed::PyTorchOptions options;
#ifdef HEED_CLASSIFIER_ZIP
  options.unpack = heed::unzip;
#endif
  return heed::read_weights(path, options);
}

}  // namespace classifier
