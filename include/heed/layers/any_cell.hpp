#pragma once

/// @file
/// A recurrent cell whose kind is chosen at run time.

#include <array>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/recurrent_cell.hpp"
#include "heed/layers/gru.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/rnn.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ABI {

/// The kinds of cells. `none`: the model has no recurrent layer.
enum class CellKind { lstm, gru, rnn, none };
constexpr std::array<std::string_view, 4> names_of(CellKind) { return {"lstm", "gru", "rnn", "none"}; }

/// Options of `AnyCell`.
struct AnyCellOptions {
  Index input_size = 0, hidden_size = 0;
  Index num_layers = 1;
  bool bidirectional = false;
  double dropout = 0;  ///< of each layer's output, except the last layer's
  CellKind kind = CellKind::lstm;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// One of `LstmCell`, `GruCell` and `RnnCell`, chosen by an option. Models use it as `Recurrent<AnyCell<float>>`.
template <class S>
struct AnyCell {
  using Scalar = S;
  using Weights = RecurrentWeights<S>;
  using Cache = RecurrentCache<S>;
  using Before = StateBefore<S>;

  using Options = AnyCellOptions;

  CellKind kind = CellKind::lstm;

  AnyCell() = default;
  /// Throws for `none`, and for a value without a name.
  explicit AnyCell(const Options& o) : kind(o.kind) {
    check_choice(kind, "kind", "AnyCell");
    require(kind != CellKind::none, [] { return Fault{"there is no cell", "AnyCell", "lstm, gru or rnn", "none"}; });
  }

  void write(Options& o) const { o.kind = kind; }
  const char* name() const {
    return with([](auto cell) { return cell.name(); });
  }
  Index gate_count() const {
    return with([](auto cell) { return cell.gate_count(); });
  }
  bool has_cell() const { return kind == CellKind::lstm; }
  bool passes_directly() const { return kind == CellKind::gru; }

  void prepare(const Weights& w, Index steps, Index lanes, Cache& cache) const;
  void step(const Weights& w, Index t, Index lanes, const S* x, Before previous, S* y, Cache& cache) const;
  Tile<S> cell(Cache& cache, Index t) const { return has_cell() ? LstmCell<S>::cell(cache, t) : Tile<S>(); }
  void step_backward(const Weights& w, Index t, Before previous, Tile<S> dh, Tile<S> dc, Cache& cache,
                     const Pass& pass) const;
  static Tile<const S> gate_gradients(const Cache& cache) { return cache.gates.view(); }
  RecurrentGradients<S> recurrent_gradients(const Cache& cache) const;
  void accumulate(IndexRange steps, Tile<const S> x, Cache& cache, Weights& grad, const Pass& pass) const;

 private:
  template <class F>
  auto with(F&& f) const {
    if (kind == CellKind::gru) return f(GruCell<S>());
    if (kind == CellKind::rnn) return f(RnnCell<S>());
    return f(LstmCell<S>());
  }
};

template <class S>
void AnyCell<S>::prepare(const Weights& w, Index steps, Index lanes, Cache& cache) const {
  with([&](auto cell) { cell.prepare(w, steps, lanes, cache); });
}

template <class S>
void AnyCell<S>::step(const Weights& w, Index t, Index lanes, const S* x, Before previous, S* y, Cache& cache) const {
  with([&](auto cell) { cell.step(w, t, lanes, x, previous, y, cache); });
}

template <class S>
void AnyCell<S>::step_backward(const Weights& w, Index t, Before previous, Tile<S> dh, Tile<S> dc, Cache& cache,
                               const Pass& pass) const {
  with([&](auto cell) { cell.step_backward(w, t, previous, dh, dc, cache, pass); });
}

template <class S>
RecurrentGradients<S> AnyCell<S>::recurrent_gradients(const Cache& cache) const {
  return with([&](auto cell) { return cell.recurrent_gradients(cache); });
}

template <class S>
void AnyCell<S>::accumulate(IndexRange steps, Tile<const S> x, Cache& cache, Weights& grad, const Pass& pass) const {
  with([&](auto cell) { cell.accumulate(steps, x, cache, grad, pass); });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::AnyCell)
HEED_COMPILED_TYPE_OF(struct heed::Recurrent, heed::AnyCell)
HEED_COMPILED_TYPE_OF(struct heed::detail::RecurrentPass, heed::AnyCell)
