#pragma once

/// @file
/// Answers of trained models: predictors, streams, decoders.

#include "heed/infer/decode.hpp"
#include "heed/infer/generate.hpp"
#include "heed/infer/prediction.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/status.hpp"
#include "heed/infer/stream.hpp"
