// heed: `fit` and `Predictor`, as a user calls them.

#include <heed/heed.hpp>

#include <optional>

#include "serve.hpp"

namespace {

using peers::Index, peers::Model, peers::Words, peers::json;

/// Adam that leaves the LSTM's second bias as it is: Keras has but one.
struct OneBiasAdam {
  heed::Adam<Model> adam;
  void step(Model& model, const Model& gradient) {
    const auto kept = model.recurrent.weights[0].bias_hh;
    adam.step(model, gradient);
    model.recurrent.weights[0].bias_hh = kept;
  }
};

class HeedPeer {
 public:
  explicit HeedPeer(int threads) : pool_(threads) {}

  std::string start(Words& words) {
    case_ = peers::read_case(words);
    model_ = case_.start;
    predictors_.clear();
    for (int i = 0; i < pool_.size(); ++i) predictors_.emplace_back(model_);
    return "true";
  }

  std::string losses(Words& words) {
    const int epochs = peers::count(words);
    std::string option;
    words >> option;
    model_ = case_.start;
    std::vector<double> losses;
    for (const auto& record : fit(epochs, 0, option == "keras").epochs) losses.push_back(record.loss);
    return json(losses);
  }

  /// The first epoch is not timed: it packs the data and starts the threads.
  std::string epochs(Words& words) {
    const int count = peers::count(words);
    std::vector<double> times, ends;
    fit(1 + count, peers::count(words, 0), false, {[&](const heed::EpochRecord&) {
          ends.push_back(peers::now());
          return true;
        }});
    for (std::size_t i = 1; i < ends.size(); ++i) times.push_back(ends[i] - ends[i - 1]);
    return json(times);
  }

  std::string probabilities(Words&) {
    std::vector<std::vector<double>> rows;
    for (Index i = 0; i < 8; ++i) {
      const auto p = predictors_[0](std::as_const(case_.x)[i]).probabilities;
      rows.emplace_back(p.begin(), p.end());
    }
    return json(rows);
  }

  std::string one(Words& words) {
    for (Index i = 0; i < 100; ++i) predictors_[0](std::as_const(case_.x)[i]);
    std::vector<double> times(static_cast<std::size_t>(peers::count(words)));
    std::string clock;
    words >> clock;
    const auto time_all = [&](auto&& now) {
      Index i = 0;
      for (double& time : times) {
        time = peers::seconds(now, [&] { predictors_[0](std::as_const(case_.x)[i]); });
        i = (i + 1) % 1000;
      }
    };
    if (clock == "cpu")
      time_all(peers::now);
    else
      time_all(peers::wall);
    return json(times);
  }

  /// A predictor a thread, each on its part of the sequences.
  std::string all(Words& words) {
    const Index n = case_.x.extent(0), parts = pool_.size(), size = case_.x.extent(1) * case_.x.extent(2);
    const Index classes = model_.options.classes;
    heed::Tensor<float, 2> out({n, classes});
    const auto work = [&] {
      pool_.for_each(parts, [&](Index i, int) {
        const Index first = n * i / parts, part = n * (i + 1) / parts - first;
        predictors_[static_cast<std::size_t>(i)](
            heed::view(std::as_const(case_.x).data() + first * size, {part, case_.x.extent(1), case_.x.extent(2)}),
            heed::view(out.data() + first * classes, {part, classes}));
      });
    };
    work();
    std::vector<double> times(static_cast<std::size_t>(peers::count(words)));
    for (double& time : times) time = peers::seconds(peers::now, work);
    return json(times);
  }

 private:
  heed::History fit(int epochs, Index batch, bool keras, std::vector<heed::Callback> callbacks = {}) {
    const heed::FitOptions options{
        .epochs = epochs, .batch_size = batch, .threads = pool_.size(), .callbacks = std::move(callbacks)};
    const heed::LabelledSequences<float> data{case_.x, case_.labels};
    if (!keras) {
      heed::Adam<Model> adam(model_, {.learning_rate = 0.01});
      return heed::fit(model_, data, adam, options);
    }
    OneBiasAdam optimizer{heed::Adam<Model>(model_, {.learning_rate = 0.01, .epsilon = 1e-7, .epsilon_outside = true})};
    return heed::fit(model_, data, optimizer, options);
  }

  heed::ThreadPool pool_;
  peers::Case case_;
  Model model_;
  std::vector<heed::Predictor<Model>> predictors_;
};

std::string compiler() {
#ifdef __clang__
  return "clang " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__);
#else
  return "GCC " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  HeedPeer peer(peers::threads(argc, argv));
  const std::string version = std::to_string(HEED_VERSION_MAJOR) + "." + std::to_string(HEED_VERSION_MINOR) + "." +
                              std::to_string(HEED_VERSION_PATCH) + ", " + compiler();
  peers::serve({{"hello", [&](Words&) { return "{\"version\": " + json(version) + "}"; }},
                {"case", [&](Words& words) { return peer.start(words); }},
                {"losses", [&](Words& words) { return peer.losses(words); }},
                {"epochs", [&](Words& words) { return peer.epochs(words); }},
                {"probabilities", [&](Words& words) { return peer.probabilities(words); }},
                {"one", [&](Words& words) { return peer.one(words); }},
                {"all", [&](Words& words) { return peer.all(words); }}});
}
