#include "onnx_file.hpp"

#include "heed/core/error.hpp"
#include "heed/io/self_test.hpp"
#include "model_formats.hpp"

#ifdef HEED_CLASSIFIER_ONNX
#include "heed/convert/onnx.hpp"
#endif

namespace classifier {

#ifdef HEED_CLASSIFIER_ONNX

namespace {
template <class M>
heed::Metadata said_of(const StoredModel<M>& stored) {
  if (format_to_read(stored.path).format != Format::tensors) return {};
  heed::Metadata metadata = read_model_file(stored.path).metadata();
  for (const char* of_safetensors : {"format", "format_version"}) metadata.erase(of_safetensors);
  heed::detail::erase_self_test(metadata);
  return metadata;
}
}  // namespace

template <class M>
void write_onnx(const StoredModel<M>& stored, const std::filesystem::path& path, bool lengths) {
  const heed::OnnxOptions options{.lengths = lengths, .shift = stored.shift, .metadata = said_of(stored)};
  if (stored.more.empty()) {
    heed::save_onnx(stored.model, path, options);
  } else {
    heed::save_onnx(ensemble_of(stored), path, options);
  }
}

void write_onnx(const ChainModel& chain, const std::filesystem::path& path, bool lengths) {
  heed::save_onnx(chain, path, {.lengths = lengths});
}

#else

namespace {
[[noreturn]] void refuse() {
  throw heed::Error(
      heed::Fault{"this classifier was built without protozero (Debian: libprotozero-dev), which writes ONNX files"});
}
}  // namespace

template <class M>
void write_onnx(const StoredModel<M>&, const std::filesystem::path&, bool) {
  refuse();
}
void write_onnx(const ChainModel&, const std::filesystem::path&, bool) { refuse(); }

#endif

template void write_onnx(const StoredModel<NumberModel>&, const std::filesystem::path&, bool);
template void write_onnx(const StoredModel<RocketModel>&, const std::filesystem::path&, bool);
template void write_onnx(const StoredModel<MixedModel>&, const std::filesystem::path&, bool);
template void write_onnx(const StoredModel<TextModel>&, const std::filesystem::path&, bool);

}  // namespace classifier
