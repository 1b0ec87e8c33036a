#pragma once

// Arrays of Python in and out, without a copy.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "model.hpp"

namespace heed_python {

namespace nb = nanobind;

using Array = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;
using Lengths = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Places = nb::ndarray<const Index, nb::shape<-1, 3>, nb::c_contig, nb::device::cpu>;
using Settings = std::map<std::string, std::string>;

inline heed::Fault wrong_array(const char* where, const char* expected) {
  return heed::Fault{"not an array of this kind", where, expected};
}

inline Series series_of(const Array& x, const std::optional<Lengths>& lengths) {
  Series series;
  heed::require(x.ndim() == 3, [] { return wrong_array("X", "(n, steps, features)"); });
  series.extents = {static_cast<Index>(x.shape(0)), static_cast<Index>(x.shape(1)), static_cast<Index>(x.shape(2))};
  if (x.dtype() == nb::dtype<float>()) {
    series.floats = static_cast<const float*>(x.data());
  } else {
    heed::require(x.dtype() == nb::dtype<double>(), [] { return wrong_array("X", "float32 or float64"); });
    series.doubles = static_cast<const double*>(x.data());
  }
  if (lengths) series.lengths = {lengths->data(), lengths->size()};
  return series;
}

inline Targets targets_of(const Array& y) {
  Targets targets;
  heed::require(y.ndim() == 1 || y.ndim() == 2, [] { return wrong_array("y", "(n) or (n, k)"); });
  const Index each = y.ndim() == 2 ? static_cast<Index>(y.shape(1)) : 1;
  if (y.dtype() == nb::dtype<std::int32_t>()) {
    targets.classes = {static_cast<const std::int32_t*>(y.data()), y.size()};
    targets.classes_a_sequence = each;
  } else {
    heed::require(y.dtype() == nb::dtype<double>(), [] { return wrong_array("y", "int32 or float64"); });
    targets.numbers = {static_cast<const double*>(y.data()), y.size()};
    targets.numbers_a_sequence = each;
  }
  return targets;
}

template <class T, int Rank>
nb::ndarray<nb::numpy, T, nb::ndim<Rank>> to_numpy(heed::Tensor<T, Rank>&& tensor) {
  auto* const kept = new heed::Tensor<T, Rank>(std::move(tensor));
  const nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<heed::Tensor<T, Rank>*>(p); });
  std::size_t shape[Rank];
  for (int i = 0; i < Rank; ++i) shape[i] = static_cast<std::size_t>(kept->extent(i));
  return nb::ndarray<nb::numpy, T, nb::ndim<Rank>>(kept->data(), Rank, shape, owner);
}

template <class T>
nb::ndarray<nb::numpy, T, nb::ndim<1>> to_numpy(const std::vector<T>& values) {
  heed::Tensor<T, 1> tensor({static_cast<Index>(values.size())}, values);
  return to_numpy(std::move(tensor));
}

}  // namespace heed_python
