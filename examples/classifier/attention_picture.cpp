#include "attention_picture.hpp"

#include <algorithm>

namespace classifier {

using heed::Index;

support::HeatMaps heat_maps(const StoredModel<NumberModel>& stored, const heed::Sequences<float>& data,
                            const Weights& w) {
  support::HeatMaps page;
  if (w.heads == 0) {
    support::HeatMap map{.x_label = "step", .width = static_cast<std::size_t>(w.steps)};
    for_the_first(24, stored, data, [&](Index i, Index, const std::string& answer) {
      map.rows.push_back(std::to_string(i) + ": " + answer);
      map.values.insert(map.values.end(), w.all[i].data(), w.all[i].data() + w.steps);
    });
    map.y_label = "sequence: answer";
    page.maps.push_back(map);
    return page;
  }
  page.across = static_cast<std::size_t>(std::min<Index>(w.heads, w.steps > 16 ? 2 : 4));
  for_the_first(2, stored, data, [&](Index i, Index length, const std::string& answer) {
    for (Index h = 0; h < w.heads; ++h) {
      support::HeatMap map{.title = "sequence " + std::to_string(i) + ": " + answer + ", head " + std::to_string(h),
                           .x_label = "step",
                           .y_label = "asks",
                           .width = static_cast<std::size_t>(length)};
      for (Index q = 0; q < length; ++q) {
        for (Index t = 0; t < length; ++t) map.values.push_back(w.all(i, h * w.steps + q, t));
      }
      page.maps.push_back(map);
    }
  });
  return page;
}

support::HeatMaps heat_maps(const StoredModel<TextModel>& stored, const Tokens& data, const Weights& w) {
  support::HeatMaps page;
  for_the_first(8, stored, data, [&](Index i, Index length, const std::string& answer) {
    page.maps.push_back({.columns = data.words[static_cast<std::size_t>(i)],
                         .values = word_weights(w, stored.model.options.classifier.pooling, i, length),
                         .title = "answer " + answer,
                         .numbers = true});
  });
  return page;
}

}  // namespace classifier
