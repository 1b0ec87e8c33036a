// A fuzzer of saved models of sequences: damaged files of models of any options. See tests/fuzz/run.sh.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "chain_of.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/seq2seq.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/series_ensemble.hpp"
#include "heed/models/tagger.hpp"
#include "heed/models/text_classifier.hpp"
#include "saved_model.hpp"

namespace fuzz {

template <>
struct Make<heed::Chain<float>> {
  static heed::Chain<float> from(Choices& c) { return chain(c); }
};

template <>
struct Make<heed::SeriesEnsemble<float>> {
  template <class M>
  static std::vector<M> members(Choices& c) {
    std::vector<M> all;
    for (std::size_t i = c.below(3); i > 0; --i) {
      auto o = options<typename M::Options>(c);
      o.features = 2;
      o.classes = 3;
      all.emplace_back(o);
    }
    return all;
  }
  static heed::SeriesEnsemble<float> from(Choices& c) {
    return {members<heed::SequenceClassifier<float>>(c), members<heed::RocketClassifier<float>>(c)};
  }
};

}  // namespace fuzz

namespace {

constexpr std::array models{fuzz::fuzz_model<heed::SequenceClassifier<float>>,
                            fuzz::fuzz_model<heed::TextClassifier<float>>,
                            fuzz::fuzz_model<heed::Tagger<float>>,
                            fuzz::fuzz_model<heed::Seq2Seq<float>>,
                            fuzz::fuzz_model<heed::Ensemble<heed::SequenceClassifier<float>>>,
                            fuzz::fuzz_model<heed::RocketClassifier<float>>,
                            fuzz::fuzz_model<heed::SeriesEnsemble<float>>,
                            fuzz::fuzz_model<heed::Chain<float>>};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices({data, size});
  models[choices.below(models.size())](choices);
  return 0;
}
