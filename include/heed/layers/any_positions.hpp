#pragma once

/// @file
/// Positional encodings whose kind is chosen at run time.

#include <array>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/positions.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ABI {

/// How a transformer encodes the position of a step. `tape`: sinusoidal, scaled to a length (ConvTran). `relative`:
/// `MultiHeadAttention` handles the positions, and nothing is added to the features.
enum class PositionKind { none, sinusoidal, learned, relative, tape };
constexpr std::array<std::string_view, 5> names_of(PositionKind) {
  return {"none", "sinusoidal", "learned", "relative", "tape"};
}

/// Options of `AnyPositions`.
struct AnyPositionsOptions {
  PositionKind kind = PositionKind::sinusoidal;
  Index max_steps = 0, features = 0;  ///< of `learned`; for `tape`, `max_steps` is the length
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y_t = x_t + p_t. `kind` chooses p: `SinusoidalPositions` (for `tape` scaled to a length, as in ConvTran),
/// `LearnedPositions`, or 0.
template <class S>
struct AnyPositions {
  using Scalar = S;
  using Input = S;
  using Options = AnyPositionsOptions;
  struct Cache {
    typename SinusoidalPositions<S>::Cache sinusoidal;
    typename LearnedPositions<S>::Cache learned;
  };

  LearnedPositions<S> table;     ///< for `learned`, otherwise empty
  SinusoidalPositions<S> waves;  ///< for `sinusoidal` and `tape`
  PositionKind kind = PositionKind::none;

  AnyPositions() = default;
  /// Throws as `LearnedPositions` does, and for `tape` without a length.
  explicit AnyPositions(Options o) : kind(o.kind) {
    check_choice(kind, "kind", "AnyPositions");
    if (kind == PositionKind::learned) table = LearnedPositions<S>({o.max_steps, o.features});
    if (kind != PositionKind::tape) return;
    require(o.max_steps > 0, [&] {
      return Fault{"tape positions are scaled for a length", "AnyPositions", "max_steps of at least 1",
                   text_of(o.max_steps)};
    });
    waves = SinusoidalPositions<S>({.length = o.max_steps});
  }

  void initialize(Key key) {
    if (kind == PositionKind::learned) table.initialize(key);
  }

  bool reads_distances() const { return has_waves() || kind == PositionKind::learned; }
  Shape output_shape(Shape x) const { return kind == PositionKind::learned ? table.output_shape(x) : x; }

  /// y may be x.
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, AnyPositions& grad,
                const Pass& pass) const;

  Index prepare_stream(Shape x, Cache& cache) const;
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) { LearnedPositions<S>::visit(f, layers.table...); }

 private:
  bool has_waves() const { return kind == PositionKind::sinusoidal || kind == PositionKind::tape; }
};

template <class S>
void AnyPositions<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  if (has_waves()) return waves.forward(x, y, cache.sinusoidal, pass);
  if (kind == PositionKind::learned) return table.forward(x, y, cache.learned, pass);
  copy(x, y);
  zero_past_end(y, x.lengths);
}

template <class S>
void AnyPositions<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                               AnyPositions& grad, const Pass& pass) const {
  if (kind == PositionKind::learned) return table.backward(x, y, dy, dx, cache.learned, grad.table, pass);
  // adding a constant, or nothing, has the same backward pass
  waves.backward(x, y, dy, dx, cache.sinusoidal, grad.waves, pass);
}

template <class S>
Index AnyPositions<S>::prepare_stream(Shape x, Cache& cache) const {
  return has_waves()                     ? waves.prepare_stream(x, cache.sinusoidal)
         : kind == PositionKind::learned ? table.prepare_stream(x, cache.learned)
                                         : 0;
}

template <class S>
void AnyPositions<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                                  const Pass& pass) const {
  if (has_waves()) return waves.stream_step(x, y, memory, cache.sinusoidal, pass);
  if (kind == PositionKind::learned) return table.stream_step(x, y, memory, cache.learned, pass);
  copy(x, y);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::AnyPositions)
