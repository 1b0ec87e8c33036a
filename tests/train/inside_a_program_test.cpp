// What heed leaves to the program that it runs inside of: signals, the floating-point mode, the locale, other threads,
// and children.

#include <gtest/gtest.h>

#if defined(__unix__)

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cfenv>
#include <clocale>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <locale>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/denormals.hpp"
#include "../support/error_of.hpp"
#include "../support/sanitized.hpp"
#include "../support/task.hpp"
#include "heed/compose/chain.hpp"
#include "heed/convert/rtneural.hpp"
#include "heed/core/denormals.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/targets.hpp"
#include "heed/data/text_table.hpp"
#include "heed/data/time_key.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/layers/dense.hpp"
#include "heed/metrics/calibration.hpp"
#include "heed/metrics/classification.hpp"
#include "heed/metrics/regression.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/folds.hpp"
#include "heed/train/split.hpp"

namespace inside_a_program_test {

using heed::Index;
using Model = heed::SequenceClassifier<float>;
using test_support::Task;

const Task<float> task(60, {5, 3}, 4, true);

Model made(std::uint64_t seed = 1) {
  Model model({.features = 3, .classes = 4, .hidden = 8});
  model.initialize({seed});
  return model;
}

heed::FitOptions options(int threads) { return {.epochs = 3, .batch_size = 20, .threads = threads}; }

std::vector<float> trained(int threads, std::uint64_t seed = 1) {
  Model model = made(seed);
  heed::fit(model, task.view(), options(threads));
  return test_support::flat(model);
}

std::string path_of(const char* name) {
  return (std::filesystem::temp_directory_path() / (name + std::to_string(getpid()))).string();
}

/// Everything once: reads data, trains, evaluates, saves, loads, predicts, and refuses something. The bytes of the file.
std::string whole_run(const char* name, int threads) {
  const std::string path = path_of(name);
  Model model = made();
  heed::fit(model, task.view(), options(threads));
  heed::evaluate(model, task.view());
  heed::save(model, path);
  const Model loaded = heed::load<Model>(path);
  heed::predict(loaded, task.x.view(), task.lengths);
  EXPECT_NE(test_support::error_of([&] { heed::load<Model>(path + "-that-is-not-there"); }), "");
  std::ifstream file(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  file.close();
  std::filesystem::remove(path);
  return bytes;
}

TEST(InsideAProgram, SignalHandlersStayTheCallers) {
  std::vector<struct sigaction> before(65), after(65);
  struct sigaction mine {};
  mine.sa_handler = [](int) {};
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGFPE}) sigaction(signal, &mine, &before[0]);
  const auto all = [](std::vector<struct sigaction>& to) {
    for (int s = 1; s < 65; ++s) sigaction(s, nullptr, &to[static_cast<std::size_t>(s)]);
  };
  all(before);
  sigset_t blocked_before, blocked_after;
  sigprocmask(SIG_BLOCK, nullptr, &blocked_before);
  whole_run("signals", 2);
  all(after);
  sigprocmask(SIG_BLOCK, nullptr, &blocked_after);
  for (int s = 1; s < 65; ++s) {
    const auto at = static_cast<std::size_t>(s);
    EXPECT_EQ(before[at].sa_handler, after[at].sa_handler) << "signal " << s;
    EXPECT_EQ(sigismember(&blocked_before, s), sigismember(&blocked_after, s)) << "signal " << s;
  }
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGFPE}) std::signal(signal, SIG_DFL);
}

void round_and_trap(int rounding) {
  std::fesetround(rounding);
#if defined(__GLIBC__) && defined(__SSE2__)
  std::feclearexcept(FE_ALL_EXCEPT);
  feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
#endif
}

// A caller may round upward, as intervals do, and trap, as games do: neither changes a bit.
TEST(InsideAProgram, TheFloatingPointModeIsTheCallersAndChangesNothing) {
  const std::string expected = whole_run("mode", 2);
  std::fenv_t normal;
  std::fegetenv(&normal);
  for (const int rounding : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    for (const int threads : {1, 2}) {
      round_and_trap(rounding);
      const auto mode = test_support::float_mode();
      const std::string bytes = whole_run("mode", threads);
      EXPECT_EQ(test_support::float_mode(), mode);
      std::fesetenv(&normal);
      EXPECT_TRUE(bytes == expected) << "rounding mode " << rounding << ", threads " << threads;
    }
  }
}

// So are splits, scores and ridge regression.
TEST(InsideAProgram, SplitsAndScoresAreTheSameInEachMode) {
  constexpr Index n = 45;
  std::vector<std::int32_t> labels(n);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int32_t>(i % 3);
  heed::Tensor<double, 2> scores({n, 3}), wanted({n, 3}), shares({n, 3});
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < 3; ++c) {
      scores(i, c) = heed::Key{2}.uniform(static_cast<std::uint64_t>(3 * i + c), 0.1, 1);
      wanted(i, c) = heed::Key{3}.uniform(static_cast<std::uint64_t>(3 * i + c), 0.1, 1);
      shares(i, c) = c == 0 ? 0.7 : 0.15;
    }
  }
  const auto all = [&] {
    std::vector<double> numbers;
    const auto add = [&](const auto& some) {
      for (const auto number : some) numbers.push_back(static_cast<double>(number));
    };
    for (const Index some : {15, 45, 50}) {
      for (const double share : {0.1, 0.3, 0.7}) {
        add(heed::stratified_split(std::span(labels).first(15), share, heed::Key{1}).validation);
        add(heed::random_split(some, share, heed::Key{1}).validation);
      }
    }
    add(heed::balanced_class_weights(std::span(labels).first(20), 3));
    const auto s = scores.view(), w = wanted.view();
    const heed::Calibration calibration = heed::calibration(shares.view(), labels);
    const double found[] = {heed::accuracy(s, labels),
                            heed::macro_f1(heed::confusion_matrix(s, labels)),
                            heed::auroc(s, labels),
                            heed::perplexity(s, labels),
                            heed::mse(s, w),
                            heed::mae(s, w),
                            heed::r2(s, w),
                            calibration.ece,
                            calibration.brier,
                            heed::mean_and_deviation(std::span(scores.data(), 7)).deviation};
    add(found);
    return numbers;
  };
  const std::vector<double> expected = all();
  std::fenv_t normal;
  std::fegetenv(&normal);
  for (const int rounding : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    round_and_trap(rounding);
    const auto mode = test_support::float_mode();
    const std::vector<double> numbers = all();
    EXPECT_EQ(test_support::float_mode(), mode);
    std::fesetenv(&normal);
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(numbers[i], expected[i]) << i << ", rounding mode " << rounding;
  }
}

// So do the numbers of files: 0.1 lies between two numbers, 1e-40 is a denormal float.
TEST(InsideAProgram, NumbersOfFilesAreTheSameInEachMode) {
  const std::string rows = "0.1,-0.3,1e-40\n16777217,123456789.123456789,-4e-320\n",
                    name = path_of("modes.safetensors");
  const std::string json =
      R"({"in_shape":[null,null,2],"layers":[{"type":"dense","activation":"","shape":[null,null,1],)"
      R"("weights":[[[0.1],[1e-40]],[-16777217.0]]}]})";
  heed::save(heed::Chain<double>({heed::Dense<double>({.in_features = 2, .out_features = 2})}), name);
  const auto all = [&] {  // no conversion here: it would be in the mode of this program
    const auto table =
        heed::parse_table<float>(rows, "rows", {.features = 3, .label = heed::TableOptions::Label::none});
    const auto wide =
        heed::parse_table<double>(rows, "rows", {.features = 3, .label = heed::TableOptions::Label::none});
    const auto narrow = heed::narrowed<float>(wide.x.view(), {}, "rows");
    std::vector<float> numbers(table.x.begin(), table.x.end());
    numbers.insert(numbers.end(), narrow.begin(), narrow.end());
    for (const float number : test_support::flat(heed::load<heed::Chain<float>>(name))) numbers.push_back(number);
    for (const float number : test_support::flat(heed::load_rtneural<float>(std::as_bytes(std::span(json))))) {
      numbers.push_back(number);
    }
    heed::Tensor<double, 3> gaps({1, 4, 1}, {0.1, std::nan(""), std::nan(""), 0.7});
    heed::fill_missing<double>(gaps.view(), {}, heed::Missing::linear);
    std::vector<double> doubles(wide.x.begin(), wide.x.end());
    doubles.insert(doubles.end(), gaps.begin(), gaps.end());
    doubles.push_back(heed::time_key("2024-01-01T00:00:00." + std::string(400, '3')).part);
    const std::vector<std::string> large{"1e300"};
    EXPECT_NE(test_support::error_of([&] { heed::targets_of<float>(large, "f"); }), "no error");
    return std::pair(numbers, doubles);
  };
  const auto expected = all();
  std::fenv_t normal;
  std::fegetenv(&normal);
  for (const int rounding : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    for (const bool flushes : {false, true}) {
      std::pair<std::vector<float>, std::vector<double>> numbers;
      {
        const heed::FlushDenormals flush;
        if (!flushes) std::fesetenv(&normal);
        round_and_trap(rounding);
        const auto mode = test_support::float_mode();
        numbers = all();
        EXPECT_EQ(test_support::float_mode(), mode);
      }
      std::fesetenv(&normal);
      EXPECT_EQ(numbers, expected) << "rounding mode " << rounding << (flushes ? ", denormals are flushed" : "");
    }
  }
  std::filesystem::remove(name);
}

TEST(InsideAProgram, TheLocaleIsTheCallersAndChangesNothing) {
  const std::string expected = whole_run("locale", 1);
  struct Decimal : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Decimal));
  const std::string c_before = std::setlocale(LC_ALL, nullptr);
  const std::string bytes = whole_run("locale", 1);
  EXPECT_EQ(std::setlocale(LC_ALL, nullptr), c_before);
  EXPECT_EQ(std::use_facet<std::numpunct<char>>(std::locale()).decimal_point(), ',');
  std::locale::global(before);
  EXPECT_TRUE(bytes == expected);
}

TEST(InsideAProgram, ModelsThatTrainAtTheSameTimeAreThoseThatTrainAlone) {
  const std::vector<float> first = trained(2, 1), second = trained(2, 2);
  for (int round = 0; round < 5; ++round) {
    std::vector<float> a, b;
    std::thread one([&] { a = trained(2, 1); });
    std::thread two([&] { b = trained(2, 2); });
    one.join();
    two.join();
    EXPECT_EQ(a, first);
    EXPECT_EQ(b, second);
  }
}

// Threads of `fit` end with it, so that a child has all that its parent had.
TEST(InsideAProgram, AForkedChildTrainsAndPredicts) {
  if (test_support::sanitized) GTEST_SKIP() << "a sanitizer watches one process";
  const std::vector<float> expected = trained(2);
  Model model = made();
  heed::Predictor<Model> predictor(model);
  const heed::TensorView<const float, 2> x(task.x.data(), {5, 3});
  const std::span<const float> answer = predictor.outputs(x);
  const std::vector<float> probabilities(answer.begin(), answer.end());
  std::cout.flush();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::span<const float> mine = predictor.outputs(x);
    const bool same = std::equal(mine.begin(), mine.end(), probabilities.begin()) && trained(2) == expected;
    _exit(same ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// Objects of namespace scope are made before main and die after it, in an order that nobody chose.
TEST(InsideAProgram, ModelsAndPredictorsMayBeStatic) {
  if (test_support::sanitized) GTEST_SKIP() << "a sanitizer watches one process";
  EXPECT_EXIT(
      {
        struct Trains {
          ~Trains() { _exit(trained(2).empty() ? 1 : 3); }
        };
        static Model model = made();
        static const Trains at_exit;
        static heed::Predictor<Model> predictor(model);
        predictor.outputs(heed::TensorView<const float, 2>(task.x.data(), {5, 3}));
        std::exit(2);
      },
      ::testing::ExitedWithCode(3), "");
}

}  // namespace inside_a_program_test

#endif
