// A fuzzer of the public functions: random calls for models of numbers, metrics, arrays and schedules, with arguments of
// any kind. See tests/fuzz/run.sh, and api_token_fuzz.cpp for models of tokens.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "api_model.hpp"
#include "chain_of.hpp"
#include "heed/metrics/bleu.hpp"
#include "heed/metrics/calibration.hpp"
#include "heed/metrics/classification.hpp"
#include "heed/metrics/entity_f1.hpp"
#include "heed/metrics/regression.hpp"
#include "heed/models/sequence_classifier.hpp"

namespace {

using fuzz::Choices;
using heed::Index;

void classifiers(Choices& c) {
  using Model = heed::SequenceClassifier<float>;
  const auto model = fuzz::made<Model>([&] {
    auto o = fuzz::options<heed::SequenceClassifierOptions>(c);
    o.features = 2;
    o.classes = c.one_in(4) ? o.classes : 3;
    return Model(o);
  });
  if (model) fuzz::fuzz_calls(*model, 2, c);
}

void chains(Choices& c) {
  const Index features = static_cast<Index>(c.below(4)) + 1;
  const auto model = fuzz::made<heed::Chain<float>>([&] { return fuzz::chain(c); });
  if (model) fuzz::fuzz_calls(*model, features, c);
}

void metrics(Choices& c) {
  const Index n = c.one_in(16) ? c.size() : static_cast<Index>(c.below(5)), k = c.size();
  const bool small = n < 100 && k < 100;
  std::vector<float> scores;
  fuzz::fails([&] {
    const heed::Extents<2> extents{small ? n : 0, k};
    const Index size = heed::element_count(extents);
    for (Index i = 0; i < size; ++i) scores.push_back(c.number<float>());
    const float none{};
    const heed::TensorView<const float, 2> view(scores.empty() ? &none : scores.data(), extents);
    const std::vector<std::int32_t> labels = fuzz::labels(c, extents[0]);
    switch (c.below(12)) {
      case 0:
        heed::accuracy(view, labels);
        break;
      case 1:
        heed::top_k_accuracy(view, labels, c.size());
        break;
      case 2:
        heed::macro_f1(heed::confusion_matrix(view, labels));
        break;
      case 3:
        heed::auroc(std::span<const float>(scores), labels);
        break;
      case 4:
        heed::auroc(view, labels);
        break;
      case 5:
        heed::perplexity(view, labels);
        break;
      case 6:
        heed::calibration(view, labels, c.size());
        break;
      case 7:
        heed::mse(view, view), heed::mae(view, view), heed::r2(view, view);
        break;
      case 8: {  // counts that no confusion matrix gives
        heed::Tensor<std::int64_t, 2> counts({static_cast<Index>(c.below(4)), static_cast<Index>(c.below(4))});
        for (std::int64_t& count : counts) count = c.size();
        heed::class_reports(counts);
        heed::macro_f1(counts);
        break;
      }
      case 9:
        heed::r2(view, heed::TensorView<const float, 2>(view.data(), {k, extents[0]}));
        break;
      default: {
        std::vector<std::vector<std::string>> said(c.below(3)), meant(c.below(3));
        for (auto* all : {&said, &meant}) {
          for (auto& sentence : *all) {
            for (std::size_t words = c.below(4); words > 0; --words) sentence.push_back(c.flag() ? "B-x" : c.text());
          }
        }
        c.flag() ? static_cast<void>(heed::entity_f1(said, meant)) : static_cast<void>(heed::bleu(said, meant));
        break;
      }
    }
  });
}

void arrays(Choices& c) {
  fuzz::fails([&] {
    const heed::Extents<3> extents{c.size(), c.size(), c.size()};
    std::vector<float> values(c.below(70));
    switch (c.below(5)) {
      case 0: {
        const heed::AllocationBudget budget(1 << 20, "an array of the fuzzer");
        if (heed::element_count(extents) < 1 << 20) heed::Tensor<float, 3>{extents};
        break;
      }
      case 1:
        heed::view(values, {extents[0], extents[1], extents[2]});
        break;
      case 2:
        heed::Tensor<float, 3>(extents, values);
        break;
      case 3:
        heed::TensorView<const float, 3>(nullptr, extents);
        break;
      default:
        heed::view(values, {extents[0]});
        break;
    }
  });
}

void schedules(Choices& c) {
  fuzz::fails([&] {
    heed::Schedule schedule = fuzz::schedule(c);
    if (c.flag()) heed::check(schedule);
    for (int i = 0; i < 3; ++i) {
      static_cast<void>(heed::rate(schedule, c.size(), c.size(), c.number()));
      if (auto* plateau = std::get_if<heed::PlateauSchedule>(&schedule)) plateau->observe(c.number());
    }
    heed::to_text(schedule);
  });
}

constexpr std::array targets{classifiers, classifiers, chains, chains, metrics, arrays, schedules};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices({data, size});
  targets[choices.below(targets.size())](choices);
  return 0;
}
