#pragma once

// A small captioner of images.

#include "heed/models/image_captioner_options.hpp"

namespace test_support {

inline constexpr heed::ImageCaptionerOptions small_captioner{.image = {.channels = 2, .height = 4, .width = 6},
                                                             .tokens = 6,
                                                             .max_tokens = 4,
                                                             .channels = 3,
                                                             .features = 5,
                                                             .embedding = 3,
                                                             .hidden = 4};

}  // namespace test_support
