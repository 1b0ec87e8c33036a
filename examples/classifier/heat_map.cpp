#include "heat_map.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace classifier {

namespace {

using heed::Index;

constexpr int number_width = 10, answer_width = 10;

// which of `count` cells step t of `length` falls into
Index cell_of(Index t, Index length, Index count) { return t * count / length; }

// the steps' weights, those that share a cell added up
std::vector<double> binned(const float* weights, Index length, Index count) {
  std::vector<double> sums(static_cast<std::size_t>(count));
  for (Index t = 0; t < length; ++t) {
    sums[static_cast<std::size_t>(cell_of(t, length, count))] += static_cast<double>(weights[t]);
  }
  return sums;
}

// one head's map in count x count cells: sums over steps that share a column, means over queries that share a row
std::vector<std::vector<double>> binned_map(const float* weights, Index steps, Index length, Index count) {
  std::vector<std::vector<double>> rows(static_cast<std::size_t>(count), binned(weights, 0, count));
  std::vector<double> queries(rows.size());
  for (Index t = 0; t < length; ++t) {
    const auto r = static_cast<std::size_t>(cell_of(t, length, count));
    const std::vector<double> part = binned(weights + t * steps, length, count);
    for (std::size_t k = 0; k < part.size(); ++k) rows[r][k] += part[k];
    ++queries[r];
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (double& value : rows[r]) value /= queries[r];
  }
  return rows;
}

}  // namespace

std::string legend(Index heads, Colours colours) {
  const std::string start = heads == 0 ? column("sequence", number_width) + column("answer", answer_width) : "";
  return start + "0 " + scale(colours) + " largest weight of the " + (heads == 0 ? "sequence\n" : "head\n");
}

std::string strip(const Attended& a, Colours colours, int width) {
  constexpr int result = 26;  // "| step 1234567 has 0.123" and the bar before
  const Index room = std::max(1, (width - number_width - answer_width - result) / 2);
  const std::vector<double> values = binned(a.weights, a.length, std::min(a.length, room));
  const double largest = *std::max_element(values.begin(), values.end());
  const float* top = std::max_element(a.weights, a.weights + a.length);
  char text[64];
  std::snprintf(text, sizeof text, " step %td has %.3f\n", top - a.weights, static_cast<double>(*top));
  return column(std::to_string(a.sequence), number_width) + column(a.answer, answer_width - 1) + ' ' +
         cells(values, largest, colours) + text;
}

std::string maps(const Attended& a, Index heads, Colours colours, int width) {
  const Index frame = colours == Colours::none ? 2 : 0, gap = 2;
  // as many heads side by side as fit with 8 cells each at least; then as many cells as fit
  const Index beside = std::clamp<Index>((width + gap) / (16 + frame + gap), 1, heads);
  const Index room = std::max<Index>(1, ((width + gap) / beside - gap - frame) / 2);
  const Index count = std::min({a.length, room, Index(24)});
  std::string text = "\nsequence " + std::to_string(a.sequence) + ", answer " + printable(a.answer) + "\n";
  for (Index first = 0; first < heads; first += beside) {
    std::vector<std::string> lines(static_cast<std::size_t>(count) + 1);
    for (Index h = first; h < std::min(heads, first + beside); ++h) {
      const auto rows = binned_map(a.weights + h * a.steps * a.steps, a.steps, a.length, count);
      double largest = 0;
      for (const auto& row : rows) largest = std::max(largest, *std::max_element(row.begin(), row.end()));
      const std::string between(static_cast<std::size_t>(h > first ? gap : 0), ' ');
      lines[0] += between + column("head " + std::to_string(h), static_cast<int>(2 * count + frame));
      for (std::size_t r = 0; r < rows.size(); ++r) lines[r + 1] += between + cells(rows[r], largest, colours);
    }
    for (const std::string& line : lines) text += line + '\n';
  }
  return text;
}

}  // namespace classifier
