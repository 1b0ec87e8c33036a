#pragma once

// A recurrent layer on the sequences of a reference file, with its states.

#include "heed/layers/recurrent.hpp"
#include "heed/layers/rnn.hpp"
#include "reference.hpp"

namespace test_support {

/// What a layer made of `input.x`, and of `input.h0` and `input.c0` where there are any; batch first: states (n, layers
/// x directions, hidden).
template <class R>
struct RecurrentResult {
  Values y, h_n, c_n, dx, dh0, dc0;
  R gradient;
};

/// The layer that a file's options and sizes describe.
template <class R>
R recurrent_layer(const Reference& file) {
  typename R::Options o{.input_size = 3, .hidden_size = 5};
  const auto has = [&](const char* name) { return file.options().contains(name); };
  if (has("num_layers")) o.num_layers = file.index("num_layers");
  if (has("bidirectional")) o.bidirectional = file.flag("bidirectional");
  if constexpr (requires { o.nonlinearity; }) {
    if (has("nonlinearity") && file.text("nonlinearity") == "relu") o.nonlinearity = heed::Nonlinearity::relu;
  }
  if constexpr (requires { o.reset_after; }) {
    if (has("reset_after")) o.reset_after = file.flag("reset_after");
  }
  return R(o);
}

/// (rows, n, hidden), as PyTorch has states, to (n, rows, hidden). Keras' (n, hidden) stay as they are.
inline Values state_batch_first(const Array& a) {
  if (a.extents.size() < 3) return a.values;
  const Index rows = a.extents[0], n = a.extents[1], H = a.extents[2];
  Values result(a.values.size());
  for (Index r = 0; r < rows; ++r) {
    for (Index i = 0; i < n; ++i) {
      std::copy_n(a.values.begin() + (r * n + i) * H, H, result.begin() + (i * rows + r) * H);
    }
  }
  return result;
}
inline Values state_of(const Reference& file, const std::string& name) {
  return file.has(name) ? state_batch_first(file.array(name)) : Values();
}

/// Forward and backward, `width` sequences a tile. Upstream gradients past a sequence's end are as the file has them:
/// arbitrary.
template <class R>
RecurrentResult<R> run_recurrent(const Reference& file, const R& layer, Index width) {
  using heed::Tile;
  const Array x = file.array("input.x");
  const Index n = x.extents[0];
  const heed::Shape shape{x.extents[1], x.extents[2]}, out_shape = layer.output_shape(shape);
  const heed::Shape state = layer.state_shape();
  const auto lengths = file.integers("input.lengths");
  RecurrentResult<R> result{{}, {}, {}, {}, {}, {}, layer};
  heed::set_zero(result.gradient);
  typename R::Cache cache;
  heed::Scratch scratch;
  const heed::Pass pass{scratch};
  for (Index first = 0; first < n; first += width) {
    const Index L = std::min(width, n - first);
    const auto take = [&](const Values& all) { return all.empty() ? all : to_lanes(all, n, first, L); };
    const auto valid = some_lengths(lengths, first, L);
    const Values xs = take(file.values("input.x")), dys = take(file.values("upstream.y"));
    const Values dhs = take(state_of(file, "upstream.h_n")), dcs = take(state_of(file, "upstream.c_n"));
    const Values h0 = take(state_of(file, "input.h0")), c0 = take(state_of(file, "input.c0"));
    Values ys(dys.size(), 1e3), h(dhs.size(), 1e3), c(dcs.size(), 1e3), dxs(xs.size(), 1e3), dh = h, dc = c;
    const Tile<const double> in(xs.data(), shape, L, valid.empty() ? nullptr : valid.data());
    const Tile<double> out(ys.data(), out_shape, L);
    const auto view = [&](const Values& v) { return Tile<const double>(v.empty() ? nullptr : v.data(), state, L); };
    const auto tile = [&](Values& v) { return Tile<double>(v.empty() ? nullptr : v.data(), state, L); };
    const heed::RecurrentState<const double> initial{view(h0), view(c0)};
    layer.forward(in, out, cache, pass, initial, {tile(h), tile(c)});
    layer.backward(in, out, Tile<const double>(dys.data(), out_shape, L), into(Tile<double>(dxs.data(), shape, L)),
                   cache, result.gradient, pass, initial, {view(dhs), view(dcs)}, {tile(dh), tile(dc)});
    append_lanes(ys, L, result.y);
    append_lanes(h, L, result.h_n);
    append_lanes(c, L, result.c_n);
    append_lanes(dxs, L, result.dx);
    append_lanes(dh, L, result.dh0);
    append_lanes(dc, L, result.dc0);
  }
  return result;
}

/// The rows of (n, ...) of sequences that have steps: what PyTorch, which refuses empty ones, can tell.
inline Values of_nonempty(const Values& values, const std::vector<std::int32_t>& lengths) {
  if (lengths.empty()) return values;
  const std::size_t each = values.size() / lengths.size();
  Values some;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (lengths[i / each] > 0) some.push_back(values[i]);
  }
  return some;
}

template <class R>
void expect_reference(const RecurrentResult<R>& result, const Reference& file, const Arrays& gradients) {
  const auto lengths = file.integers("input.lengths");
  // Keras repeats the last output past a sequence's end
  EXPECT_TRUE(equals(result.y, zero_past_end(file.values("output.y"), lengths, file.extent("output.y", 1)))) << "y";
  const auto same = [&](const Values& actual, const std::string& name) {
    if (!file.has(name)) return;
    EXPECT_TRUE(equals(of_nonempty(actual, lengths), of_nonempty(state_of(file, name), lengths))) << name;
  };
  same(result.h_n, "output.h_n");
  same(result.c_n, "output.c_n");
  EXPECT_TRUE(equals(result.dx, file.values("dinput.x"))) << "dx";
  same(result.dh0, "dinput.h0");
  same(result.dc0, "dinput.c0");
  expect_parameters(result.gradient, gradients);
}

/// Every file of a group.
template <class R>
void expect_equals_pytorch(const std::string& group) {
  for (const auto& name : reference_names(group)) {
    SCOPED_TRACE(name);
    const Reference file(name);
    const R layer = with_weights(recurrent_layer<R>(file), file);
    for (const Index width : {4, 1}) {
      SCOPED_TRACE("lanes: " + std::to_string(width));
      expect_reference(run_recurrent(file, layer, width), file, file.arrays("dweight."));
    }
  }
}

}  // namespace test_support
