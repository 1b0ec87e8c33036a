#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "small_model.hpp"

namespace test_support {

/// A table of vectors, one a word, and the smallest classifier behind it.
template <class S>
struct TokenModel {
  using Scalar = S;
  using Input = std::int32_t;
  struct Options {
    heed::Index words = 0, features = 0, classes = 0;
  };
  struct Cache {
    heed::TileBuffer<S> vectors, dvectors;
    typename SmallModel<S>::Cache rest;
  };
  heed::Matrix<S> table;  // features x words
  SmallModel<S> rest;

  explicit TokenModel(Options o) : table(o.features, o.words), rest({.features = o.features, .classes = o.classes}) {
    std::uint64_t draw = 0;
    for (S& v : table) v = static_cast<S>(heed::Key{3}.normal(draw++));
  }

  void check_input(heed::TensorView<const std::int32_t, 3> x, std::span<const std::int32_t> lengths,
                   const std::string& where) const {
    for (heed::Index i = 0; i < x.extent(0); ++i) {
      const heed::Index steps = lengths.empty() ? x.extent(1) : lengths[static_cast<std::size_t>(i)];
      for (heed::Index t = 0; t < steps; ++t) {
        heed::require(x(i, t, 0) >= 0 && x(i, t, 0) < table.cols(), [&] {
          return heed::Fault{
              "token out of range",
              where + ", sequence " + std::to_string(i) + ", step " + std::to_string(t) + " (counted from 0)",
              "0 to " + std::to_string(table.cols() - 1), std::to_string(x(i, t, 0))};
        });
      }
    }
  }

  heed::Shape output_shape(heed::Shape x) const { return rest.output_shape({x.steps, table.rows()}); }
  void forward(heed::Tile<const std::int32_t> x, heed::Tile<S> y, Cache& cache, const heed::Pass& pass) const {
    const heed::Tile<S> v = cache.vectors.take({x.steps, table.rows()}, x.lanes, x.lengths);
    for (heed::Index t = 0; t < x.steps; ++t) {
      for (heed::Index f = 0; f < v.features; ++f) {
        for (heed::Index l = 0; l < x.lanes; ++l) v.at(t, f)[l] = table(f, x.at(t)[l]);
      }
    }
    rest.forward(v, y, cache.rest, pass);
  }
  void backward(heed::Tile<const std::int32_t> x, heed::Tile<const S> y, heed::Tile<const S> dy, Cache& cache,
                TokenModel& grad, const heed::Pass& pass) const {
    const heed::Tile<S> v = cache.vectors.tile(), dv = cache.dvectors.take(v.shape(), v.lanes, v.lengths);
    rest.backward(v, y, dy, heed::into(dv), cache.rest, grad.rest, pass);
    for (heed::Index t = 0; t < x.steps; ++t) {
      for (heed::Index f = 0; f < v.features; ++f) {
        for (heed::Index l = 0; l < x.lanes; ++l) {
          if (t < x.length(l)) grad.table(f, x.at(t)[l]) += dv.at(t, f)[l];
        }
      }
    }
  }
  static void visit(auto&& f, auto&... m) {
    f("table", m.table...);
    f("rest", m.rest...);
  }
};

}  // namespace test_support
