#pragma once

// A trained model as Python sees it, of whatever kind: the binding knows this alone, and each kind is compiled by
// itself.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/missing.hpp"
#include "heed/io/tensor_file.hpp"
#include "heed/io/weight_names.hpp"
#include "heed/train/history.hpp"

namespace heed_python {

using heed::Index;
using heed::Metadata;

/// Sequences (n, steps, features) in Python's memory, as float or as double: one of the pointers is set.
struct Series {
  const float* floats = nullptr;
  const double* doubles = nullptr;
  heed::Extents<3> extents = {};
  std::span<const std::int32_t> lengths = {};  // empty: all full

  bool empty() const { return !floats && !doubles; }
  /// Some of the sequences.
  Series rows(Index first, Index count) const {
    const Index each = extents[1] * extents[2];
    Series some{.extents = {count, extents[1], extents[2]}};
    if (floats) some.floats = floats + first * each;
    if (doubles) some.doubles = doubles + first * each;
    if (!lengths.empty())
      some.lengths = lengths.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    return some;
  }
};

/// Words of sentences, or of several features each.
using Words = std::vector<std::vector<std::string>>;

/// What sequences should give: a class each (n), a class a step (n, steps), or numbers (n, k).
struct Targets {
  std::span<const std::int32_t> classes = {};
  Index classes_a_sequence = 1;
  std::span<const double> numbers = {};
  Index numbers_a_sequence = 0;  // 0: they are classes
};

/// Sequences to test on after every epoch.
struct Test {
  Series series;
  Words words;
  Targets targets;
};

/// A model that training starts from: its file.
struct Start {
  std::vector<std::byte> bytes;
  std::string name;       // what errors call it
  bool new_head = false;  // a new last layer, for other classes or numbers
};

/// How to train. Options are texts by the names of their fields (see heed/options/fields.hpp): a wrong one is an error
/// that names it.
struct Training {
  Metadata model, fit, more;
  std::vector<std::string> labels;  // names of the classes
  std::optional<Test> test = {};
  std::optional<Start> start = {};
  std::function<bool()> stop = {};                           // asked after every step
  std::function<bool(const heed::EpochRecord&)> epoch = {};  // false ends training
};

/// A sequence that comes step by step.
class Streaming {
 public:
  Streaming() = default;
  Streaming(const Streaming&) = delete;
  Streaming& operator=(const Streaming&) = delete;
  virtual ~Streaming() = default;
  virtual std::vector<float> step(std::span<const double> features) = 0;
  virtual std::vector<float> step(const std::string& word) = 0;
  virtual void reset() = 0;
  virtual Index steps() const = 0;
};

/// Models of different kinds, to become one.
struct Parts;

class Model : public std::enable_shared_from_this<Model> {
 public:
  Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  virtual ~Model() = default;

  /// "SequenceClassifier", "RocketClassifier", "SeriesEnsemble", "TextClassifier" or "Tagger".
  virtual std::string architecture() const = 0;
  /// What the model's file says: its options, and what was kept beside them.
  virtual Metadata metadata() const = 0;
  virtual Index features() const = 0;
  virtual Index outputs() const = 0;
  virtual Index members() const = 0;
  virtual Index parameters() const = 0;
  /// Whether it gives numbers, and no classes.
  virtual bool gives_numbers() const = 0;
  virtual std::vector<std::string> labels() const = 0;
  /// What a file of another program had too much or too little of.
  virtual std::vector<std::string> notes() const = 0;

  /// Probabilities, or numbers: (n, outputs).
  virtual heed::Tensor<float, 2> predict(const Series& series) const = 0;
  virtual heed::Tensor<float, 2> predict(const Words& sentences) const = 0;
  /// A class for each word, -1 past a sentence's end.
  virtual heed::Tensor<std::int32_t, 2> tag(const Words& sentences) const = 0;
  virtual heed::Tensor<float, 3> attention_weights(const Series& series) const = 0;
  virtual heed::Tensor<float, 3> attention_weights(const Words& sentences) const = 0;
  /// The model must outlive it.
  virtual std::unique_ptr<Streaming> stream(Index max_steps) const = 0;

  /// Copies its members, where models of different kinds can become one.
  virtual void give(Parts& parts) const = 0;

  /// Its file.
  virtual std::vector<std::byte> bytes() const = 0;
  virtual void save(const std::filesystem::path& path) const = 0;
};

/// What training gives.
struct Trained {
  std::shared_ptr<Model> model;          // null: it ended before there was one
  std::vector<heed::History> histories;  // of each member; none of random convolutions
};

Trained fit_sequences(const Series& series, const Targets& targets, const Training& training);
Trained fit_rocket(const Series& series, const Targets& targets, const Training& training);
Trained fit_text(const Words& sentences, const Targets& targets, const Training& training);
Trained fit_tagger(const Words& sentences, const Targets& targets, const Training& training);

/// Classifiers of series, or models of numbers, as one that answers by the mean of theirs.
std::shared_ptr<Model> together(const std::vector<std::shared_ptr<Model>>& models);

/// How to read a file that another program wrote.
struct Reading {
  Metadata hints = {};  // options that its tensors leave open
  heed::WeightsOptions weights = {};
};

/// A file of heed, of safetensors or of PyTorch, out of its bytes.
heed::TensorFile file_of(std::vector<std::byte> bytes, const std::string& name);

/// A model out of a file.
std::shared_ptr<Model> read_model(const heed::TensorFile& file, const Reading& reading = {});

/// Of a kind that a file holds, or null.
std::shared_ptr<Model> read_sequences(const heed::TensorFile& file, const Reading& reading);
std::shared_ptr<Model> read_rocket(const heed::TensorFile& file, const Reading& reading);
std::shared_ptr<Model> read_series_ensemble(const heed::TensorFile& file, const Reading& reading);
std::shared_ptr<Model> read_text(const heed::TensorFile& file, const Reading& reading);
std::shared_ptr<Model> read_tagger(const heed::TensorFile& file, const Reading& reading);

}  // namespace heed_python
