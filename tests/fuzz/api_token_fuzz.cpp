// A fuzzer of the public functions for models of tokens, as api_fuzz.cpp has it for models of numbers.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "api_model.hpp"
#include "heed/infer/generate.hpp"
#include "heed/models/language_model.hpp"
#include "heed/models/tagger.hpp"

namespace {

using fuzz::Choices;
using heed::Index;

template <class M, class F>
void with_model(Choices& c, F&& make) {
  std::optional<M> model;
  const bool none = fuzz::fails([&] {
    const heed::AllocationBudget budget(Index(1) << 17, "a model of the fuzzer");
    model.emplace(make());
  });
  if (none) return;
  if constexpr (std::is_same_v<M, heed::LanguageModel<float>>) {
    if (c.one_in(4)) {
      fuzz::fails([&] {
        heed::Stream<M> stream(*model, {.max_steps = static_cast<Index>(c.below(8))});
        std::vector<std::int32_t> prompt(c.below(5));
        for (std::int32_t& token : prompt) token = fuzz::element<std::int32_t>(c);
        heed::GenerateOptions o{.most = static_cast<Index>(c.below(20)) - 1};
        o.sample.temperature = c.number();
        o.sample.top_k = c.size();
        heed::generate(stream, prompt, o, heed::Key{1});
      });
      return;
    }
  }
  const auto features = static_cast<Index>(c.below(3)) + 1;
  fuzz::fuzz_calls(std::move(*model), features, c);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices c({data, size});
  if (c.flag()) {
    with_model<heed::Tagger<float>>(c, [&] { return heed::Tagger<float>(fuzz::options<heed::TaggerOptions>(c)); });
  } else {
    with_model<heed::LanguageModel<float>>(
        c, [&] { return heed::LanguageModel<float>(fuzz::options<heed::LanguageModelOptions>(c)); });
  }
  return 0;
}
