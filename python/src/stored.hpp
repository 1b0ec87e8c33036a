#pragma once

// What all kinds of models share.

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/check.hpp"
#include "heed/core/visit.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/stream.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/options/model_metadata.hpp"
#include "model.hpp"
#include "prepare.hpp"

namespace heed_python {

[[noreturn]] inline void refuse(const char* what, const std::string& architecture) {
  throw heed::Error(heed::Fault{what, architecture});
}

/// Tokens of words, as a model reads them.
struct Tokens {
  heed::Sequences<std::int32_t> sequences;
  heed::TensorView<const std::int32_t, 3> x() const { return sequences.x.view(); }
};

template <class M>
auto& classifier_of(M& model) {
  if constexpr (requires { model.classifier.labels; }) {
    return model.classifier;
  } else {
    return model;
  }
}

/// Answers to sequences, (n, outputs). The answer to one is the same bits whichever others stand beside it: a sequence
/// that would be alone in its tile, where products are summed in another order, gets a copy of itself beside it.
template <class M>
heed::Tensor<float, 2> predict_rows(const M& model, heed::TensorView<const typename M::Input, 3> x,
                                    std::span<const std::int32_t> lengths, heed::StepMask mask = {}) {
  using X = typename M::Input;
  const Index n = x.extent(0), steps = x.extent(1), features = x.extent(2);
  const Index alone = n % heed::tile_unit == 1 ? 1 : 0, rest = n - alone;
  heed::Predictor<M> predictor(model);
  heed::Tensor<float, 2> out({n, heed::logits_shape(model, {steps, features}, "predict").features});
  heed::check_lengths(lengths, n, steps, "X");
  if (rest > 0) {
    const auto first = lengths.empty() ? lengths : lengths.first(static_cast<std::size_t>(rest));
    const heed::TensorView<const std::uint8_t, 2> rows(mask.data(), {mask.empty() ? 0 : rest, steps});
    const heed::StepMask seen = mask.empty() ? mask : heed::StepMask(rows);
    predictor(heed::TensorView<const X, 3>(x.data(), {rest, steps, features}),
              heed::TensorView<float, 2>(out.data(), {rest, out.extent(1)}), first, seen);
  }
  if (alone == 0) return out;
  heed::Tensor<X, 3> twice({2, steps, features});
  heed::Tensor<std::uint8_t, 2> twice_seen;
  if (!mask.empty()) twice_seen = heed::Tensor<std::uint8_t, 2>({2, steps});
  for (Index i = 0; i < 2; ++i) {
    std::copy_n(x[rest].data(), steps * features, twice[i].data());
    for (Index t = 0; t < steps && !mask.empty(); ++t) twice_seen(i, t) = mask(rest, t);
  }
  std::vector<std::int32_t> of_both;
  if (!lengths.empty()) of_both.assign(2, lengths[static_cast<std::size_t>(rest)]);
  heed::Tensor<float, 2> answers({2, out.extent(1)});
  predictor(twice.view(), answers.view(), of_both, twice_seen.empty() ? heed::StepMask() : heed::StepMask(twice_seen));
  std::copy_n(answers.data(), out.extent(1), out.data() + rest * out.extent(1));
  return out;
}

template <class M>
class StreamingOf final : public Streaming {
 public:
  using Encode = Tokens (*)(const M& model, const Words& sentences);

  StreamingOf(std::shared_ptr<const Model> owner, const M& model, Encode encode, Index max_steps)
      : owner_(std::move(owner)), model_(&model), encode_(encode), stream_(model, {.max_steps = max_steps}) {}

  std::vector<float> step(std::span<const float> features) override {
    if constexpr (std::same_as<typename M::Input, float>) {
      const Preparation p = Preparation::read(owner_->metadata(), static_cast<Index>(features.size()));
      std::vector<float> x(features.begin(), features.end());
      for (std::size_t f = 0; f < p.shift.size() && f < x.size(); ++f) {
        x[f] = static_cast<float>(static_cast<double>(x[f]) - p.shift[f]);
      }
      stream_.step(std::span<const float>(x));
      return answer();
    } else {
      refuse("a step is a word", owner_->architecture());
    }
  }
  std::vector<float> step(const std::string& word) override {
    if constexpr (std::same_as<typename M::Input, float>) {
      refuse("a step is numbers, one a feature", owner_->architecture());
    } else {
      const Tokens tokens = encode_(*model_, {{word}});
      stream_.step(tokens.x()(0, 0, 0));
      return answer();
    }
  }
  void reset() override { stream_.reset(); }
  Index steps() const override { return stream_.steps(); }

 private:
  std::vector<float> answer() {
    const std::span<const float> outputs = stream_.outputs();
    return {outputs.begin(), outputs.end()};
  }

  std::shared_ptr<const Model> owner_;
  const M* model_;
  Encode encode_;
  heed::Stream<M> stream_;
};

/// M: a model of heed. Its words become tokens by `encode`.
template <class M>
class ModelOf final : public Model {
 public:
  using Encode = Tokens (*)(const M& model, const Words& sentences);

  ModelOf(std::vector<M> members, Metadata extra, Encode encode)
      : ensemble_(std::move(members)), extra_(std::move(extra)), encode_(encode) {
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

  heed::Tensor<float, 2> predict(const Series& series) const override {
    if constexpr (reads_numbers) {
      const Prepared data = prepared(series);
      return predict_rows(ensemble_, data.x, data.lengths, data.step_mask());
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
  Prepared prepared(const Series& series) const {
    heed::require(series.extents[2] == features(), [&] {
      return heed::Fault{"wrong number of features", "X", std::to_string(features()),
                         std::to_string(series.extents[2])};
    });
    return prepare(series, preparation_);
  }

  heed::Ensemble<M> ensemble_;
  Metadata extra_;
  Encode encode_;
  Preparation preparation_;
};

/// What a file says beside what the model itself writes.
template <class M>
Metadata extra_of(const M& model, const Metadata& metadata) {
  Metadata extra = metadata;
  const Metadata own = heed::detail::file_metadata(model, {});
  for (const auto& entry : own) extra.erase(entry.first);
  return extra;
}

/// Null where the file is of another kind. `Fits` tells by the architecture that a file says, or by its tensors.
template <class M, class Fits>
std::shared_ptr<Model> read_of(std::span<const std::byte> bytes, const std::string& name, Fits&& fits,
                               typename ModelOf<M>::Encode encode) {
  const heed::SafetensorsFile file(bytes, name);
  const auto said = file.metadata().find("architecture");
  const bool own = said != file.metadata().end();
  const bool several = own && said->second == heed::Ensemble<M>::architecture;
  if (own ? !several && said->second != M::architecture : !fits(file)) return nullptr;
  if (several) {
    heed::Ensemble<M> ensemble = heed::load<heed::Ensemble<M>>(file);
    Metadata extra = extra_of(ensemble, file.metadata());
    const Metadata of_one = heed::metadata_of(ensemble.members.front());
    for (const auto& entry : of_one) extra.erase(entry.first);
    return std::make_shared<ModelOf<M>>(std::move(ensemble.members), std::move(extra), encode);
  }
  std::vector<M> members;
  members.push_back(heed::load<M>(file));
  Metadata extra = own ? extra_of(members.front(), file.metadata()) : Metadata();
  return std::make_shared<ModelOf<M>>(std::move(members), std::move(extra), encode);
}

}  // namespace heed_python
