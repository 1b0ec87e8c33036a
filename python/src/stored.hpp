#pragma once

// What all kinds of models share.

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/visit.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/options/model_metadata.hpp"
#include "model.hpp"
#include "predict_rows.hpp"
#include "prepare.hpp"
#include "streaming.hpp"

namespace heed_python {

template <class M>
auto& classifier_of(M& model) {
  if constexpr (requires { model.classifier.labels; }) {
    return model.classifier;
  } else {
    return model;
  }
}

struct Parts {
  std::vector<heed::SequenceClassifier<float>> networks = {};
  std::vector<heed::RocketClassifier<float>> rockets = {};
  std::optional<Metadata> extra = {};  // what the first of them has in its file

  void take(const heed::SequenceClassifier<float>& one) { networks.push_back(one); }
  void take(const heed::RocketClassifier<float>& one) { rockets.push_back(one); }
};

/// M: a model of heed. Its words become tokens by `encode`.
template <class M>
class ModelOf final : public Model {
 public:
  using Encode = Tokens (*)(const M& model, const Words& sentences);

  ModelOf(std::vector<M> members, Metadata extra, Encode encode, std::vector<std::string> notes = {})
      : ensemble_(std::move(members)), extra_(std::move(extra)), encode_(encode), notes_(std::move(notes)) {
    if constexpr (reads_numbers) preparation_ = Preparation::read(extra_, features());
  }

  std::string architecture() const override { return std::string(M::architecture); }
  Metadata metadata() const override { return heed::detail::file_metadata(first(), extra_); }
  Index features() const override {
    if constexpr (requires { first().input_size(); }) return first().input_size();
    return 1;
  }
  Index outputs() const override { return classifier_of(first()).options.classes; }
  Index members() const override { return ensemble_.size(); }
  Index parameters() const override { return members() * heed::parameter_count(first()); }
  bool gives_numbers() const override { return heed::output_kind(first()) == heed::OutputKind::numbers; }
  std::vector<std::string> labels() const override { return classifier_of(first()).labels; }
  std::vector<std::string> notes() const override { return notes_; }

  heed::Tensor<float, 2> predict(const Series& series) const override {
    if constexpr (reads_numbers) {
      check_features(series);
      return in_parts(series);
    } else {
      refuse("the model reads words", architecture());
    }
  }
  heed::Tensor<float, 2> predict(const Words& sentences) const override {
    if constexpr (!reads_numbers && pools) {
      const Tokens tokens = encode_(first(), sentences);
      return predict_rows(ensemble_, tokens.x(), tokens.sequences.lengths);
    } else {
      refuse("the model does not read sentences", architecture());
    }
  }
  heed::Tensor<std::int32_t, 2> tag(const Words& sentences) const override {
    if constexpr (!reads_numbers && !pools) {
      const Tokens tokens = encode_(first(), sentences);
      heed::Predictor<M> predictor(first());
      return predictor.step_labels(tokens.x(), tokens.sequences.lengths);
    } else {
      refuse("the model does not tag words", architecture());
    }
  }
  heed::Tensor<float, 3> attention_weights(const Series& series) const override {
    if constexpr (reads_numbers && attends) {
      const Prepared data = prepared(series);
      heed::Predictor<heed::Ensemble<M>> predictor(ensemble_);
      return predictor.attention_weights(data.x, data.lengths, data.step_mask());
    } else {
      refuse("the model has no attention to time steps", architecture());
    }
  }
  heed::Tensor<float, 3> attention_weights(const Words& sentences) const override {
    if constexpr (!reads_numbers && attends) {
      const Tokens tokens = encode_(first(), sentences);
      heed::Predictor<heed::Ensemble<M>> predictor(ensemble_);
      return predictor.attention_weights(tokens.x(), tokens.sequences.lengths);
    } else {
      refuse("the model does not read sentences", architecture());
    }
  }
  std::unique_ptr<Streaming> stream(Index max_steps) const override {
    if constexpr (heed::StreamLayer<M>) {
      heed::require(members() == 1, [&] {
        return heed::Fault{"an ensemble does not stream", architecture(), "one model", std::to_string(members())};
      });
      return std::make_unique<StreamingOf<M>>(shared_from_this(), first(), encode_, max_steps);
    } else {
      refuse("the model does not stream", architecture());
    }
  }

  void give(Parts& parts) const override {
    if constexpr (requires { parts.take(first()); }) {
      for (const M& member : ensemble_.members) parts.take(member);
      if (!parts.extra) parts.extra = extra_;
    } else {
      refuse("the model is no part of another", architecture());
    }
  }

  std::vector<std::byte> bytes() const override {
    return members() == 1 ? heed::serialize(first(), extra_) : heed::serialize(ensemble_, extra_);
  }
  void save(const std::filesystem::path& path) const override {
    if (members() == 1) {
      heed::save(first(), path, extra_);
    } else {
      heed::save(ensemble_, path, extra_);
    }
  }

 private:
  static constexpr bool reads_numbers = std::same_as<typename M::Input, float>;
  static constexpr bool pools = requires { requires M::time_change == heed::TimeChange::pools_steps; };
  static constexpr bool attends = requires(const M& m, const typename M::Cache& c) { m.attention_weights(c); };

  const M& first() const { return ensemble_.members.front(); }
  void check_features(const Series& series) const {
    heed::require(series.extents[2] == features(), [&] {
      return heed::Fault{"wrong number of features", "X", std::to_string(features()),
                         std::to_string(series.extents[2])};
    });
  }
  Prepared prepared(const Series& series) const {
    check_features(series);
    return prepare(series, preparation_);
  }
  // What has to be copied is copied in parts, so that memory does not grow with the data.
  heed::Tensor<float, 2> in_parts(const Series& series) const {
    const Index n = series.extents[0], rows = rows_at_once(series, preparation_);
    const auto answers = [&](const Series& some) {
      const Prepared data = prepare(some, preparation_);
      return predict_rows(ensemble_, data.x, data.lengths, data.step_mask());
    };
    if (rows >= n) return answers(series);
    heed::Tensor<float, 2> out({n, outputs()});
    for (Index at = 0; at < n; at += rows) {
      const Index count = std::min(rows, n - at);
      try {
        const heed::Tensor<float, 2> part = answers(series.rows(at, count));
        std::copy_n(part.data(), part.size(), out.data() + at * outputs());
      } catch (const heed::Error&) {
        if (at > 0) answers(series);  // throws the same of the whole, where sequences have their numbers
        throw;
      }
    }
    return out;
  }

  heed::Ensemble<M> ensemble_;
  Metadata extra_;
  Encode encode_;
  std::vector<std::string> notes_;
  Preparation preparation_;
};

}  // namespace heed_python
