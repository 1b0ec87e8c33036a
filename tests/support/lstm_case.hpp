#pragma once

// An LSTM on the sequences of a reference file, with its states.

#include "heed/layers/lstm.hpp"
#include "reference.hpp"

namespace test_support {

/// What an LSTM made of `input.x`, and of `input.h0` and `input.c0` where there are any; batch first.
struct LstmResult {
  Values y, h_n, c_n, dx, dh0, dc0;
  heed::Lstm<double> gradient;
};

/// Forward and backward, `width` sequences a tile. Upstream gradients past a sequence's end are as the file has them:
/// arbitrary.
inline LstmResult run_lstm(const Reference& file, const heed::Lstm<double>& layer, Index width) {
  using heed::Tile;
  const Array x = file.array("input.x");
  const Index n = x.extents[0], H = layer.hidden_size();
  const heed::Shape shape{x.extents[1], x.extents[2]}, states{shape.steps, H}, state{1, H};
  const auto lengths = file.integers("input.lengths");
  const bool given = file.has("input.h0");
  LstmResult result{{}, {}, {}, {}, {}, {}, layer};
  heed::set_zero(result.gradient);
  heed::Lstm<double>::Cache cache;
  heed::Scratch scratch;
  const heed::Pass pass{scratch};
  for (Index first = 0; first < n; first += width) {
    const Index L = std::min(width, n - first);
    const auto take = [&](const std::string& name) { return to_lanes(file.values(name), n, first, L); };
    const auto valid = some_lengths(lengths, first, L);
    const Values xs = take("input.x"), dys = take("upstream.y");
    const Values dhs = take("upstream.h_n"), dcs = take("upstream.c_n");
    const Values h0 = given ? take("input.h0") : Values(), c0 = given ? take("input.c0") : Values();
    Values ys(dys.size(), 1e3), h(dhs.size(), 1e3), c = h, dxs(xs.size(), 1e3), dh = h, dc = h;
    const Tile<const double> in(xs.data(), shape, L, valid.empty() ? nullptr : valid.data());
    const Tile<double> out(ys.data(), states, L);
    const auto tile = [&](const Values& v) { return Tile<const double>(v.empty() ? nullptr : v.data(), state, L); };
    const heed::LstmState<const double> initial{tile(h0), tile(c0)};
    layer.forward(in, out, cache, pass, initial, {Tile<double>(h.data(), state, L), Tile<double>(c.data(), state, L)});
    layer.backward(in, out, Tile<const double>(dys.data(), states, L), into(Tile<double>(dxs.data(), shape, L)), cache,
                   result.gradient, pass, initial, {tile(dhs), tile(dcs)},
                   {Tile<double>(dh.data(), state, L), Tile<double>(dc.data(), state, L)});
    append_lanes(ys, L, result.y);
    append_lanes(h, L, result.h_n);
    append_lanes(c, L, result.c_n);
    append_lanes(dxs, L, result.dx);
    append_lanes(dh, L, result.dh0);
    append_lanes(dc, L, result.dc0);
  }
  return result;
}

/// The rows of (n, features) of sequences that have steps: what PyTorch, which refuses empty ones, can tell.
inline Values of_nonempty(const Values& values, const std::vector<std::int32_t>& lengths) {
  if (lengths.empty()) return values;
  const std::size_t each = values.size() / lengths.size();
  Values some;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (lengths[i / each] > 0) some.push_back(values[i]);
  }
  return some;
}

inline void expect_reference(const LstmResult& result, const Reference& file, const Arrays& gradients) {
  const auto lengths = file.integers("input.lengths");
  // Keras repeats the last output past a sequence's end
  EXPECT_TRUE(equals(result.y, zero_past_end(file.values("output.y"), lengths, file.extent("output.y", 1)))) << "y";
  const auto same = [&](const Values& actual, const std::string& name) {
    EXPECT_TRUE(equals(of_nonempty(actual, lengths), of_nonempty(file.values(name), lengths))) << name;
  };
  same(result.h_n, "output.h_n");
  same(result.c_n, "output.c_n");
  EXPECT_TRUE(equals(result.dx, file.values("dinput.x"))) << "dx";
  if (file.has("dinput.h0")) {
    same(result.dh0, "dinput.h0");
    same(result.dc0, "dinput.c0");
  }
  expect_parameters(result.gradient, gradients);
}

}  // namespace test_support
