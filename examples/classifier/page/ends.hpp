#pragma once

// The beginning and the end of every report.

#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "../../support/html.hpp"
#include "../data.hpp"
#include "../model_options.hpp"
#include "../report.hpp"
#include "attention.hpp"
#include "cases.hpp"
#include "diagram.hpp"
#include "heed/core/visit.hpp"
#include "make.hpp"
#include "occlusion.hpp"
#include "page.hpp"
#include "training_log.hpp"

namespace classifier::page {

inline std::string steps_text(heed::Index steps) { return steps > 0 ? "up to " + std::to_string(steps) : "T"; }

template <class M>
Page begin(const StoredModel<M>& stored, const ReportArguments& a, const Cases& cases) {
  Page page;
  page.title = "Report on " + stored.path.filename().string();
  page.model = plan_of(stored);
  page.data = a.data.data.filename().string() + ": " + counted_of(cases.count, cases) + " of " +
              (cases.ragged ? "up to " : "") +
              counted(cases.steps, cases.words ? "word" : "step", cases.words ? "words" : "steps");
  const bool numbers = output_kind_of(stored) == heed::OutputKind::numbers;
  page.sections.push_back(curve_section(a.log, {numbers, is_rocket<M>}));
  return page;
}

/// `classes` is null if the model gives numbers.
template <class M>
void finish(Page& page, const StoredModel<M>& stored, const ReportArguments& a, const Cases& cases,
            const Importance& importance, const ClassFindings* classes) {
  page.sections.push_back(attention_section(cases, classes ? classes->names : std::vector<std::string>(),
                                            classes ? classes->truth : std::vector<std::int32_t>()));
  page.sections.push_back(importance_section(importance, cases));
  const auto& options = classifier_of(stored.model).options;
  const std::string answer = !classes ? counted(options.classes, "number", "numbers")
                                      : "softmax: " + counted(options.classes, "probability", "probabilities");
  page.sections.push_back(diagram_section(branches_of(stored, steps_text(stored.steps)), answer));
  Origin origin{a.command, {{"model", a.model.string()}, {"data", a.data.data.string()}}, options_of(stored)};
  if (a.data.labels) origin.files.emplace_back("labels", a.data.labels->string());
  if (!a.log.empty()) origin.files.emplace_back("log", a.log.string());
  page.sections.push_back(origin_section(origin));
  const heed::Index parameters = stored.members() * heed::parameter_count(stored.model);
  page.tiles.emplace_back("Parameters", grouped(parameters));
}

/// The data as the page shows them, with the model's attention.
template <class M, class Data>
Cases cases_for(const StoredModel<M>& stored, const heed::Ensemble<M>& all, const Data& data) {
  Cases cases;
  if constexpr (std::same_as<Data, Tokens>) {
    cases = cases_of(data);
  } else {
    cases = cases_of(data, feature_names(stored.columns, data.features()), stored.shift);
  }
  cases.attention = attention_of(all, data);
  if constexpr (requires { classifier_of(stored.model).options.attention; }) {
    if (!cases.attention && attends(classifier_of(stored.model).options.attention)) {
      cases.no_attention = "The sequences are too long to keep how each step attends to each step.";
    }
  }
  return cases;
}

// The number of weights that a model uses at every step.
template <class M>
heed::Index weights_at_work(const StoredModel<M>& stored) {
  return stored.members() * heed::parameter_count(classifier_of(stored.model));
}

}  // namespace classifier::page
