#pragma once

// A model over a sequence that comes step by step.

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/check.hpp"
#include "heed/infer/stream.hpp"
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
class StreamingOf final : public Streaming {
 public:
  using Encode = Tokens (*)(const M& model, const Words& sentences);

  StreamingOf(std::shared_ptr<const Model> owner, const M& model, Encode encode, Index max_steps)
      : owner_(std::move(owner)), model_(&model), encode_(encode), stream_(model, {.max_steps = max_steps}) {
    if constexpr (std::same_as<typename M::Input, float>) {
      preparation_ = Preparation::read(owner_->metadata(), owner_->features());
      x_.resize(static_cast<std::size_t>(owner_->features()));
    }
  }

  std::vector<float> step(std::span<const double> features) override {
    if constexpr (std::same_as<typename M::Input, float>) {
      const Index count = static_cast<Index>(features.size());
      heed::require(count == owner_->features(), [&] {
        return heed::Fault{"wrong number of features", "step", std::to_string(owner_->features()),
                           std::to_string(count)};
      });
      const std::vector<double>& shift = preparation_.shift;
      for (std::size_t f = 0; f < x_.size(); ++f) {
        x_[f] = static_cast<float>(features[f] - (shift.empty() ? 0 : shift[f]));
      }
      stream_.step(std::span<const float>(x_));
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
  Preparation preparation_ = {};
  std::vector<float> x_ = {};
};

}  // namespace heed_python
