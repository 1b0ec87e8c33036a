#include "make.hpp"

#include <algorithm>

#include "class_sections.hpp"
#include "ends.hpp"

namespace classifier::page {

using heed::Index;

namespace {

template <class M>
std::string page_of_classes(const StoredModel<M>& stored, const ReportArguments& a) {
  require_classes(stored, "report");
  const auto data = load_data(stored, a, true);
  const heed::LabelMap names = class_names(stored.model);
  std::vector<std::int32_t> truth = classes_of(data.labels, names, a.data.labels_path().string());
  const heed::Ensemble<M> all = ensemble_of(stored);
  heed::ThreadPool threads;
  const ClassFindings f =
      class_findings(names.names, outputs_of(all, data, names.size(), threads, heed::Output::logits), std::move(truth));
  const Cases cases = cases_for(stored, all, data);

  Page page = begin(stored, a, cases);
  page.tiles = {{"Accuracy", support::percent(f.calibration.accuracy, 2)},
                {"Macro F1", support::fixed_number(heed::macro_f1(f.confusion), 4)},
                {"Loss", support::fixed_number(f.loss, 4)},
                {"Calibration error", support::fixed_number(f.calibration.ece, 4)},
                {"Classes", grouped(names.size())}};
  for (Section& s : std::vector<Section>{confusion_section(f, cases), class_section(f), calibration_section(f, cases),
                                         mistake_section(f, cases)}) {
    page.sections.push_back(std::move(s));
  }
  Importance importance;
  if constexpr (is_text<M>) {
    importance = importance_of(all, data, names.size(), weights_at_work(stored), f.truth, threads);
  } else {
    const Score score = [&f](const heed::Tensor<float, 2>& p, const std::vector<Index>& rows) {
      double hits = 0, sum = 0;
      for (Index k = 0; k < p.extent(0); ++k) {
        const Index label = f.truth_of(rows[static_cast<std::size_t>(k)]);
        hits += std::max_element(p[k].begin(), p[k].end()) - p[k].begin() == label;
        sum += static_cast<double>(p(k, label));
      }
      const auto n = static_cast<double>(p.extent(0));
      return std::pair(hits / n, sum / n);
    };
    importance = importance_of(all, data, feature_names(stored.columns, data.features()), names.size(),
                               weights_at_work(stored), cases.ragged, score, threads);
  }
  finish(page, stored, a, cases, importance, &f);
  return page.text();
}

}  // namespace

template <class M>
std::string page_on(const StoredModel<M>& stored, const ReportArguments& a) {
  if constexpr (!is_text<M>) {
    if (output_kind_of(stored) == heed::OutputKind::numbers) return page_of_numbers(stored, a);
  }
  return page_of_classes(stored, a);
}

template std::string page_on(const StoredModel<NumberModel>&, const ReportArguments&);
template std::string page_on(const StoredModel<RocketModel>&, const ReportArguments&);
template std::string page_on(const StoredModel<MixedModel>&, const ReportArguments&);
template std::string page_on(const StoredModel<TextModel>&, const ReportArguments&);

}  // namespace classifier::page
