#include <algorithm>
#include <string>
#include <vector>

#include "../../support/svg_charts.hpp"
#include "occlusion.hpp"

namespace classifier::page {

using heed::Index;
using support::html;

namespace {

constexpr std::size_t most_bars = 20, most_important_words = 20;

std::string amount(double value, bool numbers) {
  return (value > 0 ? "+" : "") + (numbers ? support::short_number(value, 3) : support::fixed_number(100 * value, 1));
}

// a bar for each, by the second score of classes or the first of numbers
std::string bars_of(std::vector<Occluded> all, const std::string& title, bool numbers, bool sorted) {
  const auto value = [&](const Occluded& o) { return numbers ? o.score : o.second; };
  if (sorted) {
    std::stable_sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return value(a) > value(b); });
  }
  all.resize(std::min(all.size(), most_bars));
  std::vector<support::Bar> bars;
  for (const Occluded& o : all) {
    const double shown = value(o);
    bars.push_back({o.name, shown, numbers ? support::short_number(shown, 3) : support::fixed_number(100 * shown, 1)});
  }
  return support::bar_list({title, "how much worse the answers get without each"}, bars);
}

std::string table_of(const std::vector<Occluded>& all, const std::string& caption, const std::string& what,
                     bool numbers) {
  std::string rows;
  for (const Occluded& o : all) {
    rows += "<tr>" + support::row_head(html(support::cut(o.name, 40))) + "<td class=\"number\">" +
            amount(-o.score, numbers) + "</td><td class=\"number\">" + amount(-o.second, numbers) +
            "</td><td class=\"number\">" + grouped(o.count) + "</td></tr>\n";
  }
  const std::string head =
      numbers ? support::number_head("R²") + support::number_head("−mean squared error")
              : support::number_head("accuracy, points") + support::number_head("probability of the truth, points");
  return "<details><summary>" + html(caption) + "</summary>" +
         support::table(caption, support::column_head(html(what)) + head + support::number_head("tried on"), rows,
                        "figures") +
         "</details>\n";
}

std::string words_of(const Importance& importance) {
  std::vector<Occluded> top(
      importance.words.begin(),
      importance.words.begin() + static_cast<std::ptrdiff_t>(std::min(importance.words.size(), most_important_words)));
  return "<div class=\"charts\">" +
         support::figure(bars_of(top, "Fall of the true class's probability without a word, in points", false, false),
                         "Fall of the true class's probability without the word, in points.") +
         "</div>\n" + table_of(top, "Words in figures", "without", false);
}

}  // namespace

Section importance_section(const Importance& importance, const Cases& cases) {
  const std::string title = "What the answers rest on";
  if (!importance.why_not.empty()) return {"importance", title, "<p>" + html(importance.why_not) + "</p>\n"};
  const bool numbers = importance.numbers;
  std::string body;
  if (!importance.words.empty()) {
    body =
        "<p>Each word is taken away in turn: it becomes an unknown one. What matters is how far the probability of "
        "the true class falls in the sentences that have it.</p>\n<p class=\"note\">Tried were the " +
        grouped(static_cast<Index>(importance.words.size())) +
        " most frequent known words that occur in two sentences or more";
    if (importance.rows < cases.count) {
      body += ", of " + grouped(importance.rows) + " of " + counted_of(cases.count, cases) + ", evenly spaced";
    }
    return {"importance", title, body + ".</p>\n" + words_of(importance)};
  }
  if (importance.features.empty() && importance.stretches.empty()) {
    return {"importance", title, "<p>Sequences of one step and one feature have no parts to take away.</p>\n"};
  }
  body =
      "<p>Each part of the input is taken away in turn: it becomes the mean of its feature. What matters is how far " +
      std::string(numbers ? "R² falls" : "the probability of the true class falls") + ". As it is, " +
      (numbers ? "R² is " + support::fixed_number(importance.score, 3)
               : "the accuracy is " + support::percent(importance.score)) +
      ".</p>\n";
  if (importance.rows < cases.count) {
    body += "<p class=\"note\">Tried on " + grouped(importance.rows) + " of " + counted_of(cases.count, cases) +
            ", evenly spaced.</p>\n";
  }
  const std::string unit = numbers ? "fall of R²" : "fall of the true class's probability, in points";
  body += "<div class=\"charts\">";
  if (!importance.features.empty()) {
    std::string caption = "Without a feature: " + unit + ".";
    if (importance.features.size() > most_bars) {
      caption +=
          " The " + std::to_string(most_bars) + " largest of " + std::to_string(importance.features.size()) + ".";
    }
    body += support::figure(bars_of(importance.features, "Without a feature: " + unit, numbers, true), caption);
  }
  if (!importance.stretches.empty()) {
    body += support::figure(bars_of(importance.stretches, "Without a stretch of time: " + unit, numbers, false),
                            "Without a stretch of time: " + unit + ".");
  }
  body += "</div>\n";
  if (!importance.features.empty()) body += table_of(importance.features, "Features in figures", "without", numbers);
  if (!importance.stretches.empty()) {
    body += table_of(importance.stretches, "Stretches of time in figures", "without", numbers);
  }
  return {"importance", title, body};
}

}  // namespace classifier::page
