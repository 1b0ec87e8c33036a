#pragma once

// What a fuzzer of the public functions does with one type of model: random calls with arguments of any kind. Each call
// gives a result or one heed::Error, and an error changes nothing.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "api_arguments.hpp"
#include "choices.hpp"
#include "heed/core/buffer.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/stream.hpp"
#include "heed/losses/binary_cross_entropy.hpp"
#include "heed/losses/huber.hpp"
#include "heed/losses/mean_squared_error.hpp"
#include "heed/optim/ema.hpp"
#include "heed/optim/sgd.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/gradient.hpp"
#include "little_memory.hpp"

namespace fuzz {

/// Every number of the parameters.
template <class M>
std::vector<typename M::Scalar> weights(const M& model) {
  std::vector<typename M::Scalar> all;
  heed::for_each_parameter(
      [&](const heed::Path&, const auto& array) { all.insert(all.end(), array.begin(), array.end()); }, model);
  return all;
}

template <class M>
void predict(const M& model, Index features, Choices& c) {
  using S = typename M::Scalar;
  using X = typename M::Input;
  heed::Predictor<M> predictor(model);
  for (std::size_t calls = c.below(4) + 1; calls > 0; --calls) {
    const Sequences<X> s(c, features);
    const auto what = static_cast<heed::Output>(c.below(3));
    fails([&] {
      const auto x = s.x();
      const bool one = x.extent(0) > 0 && x.extent(0) < 100;
      std::vector<S> out(c.below(6));
      const Index rows = c.one_in(8) ? c.size() : x.extent(0), columns = c.one_in(8) ? c.size() : 3;
      const bool small = rows < 100 && columns < 100;
      heed::Tensor<S, 2> many(heed::Extents<2>{small ? rows : 0, columns});
      switch (c.below(12)) {
        case 0:
          if (one) expect(predictor(x[0]).probabilities.size() > 0, "no probabilities");
          break;
        case 1:
          if (one) predictor(x[0], s.mask());
          break;
        case 2:
          if (one) predictor(x.data(), x.extent(1), x.extent(2));
          break;
        case 3:
          if (one) predictor.outputs(x[0]);
          break;
        case 4:
          if (one) predictor(x[0], std::span(out), what);
          break;
        case 5:
          predictor.outputs(x, s.lengths, s.mask());
          break;
        case 6:
          predictor(x, many.view(), s.lengths, what);
          break;
        case 7:
          predictor(x, many.view(), s.lengths, s.mask(), what);
          break;
        case 8:
          predictor.step_labels(x, s.lengths, s.mask());
          break;
        case 9:
          heed::predict(model, x, s.lengths, s.mask());
          break;
        case 10:
          if constexpr (requires { predictor.attention_weights(x); })
            predictor.attention_weights(x, s.lengths, s.mask());
          break;
        default:
          predictor(c.flag() ? x.data() : nullptr, -x.extent(1), x.extent(2));
          break;
      }
    });
  }
  // what came before has left no trace
  const std::vector<X> numbers(static_cast<std::size_t>(3 * features), X(1));
  const heed::TensorView<const X, 3> x(numbers.data(), {Index(1), Index(3), features});
  std::vector<S> first, second;
  heed::Predictor<M> fresh(model);
  const auto run = [&](heed::Predictor<M>& by, std::vector<S>& to) {
    return fails([&] {
      const heed::Tensor<S, 2> y = by.outputs(x);
      to.assign(y.begin(), y.end());
    });
  };
  expect(run(predictor, first) == run(fresh, second) && first == second, "a predictor remembers earlier calls");
}

template <class M>
void stream(const M& model, Index features, Choices& c) {
  using X = typename M::Input;
  using S = typename M::Scalar;
  const heed::StreamOptions options{.max_steps = c.one_in(8) ? c.size() : static_cast<Index>(c.below(6)),
                                    .features = c.one_in(8) ? c.size() : 0};
  std::optional<heed::Stream<M>> made;
  if (fails([&] { made.emplace(model, options); })) return;
  heed::Stream<M>& run = *made;
  for (std::size_t calls = c.below(12); calls > 0; --calls) {
    const heed::StreamState<S> before = run.state();
    const std::size_t call = c.below(6);
    const bool failed = fails([&] {
      std::vector<X> step(c.one_in(16) ? c.below(5) : static_cast<std::size_t>(features));
      for (X& x : step) x = element<X>(c);
      heed::StreamState<S> state = before;
      switch (call) {
        case 0:
          run.prediction();
          break;
        case 1:
          run.outputs();
          break;
        case 2:
          run.reset();
          break;
        case 3:
          if (c.flag()) state.steps = c.size();
          if (c.one_in(4)) state.numbers.resize(c.below(100));
          if (!state.numbers.empty()) state.numbers[c.below(state.numbers.size())] = c.number<S>();
          run.restore(state);
          break;
        default:
          run.step(step);
          break;
      }
    });
    expect(!failed || run.state() == before, "an error changed a stream");
    expect(options.max_steps <= 0 || run.steps() <= options.max_steps, "a stream of too many steps");
  }
}

template <class M>
void train(M& model, Index features, Choices& c) {
  using S = typename M::Scalar;
  using X = typename M::Input;
  const Sequences<X> s(c, features);
  const std::vector<S> before = weights(model);
  heed::History history;
  const bool failed = fails([&] {
    const auto x = s.x();
    const bool each = c.one_in(4);
    const std::vector<std::int32_t> y = labels(c, x.extent(0) * (each ? x.extent(1) : 1));
    const heed::LabelledSequences<X> labelled{.x = x,
                                              .labels = heed::LabelsView(y, each ? x.extent(1) : 1),
                                              .lengths = heed::BorrowedSpan<std::int32_t>(s.lengths),
                                              .mask = s.mask()};
    const Index outputs = c.one_in(8) ? c.size(8) : 3;
    const Index count = std::clamp<Index>(x.extent(0), 0, 100) * std::clamp<Index>(outputs, 0, 8);
    std::vector<S> numbers(static_cast<std::size_t>(count));
    for (S& number : numbers) number = c.one_in(4) ? c.number<S>() : S(c.below(2));
    const S none{};
    const auto targets = [&] {
      return heed::LabelledSequences<X, S>{
          .x = x,
          .labels =
              heed::TensorView<const S, 2>(numbers.empty() ? &none : numbers.data(),
                                           heed::Extents<2>{x.extent(0) < 100 ? x.extent(0) : 0, count ? outputs : 0}),
          .lengths = heed::BorrowedSpan<std::int32_t>(s.lengths),
          .mask = s.mask()};
    };
    heed::FitOptions o = fit_options(c);
    o.history = &history;
    switch (c.below(10)) {
      case 0:
        heed::evaluate(model, labelled, 1);
        break;
      case 1:
        heed::evaluate(model, targets(), heed::Huber<S>(options<heed::HuberOptions>(c)), 1);
        break;
      case 2:
        heed::fit(model, targets(), heed::MeanSquaredError<S>(), o);
        break;
      case 3:
        heed::fit(model, targets(), heed::BinaryCrossEntropy<S>(options<heed::BinaryCrossEntropyOptions>(c)), o);
        break;
      case 4:
        heed::fit(model, labelled, heed::CrossEntropy<S>(options<heed::CrossEntropyOptions>(c)), o);
        break;
      case 5: {
        heed::Sgd<M> sgd(model, options<heed::SgdOptions>(c));
        heed::fit(model, labelled, sgd, o);
        break;
      }
      case 6: {
        heed::Adam<M> adam(model, options<heed::AdamOptions>(c));
        heed::BatchGradient<M> gradient(model, {}, 1);
        heed::MovingAverage<M> average(model, c.share());
        for (int step = 0; step < 2; ++step) {
          gradient(model, labelled, heed::Key{static_cast<std::uint64_t>(step)});
          if (c.flag()) heed::clip_norm(gradient.get(), c.number());
          if (c.flag()) heed::clip_value(gradient.get(), c.number());
          M copy = model;
          adam.step(copy, gradient.get());
          average.update(copy);
        }
        average.average();
        break;
      }
      case 7:
        heed::fit(model, labelled, o, labelled);
        break;
      default:
        heed::fit(model, labelled, o);
        break;
    }
  });
  const bool begun = history.outcome == heed::Outcome::failed || !history.epochs.empty();
  expect(!failed || begun || weights(model) == before, "an error changed a model");
}

/// The model that make() gives, if that is a small one.
template <class M, class F>
std::optional<M> made(F&& make) {
  std::optional<M> model;
  fails([&] {
    const heed::AllocationBudget budget(Index(1) << 17, "a model of the fuzzer");
    model.emplace(make());
  });
  return model;
}

/// Random calls for a model.
template <class M>
void fuzz_calls(M model, Index features, Choices& c) {
  for (std::size_t calls = c.below(3) + 1; calls > 0; --calls) {
    switch (c.below(4)) {
      case 0:
        predict(model, features, c);
        break;
      case 1:
        if constexpr (heed::StreamLayer<M>) stream(model, features, c);
        break;
      case 2:
        fails([&] { model.output_shape({c.size(), c.size()}); });
        break;
      default:
        train(model, features, c);
        break;
    }
  }
}

}  // namespace fuzz
