#include "model_formats.hpp"

#include <algorithm>
#include <string>

#include "../support/file_names.hpp"
#include "heed/core/error.hpp"

namespace classifier {

namespace {

#ifdef HEED_CLASSIFIER_ONNX
constexpr bool has_onnx = true;
#else
constexpr bool has_onnx = false;
#endif
const std::vector<ModelFormat>& formats() {
  static const std::vector<ModelFormat> all = {
      {Format::tensors, "safetensors", {".safetensors"}, true, true},
      {Format::tensors, "PyTorch", {".pt", ".pth", ".ckpt", ".bin"}, true, false},
      {Format::onnx, "ONNX", {".onnx"}, false, true, has_onnx, "onnx", "libprotozero-dev"},
      {Format::keras, "Keras", {".keras", ".h5", ".hdf5"}, true, false},
      {Format::rtneural, "RTNeural", {".json"}, true, true},
  };
  return all;
}

std::string names_of(bool ModelFormat::*able) {
  std::string names;
  for (const ModelFormat& format : formats()) {
    if (!(format.*able)) continue;
    for (const std::string_view extension : format.extensions)
      names += (names.empty() ? "" : ", ") + std::string(extension);
  }
  return names;
}

/// Null if the extension is that of no format of models.
const ModelFormat* find_format(const std::filesystem::path& path) {
  const std::string extension = support::lower_extension(path.string());
  for (const ModelFormat& format : formats()) {
    if (std::find(format.extensions.begin(), format.extensions.end(), extension) != format.extensions.end()) {
      return &format;
    }
  }
  return nullptr;
}

[[noreturn]] void throw_unknown(const std::filesystem::path& path) {
  const std::string extension = support::lower_extension(path.string());
  throw heed::Error(
      heed::Fault{"the name says no format of models", path.string(),
                  "to read " + names_of(&ModelFormat::reads) + "; to write " + names_of(&ModelFormat::writes),
                  extension.empty() ? "no extension" : extension});
}

const ModelFormat& able(const ModelFormat& format, const std::filesystem::path& path, bool ModelFormat::*able,
                        const char* verb) {
  heed::require(format.*able, [&] {
    return heed::Fault{"models of " + std::string(format.name) + " are not " + verb, path.string(),
                       "one of " + names_of(able), support::lower_extension(path.string())};
  });
  heed::require(format.built, [&] {
    return heed::Fault{"this program was built without the component " + std::string(format.component) + ": install " +
                           std::string(format.packages) + " and build it again",
                       path.string()};
  });
  return format;
}

}  // namespace

const ModelFormat& format_to_read(const std::filesystem::path& path) {
  const ModelFormat* format = find_format(path);
  if (!format && support::says_a_format(support::lower_extension(path.string()))) throw_unknown(path);
  return able(format ? *format : formats().front(), path, &ModelFormat::reads, "read");
}

const ModelFormat& format_to_write(const std::filesystem::path& path) {
  const ModelFormat* const format = find_format(path);
  if (!format) throw_unknown(path);
  return able(*format, path, &ModelFormat::writes, "written");
}

}  // namespace classifier
