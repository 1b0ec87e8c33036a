#pragma once

// The blocks of the reference files of transformers: 6 features, 2 heads, 7 hidden units, no dropout.

#include "heed/layers/feed_forward.hpp"
#include "heed/layers/transformer_decoder_block.hpp"
#include "heed/layers/transformer_encoder_block.hpp"
#include "reference.hpp"

namespace test_support {

inline heed::NormPlacement norm_of(const Reference& file) {
  const std::string& text = file.text("norm");
  return text == "post"  ? heed::NormPlacement::post
         : text == "pre" ? heed::NormPlacement::pre
                         : heed::NormPlacement::none;
}
inline heed::FeedForwardActivation activation_of(const Reference& file) {
  const bool gelu = file.options().contains("activation") && file.text("activation") == "gelu";
  return gelu ? heed::FeedForwardActivation::gelu : heed::FeedForwardActivation::relu;
}

inline heed::TransformerEncoderBlock<double>::Options encoder_options(const Reference& file) {
  return {.d_model = 6,
          .num_heads = 2,
          .dim_feedforward = 7,
          .dropout = 0,
          .activation = activation_of(file),
          .norm = norm_of(file),
          .causal = file.options().contains("causal") && file.flag("causal")};
}
inline heed::TransformerDecoderBlock<double>::Options decoder_options(const Reference& file) {
  return {.d_model = 6,
          .num_heads = 2,
          .dim_feedforward = 7,
          .dropout = 0,
          .activation = activation_of(file),
          .norm = norm_of(file)};
}

}  // namespace test_support
