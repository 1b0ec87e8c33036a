#pragma once

// What a fuzzer of the public functions does with one type of model: random calls with shapes, lengths, masks and
// numbers of any kind. Each call gives a result or one heed::Error, and an error changes nothing.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "choices.hpp"
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

/// Ends the fuzzer: the input is a finding.
inline void expect(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

/// Whether f() throws a heed::Error. Any other exception ends the fuzzer.
template <class F>
bool fails(F&& f) {
  try {
    f();
    return false;
  } catch (const heed::Error& error) {
    expect(!std::string_view(error.what()).empty(), "an error without words");
    return true;
  }
}

/// Numbers or tokens. A token is now and then in no vocabulary.
template <class X>
X element(Choices& c) {
  if constexpr (std::floating_point<X>) {
    return c.number<X>();
  } else {
    return c.one_in(64) ? static_cast<X>(c.size()) : static_cast<X>(c.below(4));
  }
}

/// Sequences in memory, with lengths and a mask that may not fit.
template <class X>
struct Sequences {
  heed::Extents<3> extents{};
  std::vector<X> numbers;
  std::vector<std::int32_t> lengths;
  std::vector<std::uint8_t> steps;

  /// Extents are small, or so that there is no number at all.
  Sequences(Choices& c, Index features) {
    extents = {c.one_in(32) ? 70 : static_cast<Index>(c.below(5)), static_cast<Index>(c.below(10)),
               c.one_in(32) ? c.size() : features};
    if (c.one_in(64)) {
      for (Index& n : extents) n = c.size();
      extents[c.below(3)] = 0;
    }
    const bool small = extents[0] < 100 && extents[1] < 100 && extents[2] < 100;
    if (!small && extents[0] != 0 && extents[1] != 0 && extents[2] != 0) extents = {1, 3, features};
    const Index size = extents[0] < 0 || extents[1] < 0 || extents[2] < 0 ? 0 : heed::element_count(extents);
    for (Index i = 0; i < size; ++i) numbers.push_back(c.one_in(2) ? X(1) : element<X>(c));
    const std::size_t n = static_cast<std::size_t>(std::clamp<Index>(extents[0], 0, 100));
    const std::size_t length = static_cast<std::size_t>(std::clamp<Index>(extents[1], 0, 100));
    if (c.flag()) {
      for (std::size_t i = 0; i < n + (c.one_in(32) ? 1 : 0); ++i) {
        const Index any = c.one_in(64) ? c.size() : static_cast<Index>(c.below(length + 1));
        lengths.push_back(static_cast<std::int32_t>(any));
      }
    }
    if (c.one_in(4)) {
      steps.resize(n * length + (c.one_in(32) ? 1 : 0));
      for (std::uint8_t& step : steps) step = c.one_in(4) ? 0 : 1;
    }
  }
  heed::TensorView<const X, 3> x() const { return {numbers.empty() ? &none : numbers.data(), extents}; }
  heed::StepMask mask() const {
    const std::span<const std::uint8_t> all(steps);
    return steps.empty() ? heed::StepMask() : heed::StepMask(all).in_rows(extents[0]);
  }
  static constexpr X none{};
};

/// Labels, or numbers (n, k), that need not fit.
inline std::vector<std::int32_t> labels(Choices& c, Index count) {
  std::vector<std::int32_t> all;
  const Index n = std::clamp<Index>(c.one_in(32) ? count + 1 : count, 0, 1000);
  for (Index i = 0; i < n; ++i)
    all.push_back(c.one_in(64) ? static_cast<std::int32_t>(c.size()) : static_cast<int>(c.below(2)));
  return all;
}

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

inline heed::Schedule schedule(Choices& c) {
  switch (c.below(8)) {
    case 0:
      return options<heed::StepSchedule>(c);
    case 1:
      return options<heed::CosineSchedule>(c);
    case 2:
      return options<heed::OneCycleSchedule>(c);
    case 3:
      return options<heed::PlateauSchedule>(c);
    case 4:
      return heed::CustomSchedule{[n = c.number()](Index) { return n; }};
    default:
      return {};
  }
}

/// A run of at most two epochs.
inline heed::FitOptions fit_options(Choices& c) {
  heed::FitOptions o;
  for (const heed::FieldRecord& field : heed::fields_of(o).records) {
    if (c.one_in(8)) choose(field, c);
  }
  o.epochs = std::min(o.epochs, 2);
  o.threads = c.one_in(8) ? static_cast<int>(c.size()) : 1;
  if (o.threads > 2) o.threads = c.flag() ? 2 : std::max(o.threads, heed::most_threads + 1);
  if (o.tile_width != 0 && !c.one_in(16)) o.tile_width = 16 * static_cast<Index>(c.below(4));
  o.schedule = schedule(c);
  return o;
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

/// Random calls for a model that `make` gives.
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
