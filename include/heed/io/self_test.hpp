#pragma once

/// @file
/// The self-test of a model file: an input, and the output that the model gave when it was saved.
///
/// A weight with a flipped bit, or a program that computes something else, gives wrong answers from a file that is
/// well-formed. `save` writes an input and its output into the metadata, and `load` compares. A model takes part if it is
/// a layer that says what a step of its input holds:
///
///     Index input_size() const;                  // how many numbers or tokens; without it, 1
///     Index input_tokens(Index feature) const;   // how many tokens there are; 0 for a number
///
///     Index test_steps() const;                  // if it takes only certain numbers of steps: one of them; otherwise 0
///     double attention_work(Shape x) const;      // steps times steps times features, where they may be more than x has
///
/// A model of numbers needs the first, a model of tokens the second. `Ensemble` takes part if its members do. A model of
/// another input may have `self_test_layer()`, a layer with the same weights.

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/buffer.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/io/detail/self_test_record.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// Without features if the model does not say them, or if they are too many.
template <class M>
InputKind input_kind(const M& model) {
  InputKind kind{.tokens = std::same_as<typename M::Input, std::int32_t>};
  constexpr bool sized = requires { model.input_size(); };
  constexpr bool counted = requires { model.input_tokens(Index(0)); };
  if constexpr (requires { model.members.front(); }) {
    if (!model.members.empty()) kind = input_kind(model.members.front());
  } else if constexpr (counted || (sized && !std::same_as<typename M::Input, std::int32_t>)) {
    kind.features = 1;
    try {
      if constexpr (sized) kind.features = model.input_size();
    } catch (const Error&) {  // a chain of layers that accept any number
      kind.features = 0;
    }
    if (kind.features > most_test_numbers) kind.features = 0;
    if constexpr (counted) {
      for (Index f = 0; f < kind.features; ++f) kind.counts.push_back(model.input_tokens(f));
    }
    if constexpr (requires { model.standardize.deviation; }) {
      kind.mean.assign(model.standardize.mean.begin(), model.standardize.mean.end());
      kind.unit.assign(model.standardize.deviation.begin(), model.standardize.deviation.end());
    }
    if constexpr (requires { model.test_steps(); }) {
      const Index steps = kind.features > 0 ? model.test_steps() : 0;
      kind.steps = steps <= most_test_steps_asked ? steps : 0;
    }
    if constexpr (requires { model.attention_work(Shape()); }) {
      kind.work = [&model](Shape x) { return model.attention_work(x); };
    }
  }
  return kind;
}

/// What the model gives. Throws if it does not take the input, or if its run allocates more than `room` numbers.
template <class S>
HEED_COLD std::vector<double> test_output(const ModelReference<S>& model, const InputKind& kind, const StoredTest& test,
                                          Index room) {
  const FlushDenormals flush;
  const AllocationBudget budget(room * static_cast<Index>(sizeof(S)), "the self-test of this file");
  const Shape shape{test.steps, kind.features};
  Scratch scratch;
  AnyCache<S> cache(model.functions());
  TileBuffer<S> numbers, output;
  TileBuffer<std::int32_t> tokens;
  const Shape of_output = model.output_shape(shape);
  check_test_size(test, shape, of_output);
  if (kind.work) check_test_work(kind.work(shape));
  const Tile<S> y = output.take(of_output, 1);
  std::vector<double> sums;
  const auto run = [&]<class X>(Tile<X> x, std::size_t first) {
    for (Index i = 0; i < x.size(); ++i) {
      x.data[i] = static_cast<X>(test.input[(first + static_cast<std::size_t>(i)) % test.input.size()]);
    }
    model.check_input(TensorView<const X, 3>(x.data, {1, shape.steps, shape.features}), {}, "self-test");
    model.forward(Tile<const X>(x), y, cache, Pass::inference(scratch));
    const std::size_t begin = sums.size(), count = std::min(static_cast<std::size_t>(y.size()), most_test_sums);
    sums.resize(begin + count);
    for (Index i = 0; i < y.size(); ++i) {
      sums[begin + static_cast<std::size_t>(i) % count] += static_cast<double>(y.data[i]);
    }
  };
  for (std::size_t first = 0; first < test.input.size();
       first += static_cast<std::size_t>(shape.steps * shape.features)) {
    if (kind.tokens) {
      run(tokens.take(shape, 1), first);
    } else {
      run(numbers.take(shape, 1), first);
    }
  }
  return sums;
}

/// Changes each number by 2^-14 of itself, up or down.
template <class S>
HEED_COLD void nudge(ParameterArray<S>& array, std::uint64_t& count) {
  for (S& number : array) {
    number += number * S(std::popcount(count++ * 0x9E3779B97F4A7C15U) % 2 == 0 ? 0x1p-14 : -0x1p-14);
  }
}

/// Adds a test to the metadata. Adds nothing if the model takes none of the inputs, or if its output is not finite.
template <class S>
HEED_COLD void write_self_test(const ModelReference<S>& model, const ModelReference<S>& nudged, const InputKind& kind,
                               Metadata& metadata) {
  constexpr Index room = test_room / 2;  // another processor may need a little more
  // positions may be few, and convolutions may need many
  for (const Index steps : {Index(8), Index(2), Index(1), Index(32), most_test_steps, kind.steps}) {
    if (steps < 1) continue;
    const Index one = steps * kind.features, sequences = one <= 64 ? 4 : 1;
    const bool alike = kind.counts.empty() && kind.mean.empty();
    const Index stored = alike && sequences == 1 ? std::min(one, test_numbers_repeated) : sequences * one;
    if (one > most_test_numbers || stored > most_test_numbers_stored) continue;
    StoredTest test{.steps = steps, .input = {}, .output = {}};
    std::vector<S> input;
    for (Index i = 0; i < stored; ++i) {
      const double number = test_number(kind, i / one, i % one / kind.features, i % kind.features);
      input.push_back(static_cast<S>(static_cast<float>(number)));  // either precision reads the other's
    }
    test.input.assign(input.begin(), input.end());
    try {
      test.output = test_output(model, kind, test, room);
      set_self_test(metadata, test, test_output(nudged, kind, test, room));
      set(metadata, "self_test.input", input);
      compare_self_test(read_self_test(metadata, kind), test.output);  // the text, as `load` will read it
      return;
    } catch (const Error&) {
      erase_self_test(metadata);
    }
  }
}

/// Throws if the output is not that of the metadata, which have a test.
template <class S>
HEED_COLD void run_self_test(const ModelReference<S>& model, const InputKind& kind, const Metadata& metadata) try {
  const StoredTest test = read_self_test(metadata, kind);
  compare_self_test(test, test_output(model, kind, test, test_room));
} catch (const Error&) {
  rethrow_from_self_test();
}

/// Adds nothing for a model that takes no part, nor where there is no memory for a second model.
template <Visitable M>
void add_self_test([[maybe_unused]] const M& model, [[maybe_unused]] Metadata& metadata) {
  if constexpr (Layer<M>) {
    const InputKind kind = input_kind(model);
    if (kind.features < 1) return;
    try {
      const FlushDenormals flush;
      M nudged = model;
      std::uint64_t count = 0;
      for_each_parameter([&](const Path&, ParameterArray<typename M::Scalar>& array) { nudge(array, count); }, nudged);
      write_self_test<typename M::Scalar>(model, nudged, kind, metadata);
    } catch (const std::bad_alloc&) {
      erase_self_test(metadata);
    } catch (const Error&) {  // heed's own, for the same reason
      erase_self_test(metadata);
    }
  } else if constexpr (requires { model.self_test_layer(); }) {
    add_self_test(model.self_test_layer(), metadata);
  }
}

/// Does nothing for a file without a test, or for a model that takes no part.
template <Visitable M>
void check_self_test([[maybe_unused]] const M& model, [[maybe_unused]] const Metadata& metadata) {
  if constexpr (Layer<M>) {
    const InputKind kind = input_kind(model);
    if (kind.features > 0 && has_self_test(metadata)) run_self_test<typename M::Scalar>(model, kind, metadata);
  } else if constexpr (requires { model.self_test_layer(); }) {
    check_self_test(model.self_test_layer(), metadata);
  }
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::detail::nudge)
HEED_COMPILED_FUNCTION(heed::detail::write_self_test)
HEED_COMPILED_FUNCTION(heed::detail::run_self_test)
