#pragma once

// A few numbers that a model and a loss compute. A checkpoint keeps them, so that a resumed run can tell whether model
// and loss are still the same. This detects what no list of options shows: layers without weights, constants in a
// user's own layer or loss.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "heed/core/buffer.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/options/metadata.hpp"
#include "heed/train/detail/any_loss.hpp"
#include "heed/train/detail/any_rows.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// The number of sequences in the probe.
inline constexpr Index probed_rows = tile_unit;

/// Takes the place of a loss: a mean of the outputs that depends on the sign and place of each, chosen so that outputs
/// do not cancel.
template <class S, class T>
struct OutputSize {
  using Target = T;
  static double target_weight(std::span<const T>) { return 1; }
  static void check(const TargetsView<T>&, Index) {}
  double operator()(Tile<const S> y, Tile<const T>, const S* weights, double scale, Tile<S>, const Pass&) const {
    double sum = 0;
    for (Index l = 0; l < y.lanes; ++l) {
      if (weights && weights[l] == S(0)) continue;
      for (Index i = 0; i < y.length(l) * y.features; ++i) {
        const auto z = static_cast<double>(y.data[i * y.lanes + l]);
        sum += (std::abs(z) + z / 2) * static_cast<double>(1 + i % 7);
      }
    }
    return sum * scale;
  }
};

template <class S>
AnyLoss<S> output_size(const AnyRows<S>& rows) {
  return rows.have_labels() ? AnyLoss<S>(OutputSize<S, std::int32_t>()) : AnyLoss<S>(OutputSize<S, S>());
}

/// The loss and its gradients for random outputs and the first targets.
template <class S>
std::vector<double> probe(const AnyLoss<S>& loss, const AnyRows<S>& rows, Shape outputs);

/// Throws if a checkpoint's numbers differ from those of this run by more than the rounding of another machine.
template <class S>
void check_probe(const std::vector<double>& kept, const std::vector<double>& now, const char* what) {
  const double tolerance = std::is_same_v<S, float> ? 1e-4 : 1e-9;
  double largest = 0;
  for (const double value : kept) largest = std::max(largest, std::isfinite(value) ? std::abs(value) : 0);
  bool same = kept.size() == now.size();
  std::size_t i = 0;
  for (; same && i < now.size(); ++i) {
    same = std::isfinite(kept[i]) ? std::abs(kept[i] - now[i]) <= tolerance * largest
                                  : shortest_number(kept[i]) == shortest_number(now[i]);
    if (!same) break;
  }
  require(same, [&] {
    const auto text = [i](const std::vector<double>& v) { return i < v.size() ? shortest_number(v[i]) : "nothing"; };
    return Fault{
        std::string("the ") + what + " is another one than the checkpoint's: for the same it gives other numbers",
        "checkpoint", text(kept), text(now)};
  });
}

template <class S>
std::vector<double> probe(const AnyLoss<S>& loss, const AnyRows<S>& rows, Shape outputs) {
  const Index lanes = tile_unit, each = rows.each();
  const Key key{0x9eed};
  Buffer<S> z, dz, numbers, weights;
  Buffer<std::int32_t> labels;
  const Index size = outputs.steps * outputs.features * lanes;
  z.reserve(size), dz.reserve(size), numbers.reserve(each * lanes), weights.reserve(lanes),
      labels.reserve(each * lanes);
  for (Index i = 0; i < size; ++i) {  // of four sizes, side by side
    const double scale = std::ldexp(1.0, static_cast<int>(i % 4) - 1);
    z.data()[i] = static_cast<S>(scale * key.normal(static_cast<std::uint64_t>(i)));
  }
  for (Index l = 0; l < lanes; ++l) {
    const AnyTargets targets = rows.targets_of_row(l % rows.count());
    weights.data()[l] = 1;
    for (Index k = 0; k < each; ++k) {
      const auto at = static_cast<std::size_t>(k);
      const Index to = k * lanes + l;
      const bool there = at < targets.count;  // a shorter sequence repeats its last label
      if (rows.have_labels()) {
        labels.data()[to] = there ? targets.template as<std::int32_t>()[at] : k ? labels.data()[to - lanes] : 0;
      } else {
        numbers.data()[to] = there ? targets.template as<S>()[at] : S(0);
      }
    }
  }
  const AnyTile t = rows.have_labels() ? AnyTile(Tile<const std::int32_t>(labels.data(), {each, 1}, lanes))
                                       : AnyTile(Tile<const S>(numbers.data(), {1, each}, lanes));
  Scratch scratch;
  const Tile<S> gradient(dz.data(), outputs, lanes);
  std::vector<double> result = {
      loss(Tile<const S>(z.data(), outputs, lanes), t, weights.data(), 1, gradient, Pass{scratch})};
  for (Index l = 0; l < lanes; ++l) {
    double sum = 0;
    for (Index i = 0; i < outputs.steps * outputs.features; ++i) {
      const auto d = static_cast<double>(dz.data()[i * lanes + l]);
      sum += (std::abs(d) + d / 2) * static_cast<double>(1 + i % 7);
    }
    result.push_back(sum);
  }
  return result;
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::detail::output_size)
HEED_COMPILED_FUNCTION(heed::detail::probe)
HEED_COMPILED_FUNCTION(heed::detail::check_probe)
