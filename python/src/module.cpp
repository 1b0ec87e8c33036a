// The module of Python: arrays in and out, errors, Ctrl-C. What computes stands in the other sources.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "data.hpp"
#include "heed/core/error.hpp"
#include "heed/core/isa.hpp"
#include "heed/io/safetensors_file.hpp"
#include "heed/options/named_enum.hpp"
#include "heed/version.hpp"
#include "model.hpp"

namespace nb = nanobind;

namespace heed_python {
namespace {

using Array = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;
using Lengths = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Settings = std::map<std::string, std::string>;

heed::Fault wrong_array(const char* where, const char* expected) {
  return heed::Fault{"not an array of this kind", where, expected};
}

Series series_of(const Array& x, const std::optional<Lengths>& lengths) {
  Series series;
  heed::require(x.ndim() == 3, [] { return wrong_array("X", "(n, steps, features)"); });
  series.extents = {static_cast<Index>(x.shape(0)), static_cast<Index>(x.shape(1)), static_cast<Index>(x.shape(2))};
  if (x.dtype() == nb::dtype<float>()) {
    series.floats = static_cast<const float*>(x.data());
  } else {
    heed::require(x.dtype() == nb::dtype<double>(), [] { return wrong_array("X", "float32 or float64"); });
    series.doubles = static_cast<const double*>(x.data());
  }
  if (lengths) series.lengths = {lengths->data(), lengths->size()};
  return series;
}

Targets targets_of(const Array& y) {
  Targets targets;
  heed::require(y.ndim() == 1 || y.ndim() == 2, [] { return wrong_array("y", "(n) or (n, k)"); });
  const Index each = y.ndim() == 2 ? static_cast<Index>(y.shape(1)) : 1;
  if (y.dtype() == nb::dtype<std::int32_t>()) {
    targets.classes = {static_cast<const std::int32_t*>(y.data()), y.size()};
    targets.classes_a_sequence = each;
  } else {
    heed::require(y.dtype() == nb::dtype<double>(), [] { return wrong_array("y", "int32 or float64"); });
    targets.numbers = {static_cast<const double*>(y.data()), y.size()};
    targets.numbers_a_sequence = each;
  }
  return targets;
}

template <class T, int Rank>
nb::ndarray<nb::numpy, T, nb::ndim<Rank>> to_numpy(heed::Tensor<T, Rank>&& tensor) {
  auto* const kept = new heed::Tensor<T, Rank>(std::move(tensor));
  const nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<heed::Tensor<T, Rank>*>(p); });
  std::size_t shape[Rank];
  for (int i = 0; i < Rank; ++i) shape[i] = static_cast<std::size_t>(kept->extent(i));
  return nb::ndarray<nb::numpy, T, nb::ndim<Rank>>(kept->data(), Rank, shape, owner);
}

template <class T>
nb::ndarray<nb::numpy, T, nb::ndim<1>> to_numpy(const std::vector<T>& values) {
  heed::Tensor<T, 1> tensor({static_cast<Index>(values.size())}, values);
  return to_numpy(std::move(tensor));
}

nb::dict to_dict(const heed::EpochRecord& r) {
  nb::dict d;
  d["epoch"] = r.epoch;
  d["epochs"] = r.epochs;
  d["loss"] = r.loss;
  d["accuracy"] = r.accuracy;
  d["validation_loss"] = r.validation_loss;
  d["validation_accuracy"] = r.validation_accuracy;
  d["test_loss"] = r.test_loss;
  d["test_accuracy"] = r.test_accuracy;
  d["learning_rate"] = r.learning_rate;
  d["seconds"] = r.seconds;
  return d;
}

/// Trains in a thread of its own, while the one that called waits without the GIL: it asks Python for signals, and calls
/// back. An exception that a handler of a signal throws ends training after the step.
class Watch {
 public:
  explicit Watch(nb::handle callback) : callback_(callback) {}

  /// Asked after every step.
  bool stop() const { return ended_.load(std::memory_order_relaxed); }

  /// Has the callback called by the thread that waits.
  bool epoch(const heed::EpochRecord& record) {
    std::unique_lock lock(mutex_);
    record_ = &record;
    changed_.notify_all();
    changed_.wait(lock, [&] { return record_ == nullptr; });
    if (fault_) std::rethrow_exception(std::exchange(fault_, nullptr));
    return goes_on_;
  }

  /// Throws what `train` throws, and what a handler throws that is no KeyboardInterrupt.
  template <class F>
  void run(F&& train) {
    const nb::gil_scoped_release released;
    std::exception_ptr failure;
    bool done = false;
    std::thread worker([&] {
      try {
        train();
      } catch (...) {
        failure = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      done = true;
      changed_.notify_all();
    });
    {
      std::unique_lock lock(mutex_);
      while (!done) {
        changed_.wait_for(lock, pause, [&] { return done || record_; });
        if (record_) call();
        if (!done) ask();
      }
    }
    worker.join();
    if (signal_) std::rethrow_exception(std::exchange(signal_, nullptr));
    if (failure) std::rethrow_exception(failure);
  }

  bool interrupted() const { return interrupted_; }

 private:
  static constexpr std::chrono::milliseconds pause{10};

  void call() {
    const nb::gil_scoped_acquire gil;
    try {
      goes_on_ = nb::cast<bool>(callback_(to_dict(*record_)));
    } catch (nb::python_error& error) {
      goes_on_ = true;
      if (error.matches(PyExc_KeyboardInterrupt)) {  // a handler ran in it
        interrupted_ = ended_ = true;
      } else {
        fault_ = std::current_exception();
      }
    }
    record_ = nullptr;
    changed_.notify_all();
  }

  void ask() {
    const nb::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() == 0) return;
    try {
      throw nb::python_error();
    } catch (nb::python_error& error) {
      ended_ = true;
      if (error.matches(PyExc_KeyboardInterrupt)) {
        interrupted_ = true;
      } else {
        signal_ = std::current_exception();
      }
    }
  }

  nb::handle callback_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> ended_{false};
  bool interrupted_ = false, goes_on_ = true;
  const heed::EpochRecord* record_ = nullptr;
  std::exception_ptr fault_, signal_;
};

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
  for (const heed::EpochRecord& record : history.epochs) epochs.append(to_dict(record));
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

/// (model, histories, whether Ctrl-C ended it)
template <class F>
nb::tuple run(Training& training, const nb::object& epoch, F&& train) {
  Watch watch(epoch);
  training.stop = [&watch] { return watch.stop(); };
  if (!epoch.is_none()) training.epoch = [&watch](const heed::EpochRecord& record) { return watch.epoch(record); };
  Trained trained;
  watch.run([&] { trained = train(); });
  nb::list histories;
  for (const heed::History& history : trained.histories) histories.append(to_dict(history));
  return nb::make_tuple(trained.model, histories, watch.interrupted());
}

template <class F>
auto without_gil(F&& f) {
  const nb::gil_scoped_release released;
  return f();
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
                     const nb::object& test, const nb::object& epoch) {
  Training training = training_of(model, fit, more, labels);
  add_test(training, test);
  const Series series = series_of(x, lengths);
  const Targets targets = targets_of(y);
  return run(training, epoch, [&] { return Fit(series, targets, training); });
}

template <FitWords Fit>
nb::tuple fit_words(const Words& sentences, const Array& y, const Settings& model, const Settings& fit,
                    const Settings& more, const std::vector<std::string>& labels, const nb::object& test,
                    const nb::object& epoch) {
  Training training = training_of(model, fit, more, labels);
  add_test(training, test);
  const Targets targets = targets_of(y);
  return run(training, epoch, [&] { return Fit(sentences, targets, training); });
}

nb::bytes to_bytes(const std::vector<std::byte>& bytes) { return nb::bytes(bytes.data(), bytes.size()); }

std::shared_ptr<Model> model_of_bytes(const nb::bytes& bytes, const std::string& name) {
  const auto* const data = static_cast<const std::byte*>(bytes.data());
  std::vector<std::byte> copy(data, data + bytes.size());
  return without_gil([&] { return read_model(std::move(copy), name); });
}

nb::object error_class;  // heed.Error, a ValueError

void translate(const std::exception_ptr& pointer, void*) {
  try {
    std::rethrow_exception(pointer);
  } catch (const heed::Error& error) {
    PyErr_SetString(error_class.is_valid() ? error_class.ptr() : PyExc_ValueError, error.what());
  }
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
           [](Streaming& stream, nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu> features) {
             return to_numpy(stream.step(std::span<const float>(features.data(), features.size())));
           })
      .def("step_word", [](Streaming& stream, const std::string& word) { return to_numpy(stream.step(word)); })
      .def("reset", &Streaming::reset)
      .def_prop_ro("steps", &Streaming::steps);
}

void bind_data(nb::module_& m) {
  m.def("read_series", [](const std::string& path, Index features, bool targets) {
    heed::Sequences<double> s = without_gil([&] { return read_series(path, features, targets); });
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
  m.def("make_folds", [](const Lengths& classes, int folds, int repeats, std::uint64_t seed) {
    nb::list all;
    for (const Fold& fold : make_folds({classes.data(), classes.size()}, folds, repeats, seed)) {
      all.append(nb::make_tuple(fold.training, fold.validation));
    }
    return all;
  });
}

}  // namespace

std::shared_ptr<Model> read_model(std::vector<std::byte>&& bytes, const std::string& name) {
  for (const auto read : {&read_tagger, &read_text, &read_rocket, &read_series_ensemble, &read_sequences}) {
    if (std::shared_ptr<Model> model = read(bytes, name)) return model;
  }
  const heed::SafetensorsFile file(std::span<const std::byte>(bytes), name);
  const auto said = file.metadata().find("architecture");
  throw heed::Error(heed::Fault{"no model that Python knows", name,
                                "SequenceClassifier, RocketClassifier, SeriesEnsemble, TextClassifier or Tagger",
                                said == file.metadata().end() ? "no architecture" : said->second});
}

#define HEED_TEXT_OF(x) #x
#define HEED_TEXT(x) HEED_TEXT_OF(x)

NB_MODULE(HEED_PYTHON_MODULE, m) {
  m.attr("isa") = HEED_TEXT(HEED_ISA);
  m.attr("version") = HEED_TEXT(HEED_VERSION_MAJOR) "." HEED_TEXT(HEED_VERSION_MINOR) "." HEED_TEXT(HEED_VERSION_PATCH);
  nb::register_exception_translator(translate);
  m.def("set_error_class", [](nb::object type) { error_class = std::move(type); });
  // what is kept until the interpreter ends must be given back before it does
  m.def("release", [] { error_class.reset(); });
  bind_model(m);
  bind_data(m);
  const auto def_series = [&m](const char* name, auto function) {
    m.def(name, function, nb::arg("x"), nb::arg("lengths").none(), nb::arg("y"), nb::arg("model"), nb::arg("fit"),
          nb::arg("more"), nb::arg("labels"), nb::arg("test").none(), nb::arg("epoch").none());
  };
  def_series("fit_sequences", &fit_series<&fit_sequences>);
  def_series("fit_rocket", &fit_series<&fit_rocket>);
  m.def("together", &together, nb::arg("parts"));
  const auto def_words = [&m](const char* name, auto function) {
    m.def(name, function, nb::arg("sentences"), nb::arg("y"), nb::arg("model"), nb::arg("fit"), nb::arg("more"),
          nb::arg("labels"), nb::arg("test").none(), nb::arg("epoch").none());
  };
  def_words("fit_text", &fit_words<&fit_text>);
  def_words("fit_tagger", &fit_words<&fit_tagger>);
  m.def("model_of_bytes", &model_of_bytes, nb::arg("bytes"), nb::arg("name") = "memory");
}

}  // namespace heed_python
