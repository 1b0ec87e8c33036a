// The module of Python: arrays in and out, errors, Ctrl-C. What computes stands in the other sources.

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data.hpp"
#include "errors.hpp"
#include "heed/core/error.hpp"
#include "heed/core/isa.hpp"
#include "heed/io/safetensors_file.hpp"
#include "heed/options/metadata.hpp"
#include "heed/version.hpp"
#include "model.hpp"
#include "numpy.hpp"
#include "prepare.hpp"
#include "watch.hpp"

namespace heed_python {
namespace {

using Settings = std::map<std::string, std::string>;

const char* name_of(heed::Outcome outcome) {
  switch (outcome) {
    case heed::Outcome::finished:
      return "finished";
    case heed::Outcome::stopped:
      return "stopped";
    case heed::Outcome::diverged:
      return "diverged";
    case heed::Outcome::early:
      return "early";
    case heed::Outcome::cancelled:
      return "cancelled";
    default:
      return "failed";
  }
}

nb::dict to_dict(const heed::History& history) {
  nb::list epochs;
  for (const heed::EpochRecord& record : history.epochs) epochs.append(dict_of(record));
  nb::dict d;
  d["epochs"] = epochs;
  d["outcome"] = name_of(history.outcome);
  d["best_epoch"] = history.best_epoch;
  d["diverged_at"] = history.diverged_at;
  return d;
}

Training training_of(const Settings& model, const Settings& fit, const Settings& more,
                     const std::vector<std::string>& labels) {
  return {{model.begin(), model.end()}, {fit.begin(), fit.end()}, {more.begin(), more.end()}, labels};
}

Limits limits_of(const Training& training) {
  Limits limits;
  if (training.more.contains("limit_seconds")) limits.seconds = heed::get_double(training.more, "limit_seconds");
  if (training.more.contains("limit_steps")) limits.steps = heed::get_index(training.more, "limit_steps");
  return limits;
}

/// (model, histories, whether Ctrl-C ended it, whether a limit did, the seconds of a step)
template <class F>
nb::tuple run(Training& training, const nb::object& epoch, F&& train) {
  Watch watch(epoch, limits_of(training));
  training.stop = [&watch] { return watch.stop(); };
  if (!epoch.is_none()) training.epoch = [&watch](const heed::EpochRecord& record) { return watch.epoch(record); };
  Trained trained;
  watch.run([&] { trained = train(); });
  nb::list histories;
  for (const heed::History& history : trained.histories) histories.append(to_dict(history));
  return nb::make_tuple(trained.model, histories, watch.interrupted(), watch.limited(), watch.step_seconds());
}

template <class F>
auto without_gil(F&& f) {
  const Released released;
  return f();
}

std::vector<std::byte> copy_of(const nb::bytes& bytes) {
  const auto* const data = static_cast<const std::byte*>(bytes.data());
  return {data, data + bytes.size()};
}

// (bytes, name, whether its last layer is a new one)
void add_start(Training& training, const nb::object& start) {
  if (start.is_none()) return;
  const nb::tuple parts = nb::cast<nb::tuple>(start);
  training.start = {copy_of(nb::cast<nb::bytes>(parts[0])), nb::cast<std::string>(parts[1]), nb::cast<bool>(parts[2])};
}

// Arrays of a test, while they are looked at.
void add_test(Training& training, const nb::object& test) {
  if (test.is_none()) return;
  const nb::tuple parts = nb::cast<nb::tuple>(test);
  Test to;
  if (nb::isinstance<nb::list>(parts[0])) {
    to.words = nb::cast<Words>(parts[0]);
  } else {
    std::optional<Lengths> lengths;
    if (!parts[1].is_none()) lengths = nb::cast<Lengths>(parts[1]);
    to.series = series_of(nb::cast<Array>(parts[0]), lengths);  // the tuple keeps the arrays
  }
  to.targets = targets_of(nb::cast<Array>(parts[2]));
  training.test = std::move(to);
}

using FitSeries = Trained (*)(const Series&, const Targets&, const Training&);
using FitWords = Trained (*)(const Words&, const Targets&, const Training&);

template <FitSeries Fit>
nb::tuple fit_series(const Array& x, const std::optional<Lengths>& lengths, const Array& y, const Settings& model,
                     const Settings& fit, const Settings& more, const std::vector<std::string>& labels,
                     const nb::object& test, const nb::object& start, const nb::object& epoch) {
  Training training = training_of(model, fit, more, labels);
  add_test(training, test);
  add_start(training, start);
  const Series series = series_of(x, lengths);
  const Targets targets = targets_of(y);
  return run(training, epoch, [&] { return Fit(series, targets, training); });
}

template <FitWords Fit>
nb::tuple fit_words(const Words& sentences, const Array& y, const Settings& model, const Settings& fit,
                    const Settings& more, const std::vector<std::string>& labels, const nb::object& test,
                    const nb::object& start, const nb::object& epoch) {
  Training training = training_of(model, fit, more, labels);
  add_test(training, test);
  add_start(training, start);
  const Targets targets = targets_of(y);
  return run(training, epoch, [&] { return Fit(sentences, targets, training); });
}

nb::bytes to_bytes(const std::vector<std::byte>& bytes) { return nb::bytes(bytes.data(), bytes.size()); }

std::shared_ptr<Model> model_of_bytes(const nb::bytes& bytes, const std::string& name, const Settings& hints,
                                      const std::vector<std::pair<std::string, std::string>>& rename, bool partial,
                                      bool self_test, const std::string& prefix) {
  Reading reading{{hints.begin(), hints.end()}, {.prefix = prefix, .partial = partial, .self_test = self_test}};
  for (const auto& [from, to] : rename) reading.weights.rename.push_back({from, to});
  std::vector<std::byte> copy = copy_of(bytes);
  return without_gil([&] { return read_model(file_of(std::move(copy), name), reading); });
}

void bind_model(nb::module_& m) {
  nb::class_<Model>(m, "Model")
      .def_prop_ro("architecture", &Model::architecture)
      .def_prop_ro("metadata",
                   [](const Model& model) {
                     const Metadata metadata = model.metadata();
                     return Settings(metadata.begin(), metadata.end());
                   })
      .def_prop_ro("features", &Model::features)
      .def_prop_ro("outputs", &Model::outputs)
      .def_prop_ro("members", &Model::members)
      .def_prop_ro("parameters", &Model::parameters)
      .def_prop_ro("gives_numbers", &Model::gives_numbers)
      .def_prop_ro("labels", &Model::labels)
      .def_prop_ro("notes", &Model::notes)
      .def(
          "predict",
          [](const Model& model, const Array& x, const std::optional<Lengths>& lengths) {
            const Series series = series_of(x, lengths);
            return to_numpy(without_gil([&] { return model.predict(series); }));
          },
          nb::arg("x"), nb::arg("lengths").none() = nb::none())
      .def("predict_words",
           [](const Model& model, const Words& sentences) {
             return to_numpy(without_gil([&] { return model.predict(sentences); }));
           })
      .def("tag", [](const Model& model,
                     const Words& sentences) { return to_numpy(without_gil([&] { return model.tag(sentences); })); })
      .def(
          "attention_weights",
          [](const Model& model, const Array& x, const std::optional<Lengths>& lengths) {
            const Series series = series_of(x, lengths);
            return to_numpy(without_gil([&] { return model.attention_weights(series); }));
          },
          nb::arg("x"), nb::arg("lengths").none() = nb::none())
      .def("attention_weights_of_words",
           [](const Model& model, const Words& sentences) {
             return to_numpy(without_gil([&] { return model.attention_weights(sentences); }));
           })
      .def("stream", &Model::stream, nb::arg("max_steps") = 0)
      .def("bytes", [](const Model& model) { return to_bytes(without_gil([&] { return model.bytes(); })); })
      .def("save", [](const Model& model, const std::string& path) {
        without_gil([&] {
          model.save(path);
          return 0;
        });
      });

  nb::class_<Streaming>(m, "Streaming")
      .def("step",
           [](Streaming& stream, nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu> features) {
             return to_numpy(stream.step(std::span<const double>(features.data(), features.size())));
           })
      .def("step_word", [](Streaming& stream, const std::string& word) { return to_numpy(stream.step(word)); })
      .def("reset", &Streaming::reset)
      .def_prop_ro("steps", &Streaming::steps);
}

void bind_data(nb::module_& m) {
  m.def("read_series", [](const std::string& path, Index features, bool targets, Index steps, const Settings& table) {
    const Metadata said(table.begin(), table.end());
    heed::Sequences<double> s = without_gil([&] { return read_series(path, features, targets, steps, said); });
    nb::object lengths = nb::none(), numbers = nb::none();
    if (!s.lengths.empty()) lengths = nb::cast(to_numpy(s.lengths));
    if (!s.targets.empty()) numbers = nb::cast(to_numpy(std::move(s.targets)));
    return nb::make_tuple(to_numpy(std::move(s.x)), lengths, s.labels, numbers);
  });
  m.def("split_sentences", &split_sentences);
  m.def("recipe_settings", [](const std::string& name, Index count, Index batch, bool classes) {
    const Metadata settings = recipe_settings(name, count, batch, classes);
    return Settings(settings.begin(), settings.end());
  });
  m.def("recipe_names", &recipe_names);
  m.def("strong_recipes", &strong_recipes);
  // (the series filled, the means that did it)
  m.def(
      "fill_missing",
      [](const Array& x, const std::optional<Lengths>& lengths, const std::string& how, std::vector<double> means) {
        const Series series = series_of(x, lengths);
        Preparation preparation{heed::from_text<heed::Missing>(how, "missing"), std::move(means)};
        heed::Tensor<double, 3> full = without_gil([&] { return filled(series, preparation, true); });
        return nb::make_tuple(to_numpy(std::move(full)), preparation.means);
      },
      nb::arg("x"), nb::arg("lengths").none(), nb::arg("how"), nb::arg("means"));
  const auto pairs = [](const std::vector<Fold>& folds) {
    nb::list all;
    for (const Fold& fold : folds) all.append(nb::make_tuple(fold.training, fold.validation));
    return all;
  };
  m.def("make_folds", [pairs](const Lengths& classes, Index count, int folds, int repeats, std::uint64_t seed) {
    return pairs(make_folds({classes.data(), classes.size()}, count, folds, repeats, seed));
  });
  m.def("make_forward_folds", [pairs](const Places& places, int folds) {
    return pairs(make_forward_folds({places.data(), places.size()}, folds));
  });
}

}  // namespace

#define HEED_TEXT_OF(x) #x
#define HEED_TEXT(x) HEED_TEXT_OF(x)

NB_MODULE(HEED_PYTHON_MODULE, m) {
  m.attr("isa") = HEED_TEXT(HEED_ISA);
  m.attr("version") = HEED_TEXT(HEED_VERSION_MAJOR) "." HEED_TEXT(HEED_VERSION_MINOR) "." HEED_TEXT(HEED_VERSION_PATCH);
  nb::set_leak_warnings(false);  // what a thread holds that Python ends with
  Exit::expect();
  bind_errors(m);
  bind_model(m);
  bind_data(m);
  const auto def_series = [&m](const char* name, auto function) {
    m.def(name, function, nb::arg("x"), nb::arg("lengths").none(), nb::arg("y"), nb::arg("model"), nb::arg("fit"),
          nb::arg("more"), nb::arg("labels"), nb::arg("test").none(), nb::arg("start").none(), nb::arg("epoch").none());
  };
  def_series("fit_sequences", &fit_series<&fit_sequences>);
  def_series("fit_rocket", &fit_series<&fit_rocket>);
  const auto def_words = [&m](const char* name, auto function) {
    m.def(name, function, nb::arg("sentences"), nb::arg("y"), nb::arg("model"), nb::arg("fit"), nb::arg("more"),
          nb::arg("labels"), nb::arg("test").none(), nb::arg("start").none(), nb::arg("epoch").none());
  };
  def_words("fit_text", &fit_words<&fit_text>);
  def_words("fit_tagger", &fit_words<&fit_tagger>);
  m.def("together", &together);
  m.def("model_of_bytes", &model_of_bytes, nb::arg("bytes"), nb::arg("name"), nb::arg("hints"), nb::arg("rename"),
        nb::arg("partial"), nb::arg("self_test"), nb::arg("prefix"));
}

}  // namespace heed_python
