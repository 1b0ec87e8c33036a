#pragma once

// The attention of a model over time or over words.

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../attention_weights.hpp"
#include "findings.hpp"

namespace classifier::page {

/// Whether multi-head attention has too many weights to keep: steps times steps for each head of one sequence.
inline bool too_many_weights(heed::Index heads, heed::Index steps) {
  constexpr double most = 6e7;
  return static_cast<double>(heads) * static_cast<double>(steps) * static_cast<double>(steps) > most;
}

/// A function that gives the attention in one sequence. Empty if the model has no attention. The model and the data must
/// outlive it.
template <class M, class Data>
std::function<Attention(heed::Index)> attention_of(const heed::Ensemble<M>& all, const Data& data) {
  if constexpr (is_rocket<M> || std::same_as<M, MixedModel>) {
    return {};
  } else {
    const heed::SequenceClassifierOptions& o = classifier_of(all.members.front()).options;
    if (!attends(o.attention)) return {};
    const heed::Index heads = o.attention == heed::Attention::multihead ? o.heads : 0;
    if (too_many_weights(heads, data.steps())) return {};
    auto predictor = std::make_shared<heed::Predictor<heed::Ensemble<M>>>(all);
    return [predictor, heads, pooling = o.pooling, &data](heed::Index i) {
      const heed::Index length = data.lengths.empty() ? data.steps() : data.lengths[static_cast<std::size_t>(i)];
      if (steps_there(data, i) == 0) return Attention();
      const heed::TensorView<const typename M::Input, 3> one(data.x[i].data(), {1, length, data.features()});
      heed::TensorView<const std::uint8_t, 2> there;
      heed::StepMask mask;
      if (!data.mask.empty()) {
        there = heed::TensorView<const std::uint8_t, 2>(data.mask[i].data(), {1, length});
        mask = heed::StepMask(there);
      }
      const Weights w{predictor->attention_weights(one, {}, mask), heads, length};
      Attention result{word_weights(w, pooling, 0, length), heads};
      if (heads > 0) result.maps.assign(w.all.begin(), w.all.end());
      return result;
    };
  }
}

/// A table of words. The first ones get the most attention compared with an even share of it.
std::string favourite_words(const Cases& cases, const std::vector<heed::Index>& rows);
/// The maps of all heads of multi-head attention for one sequence.
std::string head_maps(const Cases& cases, heed::Index i);

/// `groups` is the class of each sequence, and `names` are the names of the classes. Both may be empty.
Section attention_section(const Cases& cases, const std::vector<std::string>& names,
                          const std::vector<std::int32_t>& groups);

}  // namespace classifier::page
