/// A transformer that classifies sequences of numbers: takes labelled sequences, prints the test accuracy, writes a
/// model.
///
///     transformer --train JapaneseVowels_TRAIN.ts --test JapaneseVowels_TEST.ts --model vowels.safetensors
///     transformer --test JapaneseVowels_TEST.ts --model vowels.safetensors

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/bump_task.hpp"
#include "support/command.hpp"
#include "support/file_names.hpp"
#include "support/options.hpp"
#include "support/shades.hpp"
#include "support/training.hpp"

namespace {

using Model = heed::TransformerClassifier<float>;
using Labelled = heed::Labelled<float>;

const char* const built_in = "built-in task";

struct Arguments {
  std::filesystem::path train, test, model;
  std::optional<std::filesystem::path> train_labels, test_labels;
  heed::LoadOptions load;
  bool average = false;
  heed::TransformerOptions options{.d_model = 64,
                                   .num_heads = 4,
                                   .num_layers = 2,
                                   .dim_feedforward = 128,
                                   .dropout = 0.2,
                                   .norm = heed::NormPlacement::none};
  heed::FitOptions fit{.epochs = 100, .learning_rate = 1e-3, .weight_decay = 0.01, .batch_size = 16, .clip_norm = 1};
};

std::optional<Labelled> read_test(const Arguments& a, const heed::LabelMap& names, heed::Index features) {
  if (a.test.empty() && !a.train.empty()) return {};
  if (a.test.empty()) return Labelled(support::two_bumps(heed::Key{a.fit.seed}.child(2), 400), names, built_in);
  Labelled data(heed::load_sequences<float>(a.test, a.test_labels, a.load), names, a.test.string());
  heed::require(data.sequences.features() == features, [&] {
    return heed::Fault{"wrong number of features", a.test.string(), std::to_string(features),
                       std::to_string(data.sequences.features())};
  });
  return data;
}

/// The attention of the first sequence's steps in the last block (the mean of the heads), and the number of right
/// answers.
void show(const Model& model, const Labelled& test, int threads) {
  std::printf("test accuracy %.4f of %jd sequences\n", heed::evaluate(model, test.view(), threads).accuracy,
              test.count());
  const heed::TensorView<const float, 2> first = test[0];
  const heed::Index steps = first.extent(0);
  heed::Predictor predictor(model);
  const heed::Tensor<float, 3> weights =
      predictor.attention_weights(heed::view(first.data(), {heed::Index(1), steps, first.extent(1)}));
  support::Grid mean{std::vector<float>(static_cast<std::size_t>(steps * steps)), steps};
  for (heed::Index i = 0; i < weights.size(); ++i) {
    mean.values[static_cast<std::size_t>(i) % mean.values.size()] += weights.data()[i];
  }
  std::printf("sequence 0 of class %s, answer %s: what its steps (down) attend to (across)\n%s",
              test.name_of(0).c_str(), model.labels[static_cast<std::size_t>(predictor(first).label)].c_str(),
              support::shade_map(mean).c_str());
}

void train(Arguments& a) {
  if (a.train.empty()) a.fit.epochs = std::min(a.fit.epochs, 15);
  const Labelled data = a.train.empty()
                            ? Labelled(support::two_bumps(heed::Key{a.fit.seed}.child(1), 1200), built_in)
                            : Labelled(heed::load_sequences<float>(a.train, a.train_labels, a.load), a.train.string());
  const std::optional<Labelled> test = read_test(a, {data.names}, data.sequences.features());
  const heed::Index steps = std::max(data.sequences.steps(), test ? test->sequences.steps() : 0);
  const heed::PositionKind kind = a.options.positions;
  a.options.max_steps = kind == heed::PositionKind::learned || kind == heed::PositionKind::tape ? steps : 0;
  Model model({.features = data.sequences.features(), .classes = std::ssize(data.names), .transformer = a.options});
  model.initialize(heed::Key{a.fit.seed});
  model.labels = data.names;
  const auto view = data.view();
  const heed::FeatureStatistics scale = heed::feature_statistics<float>(view.x, view.lengths);
  model.standardize = heed::Standardize<float>(scale.mean, scale.deviation);
  std::printf("%jd sequences of at most %jd steps, %jd features, %jd classes\nnorm %s, %jd parameters\n", view.count(),
              data.sequences.steps(), data.sequences.features(), std::ssize(data.names),
              std::string(to_text(a.options.norm)).c_str(), heed::parameter_count(model));
  const heed::Index all_steps = a.fit.epochs * support::steps_an_epoch(view.count(), a.fit);
  a.fit.schedule = heed::CosineSchedule{.warmup = all_steps / 10, .warmup_start = 0.1};
  a.fit.callbacks.push_back(heed::plain_progress(stdout, std::max(1, a.fit.epochs / 10)));
  if (a.fit.validation > 0) a.fit.early_stopping.patience = a.fit.epochs;  // the weights of the best epoch
  const heed::History history = support::fit_and_keep(model, view, a.fit, a.model);
  if (a.fit.validation > 0 && !history.epochs.empty()) {
    const auto best = static_cast<std::size_t>(std::max(history.best_epoch, 1) - 1);
    std::printf("validation accuracy %.4f\n", history.epochs[best].validation_accuracy);
  }
  if (test) show(model, *test, a.fit.threads);
}

void run(Arguments& a) {
  if (a.train.empty() && !a.model.empty() && (!a.test.empty() || support::is_regular(a.model))) {
    const Model model = heed::load<Model>(a.model);
    return show(model, *read_test(a, {model.labels}, model.input_size()), a.fit.threads);
  }
  train(a);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App program("Classifies sequences by self attention; without --train and --test a task of its own",
                   "transformer");
  auto* const train = program.add_option("--train", a.train, "Labelled sequences to learn: .ts, .csv or .npy");
  auto* const test = program.add_option("--test", a.test, "Labelled sequences to measure on in the end");
  program.add_option("--model", a.model, "Where the model is kept. Where there is one and no --train, it is loaded");
  program.add_option("--train-labels", a.train_labels, "Their labels, where they stand apart")->needs(train);
  program.add_option("--test-labels", a.test_labels, "Their labels, where they stand apart")->needs(test);
  program.add_option("--features", a.load.features, "Features of a step in a .csv")->check(support::whole_from(1));
  support::add_options(program, a.options);
  support::add_fit_options(program, a.fit, {"validation", "batch_size", "weight_decay", "label_smoothing"});
  program.callback([&] {
    if (!a.test.empty() && a.train.empty() && a.model.empty()) throw CLI::RequiresError("--test", "--train or --model");
  });
  return support::run_command(program, argc, argv, [&] { run(a); });
}
