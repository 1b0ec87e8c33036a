#pragma once

// Where the trainer reads tensors from.

#include <filesystem>

#include "heed/io/tensor_file.hpp"

namespace classifier {

/// The tensors of a model file: safetensors, or what torch.save of PyTorch wrote. Throws as `read_weights`.
heed::TensorFile read_model_file(const std::filesystem::path& path);

}  // namespace classifier
