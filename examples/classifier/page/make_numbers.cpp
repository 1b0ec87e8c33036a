#include "../numbers.hpp"
#include "ends.hpp"
#include "number_sections.hpp"

namespace classifier::page {

using heed::Index;

template <class M>
std::string page_of_numbers(const StoredModel<M>& stored, const ReportArguments& a) {
  auto [data, targets] = load_targets_of(stored, a);
  const Index outputs = targets.exact.extent(1);
  const heed::Ensemble<M> all = ensemble_of(stored);
  heed::ThreadPool threads;
  NumberFindings f{output_names(stored), outputs_of<M, float>(all, data, outputs, threads), targets.exact,
                   baselines_of(targets, stored.task), stored.task};
  const Cases cases = cases_for(stored, all, data);

  Page page = begin(stored, a, cases);
  const Errors errors = errors_of(in_double(f.answers), f.truth);
  page.tiles = {{"Mean squared error", support::short_number(errors.mse)},
                {"Mean absolute error", support::short_number(errors.mae)},
                {"R²", support::fixed_number(errors.r2, 4)}};
  for (const Baseline& b : f.baselines) {
    page.tiles.emplace_back("Mean squared error of " + b.name, support::short_number(errors_of(b.values, f.truth).mse));
  }
  for (Section& s : std::vector<Section>{error_section(f), scatter_section(f, cases), far_off_section(f, cases)}) {
    page.sections.push_back(std::move(s));
  }
  Importance importance;
  if (cases.count < 2) {
    importance.why_not = "R² needs two sequences or more: nothing was taken away.";
  } else {
    const Score score = [&f](const heed::Tensor<float, 2>& answers, const std::vector<Index>& rows) {
      heed::Tensor<double, 2> truth({answers.extent(0), answers.extent(1)});
      for (Index k = 0; k < truth.extent(0); ++k) {
        for (Index j = 0; j < truth.extent(1); ++j) truth(k, j) = f.truth(rows[static_cast<std::size_t>(k)], j);
      }
      const Errors e = errors_of(in_double(answers), truth);
      return std::pair(e.r2, -e.mse);
    };
    importance = importance_of(all, data, feature_names(stored.columns, data.features()), outputs,
                               weights_at_work(stored), cases.ragged, score, threads);
  }
  importance.numbers = true;
  finish(page, stored, a, cases, importance, nullptr);
  return page.text();
}

template std::string page_of_numbers(const StoredModel<NumberModel>&, const ReportArguments&);
template std::string page_of_numbers(const StoredModel<RocketModel>&, const ReportArguments&);
template std::string page_of_numbers(const StoredModel<MixedModel>&, const ReportArguments&);

}  // namespace classifier::page
