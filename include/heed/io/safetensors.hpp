#pragma once

/// @file
/// Models in and out of safetensors files, in the names and shapes that PyTorch uses.
///
///     heed::save(model, "gestures.safetensors");
///     auto model = heed::load<heed::SequenceClassifier<float>>("gestures.safetensors");

#include "heed/io/safetensors_file.hpp"
#include "heed/io/safetensors_load.hpp"
#include "heed/io/safetensors_save.hpp"
