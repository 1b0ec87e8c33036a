#include "train_arguments.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "command_line.hpp"
#include "recipe.hpp"
#include "weights_options.hpp"

namespace classifier {

using heed::Index;

namespace {

void check_task(TrainArguments& a) {
  TaskOptions& t = a.task;
  const heed::TableFormat& f = a.format;
  require_usage(!t.kind || a.data, "--task", "needs --data");
  const bool may_forecast = t.forecasts() || (!t.kind && !a.init.empty());  // the model may say it
  require_usage(!t.window || may_forecast, "--window", "needs --task forecast");
  require_usage(!t.horizon || may_forecast, "--horizon", "needs --task forecast");
  require_usage(!t.absolute || may_forecast, "--absolute", "needs --task forecast");
  require_usage(t.target_column.empty() || t.forecasts(), "--target-column", "needs --task forecast");
  require_usage(f.time_column.empty() || !f.sequence_column.empty() || may_forecast, "--time-column",
                "needs --sequence-column or --task forecast");
  require_usage(f.feature_columns.empty() || !f.sequence_column.empty() || may_forecast, "--feature-columns",
                "needs --sequence-column or --task forecast");
  require_usage(f.date_order == heed::DateOrder::automatic || !f.time_column.empty() || !a.init.empty(), "--date-order",
                "needs --time-column");
  require_usage(t.window || !a.init.empty() || !t.forecasts(), "--task", "forecast needs --window");
  if (t.forecasts()) complete_forecast(a);
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

void check_rocket(const TrainArguments& a) {
  const auto parts = parts_of(a.recipe);
  const bool may = a.recipe == "auto" || std::find(parts.begin(), parts.end(), "rocket") != parts.end();
  require_usage(may || !a.num_features, "--num-features", "needs --recipe rocket");
  if (a.recipe != "rocket") return;
  const std::vector<std::string> used{"--recipe",        "--num-features", "--data",        "--labels",  "--test",
                                      "--test-labels",   "--model",        "--standardize", "--seed",    "--quiet",
                                      "--missing",       "--features",     "--threads",     "--classes", "--ensemble",
                                      "--folds",         "--repeats",      "--task",        "--window",  "--horizon",
                                      "--target-column", "--absolute"};
  const std::vector<std::string> epochs{"--epochs", "--log", "--history", "--curve", "--checkpoint", "--resume"};
  TrainArguments plain;
  CLI::App format;
  add_format(format, plain.format);
  add_columns(format, plain.format);
  for (const CLI::Option* option : a.command->get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || std::find(used.begin(), used.end(), name) != used.end()) continue;
    if (name == "--validation" && a.task.forecasts()) continue;  // the end of the series, to test on
    const bool of_epochs = std::find(epochs.begin(), epochs.end(), name) != epochs.end();
    require_usage(format.get_option_no_throw(name) != nullptr, name,
                  std::string("has no meaning with --recipe rocket") +
                      (of_epochs ? ", which has no epochs: it is fitted in one step" : ""));
  }
}

void complete_forecast(TrainArguments& a) {
  a.task.kind = TaskKind::forecast;
  require_usage(!a.data->labels, "--labels", "excludes --task forecast: the series says what follows");
  require_usage(!a.test || !a.test->labels, "--test-labels", "excludes --task forecast");
  require_usage(!a.test || a.fit.validation == 0, "--validation", "excludes --test where the task is a forecast");
  a.task.held_out = std::exchange(a.fit.validation, 0);
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
  if (a.init.empty()) refuse_weights(a.architecture.weights);
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

  const bool table = (a.data && is_table(a.data->data)) || (a.test && is_table(a.test->data));
  check_format(a.format, text ? FormatOf::text : table ? FormatOf::table : FormatOf::other);
  check_task(a);
  const heed::Metadata given = a.architecture.given;
  apply_recipe(a);
  if (a.init.empty()) refuse_without_effect(a.recipe, given);
  if (a.ensemble > 1 || is_mixed(a.recipe)) {
    const char* const several = a.ensemble > 1 ? "--ensemble" : "--recipe";
    require_usage(a.init.empty(), several, "excludes --init, from which all its models would start");
  }

  complete_fit(a);
}
void complete_fit(TrainArguments& a) {
  a.fit.batch_size = a.batch.value_or(a.keras() ? 32 : 0);
  a.fit.schedule = schedule_of(a);
  if (a.keras() && a.init.empty()) a.architecture.given.insert({"pooling", "mean"});
}

}  // namespace classifier
