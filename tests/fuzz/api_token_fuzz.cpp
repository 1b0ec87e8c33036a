// A fuzzer of the public functions for models of tokens, as api_fuzz.cpp has it for models of numbers.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "api_model.hpp"
#include "heed/infer/generate.hpp"
#include "heed/models/language_model.hpp"
#include "heed/models/tagger.hpp"

namespace {

using fuzz::Choices;
using heed::Index;

using Model = heed::LanguageModel<float>;

void generate(const Model& model, Choices& c) {
  fuzz::fails([&] {
    heed::Stream<Model> stream(model, {.max_steps = static_cast<Index>(c.below(8))});
    std::vector<std::int32_t> prompt(c.below(5));
    for (std::int32_t& token : prompt) token = fuzz::element<std::int32_t>(c);
    heed::GenerateOptions o{.most = static_cast<Index>(c.below(20)) - 1};
    o.sample.temperature = c.number();
    o.sample.top_k = c.size();
    heed::generate(stream, prompt, o, heed::Key{1});
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices c({data, size});
  if (c.flag()) {
    const auto tagger =
        fuzz::made<heed::Tagger<float>>([&] { return heed::Tagger<float>(fuzz::options<heed::TaggerOptions>(c)); });
    const auto features = static_cast<Index>(c.below(3)) + 1;
    if (tagger) fuzz::fuzz_calls(*tagger, features, c);
  } else {
    const auto model = fuzz::made<Model>([&] { return Model(fuzz::options<heed::LanguageModelOptions>(c)); });
    const bool writes = c.one_in(4);
    if (model && writes) generate(*model, c);
    if (model && !writes) fuzz::fuzz_calls(*model, 1, c);
  }
  return 0;
}
