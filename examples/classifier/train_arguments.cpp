#include "train_arguments.hpp"

#include <algorithm>
#include <utility>

#include "../support/file_names.hpp"
#include "command_line.hpp"
#include "missing_values.hpp"
#include "recipe.hpp"

namespace classifier {

namespace {

using heed::Index;

constexpr int most_epochs = 1'000'000'000;

heed::Index batch_size(const std::string& text) {
  Index size = 0;
  if (text == "full") return size;
  if (CLI::detail::lexical_cast(text, size) && size > 0) return size;
  throw CLI::ValidationError("--batch", "full, or a number of at least 1; got " + text);
}

void add_files(CLI::App& command, TrainArguments& a, bool keeps) {
  const auto files = [](auto& some) -> DataFiles& { return some ? *some : some.emplace(); };
  const auto file = [&](const char* name, auto set, const char* what) {
    return command.add_option_function<std::string>(name, set, what)->option_text("FILE");
  };
  const auto path = [&](const char* name, std::filesystem::path& value, const char* what) {
    return command.add_option(name, value, what)->option_text("FILE");
  };
  auto* const data =
      file("--data", [&a, files](auto& f) { files(a.data).data = f; }, "Sequences: .npy, .npz:NAME, .ts or a table");
  file(
      "--labels", [&a, files](auto& f) { files(a.data).labels = f; }, "Labels of a .npy: .npy, .npz:NAME or text")
      ->needs(data);
  path("--text", a.text, "Sentences instead, a line each: label, words");
  if (keeps) {
    auto* const test = file(
        "--test", [&a, files](auto& f) { files(a.test).data = f; }, "The same kind of file, to test every epoch on");
    file("--test-labels", [&a, files](auto& f) { files(a.test).labels = f; }, "Labels of a .npy --test")->needs(test);
  }
  path("--init", a.init, "Model to start from (.safetensors)");
  command.add_flag("--new-head", a.new_head, "With --init: a new last layer, for other classes");
  if (keeps) {
    const auto output = [&](const char* name, std::filesystem::path& value, const support::FileKind& kind,
                            const char* what) { support::check_name(path(name, value, what), kind); };
    output("--model", a.model, support::model_file, "Where to write the model (.safetensors)");
    output("--history", a.history, support::history_file, "Where to write a table of the epochs (.csv)");
    output("--log", a.log, support::log_file, "Where to log each epoch at once (.csv, .jsonl)");
    path("--curve", a.curve, "Where to draw loss and accuracy (.png, .svg)");
    output("--checkpoint", a.checkpoint, support::checkpoint_file, "Where to keep the run as it goes");
    command.add_option("--checkpoint-every", a.checkpoint_every, "Epochs between checkpoints (1)")
        ->check(CLI::Range(1, most_epochs))
        ->option_text("N");
    command.add_flag("--resume", a.resume, "Go on from the checkpoint if there is one");
  }
  command.add_option("--threads", a.fit.threads, "Threads of each process (all); the result is the same")
      ->check(CLI::Range(1, 1024))
      ->option_text("N");
  command.add_flag("--quiet", a.quiet, "Print nothing but errors");
}

void add_training(CLI::App& command, TrainArguments& a) {
  heed::FitOptions& fit = a.fit;
  const auto add = [&](const char* name, auto& value, auto check, const char* text, const char* what) {
    command.add_option(name, value, what)->check(check)->option_text(text)->group("Training");
  };
  const auto counts = CLI::Range(1, most_epochs);
  add("--num-features", a.num_features, CLI::Range(84, 1 << 20), "N", "Of rocket: features of a series (10000)");
  add("--epochs", fit.epochs, counts, "N", "Times through the data (100)");
  add("--learning-rate", fit.learning_rate, positive, "X", "Of Adam (0.01)");
  command
      .add_option_function<std::string>(
          "--batch", [&a](auto& text) { a.batch = batch_size(text); }, "Sequences a step: full or a number (full)")
      ->option_text("N")
      ->group("Training");
  command.add_flag("--standardize", a.standardize, "Give each feature mean 0 and deviation 1")->group("Training");
  add("--seed", fit.seed, whole, "N", "Of all random numbers (0)");
  add("--ensemble", a.ensemble, CLI::Range(heed::Index(1), heed::Index(1000)), "N",
      "Seeds whose models answer by their mean (1)");
  add("--flavor", a.flavor, CLI::IsMember({"pytorch", "keras"}), "NAME", "Whose defaults: pytorch or keras (pytorch)");
  add("--validation", fit.validation, from_to_below(0, 1), "X", "Share of the data kept to validate on (0)");
  add("--early-stopping", fit.early_stopping.patience, counts, "N", "Epochs without progress that end training");
  add("--schedule", a.schedule, CLI::IsMember({"constant", "step", "cosine", "one-cycle", "plateau"}), "NAME",
      "Of the rate: step, cosine, one-cycle or plateau");
  add("--warmup", a.warmup, counts, "N", "Steps that cosine rises before it falls (0)");
  add("--decay", a.decay, from_to_below(0, 1), "X", "What step and plateau multiply the rate by (0.1)");
  add("--decay-every", a.decay_every, counts, "N", "Epochs of a step (30); those plateau waits (10)");
  add("--clip", fit.clip_norm, positive, "X", "Largest norm of a gradient");
  add("--weight-decay", fit.weight_decay, not_negative, "X", "Of AdamW, on all but biases (0)");
  add("--label-smoothing", fit.label_smoothing, from_to(0, 1), "X", "Share of a label that all classes get (0)");
  command
      .add_option("--freeze", fit.frozen,
                  "Parameters with NAME in theirs stay as they are;\nmay be given several times")
      ->allow_extra_args(false)
      ->option_text("NAME")
      ->group("Training");
  command
      .add_option_function<std::string>(
          "--class-weights", [&a](auto&) { a.fit.balance_classes = true; }, "balanced: all classes count alike")
      ->check(CLI::IsMember({"balanced"}))
      ->option_text("NAME")
      ->group("Training");
  add("--ema", fit.ema_decay, from_to_below(0, 1), "X", "Take the weights' moving average of this decay");
  add("--min-count", a.min_count, counts, "N", "Of text: how often known words occur (1)");
  command.add_flag("--lower", a.lower, "Of text: capital letters are small ones")->group("Training");
}

// Of a forecast the end of the series is kept to validate on.
void check_task(TrainArguments& a, bool text) {
  TaskOptions& t = a.task;
  const heed::TableFormat& f = a.format;
  require_usage(!t.kind || a.data, "--task", "needs --data");
  require_usage(!text || (f.sequence_column.empty() && f.time_column.empty() && f.feature_columns.empty()), "--text",
                "excludes columns of tables");
  const bool may_forecast = t.forecasts() || (!t.kind && !a.init.empty());  // the model may say it
  require_usage(!t.window || may_forecast, "--window", "needs --task forecast");
  require_usage(!t.horizon || may_forecast, "--horizon", "needs --task forecast");
  require_usage(t.target_column.empty() || t.forecasts(), "--target-column", "needs --task forecast");
  require_usage(f.time_column.empty() || !f.sequence_column.empty() || may_forecast, "--time-column",
                "needs --sequence-column or --task forecast");
  require_usage(f.feature_columns.empty() || !f.sequence_column.empty() || may_forecast, "--feature-columns",
                "needs --sequence-column or --task forecast");
  if (!t.forecasts()) return;
  require_usage(t.window || !a.init.empty(), "--task", "forecast needs --window");
  require_usage(!a.data->labels, "--labels", "excludes --task forecast: the series says what follows");
  require_usage(!a.test || !a.test->labels, "--test-labels", "excludes --task forecast");
  require_usage(!a.test || a.fit.validation == 0, "--validation", "excludes --test where the task is a forecast");
  t.held_out = std::exchange(a.fit.validation, 0);
}

void add_augmentation(CLI::App& command, heed::Augmentation& augment) {
  const auto add = [&](const char* name, double& value, auto check, const char* what) {
    command.add_option(name, value, what)->check(check)->option_text("X")->group("Augmentation");
  };
  add("--jitter", augment.jitter, from_to(0, 100), "Noise, in deviations of a feature (0)");
  add("--scaling", augment.scaling, from_to(0, 100), "Deviation of a factor for each feature (0)");
  add("--time-warp", augment.time_warp, from_to(0, 10), "Deviation of the speed, as a logarithm (0)");
  add("--window-slice", augment.window_slice, from_to_below(0, 1), "Largest share of steps that are left out (0)");
  add("--mixup", augment.mixup, from_to(0, 1), "Mix with others, by shares of Beta(X, X) (0)");
}

heed::Schedule schedule_of(const TrainArguments& a) {
  if (a.schedule == "step")
    return heed::StepSchedule{.every = a.decay_every.value_or(30), .factor = a.decay.value_or(0.1)};
  if (a.schedule == "cosine") return heed::CosineSchedule{.warmup = a.warmup.value_or(0)};
  if (a.schedule == "one-cycle") return heed::OneCycleSchedule{};
  if (a.schedule != "plateau") return {};
  return heed::PlateauSchedule{.factor = a.decay.value_or(0.1), .patience = a.decay_every.value_or(10)};
}

}  // namespace

std::vector<std::filesystem::path> TrainArguments::inputs() const {
  std::vector<std::filesystem::path> paths;
  if (!text.empty()) paths.push_back(text);
  for (const auto* files : {&data, &test}) {
    if (!*files) continue;
    paths.push_back((*files)->data);
    if ((*files)->labels) paths.push_back(*(*files)->labels);
  }
  return paths;
}

std::vector<std::filesystem::path> TrainArguments::outputs() const {
  std::vector<std::filesystem::path> paths;
  for (const auto* path : {&model, &history, &log, &curve, &checkpoint}) {
    if (!path->empty()) paths.push_back(*path);
  }
  return paths;
}

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

void check_rocket(const TrainArguments& a) {
  require_usage(a.recipe == "rocket" || a.recipe == "auto" || !a.num_features, "--num-features",
                "needs --recipe rocket");
  if (a.recipe != "rocket") return;
  const std::vector<std::string> used{"--recipe",      "--num-features", "--data",        "--labels",  "--test",
                                      "--test-labels", "--model",        "--standardize", "--seed",    "--quiet",
                                      "--missing",     "--features",     "--threads",     "--classes", "--ensemble",
                                      "--folds",       "--repeats"};
  TrainArguments plain;
  CLI::App format;
  add_format(format, plain.format);
  for (const CLI::Option* option : a.command->get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || std::find(used.begin(), used.end(), name) != used.end()) continue;
    require_usage(format.get_option_no_throw(name) != nullptr, name.c_str(), "has no meaning with --recipe rocket");
  }
}

void complete(TrainArguments& a) {
  const bool text = !a.text.empty();
  require_usage(!text || !a.data, "--text", "excludes --data");
  require_usage(!a.test || a.data || text, "--test", "needs --data or --text");
  require_usage(!text || !a.test || !a.test->labels, "--test-labels", "excludes --text: its lines have labels");
  require_usage(!text || !a.standardize, "--standardize", "excludes --text");
  require_usage(!text || !a.architecture.features, "--features", "excludes --text");
  require_usage(!a.missing || a.data, "--missing", "needs --data");
  for (const auto& [value, option] :
       {std::pair(a.fit.augment.jitter, "--jitter"), std::pair(a.fit.augment.scaling, "--scaling"),
        std::pair(a.fit.augment.time_warp, "--time-warp"), std::pair(a.fit.augment.window_slice, "--window-slice"),
        std::pair(a.fit.augment.mixup, "--mixup")}) {
    require_usage(!text || value == 0, option, "excludes --text: words are no numbers");
  }
  require_usage(text || !a.architecture.embedding, "--embedding", "needs --text");
  require_usage(text || !a.min_count, "--min-count", "needs --text");
  require_usage(text || !a.lower, "--lower", "needs --text");
  require_usage(!a.init.empty() || !a.new_head, "--new-head", "needs --init");
  require_usage(a.init.empty() || !a.min_count, "--min-count", "excludes --init, which has its words");

  const bool tests = a.test || (!a.data && !text);  // the built-in task has a test
  require_usage(!a.fit.early_stopping.patience || a.fit.validation > 0 || tests, "--early-stopping",
                "needs --validation or --test");
  require_usage(!a.warmup || a.schedule == "cosine", "--warmup", "needs --schedule cosine");
  const bool decays = a.schedule == "step" || a.schedule == "plateau";
  require_usage(!a.decay || decays, "--decay", "needs --schedule step or plateau");
  require_usage(!a.decay_every || decays, "--decay-every", "needs --schedule step or plateau");
  require_usage(!a.checkpoint.empty() || !a.checkpoint_every, "--checkpoint-every", "needs --checkpoint");
  require_usage(!a.checkpoint.empty() || !a.resume, "--resume", "needs --checkpoint");

  check_task(a, text);
  apply_recipe(a);
  if (a.ensemble > 1) {  // what is of one training
    require_usage(a.init.empty(), "--ensemble", "excludes --init, from which all its models would start");
    for (const auto& [path, option] : {std::pair(&a.checkpoint, "--checkpoint"), std::pair(&a.history, "--history"),
                                       std::pair(&a.log, "--log"), std::pair(&a.curve, "--curve")}) {
      require_usage(path->empty(), "--ensemble", std::string("excludes ") + option + ", which is of one training");
    }
  }

  complete_fit(a);
}

void complete_fit(TrainArguments& a) {
  a.fit.batch_size = a.batch.value_or(a.keras() ? 32 : 0);
  a.fit.schedule = schedule_of(a);
  if (a.keras() && a.init.empty()) a.architecture.given.insert({"pooling", "mean"});
}

}  // namespace classifier
