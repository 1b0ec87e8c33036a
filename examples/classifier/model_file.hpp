#pragma once

// Reads the tensors of model files.

#include <filesystem>

#include "heed/io/tensor_file.hpp"

namespace classifier {

/// The tensors of a model file: safetensors, or a file of PyTorch's torch.save. Throws as `read_weights`.
heed::TensorFile read_model_file(const std::filesystem::path& path);

}  // namespace classifier
