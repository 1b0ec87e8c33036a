/// A model of your own, with its own options: trained, saved, loaded, and used from a command line.
///
///     custom_model --hidden 24 --reading both --model sums.safetensors
///     custom_model --model sums.safetensors --use

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/command.hpp"
#include "support/options.hpp"

using heed::Index;

// [options]
enum class Reading { forward, both };
constexpr std::array<std::string_view, 2> names_of(Reading) { return {"forward", "both"}; }

struct SumModelOptions {
  Index features = 0, classes = 0;
  Index hidden = 16;
  Reading reading = Reading::forward;

  static void fields(auto&& f, auto&... o) {
    f({.name = "features", .flag = ""}, o.features...);  // no command-line option: the data give it
    f({.name = "classes", .flag = ""}, o.classes...);
    f({"hidden", "Size of the LSTM's state", heed::Range::to(1024)}, o.hidden...);
    f({"reading", "From which ends"}, o.reading...);
  }
};
// [/options]

// [model]
using Layers = heed::Sequential<heed::Lstm<float>, heed::AttentionPool<float>, heed::Dense<float>>;

/// LSTM > attention pool > Dense, and names of the classes.
struct SumModel : Layers {
  using Options = SumModelOptions;
  static constexpr std::string_view architecture = "SumModel";

  Options options;
  std::vector<std::string> labels;

  explicit SumModel(const Options& o)
      : Layers(heed::Lstm<float>({.input_size = heed::check(o, architecture).features,
                                  .hidden_size = o.hidden,
                                  .bidirectional = o.reading == Reading::both}),
               heed::AttentionPool<float>({.features = width(o)}),
               heed::Dense<float>({.in_features = width(o), .out_features = o.classes})),
        options(o) {}

  static Index width(const Options& o) { return o.reading == Reading::both ? 2 * o.hidden : o.hidden; }
  static void extras(auto&& f, auto& model) { f("labels", model.labels, model.options.classes); }
};
// [/model]

struct Data {
  heed::Tensor<float, 3> x{{400, 5, 3}};
  std::vector<std::int32_t> labels;

  /// Is the sum of the first feature over five steps above 0?
  explicit Data(heed::Key key) {
    for (Index i = 0; i < x.extent(0); ++i) {
      float sum = 0;
      for (Index k = 0; k < 15; ++k) {
        x[i].data()[k] = static_cast<float>(key.normal(static_cast<std::uint64_t>(15 * i + k)));
        if (k % 3 == 0) sum += x[i].data()[k];
      }
      labels.push_back(sum > 0);
    }
  }
};

int main(int argc, char** argv) {
  SumModelOptions options{.features = 3, .classes = 2};
  heed::FitOptions fit{.epochs = 60, .learning_rate = 0.02};
  std::string path;
  bool use = false;
  CLI::App program("Learns whether a sum is above 0", "custom_model");
  auto* const kept = program.add_option("--model", path, "Where the model is kept");
  program.add_flag("--use", use, "Measures the model that is kept instead of training one")->needs(kept);
  support::add_options(program, options);
  support::add_fit_options(program, fit, {});
  return support::run_command(program, argc, argv, [&] {
    SumModel model = use ? heed::load<SumModel>(path) : SumModel(options);
    if (!use) {
      const Data data(heed::Key{fit.seed}.child(1));
      model.initialize(heed::Key{fit.seed});
      model.labels = {"below", "above"};
      if (!path.empty()) heed::check_save(model, path);  // before training, not after it
      heed::fit(model, data.x, data.labels, fit);
      if (!path.empty()) heed::save(model, path);
    }
    const Data test(heed::Key{fit.seed}.child(2));
    const auto view = heed::LabelledSequences<float>{test.x.view(), test.labels};
    heed::Predictor predictor(model);
    const auto answer = predictor(test.x.view()[0]);
    std::printf("%s\ntest accuracy %.4f; the first sum is %s 0\n", heed::describe(model.options).c_str(),
                heed::evaluate(model, view, fit.threads).accuracy,
                model.labels[static_cast<std::size_t>(answer.label)].c_str());
  });
}
