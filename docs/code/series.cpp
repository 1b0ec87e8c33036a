// The code of the page "Series".

#include <heed/heed.hpp>
#include <heed/io/checkpoint.hpp>
#include <heed/io/safetensors.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace {

using Model = heed::SequenceClassifier<float>;

// A .ts file of waves that are short or long; one series has a gap.
void write_waves(const char* path) {
  std::string text =
      "@problemName waves\n@univariate true\n@classLabel true short long\n@data\n";
  for (int i = 0; i < 40; ++i) {
    for (int t = 0; t < 16; ++t) {
      const double wave = std::sin(0.1 * i + t * (i % 2 == 0 ? 1.6 : 0.6));
      text += t == 0 ? "" : ",";
      text += i == 3 && t == 5 ? "?" : std::to_string(wave);
    }
    text += i % 2 == 0 ? ":short\n" : ":long\n";
  }
  heed::write_file(path, text);
}

void from_files() {
  write_waves("waves.ts");
  // [file]
  auto series =
      heed::load_sequences<float>("waves.ts", {}, {.missing = heed::Missing::linear});
  const heed::Labelled<float> data(std::move(series), "waves.ts");
  Model model({.features = 1, .classes = 2});
  heed::fit(model, data.view(), {.epochs = 60, .learning_rate = 0.02});
  std::printf("%s and %s: accuracy %.2f\n", data.names[0].c_str(), data.names[1].c_str(),
              heed::evaluate(model, data.view()).accuracy);
  // [/file]

  // [cross_validate]
  const auto make = [](const auto& training) {
    return Model({.features = training.x.extent(2), .classes = 2});
  };
  const auto cv = heed::cross_validate(
      make, data.view(), {.epochs = 60, .learning_rate = 0.02}, {.folds = 4, .repeats = 2});
  std::printf("%zu folds\n", cv.folds.size());  // cv.accuracy.mean, cv.accuracy.deviation
  // [/cross_validate]

  // [ensemble]
  heed::Ensemble<Model> ensemble(3, Model::Options{.features = 1, .classes = 2});
  heed::fit_ensemble(ensemble, data.view(), {.epochs = 30, .learning_rate = 0.02});
  heed::save(ensemble, "ensemble.safetensors");  // one file
  heed::Predictor predictor(ensemble);           // the mean of their probabilities
  // [/ensemble]
  std::printf("%zu probabilities\n", predictor(data.view().x[0]).probabilities.size());

  // [options]
  const heed::InterruptGuard guard;  // <heed/train/interrupt.hpp>
  const heed::FitOptions options{
      .epochs = 30,
      .learning_rate = 3e-3,
      .weight_decay = 0.01,  // AdamW; biases and norms are spared
      .schedule =
          heed::CosineSchedule{.warmup = 10},  // or Step-, OneCycle-, PlateauSchedule
      .batch_size = 8,                         // 0, the default: all sequences
      .bucket_by_length = true,                // batches of about one length
      .clip_norm = 1,
      .balance_classes = true,
      .augment = {.jitter = 0.05, .scaling = 0.1},
      .validation = 0.2,                   // of each class
      .early_stopping = {.patience = 20},  // gives back the best weights
      .ema_decay = 0.99,
      .checkpoint = heed::checkpoint("waves.checkpoint"),  // <heed/io/checkpoint.hpp>
      .stop = guard.signal(),                              // Ctrl-C, or any std::stop_token
      .callbacks = {heed::csv_logger("log.csv")}};
  const heed::History history = heed::fit(model, data.view(), options);
  // [/options]
  std::printf("%s epochs\n", history.epochs.size() <= 30 ? "at most 30" : "too many");
}

void from_memory() {
  const heed::Index n = 64, steps = 12;
  std::vector<float> x, next;
  std::vector<std::int32_t> labels, lengths;
  for (heed::Index i = 0; i < n; ++i) {
    lengths.push_back(static_cast<std::int32_t>(8 + i % 5));
    labels.push_back(static_cast<std::int32_t>(i % 2));
    for (heed::Index t = 0; t < steps; ++t) {
      const auto at = static_cast<double>(i + t);
      x.push_back(static_cast<float>(i % 2 == 0 ? std::sin(at) : std::cos(2 * at)));
    }
    next.push_back(static_cast<float>(i % 2));
  }
  std::vector<std::uint8_t> mask(x.size(), 1);
  mask[3] = 0;
  x[3] =
      std::numeric_limits<float>::quiet_NaN();  // what stands at a masked step is not read

  // [mask]
  Model model({.features = 1, .classes = 2});
  const auto data =
      heed::view(x, {n, steps, 1}, lengths, mask);  // {}: all full, none masked
  heed::fit(model, data, labels, {.epochs = 20, .learning_rate = 0.02});
  // [/mask]
  x[3] = 0;

  // [regression]
  heed::SequenceClassifier<float> numbers({.features = 1, .classes = 1});
  heed::fit(numbers, heed::view(x, {n, steps, 1}), heed::view(next, {n, 1}),
            {.epochs = 20});
  heed::Predictor predictor(numbers);
  const float value = predictor.outputs(heed::view(x, {n, steps, 1})[0])[0];
  // [/regression]
  std::printf("the number is finite: %s\n", std::isfinite(value) ? "yes" : "no");

  // [windows]
  const std::vector<float> series(x.begin(), x.begin() + 200);
  const auto windows = heed::series_windows(heed::view(series, {200, 1}), 24, 3);
  // [/windows]
  std::printf("%jd windows of %jd steps\n", windows.x.extent(0), windows.x.extent(1));

  // [folds]
  const auto folds = heed::make_folds(windows.places, {.folds = 3});
  const auto in_time = heed::cross_validate(folds, [&](const heed::FoldRows& fold) {
    const heed::SequenceSubset<float, float> before(windows.view(), fold.rows.training),
        after(windows.view(), fold.rows.validation);
    Model fresh({.features = 1, .classes = 3});
    heed::fit(fresh, before.view(), {.epochs = 20, .batch_size = 32});
    return heed::evaluate(fresh, after.view());
  });
  std::printf("%zu folds in the order of time\n", in_time.folds.size());
  // [/folds]

  // [changes]
  Model changes({.features = 1, .classes = 3});
  changes.last_value = heed::LastValue<float>({0, 0, 0});  // 3 steps of feature 0
  heed::fit(changes, windows.view(), {.epochs = 20, .batch_size = 32});
  // [/changes]
}

// What a first hour with data of one's own reads: a table that pandas wrote, and one with a row per time step.
void write_telemetry() {
  std::string head, rides = "\"ride\",\"time\",\"speed\",\"surface\"\n";
  for (int t = 0; t < 20; ++t) head += ",bar_" + std::to_string(t);
  for (const char* name : {"pumps.csv", "pumps_test.csv"}) {
    std::string table = head + ",state\n";
    for (int i = 0; i < 40; ++i) {
      table += std::to_string(i);
      for (int t = 0; t < 20; ++t) {
        table +=
            "," + std::to_string(20 + std::sin(0.1 * i + t * (i % 2 == 0 ? 1.6 : 0.5)));
      }
      table += i % 2 == 0 ? ",\"loose, needs service\"\n" : ",\"healthy\"\n";
    }
    heed::write_file(name, table);
  }
  for (int i = 0; i < 40; ++i) {
    for (int t = 0; t < 20 + i % 9; ++t) {
      rides += "\"R" + std::to_string(i) +
               "\",\"2026-05-01T08:00:" + std::to_string(10 + t) + "\"," +
               std::to_string(18 + std::sin(t * (i % 2 == 0 ? 1.6 : 0.5))) +
               (i % 2 == 0 ? ",\"gravel\"\n" : ",\"asphalt\"\n");
    }
  }
  heed::write_file("rides.csv", rides);
}

void first_hour() {
  write_telemetry();
  {
    // [pumps]
    const heed::LoadOptions options{
        .table = {.index_column = heed::TableFormat::IndexColumn::drop}};
    const heed::Labelled<float> train(heed::load_sequences<float>("pumps.csv", {}, options),
                                      "pumps.csv");
    const heed::Labelled<float> test(
        heed::load_sequences<float>("pumps_test.csv", {}, options), {train.names},
        "pumps_test.csv");

    Model model({.features = 1, .classes = 2});
    const auto statistics = heed::feature_statistics(train.sequences);
    model.standardize = {statistics.mean, statistics.deviation};
    model.labels = train.names;
    heed::fit(model, train.view(), {.epochs = 60, .learning_rate = 0.02});
    std::printf("pumps: accuracy %.2f\n", heed::evaluate(model, test.view()).accuracy);
    heed::save(model, "pumps.safetensors");
    // [/pumps]
  }
  // [rides]
  heed::LongTable<float> table = heed::read_long_table<float>(
      "rides.csv",
      {.format = {
           .label_column = "surface", .sequence_column = "ride", .time_column = "time"}});
  const heed::Labelled<float> rides(std::move(table.sequences), "rides.csv");
  std::printf("%zu rides of different lengths\n", rides.sequences.lengths.size());
  // [/rides]
}

// What the commands of the pages read: a test runs them.
void write_for_the_trainer() {
  heed::Tensor<float, 3> x({40, 10, 5});
  heed::Tensor<std::int32_t, 1> y({40});
  std::string table = "a,b,c,price\n", power = "date,power\n", questions, unlabelled;
  for (int i = 0; i < 40; ++i) {
    for (heed::Index k = 0; k < 50; ++k) {
      x[i].data()[k] = static_cast<float>(std::sin(i % 2 + 1) * static_cast<double>(k % 7));
    }
    y.data()[i] = i % 2;
    table += std::to_string(i) + ",1," + std::to_string(i % 3) + "," +
             std::to_string(2 * i) + "\n";
    const std::string words = i % 2 == 0 ? "where is the station" : "when does it leave";
    unlabelled += words + "\n";
    questions += (i % 2 == 0 ? "place " : "time ") + words + "\n";
  }
  for (int i = 0; i < 200; ++i) {
    power += std::to_string(i) + "," + std::to_string(std::sin(0.3 * i)) + "\n";
  }
  for (const char* name : {"x.npy", "x2.npy"}) heed::write_npy(name, x.view());
  for (const char* name : {"y.npy", "y2.npy"}) heed::write_npy(name, y.view());
  for (const char* name : {"questions.txt", "others.txt"})
    heed::write_file(name, questions);
  heed::write_file("new.txt", unlabelled);
  heed::write_file("d.csv", table);
  heed::write_file("power.csv", power);
}

}  // namespace

int main() {
  write_for_the_trainer();
  from_files();
  from_memory();
  first_hour();
}
