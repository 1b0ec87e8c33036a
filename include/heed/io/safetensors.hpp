#pragma once

/// @file
/// Saves and loads models as safetensors files, with PyTorch's names and shapes.
///
///     heed::save(model, "gestures.safetensors");
///     auto model = heed::load<heed::SequenceClassifier<float>>("gestures.safetensors");

#include "heed/io/safetensors_file.hpp"
#include "heed/io/safetensors_load.hpp"
#include "heed/io/safetensors_save.hpp"
