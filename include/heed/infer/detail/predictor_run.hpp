#pragma once

// The work of a predictor, compiled once per scalar type: it runs any model through a table of functions.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/buffer.hpp"
#include "heed/core/check.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/realtime.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/infer/prediction.hpp"
#include "heed/infer/status.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

template <class S>
Tensor<S, 3> widened(const Tensor<S, 3>& from, Extents<3> extents);

/// Whether all of n numbers are finite. The compiler vectorizes it: it has no branch.
template <std::floating_point S>
bool all_finite(const S* p, Index n) {
  int odd = 0;
  for (Index i = 0; i < n; ++i) odd |= !(std::abs(p[i]) <= std::numeric_limits<S>::max());
  return odd == 0;
}

/// The work of `Predictor` for all models with scalar S and inputs of type X.
template <class S, class X>
class PredictorRun {
 public:
  explicit PredictorRun(const ModelReference<S>& model) try : model_(model), cache_(model.functions()) {
  } catch (...) {
    rethrow_as_error("Predictor");
  }
  PredictorRun(const PredictorRun& other) : PredictorRun(other.model_) {
    if (other.room_.max_steps > 0) make_room(other.room_);
  }
  PredictorRun(PredictorRun&&) noexcept = default;
  PredictorRun& operator=(const PredictorRun& other) { return *this = PredictorRun(other); }
  PredictorRun& operator=(PredictorRun&&) noexcept = default;
  ~PredictorRun() = default;

  /// The sequences that `try_one` takes.
  struct Room {
    Index min_steps = 1, max_steps = 0, features = 0;
  };
  /// Takes the memory for them, by running the model with each number of steps. Throws if the model does not accept
  /// `max_steps`.
  HEED_COLD void make_room(const Room& room);
  /// The outputs of one sequence, in memory of the run, and the step that finished them. Or why there are none.
  InferenceStatus try_one(const X* data, Shape shape, OutputKind kind, Output what,
                          FinalStep& last) noexcept HEED_NONBLOCKING;
  Tile<const S> outputs() const { return output_.view(); }

  /// The logits of one sequence.
  Tile<S> one(TensorView<const X, 2> sequence);
  /// The same, finished as `what` asks, written to `out`.
  void one(TensorView<const X, 2> sequence, std::span<S> out, OutputKind kind, Output what);
  void many(TensorView<const X, 3> x, TensorView<S, 2> out, std::span<const std::int32_t> lengths, OutputKind kind,
            Output what);
  Tensor<std::int32_t, 2> step_labels(TensorView<const X, 3> x, std::span<const std::int32_t> lengths, OutputKind kind);

  /// One sequence without its missing steps, in memory of the run. An empty mask gives the sequence itself.
  TensorView<const X, 2> present(TensorView<const X, 2> sequence, StepMask mask);
  /// Calls f with what `present` gives. Errors about a step name the user's own.
  template <class F>
  decltype(auto) with_present(TensorView<const X, 2> sequence, StepMask mask, F&& f);
  template <class F>
  decltype(auto) with_present(TensorView<const X, 3> x, std::span<const std::int32_t> lengths, StepMask mask, F&& f);
  /// The same for many sequences. `lengths` becomes the number of steps each of them has left.
  TensorView<const X, 3> present(TensorView<const X, 3> x, std::span<const std::int32_t>& lengths, StepMask mask);

  /// Calls f(first row, rows, logits) for every tile. Without an order, all tiles have the steps of x. With an order,
  /// rows are positions in it, and a tile has the steps of its longest sequence, if the model accepts so few.
  template <class F>
  void each_tile(Shape output, TensorView<const X, 3> x, std::span<const std::int32_t> lengths, F&& f,
                 std::span<const Index> order = {}) {
    run(output, x, lengths, order, {&f, [](const void* function, Index first, Index rows, const Tile<S>& z) {
                                      (*static_cast<std::remove_reference_t<F>*>(const_cast<void*>(function)))(first,
                                                                                                               rows, z);
                                    }});
  }

  const ModelReference<S>& model() const { return model_; }
  AnyCache<S>& cache() { return cache_; }

 private:
  void fill_acceptable(Tile<X> x) const;
  // checks one sequence, and runs the model on it
  InferenceStatus run_one(const Tile<const X>& x, Index width);
  [[noreturn]] HEED_COLD void throw_refused(InferenceStatus status, TensorView<const X, 2> sequence) const;

  static constexpr Index widest = 64;

  // one function type, so that the rest is compiled only once
  struct Work {
    const void* function;
    void (*call)(const void* function, Index first, Index rows, const Tile<S>& z);
  };
  void run(Shape output, TensorView<const X, 3> x, std::span<const std::int32_t> lengths, std::span<const Index> order,
           Work work);
  std::span<const Index> by_length(TensorView<const X, 3> x, std::span<const std::int32_t> lengths);
  HEED_COLD void check_in_place(TensorView<const X, 3> x, std::span<const std::int32_t> lengths, StepMask mask) const;
  static void check_numbers(TensorView<const X, 3> x, std::span<const std::int32_t> lengths);
  static void check_logits(const Tile<S>& z, Index rows);
  static void check_width(Index got, Index classes);

  ModelReference<S> model_;
  AnyCache<S> cache_;
  Scratch scratch_;
  TileBuffer<X> input_;
  TileBuffer<S> output_;
  Buffer<std::int32_t> lengths_;
  Buffer<Index> order_;
  Buffer<X> present_;  // sequences with missing steps removed
  Buffer<std::int32_t> present_lengths_;
  Room room_;
  std::vector<Index> widths_;  // outputs for each number of steps; 0: the model does not accept it
};

template <class S, class X>
TensorView<const X, 3> PredictorRun<S, X>::present(TensorView<const X, 3> x, std::span<const std::int32_t>& lengths,
                                                   StepMask mask) {
  if (mask.empty()) return x;
  const auto [count, steps, features] = x.extents();
  mask.check(count, steps, "Predictor");
  check_lengths(lengths, count, steps, "Predictor");
  check_gaps(mask.has_gaps(lengths), model_.reads_distances(), "Predictor");
  X* const to = present_.reserve(x.size());
  std::int32_t* const there = present_lengths_.reserve(count);
  std::fill_n(to, x.size(), X(0));
  for (Index i = 0; i < count; ++i) {
    const Index length = lengths.empty() ? steps : lengths[static_cast<std::size_t>(i)];
    there[i] =
        static_cast<std::int32_t>(move_together(x[i].data(), features, length, mask.row(i), to + i * steps * features));
  }
  lengths = {there, static_cast<std::size_t>(count)};
  return {to, x.extents()};
}

// a model may have more weights in this tile than in those before: moves the same numbers into a wider tile of zeros
template <class S>
Tensor<S, 3> widened(const Tensor<S, 3>& from, Extents<3> extents) {
  Tensor<S, 3> to(extents);
  for (Index i = 0; i < from.extent(0); ++i) {
    for (Index t = 0; t < from.extent(1); ++t) std::copy_n(&from(i, t, 0), from.extent(2), &to(i, t, 0));
  }
  return to;
}

template <class S, class X>
void PredictorRun<S, X>::many(TensorView<const X, 3> x, TensorView<S, 2> out, std::span<const std::int32_t> lengths,
                              OutputKind kind, Output what) {
  require(out.extent(0) == x.extent(0), [&] {
    return Fault{"wrong number of rows", "Predictor, out", text_of(x.extent(0)), text_of(out.extent(0))};
  });
  const Shape output = logits_shape(model_, {x.extent(1), x.extent(2)}, "Predictor");
  const FinalStep final_step = final_step_of(kind, output.features, what, "Predictor");
  const std::span<const Index> order = by_length(x, lengths);
  const auto put = [&](Index first, Index rows, const Tile<S>& z) {
    check_width(out.extent(1), z.features);
    finish_outputs(final_step, z.data, z.features, z.lanes);
    for (Index l = 0; l < rows; ++l) {
      const Index row = order.empty() ? first + l : order[static_cast<std::size_t>(first + l)];
      for (Index c = 0; c < z.features; ++c) out(row, c) = z.at(0, c)[l];
    }
  };
  each_tile(output, x, lengths, put, order);
}

template <class S, class X>
Tensor<std::int32_t, 2> PredictorRun<S, X>::step_labels(TensorView<const X, 3> x, std::span<const std::int32_t> lengths,
                                                        OutputKind kind) {
  const Shape output = model_.output_shape({x.extent(1), x.extent(2)});
  const FinalStep a = final_step_of(kind, output.features, Output::probabilities, "Predictor, step_labels");
  require(a == FinalStep::softmax, [] { return Fault{"flags are no classes", "Predictor, step_labels", {}, {}}; });
  Tensor<std::int32_t, 2> out({x.extent(0), output.steps});
  std::fill(out.begin(), out.end(), -1);
  const std::span<const Index> order = by_length(x, lengths);
  const auto row_of = [&](Index p) { return order.empty() ? p : order[static_cast<std::size_t>(p)]; };
  const auto put_labels = [&](Index first, Index rows, const Tile<S>& z) {
    const Scratch::Mark mark(scratch_);
    std::int32_t* best = scratch_.template take<std::int32_t>(z.lanes);
    for (Index t = 0; t < z.steps; ++t) {
      std::fill_n(best, z.lanes, 0);
      for (Index c = 1; c < z.features; ++c) {
        const S* p = z.at(t, c);
        for (Index l = 0; l < rows; ++l) {
          if (p[l] > z.at(t, best[l])[l]) best[l] = static_cast<std::int32_t>(c);
        }
      }
      for (Index l = 0; l < rows; ++l) {
        if (t < z.length(l)) out(row_of(first + l), t) = best[l];
      }
    }
  };
  each_tile(output, x, lengths, put_labels, order);
  return out;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#include "heed/infer/detail/predictor_one.hpp"
#include "heed/infer/detail/predictor_tiles.hpp"

HEED_COMPILED_FUNCTION(heed::detail::widened)
HEED_COMPILED_ONE(class heed::detail::PredictorRun<float, float>)
HEED_COMPILED_ONE(class heed::detail::PredictorRun<double, double>)
HEED_COMPILED_ONE(class heed::detail::PredictorRun<float, std::int32_t>)
HEED_COMPILED_ONE(class heed::detail::PredictorRun<double, std::int32_t>)
