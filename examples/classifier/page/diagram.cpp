#include "diagram.hpp"

#include <string>
#include <utility>
#include <vector>

#include "../../support/svg_charts.hpp"

namespace classifier::page {

using heed::Index;

namespace {

std::string drawn(const std::vector<ModelPart>& parts, const std::string& answer) {
  constexpr double high = 50, gap = 40, left = 8, wide = support::chart_width - 16;
  const double step = high + gap, middle = support::chart_width / 2;
  const auto count = static_cast<double>(parts.size());
  support::Svg svg(support::chart_width, count * step + 34);
  std::string in_words;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const ModelPart& part = parts[i];
    const double y = 2 + static_cast<double>(i) * step;
    const bool input = i == 0;
    svg.box(left, y, wide, high, input ? "part input" : "part", 1, 6);
    const std::string below = input ? part.shape : part.detail;
    svg.text(left + 12, y + (below.empty() ? 30 : 21), part.name, "start", "strong");
    if (!below.empty()) svg.text(left + 12, y + 38, below);
    const std::string own = part.parameters == 1 ? "1 parameter" : grouped(part.parameters) + " parameters";
    const std::string weight = input                 ? ""
                               : !part.note.empty()  ? "not trained"
                               : part.parameters > 0 ? own
                                                     : "no parameters";
    svg.text(left + wide - 12, y + (below.empty() ? 30 : 21), weight, "end");
    svg.line(middle, y + high, middle, y + step - 6, "axis");
    svg.path(
        std::vector<std::pair<double, double>>{
            {middle - 5, y + step - 11}, {middle, y + step - 5}, {middle + 5, y + step - 11}},
        "axis");
    if (!input) svg.text(middle + 10, y + high + 23, part.shape);
    in_words += (i ? ", then " : "") + part.name + (part.shape.empty() ? "" : " giving " + part.shape);
  }
  svg.text(middle, count * step + 20, answer, "middle", "strong");
  return svg.image("The model as a diagram", in_words);
}

std::string parameters_of(Index count) { return count == 1 ? "1 parameter" : grouped(count) + " parameters"; }

}  // namespace

Section diagram_section(const std::vector<ModelBranch>& branches, const std::string& answer) {
  Index total = 0, models = 0;
  std::string figures;
  for (const ModelBranch& branch : branches) {
    total += branch.models * branch.parameters();
    models += branch.models;
    std::string caption = "From the input to the answer.";
    if (branch.models > 1 || branches.size() > 1) {
      caption = std::to_string(branch.models) + (branch.models > 1 ? " models" : " model") + " of " +
                parameters_of(branch.parameters()) + (branch.models > 1 ? " each." : ".");
    }
    figures += support::figure(drawn(branch.parts, answer), caption);
  }
  std::string body = "<p>" + parameters_of(total) + ".";
  if (models > 1) {
    body += " This is an ensemble of " + std::to_string(models) +
            " models. Their answers are averaged, and all count alike.";
  }
  return {"model", "The model", body + "</p>\n<div class=\"charts\">" + figures + "</div>\n"};
}

}  // namespace classifier::page
