#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "heed/data/vocabulary.hpp"
#include "occlusion.hpp"

namespace classifier::page {

using heed::Index;

std::vector<MissingWord> missing_words(const Tokens& data, const std::vector<Index>& rows, Index most) {
  std::map<std::string, std::vector<Index>> where;
  for (const Index i : rows) {
    const std::vector<std::string>& words = data.words[static_cast<std::size_t>(i)];
    std::set<std::string> own;
    for (std::size_t t = 0; t < words.size(); ++t) {
      const bool known = data.x(i, static_cast<Index>(t), 0) != heed::Vocabulary::unknown;
      if (known && own.insert(words[t]).second) where[words[t]].push_back(i);
    }
  }
  std::vector<const std::pair<const std::string, std::vector<Index>>*> order;
  for (const auto& entry : where) {
    if (entry.second.size() > 1) order.push_back(&entry);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->second.size() > b->second.size(); });
  std::vector<MissingWord> all;
  for (const auto* entry : order) {
    if (static_cast<Index>(all.size() + entry->second.size()) > most) break;
    for (const Index i : entry->second) all.push_back({i, entry->first});
  }
  return all;
}

Importance importance_of(const heed::Ensemble<TextModel>& all, const Tokens& data, Index outputs, Index parameters,
                         const std::vector<std::int32_t>& truth, heed::ThreadPool& threads) {
  Importance result;
  const std::vector<Index> rows = evenly(data.count(), 2000);
  const Index most = 20 * affordable(data.steps(), 20, parameters, 1000);
  const std::vector<MissingWord> missing = missing_words(data, rows, most);
  if (missing.empty()) {
    result.why_not = "No word that the model knows occurs in two sentences: there is nothing to compare.";
    return result;
  }
  std::vector<Index> wanted;
  for (const MissingWord& m : missing) wanted.push_back(m.row);
  heed::Sequences<std::int32_t> changed = rows_of<std::int32_t>(data, wanted);
  const heed::Tensor<float, 2> before = outputs_of(all, changed, outputs, threads);
  for (Index k = 0; k < changed.count(); ++k) {
    const MissingWord& m = missing[static_cast<std::size_t>(k)];
    const std::vector<std::string>& words = data.words[static_cast<std::size_t>(m.row)];
    for (std::size_t t = 0; t < words.size(); ++t) {
      if (words[t] == m.word) changed.x(k, static_cast<Index>(t), 0) = heed::Vocabulary::unknown;
    }
  }
  const heed::Tensor<float, 2> after = outputs_of(all, changed, outputs, threads);
  std::map<std::string, Occluded> words;
  for (Index k = 0; k < changed.count(); ++k) {
    const MissingWord& m = missing[static_cast<std::size_t>(k)];
    const Index label = truth[static_cast<std::size_t>(m.row)];
    const auto right = [&](const heed::Tensor<float, 2>& p) {
      return std::max_element(p[k].begin(), p[k].end()) - p[k].begin() == label ? 1.0 : 0.0;
    };
    Occluded& o = words[m.word];
    o.name = m.word;
    o.score += right(before) - right(after);
    o.second += static_cast<double>(before(k, label)) - static_cast<double>(after(k, label));
    ++o.count;
  }
  for (auto& [word, o] : words) {
    o.score /= static_cast<double>(o.count);
    o.second /= static_cast<double>(o.count);
    result.words.push_back(o);
  }
  std::stable_sort(result.words.begin(), result.words.end(),
                   [](const Occluded& a, const Occluded& b) { return a.second > b.second; });
  result.rows = static_cast<Index>(rows.size());
  return result;
}

}  // namespace classifier::page
