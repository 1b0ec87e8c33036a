#include <algorithm>
#include <utility>

#include "../support/checks.hpp"
#include "../support/file_names.hpp"
#include "command_line.hpp"
#include "missing_values.hpp"
#include "recipe.hpp"
#include "train_arguments.hpp"

namespace classifier {

namespace {

using heed::Index;

constexpr int most_epochs = 1'000'000'000;
constexpr Index most_batch = Index(1) << 40;

heed::Index batch_size(const std::string& text) {
  Index size = 0;
  if (text == "full") return size;
  if (support::whole(1, most_batch)(text).empty() && CLI::detail::lexical_cast(text, size)) return size;
  throw CLI::ValidationError(
      heed::Error(heed::Fault{"wrong value", "--batch", "full, or a whole number of at least 1", '"' + text + '"'})
          .what(),
      CLI::ExitCodes::ValidationError);
}

void add_files(CLI::App& command, TrainArguments& a, bool keeps) {
  const auto files = [](auto& some) -> DataFiles& { return some ? *some : some.emplace(); };
  const auto file = [&](const char* name, auto set, const char* what) {
    return command.add_option_function<std::string>(name, set, what)->option_text("FILE");
  };
  const auto path = [&](const char* name, std::filesystem::path& value, const char* what) {
    return command.add_option(name, value, what)->option_text("FILE");
  };
  auto* const data = file(
      "--data", [&a, files](auto& f) { files(a.data).data = f; }, "Sequences: .npy, .npz:NAME, .ts, .arff or a table");
  file(
      "--labels", [&a, files](auto& f) { files(a.data).labels = f; }, "Labels of a .npy: .npy, .npz:NAME or text")
      ->needs(data);
  path("--text", a.text, "Sentences instead, one per line: label, words");
  if (keeps) {
    auto* const test = file(
        "--test", [&a, files](auto& f) { files(a.test).data = f; },
        "A file of the same kind, to test on in every epoch");
    file("--test-labels", [&a, files](auto& f) { files(a.test).labels = f; }, "Labels of a .npy --test")->needs(test);
  }
  path("--init", a.init, "Model to start from (.safetensors, .pt)");
  command.add_flag("--new-head", a.new_head, "With --init: a new last layer, for other classes");
  if (keeps) {
    const auto output = [&](const char* name, std::filesystem::path& value, const support::FileKind& kind,
                            const char* what) { support::check_name(path(name, value, what), kind); };
    output("--model", a.model, support::model_file, "Where to write the model (.safetensors)");
    output("--history", a.history, support::history_file, "Where to write a table of the epochs (.csv)");
    output("--log", a.log, support::log_file, "Where to log each epoch as it ends (.csv, .jsonl)");
    path("--curve", a.curve, "Where to draw loss and accuracy (.png, .svg)");
    output("--checkpoint", a.checkpoint, support::checkpoint_file, "Where to store the run while it trains");
    command.add_option("--checkpoint-every", a.checkpoint_every, "Epochs between checkpoints (1)")
        ->check(support::whole(1, most_epochs))
        ->option_text("N");
    command.add_flag("--resume", a.resume, "Continue from the checkpoint if there is one");
  }
  command.add_option("--threads", a.fit.threads, "Threads of each process (all); the result is the same")
      ->check(support::whole(1, 1024))
      ->option_text("N");
  command.add_flag("--quiet", a.quiet, "Print only errors");
}

void add_training(CLI::App& command, TrainArguments& a) {
  heed::FitOptions& fit = a.fit;
  const auto add = [&](const char* name, auto& value, auto check, const char* text, const char* what) {
    command.add_option(name, value, what)->check(check)->option_text(text)->group("Training");
  };
  const auto counts = support::whole(1, most_epochs);
  add("--num-features", a.num_features, support::whole(84, 1 << 20), "N", "Number of features of rocket (10000)");
  add("--epochs", fit.epochs, counts, "N", "Passes over the data (100)");
  add("--learning-rate", fit.learning_rate, positive, "X", "Of Adam (0.01)");
  command
      .add_option_function<std::string>(
          "--batch", [&a](auto& text) { a.batch = batch_size(text); }, "Sequences per step: full or a number (full)")
      ->option_text("N")
      ->group("Training");
  command.add_flag("--standardize", a.standardize, "Give each feature mean 0 and deviation 1")->group("Training");
  add("--seed", fit.seed, whole, "N", "Of all random numbers (0)");
  add("--ensemble", a.ensemble, support::whole(1, 1000), "N", "Models to train with different seeds, as one (1)");
  add("--flavor", a.flavor, support::one_of({"pytorch", "keras"}), "NAME", "Defaults of pytorch or keras (pytorch)");
  add("--validation", fit.validation, from_to_below(0, 1), "X", "Share of the data to keep for validation (0)");
  add("--early-stopping", fit.early_stopping.patience, counts, "N",
      "End training after N epochs without progress (off)");
  add("--schedule", a.schedule, support::one_of({"constant", "step", "cosine", "one-cycle", "plateau"}), "NAME",
      "Of the learning rate: constant, step, cosine,\none-cycle or plateau (constant)");
  add("--warmup", a.warmup, counts, "N", "Steps in which the rate rises before cosine (0)");
  add("--decay", a.decay, from_to_below(0, 1), "X", "Factor of the rate for step and plateau (0.1)");
  add("--decay-every", a.decay_every, counts, "N", "Epochs per step (30), or that plateau waits (10)");
  add("--clip", fit.clip_norm, positive, "X", "Largest norm of a gradient (no limit)");
  add("--weight-decay", fit.weight_decay, not_negative, "X", "Of AdamW, on all but biases (0)");
  add("--label-smoothing", fit.label_smoothing, from_to(0, 1), "X",
      "Share of a label that is spread over all classes (0)");
  command
      .add_option("--freeze", fit.frozen,
                  "Do not train parameters whose names contain NAME;\nmay be given several times")
      ->allow_extra_args(false)
      ->option_text("NAME")
      ->group("Training");
  command
      .add_option_function<std::string>(
          "--class-weights", [&a](auto&) { a.fit.balance_classes = true; },
          "balanced: all classes have the same total weight")
      ->check(support::one_of({"balanced"}))
      ->option_text("NAME")
      ->group("Training");
  add("--ema", fit.ema_decay, from_to_below(0, 1), "X",
      "Use the moving average of the weights, with this\ndecay (off)");
  add("--min-count", a.min_count, counts, "N", "Occurrences that make a word known, in text (1)");
  command.add_flag("--lower", a.lower, "Convert text to lower case")->group("Training");
}

void add_augmentation(CLI::App& command, heed::Augmentation& augment) {
  const auto add = [&](const char* name, double& value, auto check, const char* what) {
    command.add_option(name, value, what)->check(check)->option_text("X")->group("Augmentation");
  };
  add("--jitter", augment.jitter, from_to(0, 100), "Noise, relative to a feature's deviation (0)");
  add("--scaling", augment.scaling, from_to(0, 100), "Deviation of a random factor per feature (0)");
  add("--time-warp", augment.time_warp, from_to(0, 10), "Deviation of the logarithm of the speed (0)");
  add("--window-slice", augment.window_slice, from_to_below(0, 1), "Largest share of steps to leave out (0)");
  add("--mixup", augment.mixup, from_to(0, 1), "Mix pairs of sequences, shares from Beta(X, X) (0)");
}

}  // namespace

void add_train_options(CLI::App& command, TrainArguments& a, bool keeps) {
  add_files(command, a, keeps);
  add_training(command, a);
  add_recipe(command, a);
  add_augmentation(command, a.fit.augment);
  add_format(command, a.format);
  add_missing(command, a.missing);
  add_columns(command, a.format);
  add_task(command, a.task);
  add_architecture(command, a.architecture);
  command.footer(
      "keras: its initial weights and its Adam, batches of 32, and after multihead\n"
      "the mean. Sequences of different lengths are batched with others like them.");
}

}  // namespace classifier
