/// A transformer that classifies sequences of numbers: labelled sequences in, test accuracy and a model out.
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
#include "support/command.hpp"
#include "support/options.hpp"
#include "support/shade_map.hpp"

namespace {

using Model = heed::TransformerClassifier<float>;

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

/// Noise with two bumps somewhere, of one channel each: the class is which of three channels has the first one and
/// which the second. Six classes; sequences of 12 to 20 steps.
heed::Sequences<float> built_in_task(heed::Key key, heed::Index count) {
  constexpr heed::Index longest = 20, channels = 3;
  heed::Sequences<float> data{.x = heed::Tensor<float, 3>({count, longest, channels})};
  for (heed::Index i = 0; i < count; ++i) {
    const heed::Key draw = key.child(static_cast<std::uint64_t>(i));
    const auto length = static_cast<heed::Index>(12 + draw.below(0, 9));
    const auto first = static_cast<heed::Index>(draw.below(1, 3));
    const auto second = (first + 1 + static_cast<heed::Index>(draw.below(2, 2))) % channels;
    const auto begin = static_cast<heed::Index>(draw.below(3, 4)), gap = static_cast<heed::Index>(3 + draw.below(4, 4));
    for (heed::Index t = 0; t < length; ++t) {
      for (heed::Index f = 0; f < channels; ++f) {
        const bool bump = (f == first && t / 2 == begin / 2) || (f == second && t / 2 == (begin + gap) / 2);
        const double noise = draw.child(9).normal(static_cast<std::uint64_t>(t * channels + f));
        data.x(i, t, f) = static_cast<float>((bump ? 2.0 : 0.0) + 0.3 * noise);
      }
    }
    data.lengths.push_back(static_cast<std::int32_t>(length));
    data.labels.push_back(std::string(1, static_cast<char>('a' + first)) + static_cast<char>('a' + second));
  }
  return data;
}

struct Labelled {
  heed::Sequences<float> sequences;
  std::vector<std::int32_t> classes;
  heed::LabelledSequences<float> view() const { return {sequences.x.view(), classes, sequences.lengths}; }
};

std::optional<Labelled> read_test(const Arguments& a, const heed::LabelMap& names, heed::Index features) {
  if (a.test.empty() && !a.train.empty()) return {};
  Labelled data{a.test.empty() ? built_in_task(heed::Key{a.fit.seed}.child(2), 400)
                               : heed::load_sequences<float>(a.test, a.test_labels, a.load),
                {}};
  data.classes = names.encode(data.sequences.labels, a.test.empty() ? "built-in task" : a.test.string());
  heed::require(data.sequences.features() == features, [&] {
    return heed::Fault{"wrong number of features", a.test.string(), std::to_string(features),
                       std::to_string(data.sequences.features())};
  });
  return data;
}

/// What the first sequence's steps attend to in the last block, the mean of the heads, and how many are right.
void show(const Model& model, const Labelled& test, int threads) {
  const auto view = test.view();
  std::printf("test accuracy %.4f of %d sequences\n", heed::evaluate(model, view, threads).accuracy,
              static_cast<int>(view.count()));
  const heed::Index steps = view.lengths.empty() ? view.x.extent(1) : view.lengths[0];
  const heed::TensorView<const float, 3> one(view.x.data(), {1, steps, view.x.extent(2)});
  heed::Predictor predictor(model);
  const heed::Tensor<float, 3> weights = predictor.attention_weights(one);
  heed::Tensor<float, 2> mean({steps, steps});
  for (heed::Index row = 0; row < weights.extent(1); ++row) {
    for (heed::Index key = 0; key < steps; ++key) mean(row % steps, key) += weights(0, row, key);
  }
  const auto answer = predictor(one[0]);
  std::printf("sequence 0 of class %s, answer %s: what its steps (down) attend to (across)\n%s",
              model.labels[static_cast<std::size_t>(test.classes[0])].c_str(),
              model.labels[static_cast<std::size_t>(answer.label)].c_str(), support::shade_map(mean).c_str());
}

void train(Arguments& a) {
  const std::string where = a.train.empty() ? "built-in task" : a.train.string();
  if (a.train.empty()) a.fit.epochs = std::min(a.fit.epochs, 15);
  Labelled data{a.train.empty() ? built_in_task(heed::Key{a.fit.seed}.child(1), 1200)
                                : heed::load_sequences<float>(a.train, a.train_labels, a.load),
                {}};
  const heed::LabelMap names = heed::LabelMap::from(data.sequences.labels, where);
  data.classes = names.encode(data.sequences.labels, where);
  const std::optional<Labelled> test = read_test(a, names, data.sequences.features());
  const heed::Index steps = std::max(data.sequences.steps(), test ? test->sequences.steps() : 0);
  a.options.max_steps = a.options.positions == heed::PositionKind::learned ? steps : 0;
  Model model({.features = data.sequences.features(), .classes = names.size(), .transformer = a.options});
  model.initialize(heed::Key{a.fit.seed});
  model.labels = names.names;
  const auto view = data.view();
  const heed::FeatureStatistics scale = heed::feature_statistics<float>(view.x, view.lengths);
  model.standardize = heed::Standardize<float>(scale.mean, scale.deviation);
  std::printf("%d sequences of at most %d steps, %d features, %d classes\nnorm %s, %d parameters\n",
              static_cast<int>(view.count()), static_cast<int>(data.sequences.steps()),
              static_cast<int>(view.x.extent(2)), static_cast<int>(names.size()),
              std::string(to_text(a.options.norm)).c_str(), static_cast<int>(heed::parameter_count(model)));
  const heed::Index batches = (view.count() - 1) / a.fit.batch_size + 1;
  a.fit.schedule = heed::CosineSchedule{.warmup = a.fit.epochs * batches / 10, .warmup_start = 0.1};
  a.fit.callbacks.push_back(heed::plain_progress(stdout, std::max(1, a.fit.epochs / 10)));
  const heed::InterruptGuard guard;  // Ctrl-C ends the step: the weights so far are kept, those of the best epoch
  a.fit.stop = guard.signal();       // where some sequences are held out
  if (a.fit.validation > 0) a.fit.early_stopping.patience = a.fit.epochs;
  if (!a.model.empty()) heed::check_save(model, a.model);
  const heed::History history = heed::fit(model, view, a.fit);
  heed::require(history.outcome != heed::Outcome::diverged, [] { return heed::Fault{"the training diverged"}; });
  if (history.outcome == heed::Outcome::cancelled) std::printf("interrupted: the weights so far are kept\n");
  if (!a.model.empty()) heed::save(model, a.model);
  if (a.fit.validation > 0 && !history.epochs.empty()) {
    const auto best = static_cast<std::size_t>(std::max(history.best_epoch, 1) - 1);
    std::printf("validation accuracy %.4f\n", history.epochs[best].validation_accuracy);
  }
  if (test) show(model, *test, a.fit.threads);
}

void run(Arguments& a) {
  if (a.train.empty() && !a.model.empty() && (!a.test.empty() || std::filesystem::exists(a.model))) {
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
  program.add_option("--features", a.load.features, "Features of a step in a .csv")->check(CLI::PositiveNumber);
  support::add_options(program, a.options);
  support::add_fit_options(program, a.fit, {"validation", "batch_size", "weight_decay", "label_smoothing"});
  program.callback([&] {
    if (!a.test.empty() && a.train.empty() && a.model.empty()) throw CLI::RequiresError("--test", "--train or --model");
  });
  return support::run_command(program, argc, argv, [&] { run(a); });
}
