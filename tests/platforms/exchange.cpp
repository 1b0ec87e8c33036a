// Files that a build for one platform writes and a build for another reads.
//
//   exchange write FOLDER          writes them
//   exchange compare FOLDER OTHER  reads those of OTHER, and compares them with its own in FOLDER
//
// Numbers that were not computed are the same bytes everywhere. Training and prediction round as the instruction set
// does: their results are compared within a tolerance.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "heed/data/npy.hpp"
#include "heed/heed.hpp"
#include "heed/io/checkpoint.hpp"
#include "heed/io/safetensors.hpp"

namespace {

namespace fs = std::filesystem;
using heed::Index;
using Model = heed::SequenceClassifier<float>;

constexpr Index count = 96, steps = 6, features = 3, classes = 3;
constexpr int first_epochs = 3, all_epochs = 5;

const fs::path unicode = fs::path(u8"Größe_模型.npy");  // names are UTF-8 on disk, UTF-16 on Windows

/// Random numbers; a sequence's class is the feature that is raised.
struct Data {
  heed::Tensor<float, 3> x{{count, steps, features}};
  std::vector<std::int32_t> labels;
  Data() {
    std::uint64_t draw = 0;
    for (Index i = 0; i < count; ++i) {
      labels.push_back(static_cast<std::int32_t>(i % classes));
      for (Index t = 0; t < steps; ++t) {
        for (Index f = 0; f < features; ++f) {
          x(i, t, f) = static_cast<float>(heed::Key{5}.uniform(draw++, -1, 1) + (f == i % classes ? 0.75 : 0));
        }
      }
    }
  }
};

Model new_model() { return Model({.features = features, .classes = classes, .hidden = 12}); }

heed::History train(Model& model, const Data& data, int epochs, const fs::path& checkpoint) {
  return heed::fit(
      model, data.x, data.labels,
      {.epochs = epochs, .learning_rate = 0.01, .batch_size = 32, .checkpoint = heed::checkpoint(checkpoint)});
}

heed::Tensor<float, 2> outputs(const Model& model, const Data& data) {
  heed::Predictor predictor(model);
  heed::Tensor<float, 2> all({count, classes});
  for (Index i = 0; i < count; ++i) {
    const auto p = predictor(data.x.view()[i]).probabilities;
    std::copy(p.begin(), p.end(), all.data() + i * classes);
  }
  return all;
}

void write(const fs::path& folder) {
  const Data data;
  Model model = new_model();
  heed::save(model, folder / "model.safetensors");

  heed::TrainingState state;
  state.add("weights", model);
  state.series["numbers"] = {0.1, -0.0, 1e300, std::numeric_limits<double>::infinity()};
  state.identity["name"] = "a state";
  heed::save_state(state, folder / "same_state.checkpoint");
  heed::write_npy(folder / "same_floats.npy", data.x);
  const std::vector<double> doubles{0.1, -1e-300, 3};
  heed::write_npy(folder / "same_doubles.npy", heed::TensorView<const double, 1>(doubles.data(), {3}));
  const std::vector<std::int64_t> integers{1, -2, std::int64_t{1} << 40};
  heed::write_npy(folder / unicode, heed::TensorView<const std::int64_t, 1>(integers.data(), {3}));

  train(model, data, first_epochs, folder / "run.checkpoint");
  heed::save(model, folder / "trained.safetensors");
  heed::write_npy(folder / "outputs.npy", outputs(model, data));
}

bool failed = false;

void expect(bool holds, std::string_view what) {
  if (holds) return;
  std::printf("not so: %.*s\n", static_cast<int>(what.size()), what.data());
  failed = true;
}

/// The largest difference.
template <class A, class B>
double distance(const A& a, const B& b) {
  if (std::size(a) != std::size(b)) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t i = 0; i < std::size(a); ++i) largest = std::max(largest, std::abs(double(a[i]) - double(b[i])));
  return largest;
}

void compare(const fs::path& own, const fs::path& other) {
  for (const fs::path& name :
       {fs::path("same_state.checkpoint"), fs::path("same_floats.npy"), fs::path("same_doubles.npy"), unicode}) {
    expect(heed::read_file(own / name) == heed::read_file(other / name), "the same bytes: " + name.string());
  }
  const Data data;
  const auto x = heed::read_npy<float>(other / "same_floats.npy");
  expect(x.extents == std::vector<Index>{count, steps, features}, "the extents of an array");
  expect(std::equal(x.values.begin(), x.values.end(), data.x.data(), data.x.data() + data.x.size()),
         "the numbers of an array");
  expect(heed::read_npy<std::int64_t>(other / unicode).values.back() == std::int64_t{1} << 40, "a large integer");

  // a file's self-test has rounded numbers; the weights have not
  const heed::SafetensorsFile a(own / "model.safetensors"), b(other / "model.safetensors");
  expect(std::equal(a.data().begin(), a.data().end(), b.data().begin(), b.data().end()),
         "equal weights of equal models");
  heed::load<Model>(other / "model.safetensors");

  const Model trained = heed::load<Model>(other / "trained.safetensors");  // passes its self-test
  const auto expected = heed::read_npy<float>(other / "outputs.npy").values;
  const auto got = outputs(trained, data);
  expect(distance(std::vector<float>(got.data(), got.data() + got.size()), expected) < 1e-5,
         "predictions of a loaded model");
  expect(distance(heed::read_npy<float>(own / "outputs.npy").values, expected) < 1e-3, "predictions after training");

  fs::copy_file(other / "run.checkpoint", own / "resumed.checkpoint", fs::copy_options::overwrite_existing);
  Model resumed = new_model(), alone = new_model();
  const heed::History there = train(resumed, data, all_epochs, own / "resumed.checkpoint");
  fs::remove(own / "alone.checkpoint");
  const heed::History here = train(alone, data, all_epochs, own / "alone.checkpoint");
  expect(there.epochs.size() == std::size_t{all_epochs}, "a run that resumes");
  expect(std::abs(there.epochs.back().loss - here.epochs.back().loss) < 1e-3, "the loss of a run that resumes");
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "write") {
    write(words[1]);
  } else if (words.size() == 3 && words[0] == "compare") {
    compare(words[1], words[2]);
  } else {
    std::puts("exchange write FOLDER | exchange compare FOLDER OTHER");
    return 2;
  }
  return failed ? 1 : 0;
} catch (const std::exception& e) {
  std::printf("%s\n", e.what());
  return 1;
}
