#include "confusion.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <map>
#include <string_view>
#include <tuple>

#include "../support/terminal.hpp"

namespace classifier {

using namespace support;

namespace {

using heed::Index;

std::string right(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ').append(text);
}

std::string ratio(Index part, Index whole) {
  if (whole == 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

// columns that the names take: those of the longest, 24 at most
int name_width(const std::vector<std::string>& names) {
  std::size_t longest = 5;  // "label", "truth"
  for (const std::string& name : names) longest = std::max(longest, name.size());
  return static_cast<int>(std::min<std::size_t>(longest, 24));
}

std::string mistakes(const heed::Tensor<Index, 2>& confusion, const std::vector<std::string>& names) {
  constexpr std::size_t shown = 20;
  std::vector<std::tuple<Index, Index, Index>> all;  // -count, truth, prediction: sorted, the most frequent first
  for (Index i = 0; i < confusion.extent(0); ++i) {
    for (Index j = 0; j < confusion.extent(1); ++j) {
      if (i != j && confusion(i, j) > 0) all.emplace_back(-confusion(i, j), i, j);
    }
  }
  std::sort(all.begin(), all.end());
  const int width = name_width(names);
  std::string text = "most frequent mistakes\n" + column("truth", width) + "  " + column("answer", width) + "  count\n";
  for (std::size_t k = 0; k < std::min(shown, all.size()); ++k) {
    const auto [count, truth, answer] = all[k];
    text += column(names[static_cast<std::size_t>(truth)], width) + "  " +
            column(names[static_cast<std::size_t>(answer)], width) + right(std::to_string(-count), 7) + "\n";
  }
  return text;
}

}  // namespace

double share_of_largest(std::span<const std::int32_t> classes) {
  std::map<std::int32_t, std::size_t> counts;
  std::size_t most = 0;
  for (const std::int32_t c : classes) most = std::max(most, ++counts[c]);
  return classes.empty() ? 0 : static_cast<double>(most) / static_cast<double>(classes.size());
}

heed::Tensor<Index, 2> confusion_matrix(heed::TensorView<const float, 2> logits,
                                        std::span<const std::int32_t> classes) {
  heed::Tensor<Index, 2> confusion({logits.extent(1), logits.extent(1)});
  for (Index i = 0; i < logits.extent(0); ++i) {
    const auto row = logits[i];
    ++confusion(classes[static_cast<std::size_t>(i)], std::max_element(row.begin(), row.end()) - row.begin());
  }
  return confusion;
}

std::string class_table(const heed::Tensor<Index, 2>& confusion, const std::vector<std::string>& names) {
  const int width = name_width(names);
  std::string text = column("label", width) + "  sequences  precision  recall\n";
  for (Index i = 0; i < confusion.extent(0); ++i) {
    Index truths = 0, answers = 0;
    for (Index j = 0; j < confusion.extent(0); ++j) {
      truths += confusion(i, j);
      answers += confusion(j, i);
    }
    text += column(names[static_cast<std::size_t>(i)], width) + right(std::to_string(truths), 11) +
            right(ratio(confusion(i, i), answers), 11) + right(ratio(confusion(i, i), truths), 8) + "\n";
  }
  return text;
}

std::string confusion_table(const heed::Tensor<Index, 2>& confusion, const std::vector<std::string>& names, int width) {
  const Index largest = *std::max_element(confusion.begin(), confusion.end());
  const std::size_t digits = std::max<std::size_t>(std::to_string(largest).size(), 2);
  const int name = name_width(names);
  // columns are headed by the names' first characters
  std::size_t cell = digits;
  for (const std::string& n : names) cell = std::max(cell, std::min<std::size_t>(n.size(), 6));
  if (width > 0 && name + static_cast<int>((cell + 1) * names.size()) + 1 > width) return mistakes(confusion, names);
  std::string text = "confusion: truth in rows, answers in columns\n" + column("", name) + ' ';
  for (const std::string& n : names) text += ' ' + right(column(n, static_cast<int>(std::min(n.size(), cell))), cell);
  text += '\n';
  for (Index i = 0; i < confusion.extent(0); ++i) {
    text += column(names[static_cast<std::size_t>(i)], name) + ' ';
    for (Index j = 0; j < confusion.extent(1); ++j) text += ' ' + right(std::to_string(confusion(i, j)), cell);
    text += '\n';
  }
  return text;
}

}  // namespace classifier
