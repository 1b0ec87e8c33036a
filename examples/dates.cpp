/// Rewrites dates, character by character: "3 mars 1998" becomes "1998-03-03". Trains additive, dot and scaled dot
/// attention side by side on the same dates, counts how many unseen dates each rewrites exactly, and shows the
/// attention.
///
///     dates
///     dates --score additive --model dates.safetensors
///     dates --model dates.safetensors --rewrite "le 14 juillet 1989"

#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/alignment_map.hpp"
#include "support/command.hpp"
#include "support/date_task.hpp"
#include "support/options.hpp"
#include "support/translator.hpp"

namespace {

using support::Translator;

constexpr heed::Index most = 12;  // characters of an answer

struct Arguments {
  std::vector<std::string> scores{"additive", "dot", "scaled_dot"};
  std::string model, date;
  heed::Index count = 8000, unseen = 1000;
  heed::Seq2SeqOptions options{.embedding = 16, .hidden = 64, .layers = 1, .dropout = 0};
  heed::FitOptions fit{.epochs = 20, .learning_rate = 8e-3, .batch_size = 64, .bucket_by_length = true, .clip_norm = 1};
};

void define(CLI::App& app, Arguments& a) {
  app.add_option("--score", a.scores, "Scores of attention that are trained, one after the other")
      ->check(support::one_of({"additive", "dot", "scaled_dot", "general"}))
      ->capture_default_str();
  app.add_option("--model", a.model, "Keeps the model that gets the most dates right")->type_name("FILE");
  app.add_option("--rewrite", a.date, "A date for the model of the file; nothing is trained")->type_name("DATE");
  app.add_option("--dates", a.count, "To train on")->check(support::whole_from(1))->capture_default_str();
  app.add_option("--unseen", a.unseen, "Dates that are counted")->check(support::whole_from(1))->capture_default_str();
  support::add_options(app, a.options, support::only({"embedding", "hidden", "bidirectional"}));
  support::add_fit_options(app, a.fit, {});
}

void show(const Translator& translator, const support::Sentence& date, heed::ThreadPool& threads) {
  const support::Translation t = translator({date}, 1, most, threads).front();
  std::printf("\n%s: %s > %s\n%s", std::string(to_text(translator.model.options.score)).c_str(),
              heed::joined(date, "").c_str(), heed::joined(t.words, "").c_str(),
              support::alignment_map(t.from, t.to, t.alignment).c_str());
}

void train(Arguments& a, heed::ThreadPool& threads) {
  const heed::Key key{a.fit.seed};
  const heed::ParallelText train = support::DateTask::make(a.count, false, key.child(0));
  const heed::ParallelText unseen = support::DateTask::make(a.unseen, true, key.child(1));
  std::printf("%jd dates, %jd unseen ones of other days; goal: 99 %% exact\n\n", train.count(), unseen.count());
  std::printf("score        parameters      loss   exact   time\n");
  const heed::InterruptGuard guard;  // Ctrl-C ends training
  a.fit.stop = guard.signal();
  a.fit.schedule = heed::CosineSchedule{};
  std::vector<Translator> trained;
  std::optional<std::size_t> best;
  double most_exact = 0;
  for (const std::string& score : a.scores) {
    if (guard.interrupted()) break;
    a.options.score = heed::from_text<heed::ScoreKind>(score, "score");
    Translator& translator = trained.emplace_back(a.options, train, 1, a.fit.seed);
    const heed::TokenPairs pairs = translator.tokens(train);
    if (!a.model.empty()) heed::check_save(translator.model, a.model);
    const heed::History history = heed::fit(translator.model, pairs.view(), a.fit);
    const bool any = !history.epochs.empty();
    const double exact = translator.exact(unseen, most, threads);
    std::printf("%-12s %10td  %8.5f  %6.4f  %5s\n", score.c_str(), heed::parameter_count(translator.model),
                any ? history.epochs.back().loss : NAN, exact,
                heed::clock_text(any ? history.epochs.back().seconds : 0).c_str());
    std::fflush(stdout);
    if (best && exact <= most_exact) continue;
    best = trained.size() - 1;
    most_exact = exact;
  }
  if (best && !a.model.empty()) heed::save(trained[*best].model, a.model);
  for (const Translator& translator : trained) show(translator, heed::split_characters("le 14 juillet 1989"), threads);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App app("Rewrites dates by attention from sequence to sequence", "dates");
  define(app, a);
  return support::run_command(app, argc, argv, [&] {
    heed::ThreadPool threads(a.fit.threads);
    if (a.date.empty()) return train(a, threads);
    heed::require(!a.model.empty(), [] { return heed::Fault{"--rewrite needs the --model that rewrites"}; });
    const Translator translator(heed::load<Translator::Model>(a.model));
    show(translator, heed::split_characters(heed::lower_case(a.date)), threads);
  });
}
