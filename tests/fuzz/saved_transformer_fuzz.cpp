// A fuzzer of saved models of tokens, images and graphs, as saved_model_fuzz.cpp has it for the others.

#include <array>
#include <cstddef>
#include <cstdint>

#include "heed/models/attention_q_network.hpp"
#include "heed/models/graph_attention_network.hpp"
#include "heed/models/image_captioner.hpp"
#include "heed/models/language_model.hpp"
#include "heed/models/multimodal_classifier.hpp"
#include "heed/models/transformer_classifier.hpp"
#include "heed/models/vision_transformer.hpp"
#include "saved_model.hpp"

namespace {

constexpr std::array models{
    fuzz::fuzz_model<heed::TransformerClassifier<float>>, fuzz::fuzz_model<heed::VisionTransformer<float>>,
    fuzz::fuzz_model<heed::LanguageModel<float>>,         fuzz::fuzz_model<heed::GraphAttentionNetwork<float>>,
    fuzz::fuzz_model<heed::ImageCaptioner<float>>,        fuzz::fuzz_model<heed::MultimodalClassifier<float>>,
    fuzz::fuzz_model<heed::AttentionQNetwork<float>>};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices({data, size});
  models[choices.below(models.size())](choices);
  return 0;
}
