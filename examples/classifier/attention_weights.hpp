#pragma once

// The attention weights of sequences, as explain shows them.

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "data.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/infer/predictor.hpp"
#include "stored_model.hpp"

namespace classifier {

/// The weights of all sequences: (n, steps, 1), or with heads (n, heads steps, steps).
struct Weights {
  heed::Tensor<float, 3> all;
  heed::Index heads, steps;
};

/// "0.25 1.5": a prediction that is not a class.
inline std::string numbers(std::span<const float> values) {
  std::string text;
  for (const float value : values) {
    char number[24];
    std::snprintf(number, sizeof number, "%s%.4g", text.empty() ? "" : " ", static_cast<double>(value));
    text += number;
  }
  return text;
}

/// Calls f(sequence, its length, its prediction) for the first sequences, at most `most`. Returns their number.
template <class M, class Data, class F>
heed::Index for_the_first(heed::Index most, const StoredModel<M>& stored, const Data& data, F&& f) {
  heed::Index shown = 0;
  const std::vector<std::string> names = class_names(stored.model).names;
  const bool classes = output_kind_of(stored) == heed::OutputKind::classes;
  const heed::Ensemble<M> all = ensemble_of(stored);
  heed::Predictor predictor(all);
  for (heed::Index i = 0; i < data.count() && shown < most; ++i) {
    const heed::Index length = data.lengths.empty() ? data.steps() : data.lengths[static_cast<std::size_t>(i)];
    if (steps_there(data, i) == 0) continue;  // a blank line
    ++shown;
    const heed::TensorView<const typename M::Input, 2> one(data.x[i].data(), {length, data.features()});
    heed::StepMask mask;
    if (!data.mask.empty()) mask = std::span(data.mask[i].data(), static_cast<std::size_t>(length));
    if (!classes) {
      f(i, length, numbers(predictor.outputs(one, mask)));
      continue;
    }
    f(i, length, names.size() == 1 ? names[0] : names[static_cast<std::size_t>(predictor(one, mask).label)]);
  }
  return shown;
}

/// One weight per word. With heads: the mean over them, of the last query or of all queries.
inline std::vector<float> word_weights(const Weights& w, heed::Pooling pooling, heed::Index i, heed::Index length) {
  std::vector<float> result(static_cast<std::size_t>(length));
  const heed::Index first = pooling == heed::Pooling::last ? length - 1 : 0;
  for (heed::Index t = 0; t < length; ++t) {
    float& sum = result[static_cast<std::size_t>(t)];
    if (w.heads == 0) sum = w.all(i, t, 0);
    for (heed::Index h = 0; h < w.heads; ++h) {
      for (heed::Index q = first; q < length; ++q) {
        sum += w.all(i, h * w.steps + q, t) / static_cast<float>(w.heads * (length - first));
      }
    }
  }
  return result;
}

}  // namespace classifier
