#pragma once

// Shows what an ONNX file holds.

#include <filesystem>

namespace classifier {

/// Prints metadata, inputs, outputs, operators and tensors. Throws if the file is malformed, or if this program was
/// built without ONNX.
void inspect_onnx(const std::filesystem::path& path);

}  // namespace classifier
